"""Authorisations that were given before: read with their faults, taken over once, and never against a decision of here."""

from __future__ import annotations

import pytest

from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.testing import TestNode
from ardenne.services.authorisations import store
from ardenne.services.authorisations.casework import Actor, Casework
from ardenne.services.authorisations.existing import read
from ardenne.services.authorisations.tests.conftest import OFFICER, application

_HEAD = "number,profession,kind,family,given,birth_date,nationality,languages,delivered,ends,state,decided,practitioner\n"
_GIVEN = "M-000041,urology,,Weis,Nora Ida,1970-05-01,LU,fr de,1999-03-02,,,,\n"
_SUSPENDED = "1187/B,urology,,Kerg,Paul,1961-01-31,LU,,1992-10-01,,suspended,2024-02-01,\n"
_TEMPORARY = "T 7,urology,temporary,Weis,Nora Ida,1970-05-01,LU,,2026-01-01,2026-12-31,,,\n"
_LIST = Actor("", "list of the ministry", "node")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (",urology,,Weis,Nora,1970-05-01,LU,,1999-03-02,,,,", "number"),
        ("1,magic,,Weis,Nora,1970-05-01,LU,,1999-03-02,,,,", "profession"),
        ("1,urology,loan,Weis,Nora,1970-05-01,LU,,1999-03-02,,,,", "kind"),
        ("1,urology,,,Nora,1970-05-01,LU,,1999-03-02,,,,", "family"),
        ("1,urology,,Weis,Nora,01.05.1970,LU,,1999-03-02,,,,", "birth_date"),
        ("1,urology,,Weis,Nora,1970-05-01,LU,,,,,,", "delivered"),
        ("1,urology,,Weis,Nora,1970-05-01,LU,,1999-03-02,1998-01-01,,,", "ends"),
        ("1,urology,temporary,Weis,Nora,1970-05-01,LU,,1999-03-02,,,,", "ends"),
        ("1,urology,,Weis,Nora,1970-05-01,LU,,1999-03-02,,gone,,", "state"),
        ("1,urology,,Weis,Nora,1970-05-01,LU,,1999-03-02,,withdrawn,,", "decided"),
        ("1,urology,,Weis,Nora,1970-05-01,LU,French,1999-03-02,,,,", "languages"),
        ("1,urology,,Weis,Nora,1970-05-01,LU,,1999-03-02,,,,a/b", "practitioner"),
    ],
)
def test_a_faulty_line_is_told_with_its_column(line: str, column: str) -> None:
    found = read(_HEAD + _GIVEN + line + "\n", "lu")
    assert [(fault.line, fault.column) for fault in found.faults][:1] == [(3, column)]
    assert len(found.found) == 1


def test_a_number_stands_once_and_columns_are_needed() -> None:
    assert [one.column for one in read(_HEAD + _GIVEN + _GIVEN, "lu").faults] == ["number"]
    assert {one.column for one in read("number,family\n1,Weis\n", "lu").faults} >= {"profession", "delivered"}


def _take(node: TestNode, casework: Casework, text: str) -> list[str]:
    found = read(_HEAD + text, "lu")
    assert found.faults == []

    async def all_of_them() -> list[str]:
        return [await casework.take_over(one, _LIST) for one in found.found]

    return node.run(all_of_them())


def test_a_list_is_taken_over_once_into_register_directory_and_statistics(
    node: TestNode, casework: Casework
) -> None:
    assert _take(node, casework, _GIVEN + _SUSPENDED + _TEMPORARY) == ["added"] * 3
    assert _take(node, casework, _GIVEN + _SUSPENDED + _TEMPORARY) == ["unchanged"] * 3
    doctors = {one["name"][0]["family"]: one for one in _stored(node, "Practitioner")}
    assert (doctors["Weis"]["active"], doctors["Kerg"]["active"]) == (True, False)
    assert {one["identifier"][0]["value"] for one in doctors["Weis"]["qualification"]} == {"M-000041", "T 7"}
    roles = {one["identifier"][0]["value"]: one for one in _stored(node, "PractitionerRole")}
    assert {number: one["active"] for number, one in roles.items()} == {
        "M-000041": True,
        "1187/B": False,
        "T 7": True,
    }
    assert roles["1187/B"]["period"] == {"start": "1992-10-01", "end": "2024-02-01"}
    delivered = node.run(store.delivered(node.database, "lu", "Europe/Luxembourg"))
    assert delivered == {("urology", 1992): 1, ("urology", 1999): 1, ("urology", 2026): 1}
    changed = _SUSPENDED.replace("suspended,2024-02-01", "withdrawn,2025-06-01")
    assert _take(node, casework, _GIVEN + changed) == ["unchanged", "changed"]
    told = {
        one["identifier"][0]["value"]: one["period"].get("end") for one in _stored(node, "PractitionerRole")
    }
    assert told["1187/B"] == "2025-06-01"


def _stored(node: TestNode, kind: str) -> list[dict]:  # type: ignore[type-arg]
    return [entry["resource"] for entry in node.call("GET", f"{kind}?_count=50").entries("match")]


def test_what_the_office_decided_since_prevails_and_its_numbers_go_on_behind_the_list(
    node: TestNode, casework: Casework, doctor: Account
) -> None:
    _take(node, casework, _GIVEN)
    (taken,) = node.run(store.in_states(node.database, ["granted"]))
    node.run(casework.act(taken.id, "withdraw", OFFICER, "convicted of fraud in 2026"))
    assert _take(node, casework, _GIVEN) == ["kept"]
    assert node.run(store.one(node.database, taken.id)).state == "withdrawn"  # type: ignore[union-attr]
    fresh = application(doctor)
    node.run(casework.begin(fresh, OFFICER))

    async def serial() -> int:
        async with node.database.transaction() as connection:
            return await store.serial(connection)

    assert node.run(serial()) > 41
