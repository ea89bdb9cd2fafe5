"""Many callers at once: nothing is doubled, lost or half done."""

from __future__ import annotations

import asyncio
from collections import Counter

from ardenne.kernel.testing import TestNode

CALLERS = 64


def test_parallel_conditional_creates_make_one_resource(node: TestNode) -> None:
    person = {"resourceType": "Patient", "identifier": [{"system": "urn:n", "value": "1"}]}

    async def race() -> Counter[int]:
        calls = (
            node.ask("POST", "Patient", person, {"If-None-Exist": "identifier=urn:n|1"})
            for _ in range(CALLERS)
        )
        return Counter(answer.status for answer in await asyncio.gather(*calls))

    assert node.run(race()) == {201: 1, 200: CALLERS - 1}
    assert node.call("GET", "Patient?identifier=urn:n|1&_total=accurate").json["total"] == 1


def test_parallel_updates_with_if_match_lose_none(node: TestNode) -> None:
    node.call("PUT", "Patient/p", {"resourceType": "Patient", "id": "p", "multipleBirthInteger": 0})

    async def count_one() -> None:
        while True:
            read = await node.ask("GET", "Patient/p")
            person = read.json
            person["multipleBirthInteger"] += 1
            done = await node.ask("PUT", "Patient/p", person, {"If-Match": read.headers["etag"]})
            if done.status == 200:
                return
            assert done.status == 412

    async def race() -> None:
        await asyncio.gather(*(count_one() for _ in range(CALLERS)))

    node.run(race())
    person = node.call("GET", "Patient/p").json
    assert person["multipleBirthInteger"] == CALLERS
    assert person["meta"]["versionId"] == str(CALLERS + 1)


def test_parallel_creates_under_one_client_id_make_one_history(node: TestNode) -> None:
    async def race() -> list[int]:
        calls = (
            node.ask("PUT", "Patient/p", {"resourceType": "Patient", "id": "p", "multipleBirthInteger": n})
            for n in range(CALLERS)
        )
        return [answer.status for answer in await asyncio.gather(*calls)]

    assert Counter(node.run(race())) == {201: 1, 200: CALLERS - 1}
    assert node.call("GET", "Patient/p/_history?_count=100").json["total"] == CALLERS


def test_transactions_over_the_same_rows_neither_deadlock_nor_half_apply(node: TestNode) -> None:
    names = [f"p{number}" for number in range(8)]

    def bundle(mark: int) -> dict[str, object]:
        order = names if mark % 2 else names[::-1]
        entries = [
            {
                "resource": {"resourceType": "Patient", "id": name, "multipleBirthInteger": mark},
                "request": {"method": "PUT", "url": f"Patient/{name}"},
            }
            for name in order
        ]
        return {"resourceType": "Bundle", "type": "transaction", "entry": entries}

    async def read_all() -> set[int]:
        found = await node.ask("GET", "Patient?_count=20")
        return {entry["resource"]["multipleBirthInteger"] for entry in found.entries("match")}

    async def race() -> tuple[list[int], list[set[int]]]:
        await node.ask("POST", "", bundle(0))
        writes = [asyncio.ensure_future(node.ask("POST", "", bundle(mark))) for mark in range(1, 33)]
        seen = []
        while not all(write.done() for write in writes):
            seen.append(await read_all())
        return [(await write).status for write in writes], seen

    statuses, seen = node.run(race())
    assert set(statuses) == {200}
    assert all(len(marks) == 1 for marks in seen), "a reader saw half a transaction"
    assert node.call("GET", "Patient/p0/_history?_count=100").json["total"] == 33


def test_a_failing_entry_undoes_the_whole_transaction(node: TestNode) -> None:
    node.call("PUT", "Patient/old", {"resourceType": "Patient", "id": "old"})
    entries = [
        {
            "resource": {"resourceType": "Patient", "active": True},
            "request": {"method": "POST", "url": "Patient"},
        },
        {
            "resource": {"resourceType": "Patient", "id": "old"},
            "request": {"method": "PUT", "url": "Patient/old", "ifMatch": 'W/"9"'},
        },
    ]
    answer = node.call("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert answer.status == 412
    assert answer.json["issue"][0]["expression"] == ["Bundle.entry[1]"]
    assert node.call("GET", "Patient?active=true").ids == []
