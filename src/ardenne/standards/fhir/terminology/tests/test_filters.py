"""Filters of value sets: each operator of R4 (code system "filter-operator") and what is refused."""

from __future__ import annotations

import pytest

from ardenne.standards.fhir.terminology import TerminologyError, expand

from .samples import ANIMALS, animals, codes, concept, of, parameters, source, value_set


def chosen(*filters: tuple[str, str, str]) -> set[str]:
    asked = value_set("x", of(ANIMALS, *filters))
    return set(codes(expand(source(), parameters(valueSet=asked))))


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("is-a", "mammal", {"mammal", "cat", "dog"}),
        ("descendent-of", "mammal", {"cat", "dog"}),
        ("is-not-a", "animal", {"unicorn"}),
        ("generalizes", "cat", {"cat", "mammal", "animal"}),
        ("child-of", "animal", {"mammal", "bird"}),
        ("descendent-leaf", "animal", {"cat", "dog", "penguin"}),
        ("in", "cat,dog", {"cat", "dog"}),
        ("not-in", "animal,mammal,bird,cat,dog", {"penguin", "unicorn"}),
        ("=", "bird", {"bird"}),
        ("regex", "[a-d].*", {"animal", "bird", "cat", "dog"}),
        ("is-a", "nothing", set()),
    ],
)
def test_operators_on_the_concept_itself(operator: str, value: str, expected: set[str]) -> None:
    assert chosen(("concept", operator, value)) == expected


@pytest.mark.parametrize(
    ("name", "operator", "value", "expected"),
    [
        ("legs", "=", "4", {"cat", "dog", "unicorn"}),
        ("legs", "in", "2, 3", {"bird", "penguin"}),
        ("legs", "exists", "false", {"animal", "mammal"}),
        ("habitat", "exists", "true", {"cat", "dog", "penguin"}),
        ("habitat", "regex", "s.a", {"penguin"}),
        ("habitat", "not-in", "land", {"animal", "mammal", "bird", "penguin", "unicorn"}),
        ("display", "regex", "Ca.", {"cat"}),
        ("parent", "=", "bird", {"penguin"}),
        ("child", "exists", "true", {"animal", "mammal", "bird"}),
        ("status", "=", "retired", {"unicorn"}),
        ("inactive", "=", "true", {"unicorn"}),
        ("abstractOnly", "=", "true", {"animal"}),
        ("abstractOnly", "=", "TRUE", {"animal"}),
        ("abstractOnly", "=", "false", {"mammal", "bird", "cat", "dog", "penguin", "unicorn"}),
    ],
)
def test_operators_on_properties(name: str, operator: str, value: str, expected: set[str]) -> None:
    assert chosen((name, operator, value)) == expected


def test_a_regex_must_match_the_whole_value() -> None:
    assert chosen(("code", "regex", "at")) == set()


def test_all_filters_of_an_include_must_hold() -> None:
    assert chosen(("concept", "is-a", "animal"), ("legs", "=", "4")) == {"cat", "dog"}


@pytest.mark.parametrize(
    ("name", "operator", "value", "reason"),
    [
        ("wings", "=", "2", "no property 'wings'; there are: abstractOnly, habitat, legs"),
        ("legs", "is-a", "4", "is-a applies to the property 'concept'"),
        ("legs", "exists", "yes", "exists takes true or false"),
        ("legs", "about", "4", "is none of =, is-a"),
        ("code", "regex", "(", "cannot be read"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_reason(
    name: str, operator: str, value: str, reason: str
) -> None:
    with pytest.raises(TerminologyError, match="is not understood") as error:
        chosen((name, operator, value))
    assert reason in str(error.value)


def test_hierarchy_by_properties() -> None:
    flat = animals("2.0.0", concept("poodle", parent="dog"), concept("zoo", child="unicorn"))
    asked = value_set("x", of(ANIMALS, ("concept", "is-a", "dog"), version="2.0.0"))
    assert codes(expand(source(flat), parameters(valueSet=asked))) == ["dog", "poodle"]
    asked = value_set("x", of(ANIMALS, ("concept", "is-a", "zoo"), version="2.0.0"))
    assert codes(expand(source(flat), parameters(valueSet=asked))) == ["zoo", "unicorn"]
