"""The terminology suite of the FHIR terminology ecosystem: requests to a server and their answers.

Shape: a `test-cases.json` with suites; each names the resources that it builds on (setup) and tests with an
operation, a request (Parameters) and a response. Tests whose files are not in the folder are left out, and so
are suites that are written for a server with licensed or particular content (their mode is not "general").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

from ardenne.kernel.rest import capability
from ardenne.standards.fhir import terminology as engine

from .matching import difference
from .suite import Result, SuiteError, judged, unique

Json = dict[str, Any]

LIMIT: Final = 1000
"""Codes from which an expansion counts as too costly: the threshold that the suite asks servers to have."""

OPERATIONS: Final[dict[str, Callable[..., Json]]] = {
    "expand": partial(engine.expand, limit=LIMIT),
    "validate-code": engine.validate,
    "cs-validate-code": engine.validate_in_system,
    "batch-validate": engine.validate_many,
    "lookup": engine.lookup,
    "subsumes": engine.subsumes,
    "translate": engine.translate,
}
_STATEMENTS: Final[dict[str, Callable[[str], Json]]] = {
    "metadata": capability.statement,
    "term-caps": capability.terminology,
}


def run(folder: Path) -> Iterator[Result]:
    """Terminology: test-cases.json with requests ($expand, $validate-code, $lookup...) and their answers."""
    index = folder / "test-cases.json"
    if not index.is_file():
        raise SuiteError(f"{folder} holds no test-cases.json")
    names: dict[str, int] = {}
    for suite in _read(index)["suites"]:
        if suite.get("mode", "general") != "general":
            continue
        resources, absent = _setup(folder, suite)
        source = engine.Layers(engine.Resources(resources), engine.Published())
        for test in suite["tests"]:
            files = [folder / test[key] for key in ("request", "response") if key in test]
            if not all(path.is_file() for path in files) or not _is_known(test):
                continue
            told = judged(partial(_miss, folder, test, source))
            if told and absent:
                told += f" (not in the folder: {', '.join(absent)})"
            yield Result(unique(names, f"{suite['name']}/{test['name']}"), told)


def _is_known(test: Json) -> bool:
    return test["operation"] in OPERATIONS or test["operation"] in _STATEMENTS


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)


def _setup(folder: Path, suite: Json) -> tuple[list[Json], list[str]]:
    """The resources that a suite builds on, and the names of those that are absent."""
    found, absent = [], []
    for name in suite.get("setup", []):
        if (folder / name).is_file():
            found.append(_read(folder / name))
        else:
            absent.append(name)
    return found, absent


def _miss(folder: Path, test: Json, source: engine.Source) -> str:
    accepted = [_read(folder / test[key]) for key in ("response", "response2") if key in test]
    if test["operation"] in _STATEMENTS:
        found = _STATEMENTS[test["operation"]]("http://localhost/fhir")
        return difference(accepted[0], found, subset=True)
    try:
        found = OPERATIONS[test["operation"]](
            source, _request(folder, test), header=test.get("Accept-Language", "")
        )
        refused = False
    except engine.TerminologyError as error:
        found, refused = engine.outcome(error.findings), True
    code = test.get("http-code", "")
    if code and code.startswith("4") is not refused:
        return f"the answer should have the status {code}, found {json.dumps(found, default=str)[:300]}"
    told = [difference(each, found) for each in accepted]
    return "" if "" in told else told[0]


def _request(folder: Path, test: Json) -> Json:
    """The request with the parameters of the test's profile."""
    request: Json = _read(folder / test["request"])
    profile = folder / test.get("profile", "")
    if "profile" in test and profile.is_file():
        extra = [entry for entry in _read(profile)["parameter"] if entry["name"] != "uuid"]
        request = request | {"parameter": request.get("parameter", []) + extra}
    return request
