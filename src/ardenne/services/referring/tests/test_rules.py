"""Stages, acts and days of agreements."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ardenne.services.referring import rules
from ardenne.services.referring.rules import Agreement, AgreementError, Side, Stage

DAY = date(2026, 3, 1)
THEN = datetime(2026, 3, 1, 9, tzinfo=UTC)
LANGUAGES = {"fr", "de", "lb", "en", "pt"}


def agreement(**changed: object) -> Agreement:
    made = Agreement(uuid.uuid4(), 1, "p", "d", ["8"], DAY, None, THEN, "doctor", THEN, THEN)
    return made._replace(**changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "today", "expected"),
    [
        ({}, DAY, Stage.IN_FORCE),
        ({}, date(2026, 2, 28), Stage.AGREED),
        ({"ends": date(2026, 3, 31)}, date(2026, 3, 31), Stage.IN_FORCE),
        ({"ends": date(2026, 3, 31)}, date(2026, 4, 1), Stage.OVER),
        ({"patient_signed": None}, date(2026, 4, 30), Stage.PATIENT_SIGNS),
        ({"patient_signed": None}, date(2026, 5, 1), Stage.LAPSED),
        ({"doctor_signed": None}, DAY, Stage.DOCTOR_SIGNS),
        ({"outcome": "ended"}, DAY, Stage.ENDED),
        ({"outcome": "replaced"}, DAY, Stage.REPLACED),
    ],
)
def test_stage_of_a_day(changed: dict[str, object], today: date, expected: Stage) -> None:
    assert rules.stage(agreement(**changed), today) is expected


def test_each_side_signs_only_for_itself() -> None:
    waiting = agreement(patient_signed=None)
    assert rules.acts(waiting, Side.PATIENT, DAY) == {"sign", "refuse"}
    assert rules.acts(waiting, Side.DOCTOR, DAY) == {"refuse"}
    asked = agreement(doctor_signed=None)
    assert rules.acts(asked, Side.DOCTOR, DAY) == {"sign", "refuse"}
    assert rules.acts(asked, Side.PATIENT, DAY) == {"refuse"}
    assert rules.acts(agreement(outcome="refused"), Side.PATIENT, DAY) == set()


@pytest.mark.parametrize(
    ("codes", "starts", "ends", "rule"),
    [
        ([], DAY, None, "conditions"),
        (["33"], DAY, None, "conditions"),
        (["8"], date(2026, 2, 28), None, "starts"),
        (["8"], date(2027, 3, 2), None, "starts"),
        (["8"], DAY, date(2026, 2, 28), "ends"),
        (["8"], DAY, date(2031, 3, 2), "ends"),
    ],
)
def test_what_cannot_be_proposed(codes: list[str], starts: date, ends: date | None, rule: str) -> None:
    with pytest.raises(AgreementError) as refused:
        rules.check_terms(codes, starts, ends, DAY)
    assert refused.value.rule == rule


def test_the_longest_agreement_can_be_proposed() -> None:
    rules.check_terms(["8", "32"], date(2027, 3, 1), date(2032, 3, 1), DAY)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_months_later(day: date, months: int, expected: date) -> None:
    assert rules.months_later(day, months) == expected


@given(some.dates(date(1990, 1, 1), date(2100, 1, 1)), some.integers(0, 600))
def test_months_later_never_leaves_the_month(day: date, months: int) -> None:
    found = rules.months_later(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day <= day.day


def test_a_review_is_due_a_year_after_the_last_one_or_the_beginning() -> None:
    one = agreement()
    assert rules.next_review(one, None) == date(2027, 3, 1)
    assert rules.next_review(one, date(2026, 10, 5)) == date(2027, 10, 5)
    due = date(2027, 3, 1)
    assert [rules.review_state(due, day) for day in (date(2027, 1, 29), date(2027, 1, 30), due)] == [
        "later", "soon", "soon",
    ]  # fmt: skip
    assert rules.review_state(due, date(2027, 3, 2)) == "late"


def test_conditions_are_32_and_every_text_is_in_every_language() -> None:
    assert list(rules.conditions()) == [str(number) for number in range(1, 33)]
    for texts in [*rules.conditions().values(), *rules.checklist().values()]:
        assert texts.keys() == LANGUAGES
        assert all(texts.values())
