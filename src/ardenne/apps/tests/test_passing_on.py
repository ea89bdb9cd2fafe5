"""A permission that may be passed on (Swiss template 304): how far it reaches, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.store import GrantRow
from ardenne.kernel.store import hashing
from ardenne.kernel.store.resources import Resources
from ardenne.kernel.testing import TestNode
from ardenne.services.access import opening, passing_on
from ardenne.services.access.contract import OpeningRefused
from ardenne.services.consent import giving
from ardenne.services.consent.projection import project

ANNE = Caller(Kind.CITIZEN, "anne", "Anne", patient="anne")
KLEIN = Caller(Kind.PROFESSIONAL, "k", "Dr Klein", practitioner="klein", profession="doctor")
GROSS = Caller(Kind.PROFESSIONAL, "g", "Dr Gross", practitioner="gross", profession="doctor")


def day(days: int) -> date:
    return datetime.now(UTC).date() + timedelta(days=days)


@pytest.fixture
def practice(node: TestNode) -> Iterator[TestNode]:
    held = node.service.resources
    assert isinstance(held, Resources)
    held.projections["Consent"] = project
    for kind, name in (("Patient", "anne"), ("Practitioner", "klein"), ("Practitioner", "gross")):
        node.call("PUT", f"{kind}/{name}", {"resourceType": kind, "id": name, "name": [{"family": name}]})
    value = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/anne"}}
    node.call("PUT", "Condition/c", value)
    yield node
    del held.projections["Consent"]


def reads(node: TestNode, caller: Caller = GROSS) -> bool:
    node.caller = caller
    return node.call("GET", "Condition/c").status == 200


def allow(node: TestNode, template: str = "delegate-normal", end: date | None = None) -> None:
    seen = node.service.seen_by(ANNE)
    last = end.isoformat() if end else ""
    node.run(giving.give(seen, "anne", template, "en", "Practitioner/klein", last))


def pass_on(node: TestNode, caller: Caller = KLEIN, until: date | None = None, to: str = "gross") -> None:
    last = until or day(30)
    node.run(passing_on.pass_on(node.service.seen_by(caller), "anne", f"Practitioner/{to}", last))


def passed(node: TestNode) -> list[GrantRow]:
    rows = node.run(policy.grants_of(node.database, hashing.self_hash("Patient", "anne"), 0))
    return [one for one in rows if policy.giver(one)]


def withdraw(node: TestNode) -> None:
    seen = node.service.seen_by(ANNE)
    for one in node.run(giving.given(seen, "anne")):
        if one.active:
            assert node.run(giving.set_active(seen, "anne", one.id, False))


def test_whom_the_patient_allows_to_involves_others_and_takes_it_back(practice: TestNode) -> None:
    allow(practice)
    assert reads(practice, KLEIN) and not reads(practice)
    pass_on(practice)
    assert reads(practice)
    given = practice.run(passing_on.given(practice.service.seen_by(KLEIN), "anne"))
    (row,) = given.others
    assert policy.giver(row) == "Practitioner/klein" and passing_on.last_day(row) == day(30)
    assert practice.run(passing_on.take_back(practice.service.seen_by(KLEIN), "anne", row.id))
    assert not practice.run(passing_on.take_back(practice.service.seen_by(KLEIN), "anne", row.id))
    assert not reads(practice) and reads(practice, KLEIN)


def test_nobody_else_passes_anything_on(practice: TestNode) -> None:
    allow(practice, "grant-normal")
    with pytest.raises(OpeningRefused, match="profession"):
        pass_on(practice)
    allow(practice)
    pass_on(practice)
    # what was passed on is not passed on further
    with pytest.raises(OpeningRefused, match="profession"):
        pass_on(practice, GROSS, to="klein")
    for caller in (ANNE, Caller(Kind.PROFESSIONAL, "s", practitioner="klein", profession="secretary")):
        with pytest.raises(OpeningRefused, match="profession"):
            pass_on(practice, caller)
    (row,) = passed(practice)
    assert not practice.run(passing_on.take_back(practice.service.seen_by(GROSS), "anne", row.id))


def test_not_to_somebody_unknown_nor_longer_than_the_own_permission(practice: TestNode) -> None:
    allow(practice, end=day(10))
    for to in ("nobody", "klein"):
        with pytest.raises(OpeningRefused, match="party"):
            pass_on(practice, to=to, until=day(5))
    for until in (day(11), day(-1), date.max):
        with pytest.raises(OpeningRefused, match="end"):
            pass_on(practice, until=until)
    pass_on(practice, until=day(10))
    pass_on(practice, until=day(5))  # the newest choice holds
    (live,) = [one for one in passed(practice) if one.ends > datetime.now(UTC).timestamp() * 1e6]
    assert passing_on.last_day(live) == day(5)


def test_it_ends_with_the_permission_and_does_not_come_back_by_itself(practice: TestNode) -> None:
    allow(practice)
    pass_on(practice)
    withdraw(practice)
    assert not reads(practice) and not reads(practice, KLEIN)
    assert passed(practice) == []
    allow(practice)
    assert reads(practice, KLEIN) and not reads(practice)


def test_it_shrinks_with_the_permission(practice: TestNode) -> None:
    allow(practice, "delegate-restricted")
    pass_on(practice)
    assert [one.level for one in passed(practice)] == [1]
    seen = practice.service.seen_by(ANNE)
    (given,) = practice.run(giving.given(seen, "anne"))
    practice.caller = ANNE
    consent = practice.call("GET", f"Consent/{given.id}").json
    consent["provision"]["period"] = {"end": day(3).isoformat()}
    consent["provision"]["securityLabel"][0]["code"] = "N"
    assert practice.call("PUT", f"Consent/{given.id}", consent).status == 200
    (row,) = passed(practice)
    assert (row.level, passing_on.last_day(row)) == (0, day(3))


def test_the_patient_ends_it_and_reads_who_did_what(practice: TestNode) -> None:
    allow(practice)
    pass_on(practice)
    (row,) = passed(practice)
    assert practice.run(opening.end(practice.service.seen_by(ANNE), "anne", row.id))
    assert not reads(practice) and reads(practice, KLEIN)


def test_passing_on_and_withdrawing_at_once_leaves_nobody_in(practice: TestNode) -> None:
    for _turn in range(8):
        allow(practice)

        async def both() -> None:
            seen = practice.service.seen_by(ANNE)
            (given,) = [one for one in await giving.given(seen, "anne") if one.active]
            doctor = practice.service.seen_by(KLEIN)
            await asyncio.gather(
                passing_on.pass_on(doctor, "anne", "Practitioner/gross", day(30)),
                giving.set_active(seen, "anne", given.id, False),
                return_exceptions=True,
            )

        practice.run(both())
        assert not reads(practice)
