"""The patch suite: FHIRPath Patch cases in XML and JSON Patch cases in JSON.

Shape: any *.xml whose root is `tests` with `case` elements of input, diff and output or error;
any *.json that is an array of objects with `doc` and `patch`, and `expected` or `error`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from lxml import etree

from ardenne.standards.fhir import xml
from ardenne.standards.fhir.patch import PatchError, apply_fhirpath_patch, apply_json_patch
from ardenne.standards.fhir.patch.json_patch import same

from .suite import Result, SuiteError, judged, unique


def run(folder: Path) -> Iterator[Result]:
    """FHIRPath Patch (*.xml with <case>) and JSON Patch (*.json with doc and patch)."""
    names: dict[str, int] = {}
    for path in sorted(folder.rglob("*.xml")):
        for case in _cases(path):
            yield Result(
                unique(names, f"{path.stem}/{case.get('name', '')}"), judged(partial(_fhirpath_miss, case))
            )
    for path in sorted(folder.rglob("*.json")):
        for test in _json_tests(path):
            name = unique(names, f"{path.stem}/{test.get('comment', '')}")
            yield Result(name, judged(partial(_json_miss, test)))
    if not names:
        raise SuiteError(f"{folder} holds neither FHIRPath Patch cases nor JSON Patch cases")


def _cases(path: Path) -> list[etree._Element]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.parse(str(path), parser).getroot()
    except etree.XMLSyntaxError:
        return []
    return list(root.iter("case")) if root.tag == "tests" else []


def _resource(case: etree._Element, name: str) -> dict[str, Any] | None:
    holder = case.find(name)
    if holder is None or len(holder) == 0:
        return None
    return xml.parse(etree.tostring(holder[0], with_tail=False))


def _fhirpath_miss(case: etree._Element) -> str:
    expected = _resource(case, "output")
    try:
        found = apply_fhirpath_patch(_resource(case, "input") or {}, _resource(case, "diff") or {})
    except PatchError as error:
        return "" if expected is None else f"PatchError: {error}"
    if expected is None:
        return "an error was expected"
    return "" if same(found, expected) else f"{expected} was expected, found {found}"


def _json_tests(path: Path) -> list[dict[str, Any]]:
    try:
        tests = json.loads(path.read_bytes())
    except ValueError:
        return []
    if not isinstance(tests, list):
        return []
    return [test for test in tests if isinstance(test, dict) and "doc" in test and "patch" in test]


def _json_miss(test: dict[str, Any]) -> str:
    if test.get("disabled"):
        return ""
    try:
        found = apply_json_patch(test["doc"], test["patch"])
    except PatchError as error:
        return "" if "error" in test else f"PatchError: {error}"
    if "error" in test:
        return f"an error was expected: {test['error']}"
    return (
        "" if same(found, test.get("expected", found)) else f"{test['expected']} was expected, found {found}"
    )
