"""What strangers send is refused, never endless and never a crash."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardenne.standards.fhir.terminology import (
    ListedSystem,
    TerminologyError,
    expand,
    lookup,
    subsumes,
    translate,
    validate,
)

from .samples import ANIMALS, animals, codes, of, parameters, source, value_set

Json = dict[str, Any]


def test_value_sets_that_include_each_other() -> None:
    one = value_set("one", {"valueSet": ["http://example.org/vs/two"]})
    two = value_set("two", of(), exclude=[{"valueSet": ["http://example.org/vs/one"]}])
    asked = parameters(url=one["url"])
    with pytest.raises(TerminologyError, match="Cyclic reference"):
        expand(source(one, two), asked)
    asked["parameter"].append({"name": "coding", "valueCoding": {"system": ANIMALS, "code": "cat"}})
    with pytest.raises(TerminologyError, match="Cyclic reference"):
        validate(source(one, two), asked)


def test_hierarchies_that_turn_in_circles() -> None:
    circle = {
        "resourceType": "CodeSystem", "url": "urn:circle", "content": "complete",
        "concept": [
            {"code": "a", "property": [{"code": "parent", "valueCode": "b"}]},
            {"code": "b", "property": [{"code": "parent", "valueCode": "a"}]},
        ],
    }  # fmt: skip
    found = expand(source(circle), parameters(valueSet=value_set("x", of("urn:circle"))))
    assert sorted(codes(found)) == ["a", "b"]
    below = value_set("x", of("urn:circle", ("concept", "descendent-of", "a")))
    assert codes(expand(source(circle), parameters(valueSet=below))) == ["b"]


def test_towers_are_refused() -> None:
    tower: Json = {"code": "top"}
    for level in range(500):
        tower = {"code": f"c{level}", "concept": [tower]}
    with pytest.raises(TerminologyError, match="nested deeper"):
        ListedSystem({"resourceType": "CodeSystem", "url": "urn:tower", "concept": [tower]})
    chain = [value_set(f"v{n}", {"valueSet": [f"http://example.org/vs/v{n + 1}"]}) for n in range(200)]
    with pytest.raises(TerminologyError, match="nested deeper"):
        expand(source(*chain), parameters(url=chain[0]["url"]))


def test_patterns_that_explode_end_at_once() -> None:
    long = animals() | {"version": "2", "concept": [{"code": "a" * 60 + "!"}, {"code": "a" * 60}]}
    bomb = value_set("x", of(ANIMALS, ("code", "regex", "((a+)+)+")))
    assert codes(expand(source(long), parameters(valueSet=bomb))) == ["a" * 60]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab|#", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "system",
                    "code",
                    "concept",
                    "filter",
                    "valueSet",
                    "include",
                    "exclude",
                    "compose",
                    "value",
                    "property",
                    "op",
                    "version",
                    "contains",
                    "expansion",
                    "display",
                    "designation",
                    "language",
                    "url",
                    "extension",
                    "group",
                    "element",
                    "target",
                    "coding",
                    "unmapped",
                    "mode",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(json_values, json_values, json_values)
def test_any_shape_is_answered_or_refused(one: Any, other: Any, third: Any) -> None:
    value: Json = {"resourceType": "ValueSet", "url": "urn:v", "compose": one}
    broken = {"resourceType": "CodeSystem", "url": "b", "concept": other, "property": third}
    mapping = {"resourceType": "ConceptMap", "url": "urn:m", "group": third}
    asked = parameters(valueSet=value)
    asked["parameter"] += [
        {"name": "coding", "valueCoding": {"system": "b", "code": "a"}},
        {"name": "codeA", "valueCode": "a"},
        {"name": "codeB", "valueCode": "b"},
        {"name": "tx-resource", "resource": broken},
        {"name": "tx-resource", "resource": mapping},
    ]
    for operation in (expand, validate, lookup, subsumes, translate):
        try:
            assert operation(source(), asked)["resourceType"]
        except TerminologyError as error:
            assert error.findings
