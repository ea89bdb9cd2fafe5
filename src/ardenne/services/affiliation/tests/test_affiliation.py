"""Who joins the health insurance gets one record, one account and one letter, however often the list comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from io import BytesIO

import psycopg
import pytest
from pypdf import PdfReader

from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.testing import TestNode
from ardenne.services.affiliation import feed, letters, opening, store
from ardenne.services.affiliation.opening import Opened

HEAD = ",".join(feed.COLUMNS)
CAROLE = '1987041220786,Thines,Carole,1987-04-12,f,"4, rue des Prés",L-9090,Warken,LU,lb'
TIAGO = '1999093011865,Marques,Tiago André,1999-09-30,m,"17, rue de l\'Église",L-4202,Esch,LU,pt'


def read(*lines: str) -> feed.Read:
    return feed.read("\n".join((HEAD, *lines)))


def test_a_line_becomes_a_patient() -> None:
    (one,) = read(TIAGO).affiliates
    patient = one.patient()
    assert patient["identifier"][0] == {
        "use": "official",
        "system": "urn:oid:1.3.182.4.4",
        "value": "1999093011865",
    }
    assert patient["name"] == [{"use": "official", "family": "Marques", "given": ["Tiago", "André"]}]
    assert (patient["gender"], patient["birthDate"]) == ("male", "1999-09-30")
    assert patient["address"][0]["line"] == ["17, rue de l'Église"]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("1987041220787,Thines,Carole,1987-04-12,f,,L-9090,Warken,LU,lb", "number"),
        ("1987041220786,,Carole,1987-04-12,f,,L-9090,Warken,LU,lb", "family"),
        ("1987041220786,Thines,Carole,12.4.1987,f,,L-9090,Warken,LU,lb", "birth_date"),
        ("1987041220786,Thines,Carole,1987-04-13,f,,L-9090,Warken,LU,lb", "birth_date"),
        ("1987041220786,Thines,Carole,1987-04-12,w,,L-9090,Warken,LU,lb", "sex"),
        ("1987041220786,Thines,Carole,1987-04-12,f,,L-9090,Warken,Luxembourg,lb", "country"),
        ("1987041220786,Thines,Carole,1987-04-12,f,,L-9090,Warken,LU,nl", "language"),
        ("1987041220786,Thines,Carole,1987-04-12,f,,L-9090,Warken,LU,lb,more", ""),
    ],
)
def test_a_faulty_line_says_where_and_opens_nothing(line: str, column: str) -> None:
    found = read(line)
    assert [fault.column for fault in found.faults] == [column] and found.affiliates == []
    assert found.faults[0].line == 2 and found.faults[0].message


def test_the_same_number_twice_is_a_fault() -> None:
    assert [(fault.line, fault.column) for fault in read(CAROLE, CAROLE).faults] == [(3, "number")]


def test_another_head_is_refused() -> None:
    with pytest.raises(ValueError, match="number,family"):
        feed.read("name,number\nx,1")


def test_the_letter_is_in_five_languages() -> None:
    assert list(letters.languages()) == ["fr", "de", "lb", "en", "pt"]
    for language in letters.languages():
        letter = letters.Addressed("Carole Thines", ("Carole Thines",), "dsp-x", "AAAAA-BBBBB", language)
        blocks = letters.page(letter, "https://node.example", date(2026, 11, 25), date(2026, 12, 25))
        assert "{" not in str(blocks) and "AAAAA-BBBBB" in str(blocks)


@pytest.fixture(scope="session")
def _tables(shared_node: TestNode) -> None:
    migrate(shared_node.dsn, ["ardenne.services.affiliation.migrations"])


@pytest.fixture
def home(node: TestNode, _tables: None) -> Iterator[TestNode]:
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute("truncate affiliation")
    yield node


def open_all(node: TestNode, *lines: str) -> Opened:
    return node.run(opening.open_records(node.service, read(*lines).affiliates))


def test_the_same_list_again_changes_nothing(home: TestNode) -> None:
    assert open_all(home, CAROLE, TIAGO) == Opened(2, 0, [])
    assert open_all(home, CAROLE, TIAGO) == Opened(0, 2, [])
    found = home.call("GET", "Patient?family=Thines").entries("match")
    assert len(found) == 1
    account = home.run(Accounts(home.database).of_patient(found[0]["resource"]["id"]))
    assert account is not None and account.state == "invited"
    assert account.login.startswith("dsp-") and "thines" not in account.login


def test_lists_that_come_at_the_same_moment_open_each_record_once(home: TestNode) -> None:
    affiliates = read(CAROLE, TIAGO).affiliates

    async def both() -> list[Opened]:
        work = [opening.open_records(home.service, affiliates) for _ in range(4)]
        return list(await asyncio.gather(*work))

    done = home.run(both())
    assert sum(one.opened for one in done) == 2 and sum(one.known for one in done) == 6
    assert len(home.call("GET", "Patient?family=Marques").entries("match")) == 1
    assert home.run(store.figures(home.database, 30)).opened == 2


def test_letters_are_printed_once_and_again_with_new_codes(home: TestNode) -> None:
    open_all(home, CAROLE, TIAGO)
    printed = home.run(letters.print_batch(home.service, "https://node.example"))
    assert printed is not None and printed.letters == 2
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(printed.data)).pages)
    assert "Carole Thines" in text and "https://node.example/activate" in text
    assert home.run(letters.print_batch(home.service, "https://node.example")) is None
    again = home.run(letters.print_batch(home.service, "https://node.example", printed.batch))
    assert again is not None and again.letters == 2 and again.data != printed.data
    figures = home.run(store.figures(home.database, 30))
    assert (figures.opened, figures.waiting, figures.active) == (2, 0, 0)
