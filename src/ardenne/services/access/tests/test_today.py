"""The professional's day: who comes, and whose record was opened."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ardenne.kernel.audit.entries import Action, Entry, Outcome
from ardenne.kernel.audit.store import Recorded
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import Kind as Grant
from ardenne.kernel.testing import TestNode
from ardenne.services.access import today

LUXEMBOURG = ZoneInfo("Europe/Luxembourg")
BEGIN, END = today.span(date(2026, 11, 25), LUXEMBOURG)
DOCTOR = Caller(
    Kind.PROFESSIONAL, "doc", "Dr Klein", practitioner="klein", role="role-klein", profession="doctor", organisation="house"
)  # fmt: skip
Json = dict[str, Any]


@pytest.mark.parametrize(
    ("day", "begin", "hours"),
    [
        (date(2026, 11, 25), datetime(2026, 11, 24, 23, tzinfo=UTC), 24),
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),  # the clock goes forward
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),  # and back
    ],
)
def test_a_day_of_the_node(day: date, begin: datetime, hours: int) -> None:
    found = today.span(day, LUXEMBOURG)
    assert found == (begin, begin + timedelta(hours=hours))


def appointment(
    name: str, patient: str, start: str, status: str = "booked", actor: str = "Practitioner/klein"
) -> Json:
    people = [f"Patient/{patient}", actor]
    return {
        "resourceType": "Appointment", "id": name, "status": status, "start": start, "end": start,
        "participant": [{"actor": {"reference": one}, "status": "accepted"} for one in people],
    }  # fmt: skip


def encounter(name: str, patient: str, start: str, status: str = "in-progress", **more: Any) -> Json:
    klass = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    return {
        "resourceType": "Encounter", "id": name, "status": status, "class": klass,
        "subject": {"reference": f"Patient/{patient}"}, "period": {"start": start}, **more,
    }  # fmt: skip


def test_who_comes_stands_in_order_of_time_and_once() -> None:
    found = today.visits(
        [
            appointment("a2", "bert", "2026-11-25T10:30:00+01:00"),
            appointment("a1", "anne", "2026-11-25T09:00:00+01:00"),
            encounter("e1", "anne", "2026-11-25T08:00:00Z"),  # Anne has come: the same time
            appointment("a3", "carl", "2026-11-25T11:00:00+01:00", "cancelled"),
            encounter("e2", "dora", "2026-11-20T08:00:00Z"),  # in hospital since
        ],
        BEGIN,
        END,
    )
    assert [(one.patient, one.kind) for one in found] == [
        ("anne", "Encounter"),
        ("bert", "Appointment"),
        ("dora", "Encounter"),
    ]
    assert found[0].at == datetime(2026, 11, 25, 8, tzinfo=UTC) and found[2].at is None


def line(at: int, *resources: str, outcome: Outcome = Outcome.DONE) -> Recorded:
    return Recorded(
        0, at, at * 1_000_000, 0, Entry(at, int(Action.SEARCH), resources=resources, outcome=int(outcome))
    )


def test_a_record_is_opened_when_more_than_its_name_was_read() -> None:
    lines = [
        (line(1, "Condition/c", "Patient/anne"), "anne"), (line(9, "DocumentReference/d"), "anne"),
        (line(5, "Observation/o"), "bert"), (line(7, "Patient/carl"), "carl"), (line(8, "Appointment/x", "Patient/carl"), "carl"),
        (line(6, "Condition/c", outcome=Outcome.REFUSED), "dora"), (line(6, "Practitioner/p"), ""),
    ]  # fmt: skip
    assert [(one.patient, one.at.second) for one in today.opened(lines)] == [("anne", 9), ("bert", 5)]


def test_who_has_no_place_in_the_directory_asks_nothing() -> None:
    assert today.questions(Caller(Kind.PROFESSIONAL, "x", profession="doctor"), BEGIN, END) == []


@pytest.fixture
def practice(node: TestNode) -> TestNode:
    """A practice with two doctors and three patients, of whom the doctor treats two."""
    resources: list[Json] = [
        {"resourceType": "Organization", "id": "house"}, {"resourceType": "Organization", "id": "other"},
        {"resourceType": "Practitioner", "id": "klein"}, {"resourceType": "Practitioner", "id": "gross"},
        *({"resourceType": "Patient", "id": one, "name": [{"family": one.title()}]} for one in ("anne", "bert", "carl")),
        {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/anne"}, "code": {"text": "Asthma"}},
        appointment("a1", "anne", "2026-11-25T09:00:00+01:00"),
        appointment("a2", "bert", "2026-11-26T09:00:00+01:00"),
        appointment("a3", "bert", "2026-11-25T15:00:00+01:00", actor="Practitioner/gross"),
        appointment("a4", "carl", "2026-11-25T16:00:00+01:00"),
        encounter("e1", "bert", "2026-11-25T07:00:00Z", serviceProvider={"reference": "Organization/house"}),
        encounter("e2", "anne", "2026-11-25T07:00:00Z", serviceProvider={"reference": "Organization/other"}),
    ]  # fmt: skip
    for one in resources:
        told = node.call("PUT", f"{one['resourceType']}/{one['id']}", one)
        assert told.status == 201, told.json

    async def relate() -> None:
        async with node.database.transaction() as connection:
            for one in ("anne", "bert"):
                await policy.grant(connection, one, "Practitioner/klein", Grant.TEAM, 0, (0, 1 << 62), "test")

    node.run(relate())
    return node


def test_the_day_of_a_doctor(practice: TestNode) -> None:
    async def day() -> list[today.Visit]:
        service = practice.service.seen_by(DOCTOR)
        try:
            return await today.coming(service, BEGIN, END)
        finally:
            await service.finish()

    found = practice.run(day())
    # Carl has an appointment, but the doctor may not know of him: there is no relation
    assert [(one.patient, one.kind) for one in found] == [("bert", "Encounter"), ("anne", "Appointment")]


def test_what_the_doctor_opens_today_is_listed(practice: TestNode) -> None:
    practice.caller = DOCTOR
    for address in ("Condition?patient=anne", "Patient/bert", "Condition?patient=carl"):
        assert practice.call("GET", address).status == 200, address
    now = datetime.now(UTC)

    async def opened() -> list[today.Opened]:
        service = practice.service.seen_by(DOCTOR)
        return await today.opened_by(service, now - timedelta(hours=1), now + timedelta(hours=1))

    assert [one.patient for one in practice.run(opened())] == ["anne"]
