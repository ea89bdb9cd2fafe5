"""Learning custom search parameters and profiles from the database, and mending what was written before they were known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
import psycopg

from ardenne.kernel.store import custom
from ardenne.kernel.store.change import Change, Outcome, indexed
from ardenne.kernel.store.custom import Definition, Definitions
from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.types import NAMES, NUMBERS
from ardenne.standards.fhir.extraction import CustomParameterError, read_custom
from ardenne.standards.fhir.json import parse

GENERATION = "select generation from search_generation"
_TYPES = f"({NUMBERS['SearchParameter']}, {NUMBERS['StructureDefinition']})"
VERSIONS = f"select pk, version from resource where type in {_TYPES} and body is not null order by pk"
BODIES = f"""
select pk, version, id, body from resource where type in {_TYPES} and pk = any({{ids}}) and body is not null
"""
READY = "select type, stored from reindex_job where state = 'done' and not removing"
REINDEX = """
select reindex_resource($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                        $20, $21, $22, $23)
"""
STALE = 2
_TRIES = 10


class _Read(NamedTuple):
    """What one resource defines: search parameters, or the URL of a profile."""

    parameters: tuple[Definition, ...] = ()
    profile: str = ""


class _Parsed:
    """What was read before, so that only definitions that changed are read again."""

    by_version: dict[tuple[int, int], _Read] = {}  # noqa: RUF012 - one per process on purpose


def _read(resource_id: str, body: bytes) -> _Read:
    resource = orjson.loads(body)
    if resource["resourceType"] == "StructureDefinition":
        profile = resource.get("derivation") == "constraint" and resource.get("kind") == "resource"
        standing = resource.get("status") != "retired" and resource.get("type") != "Extension"
        return _Read(profile=resource.get("url", "") if profile and standing else "")
    try:
        return _Read(tuple(custom.definition(one, resource_id) for one in read_custom(resource)))
    except CustomParameterError:
        return _Read()  # the door refuses it; what came another way is not searched


def missing(versions: Sequence[Any]) -> list[int]:
    """Return the keys of definitions whose version was not read yet, and forget those that are gone."""
    standing = {(row[0], row[1]) for row in versions}
    _Parsed.by_version = {key: read for key, read in _Parsed.by_version.items() if key in standing}
    return [key[0] for key in standing if key not in _Parsed.by_version]


def learn(generation: int, versions: Sequence[Any], bodies: Sequence[Any], ready: Sequence[Any]) -> None:
    """Let this process know the parameters in rows that were read."""
    for pk, version, resource_id, body in bodies:
        _Parsed.by_version[pk, version] = _read(resource_id, bytes(body))
    read = [_Parsed.by_version.get((row[0], row[1]), _Read()) for row in versions]
    known = [one for found in read for one in found.parameters]
    profiles = frozenset(found.profile for found in read if found.profile)
    done = frozenset((NAMES[row[0]], row[1]) for row in ready)
    custom.use(Definitions(generation, known, done, profiles))


async def refresh(connection: Connection) -> None:
    """Learn the parameters as the connection sees them, unless they are known already."""
    generation = await connection.fetchval(GENERATION)
    if generation == custom.current().generation:
        return
    versions = await connection.fetch(VERSIONS)
    wanted = missing(versions)
    bodies = await connection.fetch(BODIES.format(ids="$1::bigint[]"), wanted) if wanted else []
    learn(generation, versions, bodies, await connection.fetch(READY))


def refresh_blocking(connection: psycopg.Connection) -> None:
    """As ``refresh``, over a connection of the bulk writer."""
    row = connection.execute(GENERATION).fetchone()
    generation = int(row[0]) if row else 0
    if generation == custom.current().generation:
        return
    versions = connection.execute(VERSIONS.encode()).fetchall()
    wanted = missing(versions)
    bodies = connection.execute(BODIES.format(ids="%s").encode(), (wanted,)).fetchall() if wanted else []
    learn(generation, versions, bodies, connection.execute(READY).fetchall())


def with_current_index(changes: Sequence[Change]) -> list[Change]:
    """Return changes with the index that the parameters known now ask for."""
    known = custom.current()
    return [
        change
        if change.body is None or change.custom == known.of(change.resource_type)
        else indexed(change, parse(change.body.with_version(1)))
        for change in changes
    ]


def arguments(keys: list[int] | None, change: Change, version: int, generation: int) -> tuple[Any, ...]:
    """Return the arguments of reindex_resource."""
    row = change.row
    return (
        generation, keys, change.self_hash, version, row.low, row.high, row.tokens, row.hot, row.targets,
        row.string_keys, row.strings, row.date_keys, row.date_lows, row.date_highs,
        row.number_keys, row.number_lows, row.number_highs,
        row.number_units, row.number_codes, row.number_names,
        row.position_keys, row.latitudes, row.longitudes,
    )  # fmt: skip


def overtaken(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return what was written with other parameters than those that stand now."""
    known = custom.current()
    return [
        one
        for one in outcomes
        if one.status.done and one.change.body and one.change.custom != known.of(one.change.resource_type)
    ]


def _keys(change: Change) -> list[int]:
    known = {*change.custom, *custom.current().of(change.resource_type)}
    return [one.key for one in known]


async def mend(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Index what was written while the parameters changed, with those that stand now."""
    for _try in range(_TRIES):
        await refresh(connection)
        stale = sorted(overtaken(outcomes), key=lambda one: one.change.self_hash)
        if not stale:
            return
        generation = custom.current().generation
        rows = [
            arguments(_keys(one.change), indexed(one.change, parse(one.content())), one.version, generation)
            for one in stale
        ]
        found = await connection.fetchmany(REINDEX, rows)
        if all(row[0] != STALE for row in found):
            return
    raise RuntimeError("search parameters change faster than they can be learnt")
