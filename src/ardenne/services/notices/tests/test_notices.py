"""Notices: addresses, confirming, one message for many documents, and nothing of a record in any of them."""

from __future__ import annotations

import asyncio
import email
import email.policy
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from ardenne.kernel.identity import opaque
from ardenne.kernel.mail import MailServer
from ardenne.kernel.store import hashing
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.store.resources import Resources
from ardenne.kernel.testing import TestNode
from ardenne.services.notices import rules, store
from ardenne.services.notices.sending import NoticeRunner, of_document
from ardenne.services.notices.store import Address

ANNE = hashing.self_hash("Patient", "anne")
NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" anne@example.org ", "anne@example.org"),
        ("anne.weber+dsp@mail.example.co.uk", "anne.weber+dsp@mail.example.co.uk"),
        ("anne@localhost", ""),
        ("anne@example.org\nBcc: x@example.org", ""),
        ("anne@-example.org", ""),
        ("a b@example.org", ""),
        ("anne@example.org, jean@example.org", ""),
        (f"{'a' * 65}@example.org", ""),
        ("", ""),
    ],
)
def test_addresses(typed: str, kept: str) -> None:
    assert rules.address(typed) == kept


def test_every_message_is_in_every_language_and_keeps_its_place_for_the_address() -> None:
    for kind in ("confirm", "document", "emergency"):
        for language in ("fr", "de", "lb", "en", "pt"):
            found = rules.message(kind, language, "https://node.example", "123456")
            assert found.subject and "https://node.example/account/notices" in found.text
            assert "{" not in found.text and ("123456" in found.text) == (kind == "confirm")
    assert rules.message("document", "nl", "", "") == rules.message("document", "en", "", "")


def test_pauses_grow_and_end() -> None:
    pauses = [rules.pause(number) for number in range(rules.ATTEMPTS)]
    assert pauses[0] == timedelta(minutes=1) and pauses[-1] == timedelta(hours=12)
    assert pauses == sorted(pauses)


@pytest.fixture(scope="session")
def _tables(shared_node: TestNode) -> None:
    migrate(shared_node.dsn, ["ardenne.services.notices.migrations"])


@pytest.fixture
def home(node: TestNode, _tables: None) -> Iterator[TestNode]:
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute("truncate notice_address, notice")
    held = node.service.resources
    assert isinstance(held, Resources)
    held.projections["DocumentReference"] = of_document
    node.call("PUT", "Patient/anne", {"resourceType": "Patient", "id": "anne"})
    yield node
    del held.projections["DocumentReference"]


def ask(node: TestNode, account: str, code: str = "123456") -> bool:
    async def do() -> bool:
        wanted = Address("anne@example.org", "fr", ["document", "emergency"], None)
        async with node.database.transaction() as connection:
            expires = NOW + rules.CODE_LIFE
            return await store.ask(
                connection, account, ANNE, wanted, opaque.digest(code), expires, rules.CODES_A_DAY
            )

    return node.run(do())


def confirm(node: TestNode, account: str, code: str, now: datetime = NOW) -> bool:
    async def do() -> bool:
        async with node.database.transaction() as connection:
            return await store.confirm(connection, account, opaque.digest(code), now, rules.CODE_ATTEMPTS)

    return node.run(do())


def account_of(node: TestNode) -> str:
    account = str(uuid.uuid4())
    assert ask(node, account) and confirm(node, account, "123456")
    return account


def document(node: TestNode, number: int, **changed: object) -> None:
    resource = {
        "resourceType": "DocumentReference", "id": f"d{number}", "status": "current",
        "subject": {"reference": "Patient/anne"}, "content": [{"attachment": {"title": "x"}}], **changed,
    }  # fmt: skip
    assert node.call("PUT", f"DocumentReference/d{number}", resource).status in (200, 201)


def waiting(node: TestNode) -> list[str]:
    rows = node.run(node.database.fetch("select kind from notice where sent is null and failed is null"))
    return [row[0] for row in rows]


def test_a_code_confirms_within_its_time_and_five_tries(home: TestNode) -> None:
    first, second, third = (str(uuid.uuid4()) for _ in range(3))
    ask(home, first)
    assert [confirm(home, first, "000000") for _ in range(5)] == [False] * 5
    assert not confirm(home, first, "123456")
    ask(home, second)
    assert not confirm(home, second, "123456", NOW + timedelta(minutes=31))
    ask(home, third)
    assert confirm(home, third, "123456") and not confirm(home, third, "123456")


def test_nobody_is_flooded_with_codes(home: TestNode) -> None:
    account = str(uuid.uuid4())
    assert [ask(home, account) for _ in range(rules.CODES_A_DAY + 2)] == [True] * rules.CODES_A_DAY + [
        False
    ] * 2


