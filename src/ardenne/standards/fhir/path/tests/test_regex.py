"""Patterns: the safe way gives the answers of Python's matcher and always ends."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardenne.standards.fhir.path import compile_typed
from ardenne.standards.fhir.path.automaton import Automaton, UnsupportedPattern


def matches(text: str, pattern: str) -> bool | None:
    return compile_typed("%text.matches(%pattern)").test(None, variables={"text": text, "pattern": pattern})


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("(a+)+$", False),
        ("(a|a)*$", True),
        ("(a|aa)+$", False),
        ("a*a*a*a*b", False),
        ("(.*a){20}", True),
        ("((a{0,9}){0,9})*b", False),
    ],
)
def test_dangerous_patterns_answer_at_once(pattern: str, found: bool) -> None:
    assert matches("a" * 3000 + "!", pattern) is found


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^[^\s.,:;]{1,64}(\.[^\s.,:;]{1,64}(\[x\])?(\:[^\s\.]+)?)*$", "Patient.name:official", True),
        (r"^([a-z]+,)*[a-z]+$", "ab,cd,ef", True),
        (r"^([a-z]+,)*[a-z]+$", "ab,cd,", False),
        (r"^urn:oid:[0-2](\.(0|[1-9][0-9]*))+$", "urn:oid:1.2.36.146", True),
        (r"^urn:oid:[0-2](\.(0|[1-9][0-9]*))+$", "urn:oid:1.02", False),
        (r"^(\(?\d\)?)*$", "(1)2", True),
        (r"(\bin\b|\bout\b)+", "within", False),
        (r"(\bin\b|\bout\b)+", "with in", True),
    ],
)
def test_honest_patterns(pattern: str, text: str, found: bool) -> None:
    assert matches(text, pattern) is found


PATTERNS = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\w", r"\b", "^", "$", r"\d"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{1,3}", "*?"])).map(lambda p: f"(?:{p[0]}){p[1]}"),
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}|{p[1]})"),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(pattern=PATTERNS, text=st.text("ab1 \n", max_size=7), flags=st.sampled_from([0, re.I, re.M]))
def test_the_automaton_agrees_with_python(pattern: str, text: str, flags: int) -> None:
    automaton = Automaton(pattern, flags | re.DOTALL)
    matcher = re.compile(pattern, flags | re.DOTALL)
    assert automaton.search(text) is (matcher.search(text) is not None)
    assert automaton.search(text, whole=True) is (matcher.fullmatch(text) is not None)


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)a", "(a{1000}){1000}"])
def test_what_no_automaton_can_do(pattern: str) -> None:
    with pytest.raises(UnsupportedPattern):
        Automaton(pattern, re.DOTALL)
