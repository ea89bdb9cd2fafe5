"""Applications, their documents and events in the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from ardenne.kernel.store.database import Connection, Database

_COLUMNS = (
    "id, country, profession, register, kind, account::text, family, given, birth_date, nationality, email, "
    "languages, state, revision, created, submitted, decided, delivered, begins, ends, number, practitioner"
)
_ADD = """
insert into authorisation_application
  (id, country, profession, register, kind, account, family, given, birth_date, nationality, email, languages)
values ($1, $2, $3, $4, $5, $6::uuid, $7, $8, $9, $10, $11, $12) on conflict (id) do nothing
"""
_ONE = f"select {_COLUMNS} from authorisation_application where id = $1"
_LOCKED = f"{_ONE} for update"
_MINE = f"select {_COLUMNS} from authorisation_application where account = $1::uuid order by created desc limit 100"
_WORK = f"""
select {_COLUMNS} from authorisation_application where state = any($1) order by submitted nulls last, created limit 300
"""
_COUNTS = "select state, count(*) from authorisation_application group by state"
_OVERDUE = """
select id from authorisation_application where ends < $1 and state in ('granted', 'suspended') order by ends limit 100
"""
_PRACTITIONER = """
select practitioner from authorisation_application where account = $1::uuid and practitioner <> '' order by delivered limit 1
"""
_HOLDS = "select exists (select from authorisation_application where practitioner = $1 and state = 'granted' and id <> $2)"
_SAVE = """
update authorisation_application set state = $2, revision = revision + 1, submitted = coalesce($3, submitted),
  decided = coalesce($4, decided), delivered = coalesce(delivered, $5), begins = coalesce($6, begins), ends = coalesce($7, ends),
  serial = coalesce(serial, $8), number = coalesce(number, $9), practitioner = $10
 where id = $1
"""
_SERIAL = "select nextval('authorisation_number')"
_RESERVE = "select setval('authorisation_number', greatest(nextval('authorisation_number') - 1, $1, 1))"
_DECIDED_HERE = "select exists (select from authorisation_event where application = $1 and act <> 'import')"
_DOCUMENTS = """
select id, item, name, media_type, digest, size, added, verdict, remark from authorisation_document
 where application = $1 order by item, added
"""
_ADD_DOCUMENT = """
insert into authorisation_document (id, application, item, name, media_type, digest, size)
values ($1, $2, $3, $4, $5, $6, $7) on conflict (application, item, digest) do nothing
"""
_JUDGE = "update authorisation_document set verdict = $3, remark = $4 where id = $2 and application = $1"
_EVENTS = "select at, act, state, actor, actor_name, reason from authorisation_event where application = $1 order by id"
_ADD_EVENT = """
insert into authorisation_event (application, act, state, actor, actor_name, reason) values ($1, $2, $3, $4, $5, $6)
"""
_DELIVERED = """
select profession, extract(year from delivered at time zone $2)::int, count(*)
  from authorisation_application where delivered is not null and country = $1 group by 1, 2
