"""An agreement opens the record at once and its end closes it; acts of the same moment come one after the other."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.store import hashing
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.testing import TestNode
from ardenne.services.referring import rules, store
from ardenne.services.referring.agreements import Agreements
from ardenne.services.referring.rules import AgreementError, Stage

TODAY = datetime.now(UTC).date()
SPAN = (TODAY, None)
ANNE = Caller(Kind.CITIZEN, "anne", "Anne", patient="anne")
JEAN = Caller(Kind.CITIZEN, "jean", "Jean", patient="jean")


def doctor(name: str, profession: str = "doctor") -> Caller:
    return Caller(Kind.PROFESSIONAL, name, name, practitioner=name, organisation="c", profession=profession)


KLEIN, WEBER = doctor("klein"), doctor("weber")


@pytest.fixture(scope="session")
def _tables(shared_node: TestNode) -> None:
    migrate(shared_node.dsn, ["ardenne.services.referring.migrations"])


@pytest.fixture
def home(node: TestNode, _tables: None) -> Iterator[TestNode]:
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute("truncate referring_agreement, referring_review, referring_stand_in")
    node.call("PUT", "Patient/anne", {"resourceType": "Patient", "id": "anne"})
    condition = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/anne"}}
    node.call("PUT", "Condition/c", condition)
    yield node


def of(node: TestNode, caller: Caller, days: int = 0) -> Agreements:
    return Agreements(node.service.seen_by(caller), datetime.now(UTC) + timedelta(days=days))


def reads(node: TestNode, caller: Caller) -> bool:
    node.caller = caller
    return node.call("GET", "Condition/c").status == 200


def refused(node: TestNode, act: Coroutine[Any, Any, Any]) -> str:
    with pytest.raises(AgreementError) as found:
        node.run(act)
    return found.value.rule


def stages(node: TestNode) -> list[Stage]:
    found = node.run(store.of_patient(node.database, hashing.self_hash("Patient", "anne")))
    return [rules.stage(one, TODAY) for one in found]


def agreed(node: TestNode, who: Caller) -> uuid.UUID:
    made = node.run(of(node, ANNE).propose("anne", who.practitioner, ["8"], SPAN))
    node.run(of(node, who).sign(made))
    return made


def test_both_signatures_open_the_record_and_the_end_closes_it(home: TestNode) -> None:
    made = home.run(of(home, ANNE).propose("anne", "klein", ["8"], SPAN))
    assert not reads(home, KLEIN)
    assert refused(home, of(home, ANNE).sign(made)) == "step"
    assert refused(home, of(home, WEBER).sign(made)) == "unknown"
    assert refused(home, of(home, JEAN).close(made, "refuse")) == "unknown"
    home.run(of(home, KLEIN).sign(made))
    assert reads(home, KLEIN) and not reads(home, WEBER)
    home.run(of(home, ANNE).close(made, "end", "moved away"))
    assert not reads(home, KLEIN)
    assert refused(home, of(home, KLEIN).close(made, "end")) == "step"


def test_each_act_stands_in_the_journal(home: TestNode) -> None:
    made = agreed(home, KLEIN)
    home.run(of(home, KLEIN).close(made, "end"))
    home.caller = ANNE
    events = home.call("GET", "AuditEvent?patient=anne&_count=100").json["entry"]
    text = str(events)
    assert all(word in text for word in ("proposed", "signed", "ended"))


def test_a_second_doctor_replaces_the_first(home: TestNode) -> None:
    agreed(home, KLEIN)
    agreed(home, WEBER)
    assert reads(home, WEBER) and not reads(home, KLEIN)
    assert stages(home) == [Stage.IN_FORCE, Stage.REPLACED]


def test_doctors_who_sign_at_the_same_moment_leave_one_agreement(home: TestNode) -> None:
    doctors = [doctor(f"d{number}") for number in range(8)]
    made = [home.run(of(home, ANNE).propose("anne", one.practitioner, ["8"], SPAN)) for one in doctors]

    async def all_sign() -> None:
        await asyncio.gather(
            *(of(home, one).sign(agreement) for one, agreement in zip(doctors, made, strict=True))
        )

    home.run(all_sign())
    assert sorted(stages(home)) == sorted([Stage.IN_FORCE, *[Stage.REPLACED] * 7])
    assert sum(reads(home, one) for one in doctors) == 1


def test_only_one_proposal_between_the_same_two(home: TestNode) -> None:
    async def both() -> list[Any]:
        acts = [of(home, ANNE).propose("anne", "klein", ["8"], SPAN) for _ in range(4)]
        return await asyncio.gather(*acts, return_exceptions=True)

    done = home.run(both())
    assert sum(isinstance(one, uuid.UUID) for one in done) == 1
    assert {one.rule for one in done if isinstance(one, AgreementError)} == {"exists"}


def test_what_nobody_signed_in_time_can_be_proposed_anew(home: TestNode) -> None:
    home.run(of(home, ANNE, -90).propose("anne", "klein", ["8"], (TODAY - timedelta(days=90), None)))
    assert stages(home) == [Stage.LAPSED]
    home.run(of(home, ANNE).propose("anne", "klein", ["8"], SPAN))
    assert stages(home)[0] is Stage.DOCTOR_SIGNS


def test_a_nurse_and_a_stranger_cannot_propose(home: TestNode) -> None:
    nurse = doctor("nora", "nurse")
    assert refused(home, of(home, nurse).propose("anne", "nora", ["8"], SPAN)) == "profession"
    assert refused(home, of(home, JEAN).propose("anne", "klein", ["8"], SPAN)) == "profession"
    assert refused(home, of(home, KLEIN).propose("anne", "weber", ["8"], SPAN)) == "profession"


def test_a_nurse_named_by_the_patient_cannot_sign(home: TestNode) -> None:
    made = home.run(of(home, ANNE).propose("anne", "nora", ["8"], SPAN))
    assert refused(home, of(home, doctor("nora", "nurse")).sign(made)) == "unknown"


def test_a_closed_record_has_no_agreement(home: TestNode) -> None:
    made = home.run(of(home, ANNE).propose("anne", "klein", ["8"], SPAN))

    async def close(state: int) -> None:
        async with home.database.transaction() as connection:
            await policy.set_record(connection, "anne", state=state)

    home.run(close(1))
    assert refused(home, of(home, KLEIN).sign(made)) == "closed"
    home.run(close(0))
    home.run(of(home, KLEIN).sign(made))
    assert reads(home, KLEIN)


def test_an_agreement_of_the_future_opens_nothing_today(home: TestNode) -> None:
    later = (TODAY + timedelta(days=3), None)
    made = home.run(of(home, ANNE).propose("anne", "klein", ["8"], later))
    home.run(of(home, KLEIN).sign(made))
    assert stages(home) == [Stage.AGREED] and not reads(home, KLEIN)


def test_a_stand_in_sees_the_record_until_the_agreement_ends(home: TestNode) -> None:
    made = agreed(home, KLEIN)
    assert refused(home, of(home, KLEIN).stand_in(made, "klein", (TODAY, TODAY))) == "stand-in"
    assert refused(home, of(home, KLEIN).stand_in(made, "weber", (TODAY, date(2099, 1, 1)))) == "stand-in"
    assert refused(home, of(home, ANNE).stand_in(made, "weber", (TODAY, TODAY))) == "step"
    home.run(of(home, KLEIN).stand_in(made, "weber", (TODAY, TODAY)))
    assert reads(home, WEBER)
    home.run(of(home, ANNE).close(made, "end"))
    assert not reads(home, WEBER)


def test_a_review_names_every_point_or_says_why_not(home: TestNode) -> None:
    made = agreed(home, KLEIN)
    every = list(rules.checklist())
    assert refused(home, of(home, KLEIN).review(made, every[1:], "")) == "review"
    home.run(of(home, KLEIN).review(made, every[1:], "the summary waits for a letter"))
    home.run(of(home, KLEIN, 1).review(made, [*every, "invented"], ""))
    found = home.run(store.reviews(home.database, made))
    assert [list(one.checked) for one in found] == [every, every[1:]]
