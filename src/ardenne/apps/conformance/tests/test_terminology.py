"""The terminology runner: what counts as the expected answer, and which tests of a folder are run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ardenne.apps.conformance.matching import difference, same_text
from ardenne.apps.conformance.registry import SUITES
from ardenne.apps.conformance.suite import SuiteError


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        ("$uuid$", "urn:uuid:0e8b1f6c-5a0e-4b6e-9a39-0d2f6a7a7f10", True),
        ("$uuid$", "no uuid", False),
        ("$instant$", "2024-02-03T10:11:12+01:00", True),
        ("$instant$", "2024-02-03", False),
        ("$choice:a|b$", "b", True),
        ("$choice:a|b$", "c", False),
        ("$fragments:one|TWO$", "two and one", True),
        ("$fragments:one|three$", "two and one", False),
        ("$external:1:http://x|2$", "not in 'http://x|2'", True),
        ("$external:1:http://x|2$", "not in http://y", False),
        ("$external:3$", "anything", True),
        ("http://x|$version$", "http://x|4.0.1", True),
        ("http://x|$version$", "http://y|4.0.1", False),
        ("the code 'a' is gone", "the code a is gone", True),
        ("the code 'a' is gone", "the code b is gone", False),
        ("$unknown$", "x", False),
    ],
)
def test_texts(expected: str, found: str, same: bool) -> None:
    assert same_text(expected, found) is same


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"$optional-properties$": ["b"], "a": 1, "b": 2}, {"a": 1}, True),
        ({"$optional-properties$": ["b"], "a": 1, "b": 2}, {"a": 1, "b": 3}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"a": [{"n": 1}, {"$optional$": True, "n": 2}]}, {"a": [{"n": 1}]}, True),
        ({"a": [{"n": 1}, {"$optional$": True, "n": 2}]}, {"a": [{"n": 1}, {"n": 3}]}, False),
        ({"a": [{"$optional$": True, "n": 2}]}, {}, True),
        ({"$count-arrays$": ["a"], "a": [1, 2]}, {"a": [5, 6]}, True),
        ({"$count-arrays$": ["a"], "a": [1, 2]}, {"a": [5]}, False),
    ],
)
def test_objects(expected: Any, found: Any, same: bool) -> None:
    assert (difference(expected, found) == "") is same


def test_a_subset_may_hold_more() -> None:
    expected = {"rest": [{"type": "ValueSet"}]}
    found = {"rest": [{"type": "Patient"}, {"type": "ValueSet", "x": 1}], "y": 2}
    assert difference(expected, found, subset=True) == ""
    assert difference({"rest": [{"type": "List"}]}, found, subset=True) != ""


def folder_of(tmp_path: Path, *tests: dict[str, Any], **suite: Any) -> Path:
    (tmp_path / "cs.json").write_text(
        json.dumps({"resourceType": "CodeSystem", "url": "urn:x", "concept": [{"code": "a", "display": "A"}]})
    )
    asked = [{"name": "system", "valueUri": "urn:x"}, {"name": "code", "valueCode": "a"}]
    (tmp_path / "ask.json").write_text(json.dumps({"resourceType": "Parameters", "parameter": asked}))
    answer = {"resourceType": "Parameters", "parameter": [{"name": "display", "valueString": "A"}]}
    (tmp_path / "wrong.json").write_text(json.dumps(answer))
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-found"}]}
    (tmp_path / "refused.json").write_text(json.dumps(outcome))
    whole = {"name": "s", "setup": ["cs.json", "absent.json"], "tests": list(tests), **suite}
    (tmp_path / "test-cases.json").write_text("\ufeff" + json.dumps({"suites": [whole]}), "utf-8")
    return tmp_path


def test_a_miss_says_where_and_what_the_folder_lacks(tmp_path: Path) -> None:
    lookup = {"operation": "lookup", "request": "ask.json"}
    folder = folder_of(
        tmp_path,
        {"name": "differs", "response": "wrong.json", **lookup},
        {"name": "refused", "response": "refused.json", "http-code": "4xx", **lookup},
        {"name": "no files", "response": "nowhere.json", **lookup},
        {"name": "unknown operation", "response": "wrong.json", "operation": "fly", "request": "ask.json"},
    )
    results = list(SUITES["terminology"](folder))
    assert [result.name for result in results] == ["s/differs", "s/refused"]
    assert "is unexpected" in results[0].reason and "absent.json" in results[0].reason
    assert "should have the status 4xx" in results[1].reason


def test_suites_for_particular_servers_are_left_out(tmp_path: Path) -> None:
    test = {"name": "t", "operation": "lookup", "request": "ask.json", "response": "wrong.json"}
    assert list(SUITES["terminology"](folder_of(tmp_path, test, mode="snomed"))) == []


def test_folders_of_another_shape_are_refused(tmp_path: Path) -> None:
    for suite in ("terminology", "validator"):
        with pytest.raises(SuiteError):
            list(SUITES[suite](tmp_path))


def test_validator_cases_compare_the_verdict(tmp_path: Path) -> None:
    good = {"resourceType": "Patient", "active": True}
    (tmp_path / "good.json").write_text(json.dumps(good))
    (tmp_path / "bad.json").write_text(json.dumps({"resourceType": "Patient", "active": "yes"}))
    cases = [
        {"name": "right", "file": "good.json", "java": {"errorCount": 0}},
        {"name": "found", "file": "bad.json", "java": {"errorCount": 1}},
        {"name": "missed", "file": "good.json", "java": {"errorCount": 1}},
        {"name": "too strict", "file": "bad.json", "java": {"errorCount": 0}},
        {"name": "no verdict", "file": "good.json"},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(cases))
    results = {result.name: result.passed for result in SUITES["validator"](tmp_path)}
    assert results == {"right": True, "found": True, "missed": False, "too strict": False}