"""


class Application(NamedTuple):
    """An application, as its columns stand."""

    id: uuid.UUID
    country: str
    profession: str
    register: str
    kind: str
    account: str
    family: str
    given: str
    birth_date: date
    nationality: str
    email: str
    languages: Sequence[str] = ()
    state: str = "draft"
    revision: int = 0
    created: datetime | None = None
    submitted: datetime | None = None
    decided: datetime | None = None
    delivered: datetime | None = None
    begins: date | None = None
    ends: date | None = None
    number: str | None = None
    practitioner: str = ""


class Document(NamedTuple):
    """A document of an application; its content lies under ``digest``."""

    id: uuid.UUID
    item: str
    name: str
    media_type: str
    digest: str
    size: int
    added: datetime | None = None
    verdict: str = "open"
    remark: str = ""


class Event(NamedTuple):
    """What happened."""

    at: datetime
    act: str
    state: str
    actor: str
    actor_name: str
    reason: str


async def add(connection: Connection, found: Application) -> None:
    """Add a draft; the same id again changes nothing."""
    await connection.execute(_ADD, *found[:11], list(found.languages))


async def one(asked: Database | Connection, application: uuid.UUID) -> Application | None:
    """Return an application."""
    rows = await asked.fetch(_ONE, application)
    return Application(*rows[0]) if rows else None


async def locked(connection: Connection, application: uuid.UUID) -> Application | None:
    """Return an application and hold it until the transaction ends."""
    rows = await connection.fetch(_LOCKED, application)
    return Application(*rows[0]) if rows else None


async def of_account(database: Database, account: str) -> list[Application]:
    """Return the applications of an account, newest first."""
    return [Application(*row) for row in await database.fetch(_MINE, account)]


async def in_states(database: Database, states: Sequence[str]) -> list[Application]:
    """Return applications in some states, those that wait longest first."""
    return [Application(*row) for row in await database.fetch(_WORK, list(states))]


async def counts(database: Database) -> dict[str, int]:
    """Return how many applications are in each state."""
    return {row[0]: row[1] for row in await database.fetch(_COUNTS)}


async def overdue(database: Database, today: date) -> list[uuid.UUID]:
    """Return authorisations in force whose last day is over."""
    return [row[0] for row in await database.fetch(_OVERDUE, today)]


async def practitioner_of(connection: Connection, account: str) -> str:
    """Return the Practitioner under whom an account got an authorisation; empty when it has none."""
    return str(await connection.fetchval(_PRACTITIONER, account) or "")


async def holds_another(connection: Connection, practitioner: str, besides: uuid.UUID) -> bool:
    """Tell whether a Practitioner has another authorisation in force."""
    return bool(await connection.fetchval(_HOLDS, practitioner, besides))


async def serial(connection: Connection) -> int:
    """Return the next number of an authorisation."""
    return int(await connection.fetchval(_SERIAL))


async def reserve(connection: Connection, serial_number: int) -> None:
    """Give no serial number up to this one any more."""
    if serial_number:
        await connection.fetchval(_RESERVE, serial_number)


async def was_decided_here(connection: Connection, application: uuid.UUID) -> bool:
    """Tell whether anything happened to an authorisation but that it was taken over from a list."""
    return bool(await connection.fetchval(_DECIDED_HERE, application))


async def save(
    connection: Connection,
    found: Application,
    serial_number: int | None,
) -> None:
    """Write what an act changed."""
    await connection.execute(
        _SAVE, found.id, found.state, found.submitted, found.decided, found.delivered, found.begins, found.ends,
        serial_number, found.number, found.practitioner,
    )  # fmt: skip


async def documents(asked: Database | Connection, application: uuid.UUID) -> list[Document]:
    """Return the documents of an application."""
    return [Document(*row) for row in await asked.fetch(_DOCUMENTS, application)]


async def add_document(connection: Connection, application: uuid.UUID, found: Document) -> None:
    """Add a document; the same content for the same item again changes nothing."""
    await connection.execute(_ADD_DOCUMENT, found.id, application, *found[1:6])


async def judge(
    connection: Connection, application: uuid.UUID, document: uuid.UUID, verdict: str, remark: str
) -> bool:
    """Keep an officer's verdict on a document; False when the application has none of that id."""
    done: Any = await connection.execute(_JUDGE, application, document, verdict, remark)
    return not str(done).endswith(" 0")


async def events(database: Database, application: uuid.UUID) -> list[Event]:
    """Return what happened to an application, oldest first."""
    return [Event(*row) for row in await database.fetch(_EVENTS, application)]


async def tell(connection: Connection, application: uuid.UUID, found: Event) -> None:
    """Add an event."""
    await connection.execute(_ADD_EVENT, application, *found[1:])


async def delivered(database: Database, country: str, zone: str) -> dict[tuple[str, int], int]:
    """Return the authorisations delivered by (profession, year of the first grant in the node's time zone)."""
    return {(row[0], row[1]): row[2] for row in await database.fetch(_DELIVERED, country, zone)}
