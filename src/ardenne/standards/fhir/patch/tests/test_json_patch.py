"""JSON Patch: the errors and edges of RFC 6902 and RFC 6901 (the appendix runs as a suite)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ardenne.standards.fhir.patch import PatchError, apply_json_patch
from ardenne.standards.fhir.patch.json_patch import same

DOCUMENT: dict[str, Any] = {"a": {"b": [1, 2, 3]}, "m~n": 8, "a/b": 1, "": 0}


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        ({"op": "add", "path": "/a/b/-", "value": 4}, {"a": {"b": [1, 2, 3, 4]}}),
        ({"op": "add", "path": "/a/b/3", "value": 4}, {"a": {"b": [1, 2, 3, 4]}}),
        ({"op": "replace", "path": "/m~0n", "value": None}, {"m~n": None}),
        ({"op": "remove", "path": "/"}, {"": KeyError}),
        ({"op": "replace", "path": "/a~1b", "value": 2}, {"a/b": 2}),
        ({"op": "copy", "from": "/a", "path": "/c"}, {"c": {"b": [1, 2, 3]}}),
        ({"op": "move", "from": "/a/b/0", "path": "/a/b/2"}, {"a": {"b": [2, 3, 1]}}),
        ({"op": "move", "from": "/a", "path": "/a"}, {}),
        ({"op": "test", "path": "/a/b/0", "value": 1.0}, {}),
    ],
)
def test_operations(operation: dict[str, Any], result: dict[str, Any]) -> None:
    before = repr(DOCUMENT)
    expected = {**DOCUMENT, **result}
    expected = {key: value for key, value in expected.items() if value is not KeyError}
    assert apply_json_patch(DOCUMENT, [operation]) == expected
    assert repr(DOCUMENT) == before


@pytest.mark.parametrize(
    ("operation", "problem", "malformed"),
    [
        ({"op": "add", "path": "/a/b/5", "value": 1}, "beyond the array of 3 items", False),
        ({"op": "add", "path": "/a/b/01", "value": 1}, "no array index", False),
        ({"op": "add", "path": "/x/y", "value": 1}, "'x' does not exist", False),
        ({"op": "add", "path": "a", "value": 1}, "begins with /", True),
        ({"op": "add", "path": "/a"}, "'value' is missing", True),
        ({"op": "remove", "path": "/a/b/-"}, "no array index", False),
        ({"op": "remove", "path": ""}, "cannot be removed", False),
        ({"op": "replace", "path": "/x", "value": 1}, "does not exist", False),
        ({"op": "move", "from": "/a", "path": "/a/c"}, "into itself", False),
        ({"op": "test", "path": "/a/b/0", "value": True}, "True was expected", False),
        ({"op": "test", "path": "/m~0n", "value": "8"}, "'8' was expected", False),
        ({"op": "spam", "path": "/a"}, "use one of add, remove", True),
        ({"path": "/a"}, "not known", True),
        ("add", "object with op and path", True),
    ],
)
def test_refusals(operation: Any, problem: str, malformed: bool) -> None:
    with pytest.raises(PatchError) as caught:
        apply_json_patch(DOCUMENT, [{"op": "test", "path": "/a/b/1", "value": 2}, operation])
    assert problem in caught.value.problem
    assert (caught.value.operation, caught.value.malformed) == (1, malformed)


def test_a_patch_must_leave_an_object() -> None:
    with pytest.raises(PatchError, match="no JSON object any more"):
        apply_json_patch({"a": 1}, [{"op": "replace", "path": "", "value": 1}])
    with pytest.raises(PatchError, match="array of at most"):
        apply_json_patch({"a": 1}, {"op": "add"})  # type: ignore[arg-type]


def test_growth_without_end_is_refused() -> None:
    doubling = [{"op": "copy", "from": "/a", "path": f"/a/x{number}"} for number in range(60)]
    with pytest.raises(PatchError):
        apply_json_patch({"a": {"b": [1] * 100}}, doubling)


def test_equality_of_values() -> None:
    assert same({"a": [1, 2.50]}, {"a": [1.0, Decimal("2.5")]})
    assert not same([1], [True])
    assert not same(None, 0)
    assert not same({"a": 1}, {"a": 1, "b": 2})
