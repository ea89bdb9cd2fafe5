"""The index in the database: identities, keys, who stands for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec
import orjson

from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Connection, Database
from ardenne.services.mpi.rules.traits import Traits

Json = dict[str, Any]
_IDENTITY = (
    "i.id, i.system, i.value, i.person, i.version, i.status, i.sender, i.sent, i.keys, i.traits, i.content"
)
_CANDIDATES = """
select i.id, coalesce(s.survivor, i.person), i.traits from
   (select k.identity from unnest($1::bigint[], $2::smallint[]) w(key, worth)
     cross join lateral (select m.identity from mpi_key m where m.key = w.key limit $4) k
     group by k.identity having sum(w.worth) >= $3) c
  join mpi_identity i on i.id = c.identity left join mpi_survivor s on s.person = i.person
"""
_BY_NUMBER = f"select {_IDENTITY} from mpi_identity i where i.system = $1 and i.value = $2 for update"
_BY_NUMBERS = f"""
select {_IDENTITY} from unnest($1::text[], $2::text[]) w(system, value)
  join mpi_identity i on i.system = w.system and i.value = w.value
"""
_BY_ID = f"select {_IDENTITY} from mpi_identity i where i.id = any($1::bigint[]) order by i.id"
_OF_PERSONS = f"select {_IDENTITY} from mpi_identity i where i.person = any($1::text[]) order by i.id"
_BY_VALUE = f"select {_IDENTITY} from mpi_identity i where i.value = $1 and i.status <> 'retired' order by i.id limit $2"
_KNOWN_SYSTEM = "select exists (select 1 from mpi_identity where system = $1)"
_ADD = """
insert into mpi_identity (system, value, person, status, sender, sent, keys, traits, content)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id
"""
_UPDATE = """
update mpi_identity set version = version + 1, status = $2, sender = $3, sent = $4, received = now(), keys = $5,
       traits = $6, content = $7, key_rule = default where id = $1
"""
_KEEP_OLD = """
insert into mpi_version (identity, outcome, sender, sent, received, content)
select id, 'replaced', sender, sent, received, content from mpi_identity where id = $1
"""
_KEEP = "insert into mpi_version (identity, outcome, sender, sent, received, content) values ($1, $2, $3, $4, now(), $5)"
_VERSIONS = (
    "select outcome, sender, sent, received, content from mpi_version where identity = $1 order by number"
)
_PUT_KEYS = (
    "insert into mpi_key (key, identity) select k, $2 from unnest($1::bigint[]) k on conflict do nothing"
)
_DROP_KEYS = "delete from mpi_key where key = any($1::bigint[]) and identity = $2"
_MOVE = "update mpi_identity set person = $2 where id = any($1::bigint[])"
_STATUS = "update mpi_identity set status = $2 where id = $1"
_NO_KEYS = "update mpi_identity set keys = '{}' where id = $1"
_KNOWS = "select set_config('ardenne.index', 'knows', true)"
_SURVIVOR = "select survivor from mpi_survivor where person = $1"
GROUP = """
select $1::text union select m.person from mpi_survivor m where m.survivor = $1
 union select s.survivor from mpi_survivor s where s.person = $1
 union select m.person from mpi_survivor s join mpi_survivor m on m.survivor = s.survivor where s.person = $1
