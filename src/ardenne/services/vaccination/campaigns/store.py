"""Campaigns and their target persons in the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.store.database import Connection, Database
from ardenne.services.vaccination.campaigns.rules import Criteria

_COLUMNS = (
    "id, name, criteria::text, share, seed, weeks, reason, state, examined, account, actor, made, counted"
)
_ADD = """
insert into vaccination_campaign (id, name, criteria, share, seed, weeks, reason, account, actor)
values ($1, $2, $3::text::jsonb, $4, $5, $6, $7, $8, $9) on conflict do nothing
"""
_ALL = f"select {_COLUMNS} from vaccination_campaign order by made desc limit 200"
_ONE = f"select {_COLUMNS} from vaccination_campaign where id = $1"
_LOCKED = f"{_ONE} for update"
_TO_DRAW = f"""
select {_COLUMNS} from vaccination_campaign where state = 'drawing' order by made limit 1 for update skip locked
"""
_DRAWN = "update vaccination_campaign set state = 'open', examined = $2 where id = $1"
_CLOSE = "update vaccination_campaign set state = 'closed' where id = $1 and state = 'open' returning id"
_TARGETS = """
insert into vaccination_target (campaign, patient_id, arm)
select $1, patient, arm from unnest($2::text[], $3::text[]) as given (patient, arm)
"""
_LIST = """
select patient_id, arm, invited, reminded, vaccinated, starts from vaccination_target
 where campaign = $1 and patient_id > $2 order by patient_id limit $3
"""
_FIRST = """
select patient_id from vaccination_target where campaign = $1 and arm = $3 and invited is null
 order by patient_id limit $2 for update
"""
_SECOND = """
select patient_id from vaccination_target where campaign = $1 and invited < $3 and reminded is null and vaccinated is null
 order by patient_id limit $2 for update
"""
_START = "update vaccination_target set starts = $2 where campaign = $1 and starts is null"
_INVITED = "update vaccination_target set invited = now() where campaign = $1 and patient_id = any($2)"
_REMINDED = "update vaccination_target set reminded = now() where campaign = $1 and patient_id = any($2)"
_VACCINATED = """
update vaccination_target t set vaccinated = given.day from unnest($2::text[], $3::date[]) as given (patient, day)
 where t.campaign = $1 and t.patient_id = given.patient
"""
_COUNTED = "update vaccination_campaign set counted = now() where id = $1"
_NUMBERS = """
select arm, count(*)::int, count(invited)::int, count(reminded)::int, count(vaccinated)::int
  from vaccination_target where campaign = $1 group by arm
"""
_OF_PATIENT = """
select c.criteria->>'group', t.invited from vaccination_target t join vaccination_campaign c on c.id = t.campaign
 where t.patient_id = $1 and t.invited is not null and t.vaccinated is null and c.state = 'open' order by t.invited desc
"""


class Campaign(NamedTuple):
    id: uuid.UUID
    name: str
    criteria: Criteria
    share: float
    seed: str
    weeks: int
    reason: str
    state: str
    examined: int
    account: str
    actor: str
    made: datetime
    counted: datetime | None


class Target(NamedTuple):
    """A target person; ``starts``: from when a vaccination counts."""

    patient: str
    arm: str
    invited: datetime | None
    reminded: datetime | None
    vaccinated: date | None
    starts: date | None


class Numbers(NamedTuple):
    """Persons of an arm."""

    persons: int = 0
    invited: int = 0
    reminded: int = 0
    vaccinated: int = 0


def _campaign(row: Any) -> Campaign:
    found = orjson.loads(row[2])
    criteria = Criteria(**{**found, "states": tuple(found["states"])})
    return Campaign(row[0], row[1], criteria, *row[3:])


async def add(connection: Connection, one: Campaign) -> None:
    """Keep a campaign; one with a known id is the same."""
    text = orjson.dumps(one.criteria._asdict()).decode()
    await connection.execute(
        _ADD, one.id, one.name, text, one.share, one.seed, one.weeks, one.reason, one.account, one.actor
    )


async def campaigns(database: Database) -> list[Campaign]:
    """Return all campaigns, newest first."""
    return [_campaign(row) for row in await database.fetch(_ALL)]


async def campaign(database: Database, number: uuid.UUID) -> Campaign | None:
    """Return a campaign."""
    rows = await database.fetch(_ONE, number)
    return _campaign(rows[0]) if rows else None


async def locked(connection: Connection, number: uuid.UUID) -> Campaign | None:
    """Return a campaign, locked until the transaction ends."""
    row = await connection.fetchrow(_LOCKED, number)
    return _campaign(row) if row else None


async def to_draw(connection: Connection) -> Campaign | None:
    """Return a campaign whose persons are to be drawn, locked; None when there is none that nobody works on."""
    row = await connection.fetchrow(_TO_DRAW)
    return _campaign(row) if row else None


async def drawn(connection: Connection, number: uuid.UUID, arms: Mapping[str, str], examined: int) -> None:
    """Keep the target persons and open the campaign."""
    await connection.execute(_TARGETS, number, list(arms), list(arms.values()))
    await connection.execute(_DRAWN, number, examined)


async def close(connection: Connection, number: uuid.UUID) -> bool:
    """Close an open campaign; False when it is none."""
    return await connection.fetchval(_CLOSE, number) is not None


async def targets(
    asked: Database | Connection, number: uuid.UUID, after: str = "", most: int = 200
) -> list[Target]:
    """Return target persons by id, those after an id."""
    return [Target(*row) for row in await asked.fetch(_LIST, number, after, most)]


async def for_letters(
    connection: Connection, number: uuid.UUID, most: int, arm: str, before: datetime | None
) -> list[str]:
    """Return the patients of an arm whose first letter is due, or (``before``: invited earlier) whose second is."""
    rows = (
        await connection.fetch(_FIRST, number, most, arm)
        if before is None
        else await connection.fetch(_SECOND, number, most, before)
    )
    return [row[0] for row in rows]


async def sent(
    connection: Connection, number: uuid.UUID, patients: Sequence[str], second: bool, today: date
) -> None:
    """Keep that letters were made; with the first ones the time begins in which vaccinations count, for both arms."""
    await connection.execute(_REMINDED if second else _INVITED, number, list(patients))
    await connection.execute(_START, number, today)


async def vaccinated(connection: Connection, number: uuid.UUID, days: Iterable[tuple[str, date]]) -> None:
    """Keep on which days target persons were vaccinated, and that they were counted now."""
    found = dict(days)
    await connection.execute(_VACCINATED, number, list(found), list(found.values()))
    await connection.execute(_COUNTED, number)


async def numbers(database: Database, number: uuid.UUID) -> dict[str, Numbers]:
    """Return how many persons each arm has."""
    return {row[0]: Numbers(*row[1:]) for row in await database.fetch(_NUMBERS, number)}


async def invitations(database: Database, patient: str) -> list[tuple[str, datetime]]:
    """Return the vaccine groups to which a patient is invited and not yet vaccinated, and when."""
    return [(row[0], row[1]) for row in await database.fetch(_OF_PATIENT, patient)]