def test_many_documents_make_one_notice_and_own_ones_none(home: TestNode) -> None:
    account_of(home)
    document(home, 0, author=[{"reference": "Patient/anne"}])
    assert waiting(home) == []
    for number in range(1, 4):
        document(home, number)
    document(home, 1, description="changed")
    assert waiting(home) == ["document"]


def test_without_a_confirmed_address_nothing_is_queued(home: TestNode) -> None:
    ask(home, str(uuid.uuid4()))
    document(home, 1)
    assert waiting(home) == []


class Door:
    """A mail server of the test: takes what comes, or refuses."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.refuses = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        content, inside = "", False
        while line := await reader.readline():
            if inside:
                if line == b".\r\n":
                    self.taken.append(content)
                    inside = False
                    writer.write(b"250 taken\r\n")
                else:
                    content += line.decode()
                continue
            word = line[:4].upper()
            if word == b"DATA":
                inside, content = True, ""
                writer.write(b"354 go on\r\n")
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"451 not now\r\n" if self.refuses and word == b"MAIL" else b"250 ok\r\n")
        writer.close()


def test_a_notice_is_sent_once_and_a_failure_is_tried_again(home: TestNode) -> None:
    account_of(home)
    document(home, 1, description="Secret diagnosis")
    door = Door()

    async def work() -> list[bool]:
        server = await asyncio.start_server(door.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        runner = NoticeRunner(
            home.database, MailServer("127.0.0.1", port, "node@ardenne.example"), "https://node.example"
        )
        door.refuses = True
        done = [await runner.step(), await runner.step()]
        door.refuses = False
        await home.database.fetch("update notice set due = now() returning 1")
        done += [await runner.step(), await runner.step()]
        server.close()
        return done

    assert home.run(work()) == [True, False, True, False]
    (taken,) = door.taken
    message = email.message_from_string(taken, policy=email.policy.default)
    assert message["To"] == "anne@example.org" and message["Auto-Submitted"] == "auto-generated"
    text = message.get_content()
    assert "https://node.example/mine" in text
    assert "Secret" not in text and "d1" not in text
    document(home, 2)
    rows = home.run(
        home.database.fetch("select due > now() + interval '50 minutes' from notice where sent is null")
    )
    assert rows[0][0] is True


class Hanging(Door):
    """A mail server that greets and then says nothing more."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.readline()
        self.reached.set()
        await reader.read()
        writer.close()


def test_a_mail_server_that_hangs_holds_up_nothing_but_its_notice(home: TestNode) -> None:
    account = account_of(home)
    document(home, 1)

    async def work() -> None:
        door = Hanging()
        server = await asyncio.start_server(door.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        mail_server = MailServer("127.0.0.1", port, "node@ardenne.example")
        first, second = (
            NoticeRunner(home.database, mail_server, "https://node.example", 1.5) for _ in range(2)
        )
        hanging = asyncio.ensure_future(first.step())
        await asyncio.wait_for(door.reached.wait(), 10)
        # no transaction is open, the notice is nobody else's, and its row can be changed
        rows = await home.database.fetch(
            "select count(*) from pg_stat_activity where state like 'idle in transaction%'"
        )
        assert rows[0][0] == 0
        assert await second.step() is False
        async with home.database.transaction() as connection:
            await connection.execute("set local lock_timeout = '500ms'")
            assert await store.set_kinds(connection, account, ["document"], "de")
            await connection.execute("update notice set kind = kind where sent is null")
        assert await hanging is True
        rows = await home.database.fetch("select attempts, leased_until <= now(), sent from notice")
        assert (rows[0][0], rows[0][1], rows[0][2]) == (1, True, None)
        server.close()

    home.run(work())


def test_a_sender_that_died_is_followed_by_another_with_the_same_message_id(home: TestNode) -> None:
    account_of(home)
    document(home, 1)
    door = Door()

    async def work() -> None:
        server = await asyncio.start_server(door.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        runner = NoticeRunner(
            home.database, MailServer("127.0.0.1", port, "node@ardenne.example"), "https://n.example"
        )
        assert await runner.step() is True
        # it was taken by the mail server, but the node died before it noted that
        await home.database.fetch(
            "update notice set sent = null, leased_until = now() + interval '5 minutes' returning 1"
        )
        assert await runner.step() is False
        await home.database.fetch("update notice set leased_until = now() returning 1")
        assert await runner.step() is True
        server.close()

    home.run(work())
    ids = [email.message_from_string(one, policy=email.policy.default)["Message-ID"] for one in door.taken]
    assert len(ids) == 2 and ids[0] == ids[1] and ids[0].endswith("@ardenne.example>")
