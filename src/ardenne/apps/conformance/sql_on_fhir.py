"""The SQL on FHIR suite: JSON files with resources, views and the rows that they must give.

Shape: any *.json with `resources` and `tests`; a test has `view` and one of `expect` (rows, in
any order), `expectColumns` (column names in order), `expectCount` and `expectError`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from ardenne.standards.fhir.path import FhirPathError
from ardenne.standards.fhir.views import ViewDefinitionError, rows

from .suite import Result, SuiteError, judged, unique


def run(folder: Path) -> Iterator[Result]:
    """SQL on FHIR v2: *.json files with resources and tests of ViewDefinitions."""
    suites = [
        (path, suite) for path in sorted(folder.rglob("*.json")) if (suite := _suite_of(path)) is not None
    ]
    if not suites:
        raise SuiteError(f"{folder} holds no JSON file with resources and tests")
    names: dict[str, int] = {}
    for path, suite in suites:
        for test in suite["tests"]:
            name = unique(names, f"{path.stem}/{test.get('title', '')}")
            yield Result(name, judged(partial(_miss, test, suite["resources"])))


def _suite_of(path: Path) -> dict[str, Any] | None:
    try:
        suite = json.loads(path.read_bytes())
    except ValueError:
        return None
    is_suite = isinstance(suite, dict) and isinstance(suite.get("tests"), list) and "resources" in suite
    return suite if is_suite else None


def _miss(test: dict[str, Any], resources: list[dict[str, Any]]) -> str:
    try:
        found = list(rows(test.get("view", {}), resources))
    except (ViewDefinitionError, FhirPathError) as error:
        return "" if test.get("expectError") else f"{type(error).__name__}: {error}"
    if test.get("expectError"):
        return f"an error was expected, found {len(found)} rows"
    if "expectColumns" in test and found and list(found[0]) != test["expectColumns"]:
        return f"the columns {test['expectColumns']} were expected, found {list(found[0])}"
    if "expectCount" in test and len(found) != test["expectCount"]:
        return f"{test['expectCount']} rows were expected, found {len(found)}"
    return differing(test["expect"], found) if "expect" in test else ""


def differing(expected: list[dict[str, Any]], found: list[dict[str, Any]]) -> str:
    """How the rows differ from the expected ones, whatever their order; "" when they agree."""
    rest = [_comparable(row) for row in found]
    for row in expected:
        wanted = _comparable(row)
        if wanted not in rest:
            return f"the row {row} was expected, found {found[:5]}"
        rest.remove(wanted)
    return f"unexpected rows: {rest[:5]}" if rest else ""


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _comparable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    if isinstance(value, (float, Decimal)):
        return Decimal(str(value)).normalize()
    return value
