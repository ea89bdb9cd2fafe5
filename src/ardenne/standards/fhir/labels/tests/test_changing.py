"""Another level of confidentiality, and nothing else, changes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ardenne.standards.fhir.labels import VISIBILITY, Level, label, with_level

Json = dict[str, Any]
_CODINGS = st.lists(
    st.sampled_from(
        [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"},
            {"system": "urn:oid:2.16.840.1.113883.5.25", "code": "V"},
            {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"},
            {"system": VISIBILITY, "code": "hidden-from-patient"},
            {"code": "R"},
        ]
    ),
    max_size=4,
)


@given(_CODINGS, _CODINGS, st.sampled_from(list(Level)))
def test_the_level_is_what_was_asked_and_the_rest_stays(
    meta: list[Json], concept: list[Json], level: Level
) -> None:
    document: Json = {"resourceType": "DocumentReference", "meta": {"security": meta}, "status": "current"}
    if concept:
        document["securityLabel"] = [{"coding": concept, "text": "label"}]
    before, after = label(document), label(with_level(document, level))
    assert after.level is level
    assert after._replace(level=before.level) == before
    assert with_level(with_level(document, level), level) == with_level(document, level)


def test_lifting_the_last_label_leaves_no_empty_elements() -> None:
    document: Json = {"resourceType": "DocumentReference", "securityLabel": [{"coding": [{"code": "R"}]}]}
    assert with_level(document, Level.NORMAL) == {"resourceType": "DocumentReference"}
