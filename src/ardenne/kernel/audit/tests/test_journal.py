"""The journal keeps what was acknowledged and shows what somebody changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from ardenne.kernel.audit import entries, store
from ardenne.kernel.audit.entries import Action, Line
from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.audit.keys import signing_key
from ardenne.kernel.audit.sealing import FILE, seal
from ardenne.kernel.audit.store import Asked
from ardenne.kernel.audit.verifying import Report, verify
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.testing import TestNode

CALLER = Caller(Kind.PROFESSIONAL, "account", "Dr. Anne Example", profession="doctor")


def line(at: int, patient: int | None = 7, action: Action = Action.READ) -> Line:
    content = entries.encode(entries.entry(CALLER, at, action, resources=[f"Observation/{at}"]))
    return Line(at, patient, 11, int(action), 0, 0, content)


class Sealed:
    """A node with some lines, sealed and not."""

    def __init__(self, node: TestNode, data: Path) -> None:
        self.node = node
        self.data = data
        self.key = signing_key(data)
        self.journal = Journal(node.database)

    def record(self, first: int, count: int) -> None:
        async def all_at_once() -> None:
            await asyncio.gather(*(self.journal.record([line(at)]) for at in range(first, first + count)))

        self.node.run(all_at_once())

    def seal(self) -> None:
        self.node.run(seal(self.node.database, self.key, self.data))

    def verify(self) -> Report:
        return self.node.run(verify(self.node.database, self.key.public_key(), self.data))

    def tamper(self, statement: str) -> None:
        async def run() -> None:
            async with self.node.database.connection() as connection:
                await connection.execute(statement)

        self.node.run(run())


@pytest.fixture
def sealed(node: TestNode, tmp_path: Path) -> Iterator[Sealed]:
    found = Sealed(node, tmp_path)
    found.record(1, 300)
    found.seal()
    found.record(1001, 50)
    found.seal()
    found.record(2001, 20)
    yield found


def test_every_line_is_there_once_and_fits(sealed: Sealed) -> None:
    report = sealed.verify()
    assert (report.lines, report.roots, report.sealed, report.findings) == (370, 2, 350, [])
    found = sealed.node.run(store.find(sealed.node.database, Asked(patients=[7]), 1000))
    assert sorted(one.at for one in found) == [*range(1, 301), *range(1001, 1051), *range(2001, 2021)]


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("update journal set content = convert_to(replace(convert_from(content, 'UTF8'), 'Anne', 'Otto'), 'UTF8') where at = 150", "changed"),
        ("update journal set content = 'no JSON' where at = 150", "changed"),
        ("update journal set patient = 8 where at = 150", "changed"),
        ("update journal set at = 149, content = content where at = 150", "changed"),
        ("delete from journal where at = 150", "missing"),
        ("delete from journal where at = 2020", "missing at the end"),
        ("insert into journal (lane, seq, at, account, action, outcome, content, chain) select lane, seq + 1, at, account, action, outcome, content, sha256('x') from journal where at = 2020", "missing at the end"),
        ("delete from journal_root where number = 2", "was published and is gone"),
        ("update journal_root set signature = sha256('x') where number = 1", "not signed"),
        ("delete from journal_lane", "head of the lane is gone"),
    ],
)  # fmt: skip
def test_what_is_changed_removed_or_inserted_is_found(sealed: Sealed, what: str, told: str) -> None:
    sealed.tamper(what)
    assert any(told in finding.what for finding in sealed.verify().findings)


def test_a_whole_lane_that_is_sealed_cannot_vanish(sealed: Sealed) -> None:
    sealed.tamper(
        "with gone as (select lane from journal_lane limit 1), a as (delete from journal where lane in (select lane from gone)) delete from journal_lane where lane in (select lane from gone)"
    )
    assert any("does not fit" in finding.what for finding in sealed.verify().findings)


def test_contents_end_with_their_retention_and_the_chain_still_holds(sealed: Sealed) -> None:
    async def retire() -> int:
        async with sealed.node.database.connection() as connection:
            return await store.retire(connection, 200)

    assert sealed.node.run(retire()) == 199
    assert sealed.verify().findings == []
    sealed.tamper("update journal set digest = sha256('x') where at = 100")
    assert any("changed" in finding.what for finding in sealed.verify().findings)


def test_roots_are_published_in_a_file(sealed: Sealed) -> None:
    published = [orjson.loads(text) for text in (sealed.data / FILE).read_bytes().splitlines()]
    assert [one["statement"]["number"] for one in published] == [1, 2]
    assert published[1]["statement"]["size"] == 50


def test_nothing_new_makes_no_root(sealed: Sealed) -> None:
    sealed.seal()
    assert sealed.node.run(seal(sealed.node.database, sealed.key, sealed.data)) is None


def test_the_key_is_for_its_owner_alone(sealed: Sealed) -> None:
    assert (sealed.data / "keys" / "journal.pem").stat().st_mode & 0o777 == 0o600
    assert signing_key(sealed.data).public_key() == sealed.key.public_key()


_BY_ANOTHER = """
with head as (select lane, seq, chain from journal_lane where lane = $1),
made as (
    select h.lane, h.seq + 1 as seq, sha256(h.chain || sha256($2::bytea) || int8send(h.seq + 1) || int8send(5::bigint)
        || int8send(7::bigint) || int8send(11::bigint) || int2send(1::smallint) || int2send(0::smallint) || int4send(0)) as chain
      from head h),
written as (
    insert into journal (lane, seq, at, patient, account, action, outcome, version, content, chain)
    select m.lane, m.seq, 5, 7, 11, 1, 0, 0, $2, m.chain from made m)
update journal_lane l set seq = m.seq, chain = m.chain from made m where l.lane = m.lane
"""


def test_two_connections_that_share_a_lane_chain_to_each_other(sealed: Sealed) -> None:
    """Lanes are chosen by the number of the process: two connections have the same one by chance."""
    database = sealed.node.database

    async def scene() -> list[int]:
        mine, other = await database.dedicated(), await database.dedicated()
        await store.append(mine, [line(1)])
        lane = await mine.fetchval("select pg_backend_pid() % 4096")
        transaction = other.transaction()
        await transaction.start()
        await other.execute(_BY_ANOTHER, lane, line(5).content)
        waiting = asyncio.create_task(store.append(mine, [line(2), line(3)]))
        await asyncio.sleep(0.3)
        assert not waiting.done(), "it waits for the other's line, to chain to it"
        await transaction.commit()
        await waiting
        rows = await mine.fetch("select at from journal where lane = $1 order by seq desc limit 4", lane)
        for one in (mine, other):
            await one.close()
        return [row[0] for row in rows]

    assert sealed.node.run(scene()) == [3, 2, 5, 1]
    report = sealed.verify()
    assert not report.findings
