"""Immunizations of a record → doses of the engine: nothing is lost without being named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ardenne.services.vaccination.acts import Act, distinct, parse_day, read_act
from ardenne.services.vaccination.card import judge
from ardenne.services.vaccination.card_keys import CardKeys
from ardenne.services.vaccination.fhir_answers import evaluations, recommendation
from ardenne.services.vaccination.issuing import european_card, passport, smart_card, usable
from ardenne.services.vaccination.nomenclature import starter
from ardenne.services.vaccination.schedules import load
from ardenne.standards.cards.reading import verify
from ardenne.standards.cards.shc import numeric
from ardenne.standards.fhir.validator import validate

_TODAY = date(2026, 3, 1)
_PATIENT = {
    "id": "p",
    "birthDate": "2025-10-01",
    "gender": "female",
    "name": [{"family": "Müller", "given": ["Zoé"]}],
}


def _act(code: str, day: str, **more: object) -> dict[str, object]:
    concept = {"coding": [{"system": "http://ivci.org/NUVA", "code": code}]}
    return {
        "resourceType": "Immunization",
        "id": f"i{day}",
        "status": "completed",
        "vaccineCode": concept,
        "occurrenceDateTime": day,
        **more,
    }


def test_a_combined_vaccine_counts_for_each_antigen() -> None:
    card = judge(_PATIENT, [_act("VAC0510", "2025-12-01")], load("lu"), _TODAY)
    second = {due.group for due in card.dues if due.dose == 2}
    assert second == {"Diphtheria, tetanus, pertussis", "Polio", "Haemophilus influenzae b", "Hepatitis B"}


def test_what_is_not_used_is_named() -> None:
    acts = [
        _act("VAC0510", "2025-12-01", status="not-done"),
        _act("VAC9999", "2025-12-02"),
        _act("VAC0510", "2027-01-01"),
    ]
    card = judge(_PATIENT, acts, load("lu"), _TODAY)
    assert card.subject is not None
    assert card.subject.person.doses == []
    assert len(card.subject.unused) == 2


@pytest.mark.parametrize(
    ("text", "day", "approximate"),
    [
        ("2025-12-01T10:00:00Z", date(2025, 12, 1), False),
        ("2025-12", date(2025, 12, 15), True),
        ("2025", date(2025, 7, 1), True),
        ("2025-02-30", None, True),
        ("", None, True),
    ],
)
def test_days_of_any_precision(text: str, day: date | None, approximate: bool) -> None:
    assert parse_day(text) == (day, approximate)


def test_without_a_date_of_birth_nothing_is_said() -> None:
    card = judge({"birthDate": "2025"}, [], load("lu"), _TODAY)
    assert card.subject is None and card.problem


def test_the_issued_cards_are_true(tmp_path: Path) -> None:
    keys = CardKeys(tmp_path, "LUX")
    card = judge(_PATIENT, [_act("VAC0510", "2025-12-01"), _act("VAC0510", "2026")], load("lu"), _TODAY)
    now = datetime.now(UTC)
    first = european_card(card, keys, now)
    assert len(usable(card)[0]) == 1
    keys.rotate()
    second = european_card(card, keys, now)
    for text in (first, second, numeric(smart_card(card, keys, "https://node.example/vaccination", now))):
        assert verify(text, keys.store(), int(now.timestamp())).valid
    identifier = verify(first, keys.store(), int(now.timestamp())).identifier
    (tmp_path / "keys" / "cards" / "revoked-cards.txt").write_text(identifier + "\n")
    assert verify(first, keys.store(), int(now.timestamp())).rule == "revoked"
    assert len(keys.public()) == 2


def test_names_as_a_passport_writes_them() -> None:
    assert passport("Müller-Weiß") == "MUELLER<WEISS"
    assert passport("Anne Zoé") == "ANNE<ZOE"


def test_answers_are_valid_fhir() -> None:
    card = judge(_PATIENT, [_act("VAC0510", "2025-12-01")], load("lu"), _TODAY)
    for resource in (*evaluations(card, _TODAY), recommendation(card, _TODAY)):
        assert list(validate(resource)) == []


def _told(ident: str, day: str, code: str, lot: str = "", status: str = "completed") -> Act:
    coding = [{"system": "http://ivci.org/NUVA", "code": code}]
    resource = {
        "id": ident,
        "status": status,
        "occurrenceDateTime": day,
        "vaccineCode": {"coding": coding},
        "lotNumber": lot,
    }
    return read_act(resource, starter())


def test_what_several_sources_tell_counts_once() -> None:
    """Same day and same vaccine are one act (EUVABECO: exact duplicate); another day, vaccine or batch is another act."""
    acts = [
        _told("a", "2021-05-10", "VAC0510"), _told("b", "2021-05-10", "VAC0510", "W1"), _told("c", "2021-05-10", "VAC0510", "w1"),
        _told("d", "2021-05-10", "VAC0510", "X9"), _told("e", "2021-05-11", "VAC0510"), _told("f", "2021-05-10", "VAC0514"),
        _told("g", "2021-05-10", "VAC0510", "W1", "entered-in-error"),
    ]  # fmt: skip
    kept, told = distinct(acts)
    assert {act.id for act in kept} == {"c", "d", "e", "f", "g"}
    assert told == {"c": 3}
