"""The card in other forms: a CDA document that is read back, and acts as other systems write them."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ardenne.services.vaccination.acts import read_act
from ardenne.services.vaccination.card import _judged, judge
from ardenne.services.vaccination.cda_card import card_document
from ardenne.services.vaccination.nomenclature import starter
from ardenne.services.vaccination.schedules import load
from ardenne.standards.cda import to_fhir
from ardenne.standards.cda.read import read
from ardenne.standards.fhir.json import dump

TODAY = date(2026, 3, 1)
ANNE = {
    "resourceType": "Patient", "id": "x", "birthDate": "2021-03-10", "gender": "female",
    "name": [{"family": "Schmitz", "given": ["Anne"]}],
    "identifier": [{"system": "urn:oid:1.3.182.2.4", "value": "2021031012345"}],
}  # fmt: skip


def act(code: str, **more: Any) -> dict[str, Any]:
    coding = [{"system": "http://ivci.org/NUVA", "code": code}]
    return {
        "resourceType": "Immunization", "id": code, "status": "completed", "vaccineCode": {"coding": coding},
        "occurrenceDateTime": "2021-05-10", **more,
    }  # fmt: skip


def test_the_card_as_cda_is_read_back() -> None:
    acts = [
        act("VAC0510", lotNumber="W1", performer=[{"actor": {"display": "Dr Thill"}}]),
        act("VAC0053", occurrenceDateTime="2022"),
        act("VAC0514", status="not-done"),
    ]
    card = judge(ANNE, acts, load("lu"), TODAY)
    made = card_document(card, str(uuid.uuid4()), datetime(2026, 3, 1, tzinfo=UTC), "fr-LU", str)
    document = read(made)
    assert (document.code.code, document.patient.names[0].family) == ("82593-5", ("Schmitz",))
    found = {
        one["occurrenceDateTime"]: one
        for one in to_fhir.resources(document, "Patient/x")
        if one["resourceType"] == "Immunization"
    }
    assert set(found) == {"2021-05-10", "2022"}
    hexavalent = found["2021-05-10"]
    assert hexavalent["lotNumber"] == "W1"
    assert ("http://www.whocc.no/atc", "J07CA09") in {
        (one.get("system"), one.get("code")) for one in hexavalent["vaccineCode"]["coding"]
    }
    again = read_act(hexavalent, starter())
    assert again.vaccine is not None
    # ATC says what every hexavalent vaccine holds: nothing is added that the code does not say
    assert set(again.vaccine.valences) <= set(starter().vaccines["VAC0510"].valences)
    assert {"VAL042", "VAL177", "VAL068"} <= set(again.vaccine.valences)


# Shapes of the Belgian vaccination profile (hl7-be/vaccination), written by us: codes of several systems side by side, a skipped
# dose, a refusal, a dose that a parent reports, a reaction, a dose at school.
BELGIAN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "several codings, the richest counts",
        {
            "vaccineCode": {"coding": [
                {"system": "https://cnk.apb.be", "code": "3217823"},
                {"system": "http://snomed.info/sct", "code": "871895005"},
                {"system": "http://www.whocc.no/atc", "code": "J07CA09"},
            ]},
            "lotNumber": "T1C41V", "doseQuantity": {"value": 0.5, "unit": "mL"},
            "protocolApplied": [{"doseNumberPositiveInt": 1, "targetDisease": [{"text": "Polio"}]}],
        },
        {"status": "completed", "lot": "T1C41V", "known": True},
    ),
    (
        "skipped",
        {"status": "not-done", "statusReason": {"coding": [{"code": "MEDPREC"}]}, "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07CA09"}]}},
        {"status": "not-done", "known": True},
    ),
    (
        "reported by a parent, the year alone",
        {"primarySource": False, "reportOrigin": {"coding": [{"code": "recall"}]}, "occurrenceDateTime": "2021", "vaccineCode": {"text": "hexavalent"}},
        {"reported": True, "approximate": True, "known": False, "name": "hexavalent"},
    ),
    (
        "at school, with a reaction",
        {
            "location": {"display": "PSE"}, "performer": [{"actor": {"display": "Centre PSE"}}],
            "reaction": [{"date": "2021-05-11", "detail": {"reference": "Observation/swelling"}, "reported": False}],
            "vaccineCode": {"coding": [{"system": "http://ivci.org/NUVA", "code": "VAC0523"}]},
        },
        {"performer": "Centre PSE", "known": True, "name": "GARDASIL 9"},
    ),
    ("subpotent", {"isSubpotent": True, "vaccineCode": {"text": "?"}}, {"substandard": True}),
    ("text alone", {"occurrenceDateTime": "", "occurrenceString": "as a child", "vaccineCode": {"text": "polio"}}, {"day": None, "name": "polio"}),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "expected"), [row[1:] for row in BELGIAN], ids=[row[0] for row in BELGIAN])
def test_acts_of_other_systems(sent: dict[str, Any], expected: dict[str, Any]) -> None:
    resource = {
        "resourceType": "Immunization",
        "status": "completed",
        "occurrenceDateTime": "2021-05-10",
        **sent,
    }
    found = read_act(resource, starter())
    for name, value in expected.items():
        assert (found.vaccine is not None if name == "known" else getattr(found, name)) == value
    card = judge(ANNE, [resource], load("be"), TODAY)
    assert card.subject is not None and card.dues


def test_a_kept_card_is_given_only_for_the_same_texts() -> None:
    anne, first = dump(ANNE), dump(act("VAC0510"))
    other = dump(act("VAC0510", occurrenceDateTime="2021-06-10"))
    kept = _judged("lu", TODAY, anne, (first,))
    assert _judged("lu", TODAY, dump(ANNE), (dump(act("VAC0510")),)) is kept
    for changed in (
        _judged("lu", TODAY, anne, (first, other)),
        _judged("lu", date(2026, 3, 2), anne, (first,)),
        _judged("be", TODAY, anne, (first,)),
        _judged("lu", TODAY, dump({**ANNE, "gender": "male"}), (first,)),
    ):
        assert changed is not kept
    again = _judged("lu", TODAY, anne, (other,)).subject
    assert again is not None
    assert [one.day for one in again.acts] == [date(2021, 6, 10)]
