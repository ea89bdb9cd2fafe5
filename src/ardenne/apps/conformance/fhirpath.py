"""The FHIRPath suite: XML files with groups of tests, and their input resources beside them.

Shape: any *.xml whose root is `tests`; inputs, named by `inputfile`, anywhere below the
folder; an input named .xml may also stand there as .json with the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache, partial
from pathlib import Path
from typing import Any

from lxml import etree

from ardenne.standards.fhir import xml
from ardenne.standards.fhir.json import parse_exact
from ardenne.standards.fhir.path import FhirPathError, FhirPathSyntaxError, compile_typed
from ardenne.standards.fhir.path.equality import system
from ardenne.standards.fhir.path.nodes import Element

from .suite import Result, SuiteError, judged, unique


def run(folder: Path) -> Iterator[Result]:
    """FHIRPath: *.xml files of <test> elements with an expression and its expected output."""
    files = [(path, root) for path in sorted(folder.rglob("*.xml")) if (root := _tests_of(path)) is not None]
    if not files:
        raise SuiteError(f"{folder} holds no XML file with a <tests> root")
    names: dict[str, int] = {}
    inputs = _Inputs(folder)
    for path, root in files:
        for test in root.iter("test"):
            group = test.getparent()
            prefix = f"{path.stem}/" if len(files) > 1 else ""
            label = group.get("name", "") if group is not None and group.tag == "group" else ""
            name = unique(names, f"{prefix}{label}/{test.get('name', '')}")
            yield Result(name, judged(partial(_miss, test, inputs)))


def _tests_of(path: Path) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.parse(str(path), parser).getroot()
    except etree.XMLSyntaxError:
        return None
    return root if root.tag == "tests" else None


class _Inputs:
    """Input resources by file name, each read once."""

    def __init__(self, folder: Path) -> None:
        self.files = {path.name: path for path in sorted(folder.rglob("*")) if path.is_file()}
        self.read = cache(self._read)

    def _read(self, name: str) -> dict[str, Any]:
        path = self.files.get(Path(name).name)
        if path is None:
            path = self.files.get(Path(name).with_suffix(".json").name)
        if path is None:
            raise FileNotFoundError(name)
        return resource_of(path)


def resource_of(path: Path) -> dict[str, Any]:
    """The resource in a JSON or XML file, decimals exact; elements that R4 does not know are passed over."""
    data = path.read_bytes()
    return parse_exact(data) if path.suffix == ".json" else xml.read(data)[0]


def _miss(test: etree._Element, inputs: _Inputs) -> str:
    """Why the test misses, "" when it passes."""
    expression = test.find("expression")
    if expression is None:
        return "the test has no expression"
    invalid = expression.get("invalid") or test.get("invalid") or ""
    resource: dict[str, Any] | None = None
    missing = ""
    if test.get("inputfile"):
        try:
            resource = inputs.read(test.get("inputfile", ""))
        except FileNotFoundError as error:
            missing = f"the input {error} is not in the folder"
        except ValueError as error:
            missing = f"the input {test.get('inputfile')} cannot be read: {error}"
    if missing and not invalid:
        return missing
    try:
        found = _evaluate(expression, test, resource)
    except FhirPathError as error:
        return _judge_error(invalid, error)
    if invalid:
        return missing or f"an error ({invalid}) was expected, found {_shown(found)}"
    return _compare(test, found)


def _judge_error(invalid: str, error: FhirPathError) -> str:
    if not invalid:
        return f"{type(error).__name__}: {error}"
    if invalid == "syntax" and not isinstance(error, FhirPathSyntaxError):
        return f"a syntax error was expected, found {type(error).__name__}: {error}"
    return ""


def _evaluate(
    expression_node: etree._Element, test: etree._Element, resource: dict[str, Any] | None
) -> list[Any]:
    expression = compile_typed(expression_node.text or "")
    type_name = str(resource.get("resourceType", "")) if resource else ""
    expression.check(
        type_name,
        ordered=test.get("checkOrderedFunctions") == "true",
        strict="strict" in (test.get("mode"), expression_node.get("mode")),
    )
    if test.get("predicate") == "true":
        truth = expression.test(resource)
        return [] if truth is None else [truth]
    return expression.items(resource)


def _compare(test: etree._Element, found: list[Any]) -> str:
    wanted = [(output.get("type") or "", output.text or "") for output in test.findall("output")]
    if len(wanted) != len(found):
        return f"{len(wanted)} results were expected, found {_shown(found)}"
    rest = list(found)
    for kind, text in wanted:
        candidates = rest if test.get("ordered") == "false" else rest[:1]
        match = next((item for item in candidates if _same(kind, text, item)), None)
        if match is None:
            return f"{kind} {text} was expected, found {_shown(found)}"
        del rest[next(place for place, item in enumerate(rest) if item is match)]
    return ""


def _same(kind: str, text: str, item: Any) -> bool:
    if kind and kind[0].islower() and type(item) is Element and item.type.name != kind:
        return False
    value = system(item)
    shown = _text(value)
    wanted = text.strip() if not isinstance(value, str) else text
    return (
        shown == wanted.removeprefix("@T").removeprefix("@") or shown == wanted or _same_number(shown, wanted)
    )


def _same_number(one: str, other: str) -> bool:
    try:
        left, right = Decimal(one), Decimal(other)
    except InvalidOperation:
        return False
    return left == right


def _text(value: Any) -> str:
    if type(value) is bool:
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _shown(found: list[Any]) -> str:
    return (
        "[" + ", ".join(_text(system(item))[:80] for item in found[:5]) + ("...]" if len(found) > 5 else "]")
    )
