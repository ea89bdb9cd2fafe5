"""The journal in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ardenne.kernel.audit.entries import Entry, Line, decode
from ardenne.kernel.store import groups
from ardenne.kernel.store.database import Connection, Database

_APPEND = "select journal_append($1, $2, $3, $4, $5, $6, $7)"
_FIND = """
select j.lane, j.seq, j.at, j.version, j.content from journal j
 where j.content is not null {where} order by j.at desc, j.lane, j.seq limit ${limit} offset ${offset}
"""
_ONE = (
    "select lane, seq, at, version, content from journal where lane = $1 and seq = $2 and content is not null"
)
_COUNT = "select count(*) from journal j where j.content is not null {where}"
_RETIRE = """
update journal set digest = sha256(content), content = null
 where (lane, seq) in (select lane, seq from journal where at < $1 and content is not null limit $2)
"""


_PATIENTS = """
select j.lane, j.seq, r.id from unnest($1::integer[], $2::bigint[]) w(lane, seq)
  join journal j on j.lane = w.lane and j.seq = w.seq join resource r on r.self = j.patient
"""


_LOCK_ROOTS = "select pg_try_advisory_xact_lock(7205114920)"
_LAST_ROOT = "select statement, signature from journal_root order by number desc limit 1"
_ROOTS = "select statement, signature from journal_root order by number"
_ADD_ROOT = "insert into journal_root (number, statement, signature) values ($1, $2, $3)"
_HEADS = "select lane, seq, chain from journal_lane"
_LANES_SEEN = """
with recursive seen(lane) as (
    (select lane from journal order by lane limit 1)
    union all
    select (select j.lane from journal j where j.lane > s.lane order by j.lane limit 1) from seen s where s.lane is not null)
select lane from seen where lane is not null
"""
_CHAINS = "select chain from journal where lane = $1 and seq > $2 and seq <= $3 order by seq"
_PAGE_OF_LANE = """
select seq, at, patient, account, action, outcome, version, content, digest, chain from journal
 where lane = $1 and seq > $2 order by seq limit $3
"""


class Root(NamedTuple):
    """A signed root: the statement as signed, and its signature."""

    statement: bytes
    signature: bytes


class Recorded(NamedTuple):
    """A line as it stands in the journal. ``id`` names it: lane and number."""

    lane: int
    seq: int
    at: int
    version: int
    entry: Entry

    @property
    def id(self) -> str:
        return f"{self.lane}-{self.seq}"


class Asked(NamedTuple):
    """What a search of the journal asks for; None and empty: everything. Times are microseconds, half open."""

    patients: Sequence[int] | None = None
    accounts: Sequence[int] | None = None
    since: int | None = None
    until: int | None = None
    actions: Sequence[int] | None = None
    outcomes: Sequence[int] | None = None
    resource: str = ""
    practitioner: str = ""
    organisation: str = ""
    address: str = ""


async def append(connection: Connection, lines: Sequence[Line]) -> None:
    """Append lines inside the caller's transaction."""
    columns = list(zip(*lines, strict=True))
    at, patients, accounts, actions, outcomes, versions, contents = (list(column) for column in columns)
    await connection.execute(_APPEND, at, patients, accounts, actions, outcomes, versions, contents)


async def find(
    asked: Database | Connection, wanted: Asked, limit: int = 50, offset: int = 0
) -> list[Recorded]:
    """Return lines, newest first."""
    where, arguments = _where(wanted)
    text = _FIND.format(where=where, limit=len(arguments) + 1, offset=len(arguments) + 2)
    return [_recorded(row) for row in await asked.fetch(text, *arguments, limit, offset)]


async def count(asked: Database | Connection, wanted: Asked) -> int:
    """Return how many lines match."""
    where, arguments = _where(wanted)
    return int((await asked.fetch(_COUNT.format(where=where), *arguments))[0][0])


