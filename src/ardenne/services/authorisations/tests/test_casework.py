"""An authorisation gives and takes rights in the moment of the decision."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.testing import TestNode
from ardenne.services.authorisations import letters, rules, statistics, store
from ardenne.services.authorisations.casework import Casework
from ardenne.services.authorisations.rules import NotAllowed
from ardenne.services.authorisations.store import Application
from ardenne.services.authorisations.tests.conftest import APPLICANT, OFFICER, application, document

REASON = "good reasons in words"


def granted(node: TestNode, casework: Casework, asked: Application) -> Application:
    node.run(casework.begin(asked, APPLICANT))
    for item in rules.jurisdiction("lu").checklist[asked.kind]:
        node.run(casework.attach(asked.id, document(item), item.encode()))
    node.run(casework.act(asked.id, "submit", APPLICANT))
    node.run(casework.act(asked.id, "take", OFFICER))
    for one in node.run(store.documents(node.database, asked.id)):
        node.run(casework.judge(asked.id, one.id, "accepted", "", OFFICER))
    return node.run(casework.act(asked.id, "grant", OFFICER))


def roles(node: TestNode, casework: Casework, account: Account) -> int:
    found = node.run(casework._identity.accounts.get(account.id))
    assert found is not None
    return len(found.roles)


def test_a_grant_stands_in_the_directory(node: TestNode, casework: Casework, doctor: Account) -> None:
    found = granted(node, casework, application(doctor))
    assert found.number is not None and found.number.startswith("M-")
    person = node.call("GET", f"Practitioner/{found.practitioner}").json
    role = node.call("GET", f"PractitionerRole/{found.id}").json
    assert person["active"] and person["qualification"][0]["code"]["coding"][0]["code"] == "lu.urology"
    assert role["active"] and role["specialty"][0]["text"] == "Urologie"
    assert role["code"][0]["coding"][0]["code"] == "lu.doctor-specialist"
    assert found.practitioner == doctor.roles[0].practitioner


def test_suspension_and_withdrawal_end_rights_at_once(
    node: TestNode, casework: Casework, doctor: Account
) -> None:
    found = granted(node, casework, application(doctor))
    assert roles(node, casework, doctor) == 1
    node.run(casework.act(found.id, "suspend", OFFICER, REASON))
    assert roles(node, casework, doctor) == 0
    assert not node.call("GET", f"PractitionerRole/{found.id}").json["active"]
    assert not node.call("GET", f"Practitioner/{found.practitioner}").json["active"]
    node.run(casework.act(found.id, "reinstate", OFFICER, REASON))
    assert roles(node, casework, doctor) == 1
    assert node.call("GET", f"PractitionerRole/{found.id}").json["active"]
    node.run(casework.act(found.id, "withdraw", OFFICER, REASON))
    assert roles(node, casework, doctor) == 0


def test_a_second_authorisation_keeps_the_rights(node: TestNode, casework: Casework, doctor: Account) -> None:
    first = granted(node, casework, application(doctor))
    second = granted(node, casework, application(doctor, "general-surgery"))
    assert first.practitioner == second.practitioner and first.number != second.number
    node.run(casework.act(first.id, "withdraw", OFFICER, REASON))
    assert roles(node, casework, doctor) == 1
    person = node.call("GET", f"Practitioner/{first.practitioner}").json
    assert person["active"] and len(person["qualification"]) == 2


def test_temporary_services_end_by_themselves(node: TestNode, casework: Casework, doctor: Account) -> None:
    found = granted(node, casework, application(doctor, kind="temporary"))
    assert found.ends is not None
    last = datetime(found.ends.year, found.ends.month, found.ends.day, 12, tzinfo=UTC)
    assert node.run(casework.expire(last)) == 0
    assert node.run(casework.expire(last + timedelta(days=1))) == 1
    assert roles(node, casework, doctor) == 0
    assert node.run(store.one(node.database, found.id)).state == "expired"  # type: ignore[union-attr]


def test_two_officers_at_once_decide_once(node: TestNode, casework: Casework, doctor: Account) -> None:
    asked = application(doctor)
    node.run(casework.begin(asked, APPLICANT))
    for item in rules.jurisdiction("lu").checklist["permanent"]:
        node.run(casework.attach(asked.id, document(item), b"x"))
    node.run(casework.act(asked.id, "submit", APPLICANT))
    node.run(casework.act(asked.id, "take", OFFICER))
    for one in node.run(store.documents(node.database, asked.id)):
        node.run(casework.judge(asked.id, one.id, "accepted", "", OFFICER))

    async def both() -> list[object]:
        acts = [casework.act(asked.id, "grant", OFFICER) for _ in range(16)]
        acts += [casework.act(asked.id, "refuse", OFFICER, REASON) for _ in range(16)]
        return await asyncio.gather(*acts, return_exceptions=True)

    found = node.run(both())
    assert sum(isinstance(one, Application) for one in found) == 1
    assert all(isinstance(one, Application | NotAllowed) for one in found)
    decisions = [
        one.act for one in node.run(store.events(node.database, asked.id)) if one.act in ("grant", "refuse")
    ]
    assert len(decisions) == 1


def test_a_failure_leaves_neither_state_nor_directory(
    node: TestNode, casework: Casework, doctor: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = granted(node, casework, application(doctor))

    async def broken(*_arguments: object) -> None:
        raise RuntimeError("the directory fails")

    monkeypatch.setattr(casework, "_tell_directory", broken)
    with pytest.raises(RuntimeError):
        node.run(casework.act(found.id, "suspend", OFFICER, REASON))
    assert node.run(store.one(node.database, found.id)).state == "granted"  # type: ignore[union-attr]
    assert roles(node, casework, doctor) == 1


def test_documents_only_of_the_checklist_and_only_with_the_applicant(
    node: TestNode, casework: Casework, doctor: Account
) -> None:
    asked = application(doctor)
    node.run(casework.begin(asked, APPLICANT))
    with pytest.raises(NotAllowed, match="no such item"):
        node.run(casework.attach(asked.id, document("photograph"), b"x"))
    found = granted(node, casework, application(doctor))
    with pytest.raises(NotAllowed, match="with the applicant"):
        node.run(casework.attach(found.id, document("diploma"), b"y"))
    with pytest.raises(NotAllowed, match="no such application"):
        node.run(casework.act(uuid.uuid4(), "submit", APPLICANT))


def test_the_register_reproduces_the_printed_tables(node: TestNode, casework: Casework) -> None:
    """With as many authorisations as the report counts, the page's tables are the report's."""
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        for (code, year), count in statistics.printed_counts().items():
            connection.execute(
                "insert into authorisation_application (id, country, profession, register, kind, account, family, given,"
                " birth_date, nationality, email, state, delivered) select gen_random_uuid(), 'lu', %s, 'doctors',"
                " 'permanent', gen_random_uuid(), 'A', 'B', '1980-01-01', 'LU', '', 'granted',"
                " make_timestamptz(%s, 7, 1, 0, 0, 0, 'UTC') from generate_series(1, %s)",
                (code, year, count),
            )
    counts = node.run(store.delivered(node.database, "lu", "Europe/Luxembourg"))
    made = statistics.tables(counts, statistics.PRINTED_YEARS)
    assert [table.rows for table in made] == [table.rows for table in statistics.printed()]


def test_letters_tell_decision_reason_appeal_and_law(
    node: TestNode, casework: Casework, doctor: Account
) -> None:
    found = granted(node, casework, application(doctor, kind="temporary"))
    told = letters.paragraphs(found, node.run(store.events(node.database, found.id)), "fr")
    assert told[1] == "Autorisation d'exercer" and found.number is not None
    assert any(found.number in line and "jusqu'au" in line and "Urologie" in line for line in told)
    ended = node.run(casework.act(found.id, "suspend", OFFICER, REASON))
    events = node.run(store.events(node.database, found.id))
    told = letters.paragraphs(ended, events, "de")
    assert told[1] == "Aussetzung der Zulassung" and f"Grund: {REASON}" in told
    assert any("Widerspruch" in line for line in told) and "29 avril 1983" in told[-1]
    made = letters.letter(ended, events, "de")
    assert made is not None and made.startswith(b"%PDF-")
