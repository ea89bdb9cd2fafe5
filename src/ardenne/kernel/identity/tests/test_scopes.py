"""Scopes: examples of SMART App Launch 2.2 ("Scopes for requesting FHIR resources") and what must not pass."""

from __future__ import annotations

import pytest

from ardenne.kernel.identity.scopes import Scope, ScopeError, covered, narrowed, parse, permits, split


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("patient/*.rs", "rs"),
        ("patient/Observation.read", "rs"),
        ("patient/Observation.write", "cud"),
        ("patient/Observation.*", "cruds"),
        ("user/MedicationRequest.cu", "cu"),
        ("system/Patient.search", "s"),
    ],
)
def test_versions_one_and_two_are_read(text: str, letters: str) -> None:
    found = parse(text)
    assert isinstance(found, Scope) and found.letters == letters


def test_a_query_limits_a_scope() -> None:
    category = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
    found = parse(f"patient/Observation.rs?category={category}")
    assert isinstance(found, Scope) and found.query == (("category", category),)


@pytest.mark.parametrize(
    "text",
    [
        "patient/Observation.sr", "patient/Observation.rr", "patient/observation.rs", "patient/Observation", "admin/*.rs",
        "patient/Observation.x", "patient/*.rs?", "Patient/*.rs", "launch/practitioner", "patient/*.rs\nuser/*.rs", "",
    ],
)  # fmt: skip
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(ScopeError):
        parse(text)


def test_what_is_granted_is_never_more_than_asked_or_allowed() -> None:
    assert narrowed(["patient/*.cruds"], ["patient/Observation.rs", "user/*.rs"]) == (
        "patient/Observation.rs",
    )
    assert narrowed(["patient/Observation.rs"], ["patient/*.cruds"]) == ("patient/Observation.rs",)
    assert narrowed(["patient/Observation.rs"], ["patient/*.rs?category=laboratory"]) == (
        "patient/Observation.rs?category=laboratory",
    )
    assert narrowed(["user/*.rs", "openid"], ["patient/*.rs"]) == ()


def test_covered_knows_parts_and_queries() -> None:
    assert covered(["patient/Observation.r"], ["patient/*.rs"])
    assert covered(["patient/Observation.rs"], ["patient/Observation.r", "patient/Observation.s"])
    assert not covered(["patient/Observation.cr"], ["patient/*.rs"])
    assert not covered(["patient/Observation.rs"], ["patient/Observation.rs?category=laboratory"])
    assert not covered(["user/*.rs"], ["patient/*.rs"])
    assert not covered(["offline_access"], ["openid"])


def test_the_door_learns_under_which_queries_a_type_is_open() -> None:
    scopes = [
        "patient/Observation.rs?category=laboratory",
        "patient/Observation.r?category=vital-signs",
        "user/*.c",
    ]
    assert permits(scopes, "patient", "Observation", "s") == ((("category", "laboratory"),),)
    assert len(permits(scopes, "patient", "Observation", "r")) == 2
    assert permits([*scopes, "patient/*.rs"], "patient", "Observation", "s") == ((),)
    assert permits(scopes, "patient", "Condition", "r") == ()


def test_too_many_scopes_are_refused() -> None:
    with pytest.raises(ScopeError):
        split(" ".join(f"patient/A{chr(97 + place % 26)}{chr(97 + place // 26)}.rs" for place in range(101)))