async def one(asked: Database | Connection, line_id: str) -> Recorded | None:
    """Return the line of an id, or None."""
    lane, _, seq = line_id.partition("-")
    if not (lane.isascii() and lane.isdigit() and seq.isascii() and seq.isdigit()):
        return None
    if len(lane) > 9 or len(seq) > 18:
        return None
    rows = await asked.fetch(_ONE, int(lane), int(seq))
    return _recorded(rows[0]) if rows else None


async def patient_ids(
    asked: Database | Connection, lines: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], str]:
    """Return the Patient ids of lines (lane, number) that are about somebody."""
    lanes, numbers = [lane for lane, _seq in lines], [seq for _lane, seq in lines]
    rows = await asked.fetch(_PATIENTS, lanes, numbers)
    return {(row[0], row[1]): row[2] for row in rows}


async def retire(connection: Connection, before: int, limit: int = 10_000) -> int:
    """Take the content out of lines older than a moment; their hashes stay. Return how many."""
    done = await connection.execute(_RETIRE, before, limit)
    return int(done.rpartition(" ")[2])


async def lock_roots(connection: Connection) -> bool:
    """Become the one that makes a root, until the transaction ends; False when another is at it."""
    return bool(await connection.fetchval(_LOCK_ROOTS))


async def last_root(connection: Connection) -> Root | None:
    """Return the newest root."""
    row = await connection.fetchrow(_LAST_ROOT)
    return Root(*row) if row else None


async def roots(connection: Connection) -> list[Root]:
    """Return all roots, oldest first."""
    return [Root(*row) for row in await connection.fetch(_ROOTS)]


async def add_root(connection: Connection, number: int, statement: bytes, signature: bytes) -> None:
    """Keep a root."""
    await connection.execute(_ADD_ROOT, number, statement, signature)


async def heads(connection: Connection) -> dict[int, int]:
    """Return the number of the newest line of each lane."""
    return {row[0]: row[1] for row in await connection.fetch(_HEADS)}


async def lane_heads(connection: Connection) -> dict[int, tuple[int, bytes]]:
    """Return number and hash of the newest line of each lane."""
    return {row[0]: (row[1], row[2]) for row in await connection.fetch(_HEADS)}


async def lanes(connection: Connection) -> list[int]:
    """Return the lanes that have lines."""
    return [row[0] for row in await connection.fetch(_LANES_SEEN)]


async def chains(connection: Connection, lane: int, after: int, until: int) -> list[bytes]:
    """Return the hashes of a lane's lines with numbers in (after, until]."""
    return [row[0] for row in await connection.fetch(_CHAINS, lane, after, until)]


async def page(connection: Connection, lane: int, after: int, limit: int) -> list[Any]:
    """Return a lane's lines behind a number, with all their columns."""
    return list(await connection.fetch(_PAGE_OF_LANE, lane, after, limit))


def _where(wanted: Asked) -> tuple[str, list[Any]]:
    parts: list[str] = []
    arguments: list[Any] = []

    def add(text: str, value: Any) -> None:
        arguments.append(value)
        parts.append(f" and {text.format(f'${len(arguments)}')}")

    if wanted.patients is not None:
        add("j.patient = any({}::bigint[])", list(groups.widened(wanted.patients)))
    if wanted.accounts is not None:
        add("j.account = any({}::bigint[])", list(wanted.accounts))
    if wanted.since is not None:
        add("j.at >= {}", wanted.since)
    if wanted.until is not None:
        add("j.at < {}", wanted.until)
    if wanted.actions is not None:
        add("j.action = any({}::smallint[])", list(wanted.actions))
    if wanted.outcomes is not None:
        add("j.outcome = any({}::smallint[])", list(wanted.outcomes))
    body = "convert_from(j.content, 'UTF8')::jsonb"
    if wanted.resource:
        add(f"{body} -> 'resources' ? {{}}", wanted.resource)
    for name in ("practitioner", "organisation", "address"):
        if getattr(wanted, name):
            add(f"{body} ->> '{name}' = {{}}", getattr(wanted, name))
    return "".join(parts), arguments


def _recorded(row: Any) -> Recorded:
    lane, seq, at, version, content = row
    return Recorded(lane, seq, at, version, decode(content))