"""
_SET_SURVIVORS = """
insert into mpi_survivor select * from unnest($1::text[], $2::text[])
on conflict (person) do update set survivor = excluded.survivor
"""
_FORGET_SURVIVORS = "delete from mpi_survivor where person = any($1::text[])"
_COUNT = "select greatest(reltuples, 0)::bigint from pg_class where oid = 'mpi_identity'::regclass"
_WEIGHTS = "select number, content from mpi_weights order by number desc limit 1"
_ADD_WEIGHTS = "insert into mpi_weights (content) values ($1) returning number"
_KNOWN_WRITER = "select coalesce(current_setting('ardenne.index', true), '') = 'knows'"
_TRY_LOCK = "select bool_and(pg_try_advisory_xact_lock(k)) from unnest($1::bigint[]) k"
_PENDING = "select patient from mpi_pending order by since limit $1 for update skip locked"
_INDEXED = "delete from mpi_pending where patient = any($1::text[])"
_RELATE = "insert into mpi_relative values ($1, $2, $3) on conflict do nothing"
_RELATIVES = "select person, other, relation from mpi_relative where person = any($1::text[]) or other = any($1::text[])"

_PER_KEY = 60
"""A key that more identities share tells too little; their persons share rarer keys too."""
_PACK = msgspec.msgpack.Encoder()
_UNPACK = msgspec.msgpack.Decoder(list[Traits])


class Identity(NamedTuple):
    """What one source says of somebody. ``person``: the Patient id that it was assigned to, before merges."""

    id: int
    system: str
    value: str
    person: str
    version: int
    status: str
    sender: str
    sent: datetime
    keys: Sequence[int]
    traits: list[Traits]
    content: Json


class Candidate(NamedTuple):
    """An identity that shares a key. ``person``: who stands for it now."""

    identity: int
    person: str
    traits: list[Traits]


def pack(traits: Sequence[Traits]) -> bytes:
    """Return traits as the table keeps them."""
    return _PACK.encode(traits)


def unpack(data: bytes) -> list[Traits]:
    """Return what ``pack`` wrote."""
    return _UNPACK.decode(data)


def _identity(row: asyncpg.Record) -> Identity:
    return Identity(*(*row[:9], unpack(row[9]), orjson.loads(row[10])))


async def candidates(asked: Database | Connection, worth: Mapping[int, int], enough: int) -> list[Candidate]:
    """Return the identities with which some keys are shared that are together worth enough."""
    rows = await asked.fetch(_CANDIDATES, list(worth), list(worth.values()), enough, _PER_KEY)
    return [Candidate(row[0], row[1], unpack(row[2])) for row in rows]


async def identity(connection: Connection, system: str, value: str) -> Identity | None:
    """Return the identity of a source's number and lock it, None when there is none."""
    row = await connection.fetchrow(_BY_NUMBER, system, value)
    return _identity(row) if row else None


async def identities(asked: Database | Connection, numbers: Sequence[tuple[str, str]]) -> list[Identity]:
    """Return the identities of some numbers."""
    systems, values = [system for system, _value in numbers], [value for _system, value in numbers]
    return [_identity(row) for row in await asked.fetch(_BY_NUMBERS, systems, values)]


async def by_value(asked: Database | Connection, value: str, limit: int) -> list[Identity]:
    """Return the identities that any source keeps under a number."""
    return [_identity(row) for row in await asked.fetch(_BY_VALUE, value, limit)]


async def by_id(asked: Database | Connection, ids: Sequence[int]) -> list[Identity]:
    """Return identities by their ids."""
    return [_identity(row) for row in await asked.fetch(_BY_ID, list(ids))]


async def of_persons(asked: Database | Connection, persons: Sequence[str]) -> list[Identity]:
    """Return the identities that were assigned to Patients."""
    return [_identity(row) for row in await asked.fetch(_OF_PERSONS, list(persons))]


async def knows_system(asked: Database | Connection, system: str) -> bool:
    """Tell whether any identity came from a source."""
    return bool((await asked.fetch(_KNOWN_SYSTEM, system))[0][0])


async def add(
    connection: Connection,
    number: tuple[str, str],
    person: str,
    status: str,
    said: tuple[str, datetime],
    keys: Sequence[int],
    traits: Sequence[Traits],
    content: Json,
) -> int:
    """Add an identity and return its id. ``said``: sender and time."""
    found: int = await connection.fetchval(
        _ADD, *number, person, status, *said, list(keys), pack(traits), orjson.dumps(content)
    )
    await connection.execute(_PUT_KEYS, list(keys), found)
    return found


async def update(
    connection: Connection,
    known: Identity,
    status: str,
    said: tuple[str, datetime],
    keys: Sequence[int],
    traits: Sequence[Traits],
    content: Json,
) -> None:
    """Write a new version of an identity; the one before is kept."""
    await connection.execute(_KEEP_OLD, known.id)
    await connection.execute(
        _UPDATE, known.id, status, *said, list(keys), pack(traits), orjson.dumps(content)
    )
    gone = set(known.keys) - set(keys)
    if gone:
        await connection.execute(_DROP_KEYS, list(gone), known.id)
    await connection.execute(_PUT_KEYS, list(keys), known.id)


