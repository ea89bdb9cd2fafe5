"""Frequent tokens: what the statistics say, and that the answers stay the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ardenne.kernel.store import frequency, groups, hashing
from ardenne.kernel.testing import TestNode


@pytest.fixture
def crowd(node: TestNode, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestNode]:
    """A hundred patients, two of three with asthma and every tenth with a rare problem."""
    entries: list[dict[str, Any]] = []

    def put(kind: str, name: str, **more: Any) -> None:
        resource = {"resourceType": kind, "id": name, **more}
        entries.append({"resource": resource, "request": {"method": "PUT", "url": f"{kind}/{name}"}})

    for number in range(100):
        put("Patient", f"p{number}")
        for code, has in (("asthma", number % 3), ("rare", number % 10 == 0)):
            if has:
                subject = {"reference": f"Patient/p{number}"}
                put("Condition", f"{code}{number}", subject=subject, code={"coding": [{"code": code}]})
    assert (
        node.call("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries}).status
        == 200
    )

    async def analyse() -> None:
        async with node.database.connection() as connection:
            await connection.execute("analyze resource")

    node.run(analyse())
    monkeypatch.setattr(frequency, "MANY", 40)
    yield node
    monkeypatch.setattr(frequency, "MANY", 1 << 60)
    node.run(frequency.learn(node.database))


def pages(node: TestNode, query: str) -> list[str]:
    found: list[str] = []
    while query:
        answer = node.call("GET", query)
        assert answer.status == 200, answer.body
        found += answer.ids
        query = answer.link("next")
    return found


@pytest.mark.parametrize(
    "query",
    [
        "Patient?_has:Condition:patient:code=asthma&_count=7",
        "Patient?_has:Condition:subject:code=asthma&_count=50&_total=accurate",
        "Patient?_has:Condition:patient:code=asthma&_has:Condition:patient:code=rare",
        "Patient?_has:Condition:patient:code=asthma,rare",
        "Patient?_has:Condition:patient:code=asthma&_sort=-_id",
    ],
)
def test_the_answers_are_the_same_whichever_way_is_taken(crowd: TestNode, query: str) -> None:
    before = pages(crowd, query)
    assert before
    crowd.run(frequency.learn(crowd.database))
    assert pages(crowd, query) == before


def test_the_question_about_a_frequent_code_looks_at_each_row(
    crowd: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    fetch = crowd.database.fetch

    async def noted(query: str, *arguments: Any) -> Any:
        asked.append(query)
        return await fetch(query, *arguments)

    monkeypatch.setattr(crowd.database, "fetch", noted)
    query = "Patient?_has:Condition:patient:code=asthma&_count=7"
    pages(crowd, query)
    assert not any("offset 0" in one for one in asked)
    crowd.run(frequency.learn(crowd.database))
    pages(crowd, query)
    assert any("offset 0" in one for one in asked)


def test_who_is_one_person_with_somebody_is_found_by_what_the_other_has(crowd: TestNode) -> None:
    async def merge() -> None:
        async with crowd.database.transaction() as connection:
            await groups.lock(connection)
            well, ill = hashing.self_hash("Patient", "p0"), hashing.self_hash("Patient", "p1")
            await groups.join(connection, well, ill)
        await groups.refresh(crowd.database)

    query = "Patient?_has:Condition:patient:code=asthma&_count=7"
    alone = set(pages(crowd, query))
    assert "p1" in alone and "p0" not in alone
    crowd.run(merge())
    merged = set(pages(crowd, query))
    crowd.run(frequency.learn(crowd.database))
    assert set(pages(crowd, query)) == merged == alone | {"p0"}


def test_only_what_very_many_have_is_frequent(crowd: TestNode) -> None:
    crowd.run(frequency.learn(crowd.database))
    known = len(frequency._Process.tokens)
    assert known > 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frequency, "MANY", 5)
        crowd.run(frequency.learn(crowd.database))
        assert len(frequency._Process.tokens) > known
        patch.setattr(frequency, "MANY", 1_000)
        crowd.run(frequency.learn(crowd.database))
    assert not frequency._Process.tokens
