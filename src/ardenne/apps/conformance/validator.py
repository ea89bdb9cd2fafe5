"""The R4 cases of the validator suite: resources, and whether the reference validator finds errors in them.

Shape: a `manifest.json` that lists cases (name, file and strictness); the files beside it; outcomes of the
reference validator in `outcomes`, or stated in the case. Cases without a stated verdict are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ardenne.standards.fhir.profiles import suite as cases

from .suite import Result, SuiteError, judged, unique


def run(folder: Path) -> Iterator[Result]:
    """Validator: manifest.json with resources, and whether the reference validator refuses them."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise SuiteError(f"{folder} holds no manifest.json")
    listed = json.loads(manifest.read_text("utf-8"))
    if isinstance(listed, dict):
        listed = listed.get("test-cases", [])
    names: dict[str, int] = {}
    for case in listed:
        verdict = cases.expected(case, _outcome(folder, case))
        path = folder / str(case.get("file"))
        if verdict is not None and path.is_file():
            name = unique(names, str(case.get("name")))
            yield Result(name, judged(partial(_miss, case, path, verdict)))


def _outcome(folder: Path, case: dict[str, Any]) -> dict[str, Any] | None:
    path = folder / "outcomes" / Path(str(case.get("_outcome"))).name
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def _miss(case: dict[str, Any], path: Path, verdict: bool) -> str:
    issues = [each for each in cases.issues(case, path.read_bytes()) if each.failed]
    if bool(issues) is verdict:
        return ""
    if verdict:
        return "errors were expected, none was found"
    return f"no error was expected, found {issues[0].rule} at {issues[0].path}: {issues[0].message[:200]}"
