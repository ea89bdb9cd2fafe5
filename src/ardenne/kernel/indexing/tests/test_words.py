"""``_text`` and ``_content`` (R4, Search, 3.1.1.4.16): the same answers before, while and after words are indexed."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.indexing.words import WordRunner, spoken
from ardenne.kernel.testing import TestNode


def note(name: str, text: str, **more: Any) -> dict[str, Any]:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p title="attribute">{text}</p></div>'
    return {
        "resourceType": "Basic", "id": name, "text": {"status": "generated", "div": div},
        "code": {"coding": [{"system": "http://example.org/codes", "code": "8480-6"}], "text": f"note {name}"}, **more,
    }  # fmt: skip


TEXTS = {
    "fr": "Les patientes souffrent de douleurs thoraciques",
    "de": "Die Untersuchungen zeigten eine Lungenentzündung",
    "en": "Repeated chest infections were treated",
}
QUESTIONS = {
    "_text=douleur": ["fr"],
    "_text=thoracique": ["fr"],
    "_text=untersuchung": ["de"],
    "_text=infection": ["en"],
    "_text=chest infection": ["en"],
    '_text="chest infections"': ["en"],
    '_text="infections chest"': [],
    "_text=chest or douleur": ["en", "fr"],
    "_text=attribute": [],
    "_content=note": ["de", "en", "fr"],
    "_content=8480-6": ["de", "en", "fr"],
    "_content=lungenentzündung": ["de"],
    "_text=note": [],
    "_content:not=x": None,
}


def settle(node: TestNode, runner: WordRunner) -> None:
    node.run(runner.step(patient=False))
    while node.run(runner.step(patient=False)):
        pass


def check(node: TestNode) -> None:
    for question, expected in QUESTIONS.items():
        answer = node.call("GET", f"Basic?{question}", headers={"Prefer": "handling=strict"})
        if expected is None:
            assert answer.status == 400
        else:
            assert sorted(answer.ids) == expected, question


def indexed(node: TestNode) -> int:
    return int(node.run(node.database.fetch("select count(*) from word_index"))[0][0])


@pytest.fixture
def runner(node: TestNode) -> WordRunner:
    return WordRunner(node.database)


def test_the_answers_are_the_same_before_and_after(node: TestNode, runner: WordRunner) -> None:
    for name, text in TEXTS.items():
        node.call("PUT", f"Basic/{name}", note(name, text))
    check(node)
    settle(node, runner)
    assert indexed(node) == 3
    check(node)


def test_changes_are_found_at_once_and_later(node: TestNode, runner: WordRunner) -> None:
    node.call("PUT", "Basic/a", note("a", "pneumonia"))
    settle(node, runner)
    node.call("PUT", "Basic/a", note("a", "asthma"))
    for _time in range(2):
        assert node.call("GET", "Basic?_text=pneumonia").ids == []
        assert node.call("GET", "Basic?_text=asthma").ids == ["a"]
        settle(node, runner)
    node.call("DELETE", "Basic/a")
    assert node.call("GET", "Basic?_text=asthma").ids == []
    settle(node, runner)
    assert indexed(node) == 0


def test_many_pages_and_running_transactions(node: TestNode, runner: WordRunner) -> None:
    """A transaction that is still open holds the index back, never loses a row."""
    for number in range(250):
        node.call("PUT", f"Basic/n{number}", note(f"n{number}", "asthma"))

    async def scene() -> None:
        connection = await node.database.dedicated()
        async with connection.transaction():
            await connection.execute("select pg_current_xact_id()")
            await node.ask("PUT", "Basic/late", note("late", "asthma"))
            while await runner.step(patient=False):
                pass
            found = await node.ask("GET", "Basic?_text=asthma&_total=accurate&_count=0")
            assert found.json["total"] == 251
        await connection.close()

    node.run(scene())
    assert indexed(node) == 250
    settle(node, runner)
    assert indexed(node) == 251
    assert node.call("GET", "Basic?_text=asthma&_total=accurate&_count=0").json["total"] == 251


def test_what_is_spoken() -> None:
    resource = note("x", "words", subject={"reference": "Patient/1", "display": "Anna"}, created="2020-01-01")
    assert [text.strip() for text in spoken(resource)] == [
        "generated",
        "words",
        "8480-6",
        "note x",
        "Anna",
        "2020-01-01",
    ]