async def keep(
    connection: Connection, known: Identity, outcome: str, said: tuple[str, datetime], content: Json
) -> None:
    """Keep a version that does not become the current one."""
    await connection.execute(_KEEP, known.id, outcome, *said, orjson.dumps(content))


async def versions(asked: Database | Connection, identity_id: int) -> list[Any]:
    """Return outcome, sender, times and content of the versions that are not the current one, oldest first."""
    return list(await asked.fetch(_VERSIONS, identity_id))


async def move(connection: Connection, ids: Sequence[int], person: str) -> None:
    """Assign identities to another Patient."""
    await connection.execute(_MOVE, list(ids), person)


async def set_status(connection: Connection, identity_id: int, status: str) -> None:
    """Say how far an identity is believed."""
    await connection.execute(_STATUS, identity_id, status)


async def retire(connection: Connection, known: Identity) -> None:
    """Let an identity match nobody any more; what it said is kept."""
    await connection.execute(_DROP_KEYS, list(known.keys), known.id)
    await connection.execute(_NO_KEYS, known.id)
    await connection.execute(_STATUS, known.id, "retired")


async def knows(connection: Connection) -> None:
    """Tell the database that Patients written in this transaction are written by the index itself."""
    await connection.execute(_KNOWS)


async def written_by_index(connection: Connection) -> bool:
    """Tell whether ``knows`` was called in this transaction."""
    return bool(await connection.fetchval(_KNOWN_WRITER))


async def try_lock(connection: Connection, texts: Sequence[str]) -> bool:
    """Lock texts if nobody holds any of them (see kernel/store/locks); never waits."""
    hashes = [hashing.signed(text) for text in texts]
    return not hashes or bool(await connection.fetchval(_TRY_LOCK, hashes))


async def survivor(asked: Database | Connection, person: str) -> str:
    """Return the Patient id that stands for a person."""
    rows = await asked.fetch(_SURVIVOR, person)
    return str(rows[0][0]) if rows else person


async def group(asked: Database | Connection, person: str) -> list[str]:
    """Return the Patient ids that are one person, the given one among them."""
    return sorted(row[0] for row in await asked.fetch(GROUP, person))


async def set_survivors(connection: Connection, survivors: dict[str, str]) -> None:
    """Say who stands for whom; who stands for itself is forgotten."""
    own = [person for person, last in survivors.items() if person == last]
    await connection.execute(_FORGET_SURVIVORS, own)
    others = {person: last for person, last in survivors.items() if person != last}
    await connection.execute(_SET_SURVIVORS, list(others), list(others.values()))


async def count(asked: Database | Connection) -> int:
    """Return about how many identities there are."""
    return int((await asked.fetch(_COUNT))[0][0])


async def weights(asked: Database | Connection) -> tuple[int, bytes] | None:
    """Return number and content of the weights in force, None when none were learned here."""
    rows = await asked.fetch(_WEIGHTS)
    return (rows[0][0], rows[0][1]) if rows else None


async def add_weights(connection: Connection, content: bytes) -> int:
    """Put weights in force and return their number."""
    return int(await connection.fetchval(_ADD_WEIGHTS, content))


async def pending(connection: Connection, limit: int) -> list[str]:
    """Return Patients that are to be put into the index, locked until the transaction ends."""
    return [row[0] for row in await connection.fetch(_PENDING, limit)]


async def indexed(connection: Connection, patients: Iterable[str]) -> None:
    """Note that Patients are in the index."""
    await connection.execute(_INDEXED, list(patients))


async def relate(connection: Connection, person: str, other: str, relation: str) -> None:
    """Note a family link; ``person`` is the child."""
    await connection.execute(_RELATE, person, other, relation)


async def relatives(asked: Database | Connection, persons: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return the family links of persons: child, other, relation."""
    return [(row[0], row[1], row[2]) for row in await asked.fetch(_RELATIVES, list(persons))]
