"""Messages, folders and flags in the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ardenne.kernel.store.database import Connection, Database

Asked = Database | Connection
CHANNEL = "messaging"
"""Who listens learns of every change of a mailbox: the id of the member."""

_POST = """
insert into messaging_message (sender, message_id, digest, receipt, automatic, size, head, content)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (sender, message_id) do nothing returning id
"""
_KNOWN = "select id, digest from messaging_message where sender = $1 and message_id = $2"
_FOR = "insert into messaging_recipient (message, member) select $1, unnest($2::uuid[]) on conflict do nothing returning member"
_FILE = """
with place as (
    update messaging_folder set next_uid = next_uid + 1 where member = $1 and name = $2 returning id, next_uid - 1 as uid)
insert into messaging_entry (folder, uid, message, flags, received, summary)
select id, uid, $3, $4, $5, $6 from place returning folder, uid, id
"""
_TELL = f"select pg_notify('{CHANNEL}', $1)"
_FOLDERS = """
select f.id, f.name, f.next_uid, count(e.id), count(e.id) filter (where not '\\Seen' = any(e.flags))
  from messaging_folder f left join messaging_entry e on e.folder = f.id
 where f.member = $1 group by f.id order by f.id
"""
_ADD_FOLDER = (
    "insert into messaging_folder (member, name) values ($1, $2) on conflict do nothing returning id"
)
_DROP_FOLDER = """
delete from messaging_folder f where f.member = $1 and f.name = $2
   and not exists (select from messaging_entry e where e.folder = f.id) returning 1
"""
_ROW = """
e.id, e.uid, e.message, e.flags, e.received, e.summary, f.id, f.name, msg.sender, who.name, who.local, msg.message_id,
msg.receipt, msg.automatic, msg.size, msg.sent
  from messaging_entry e join messaging_folder f on f.id = e.folder join messaging_message msg on msg.id = e.message
  join messaging_member who on who.id = msg.sender
"""
_LIST = f"""
select {_ROW} where f.member = $1 and f.name = $2 and (who.name ilike $3 or who.local ilike $3)
   and ($4::bigint is null or e.id < $4) order by e.id desc limit $5
"""
_ENTRY = f"select {_ROW} where f.member = $1 and e.id = $2"
_CONTENT = "select content from messaging_message where id = $1"
_FLAGS = """
update messaging_entry e set flags = (
    select coalesce(array_agg(distinct flag order by flag), '{}') from unnest(e.flags || $3::text[]) flag
     where not flag = any($4::text[]))
  from messaging_folder f where f.id = e.folder and f.member = $1 and e.id = any($2::bigint[]) returning e.id
"""
_SUMMARY = """
update messaging_entry e set summary = $3 from messaging_folder f where f.id = e.folder and f.member = $1 and e.id = $2
"""
_TAKE_OUT = """
delete from messaging_entry e using messaging_folder f
 where f.id = e.folder and f.member = $1 and e.id = any($2::bigint[]) returning e.message, e.flags, e.received, e.summary
"""
_SWEEP = """
delete from messaging_message msg where msg.id = any($1::bigint[])
   and not exists (select from messaging_entry e where e.message = msg.id)
"""
_RECIPIENTS = """
select r.member, m.name, m.local, r.displayed from messaging_recipient r join messaging_member m on m.id = r.member
 where r.message = $1 order by m.name
"""
_DISPLAYED = """
update messaging_recipient r set displayed = $4 from messaging_message msg
 where msg.id = r.message and msg.sender = $1 and msg.message_id = $2 and r.member = $3 and r.displayed is null
   and msg.receipt returning msg.id
"""
_TOLD = "select at from messaging_answered where member = $1 and sender = $2 for update"
_TELL_AWAY = """
insert into messaging_answered (member, sender, at) values ($1, $2, $3)
on conflict (member, sender) do update set at = excluded.at where messaging_answered.at <= $4 returning 1
"""


class Folder(NamedTuple):
    """A folder with how many messages it holds, and how many of them are not read."""

    id: int
    name: str
    next_uid: int
    number: int
    unread: int


class Entry(NamedTuple):
    """A message in a folder. ``id`` names it on pages, ``uid`` in mail programs; ``sender`` is a member."""

    id: int
    uid: int
    message: int
    flags: Sequence[str]
    received: datetime
    summary: bytes | None
    folder: int
    folder_name: str
    sender: uuid.UUID
    sender_name: str
    sender_local: str
    message_id: str
    receipt: bool
    automatic: bool
    size: int
    sent: datetime


class Recipient(NamedTuple):
    """To whom a message was delivered. ``displayed``: when it was read, if the reader told."""

    member: uuid.UUID
    name: str
    local: str
    displayed: datetime | None


async def post(
    connection: Connection, sender: uuid.UUID, message_id: str, digest: bytes, receipt: bool, automatic: bool,
    head: bytes, content: bytes,
) -> int | None:  # fmt: skip
    """Keep a message; None when the sender has sent one of that id before."""
    found: int | None = await connection.fetchval(
        _POST, sender, message_id, digest, receipt, automatic, len(content), head, content
    )
    return found


async def known(connection: Connection, sender: uuid.UUID, message_id: str) -> tuple[int, bytes] | None:
    """Return id and digest of a message that was sent before."""
    row = await connection.fetchrow(_KNOWN, sender, message_id)
    return (row[0], row[1]) if row else None


async def add_recipients(
    connection: Connection, message: int, members: Sequence[uuid.UUID]
) -> list[uuid.UUID]:
    """Note to whom a message goes; return those who did not have it yet."""
    return [row[0] for row in await connection.fetch(_FOR, message, list(members))]


async def file(
    connection: Connection, member: uuid.UUID, folder: str, message: int, flags: Sequence[str], received: datetime,
    summary: bytes | None = None,
) -> tuple[int, int, int] | None:  # fmt: skip
    """Put a message into a folder; return folder, uid and entry, None when there is no such folder."""
    row = await connection.fetchrow(_FILE, member, folder, message, list(flags), received, summary)
    return (row[0], row[1], row[2]) if row else None


async def tell(connection: Connection, member: uuid.UUID) -> None:
    """Tell whoever listens that a mailbox changed, when the transaction is durable."""
    await connection.execute(_TELL, str(member))


async def folders(asked: Asked, member: uuid.UUID) -> list[Folder]:
    """Return the folders of a member."""
    return [Folder(*row) for row in await asked.fetch(_FOLDERS, member)]


async def add_folder(connection: Connection, member: uuid.UUID, name: str) -> bool:
    """Add a folder; False when it is there."""
    return await connection.fetchval(_ADD_FOLDER, member, name) is not None


async def drop_folder(connection: Connection, member: uuid.UUID, name: str) -> bool:
    """Remove an empty folder."""
    return await connection.fetchval(_DROP_FOLDER, member, name) is not None


async def entries(
    asked: Asked, member: uuid.UUID, folder: str, sender: str, before: int | None, most: int
) -> list[Entry]:
    """Return messages of a folder, newest first; ``sender``: part of a name or address."""
    escaped = sender.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = await asked.fetch(_LIST, member, folder, f"%{escaped}%", before, most)
    return [Entry(*row) for row in rows]


async def entry(asked: Asked, member: uuid.UUID, number: int) -> Entry | None:
    """Return one message of a member."""
    rows = await asked.fetch(_ENTRY, member, number)
    return Entry(*rows[0]) if rows else None


async def content(asked: Asked, message: int) -> bytes:
    """Return a message as it was sent."""
    rows = await asked.fetch(_CONTENT, message)
    return bytes(rows[0][0]) if rows else b""


async def set_flags(
    connection: Connection,
    member: uuid.UUID,
    numbers: Sequence[int],
    add: Sequence[str],
    remove: Sequence[str],
) -> list[int]:
    """Add and remove flags; return which messages of the member there were."""
    rows = await connection.fetch(_FLAGS, member, list(numbers), list(add), list(remove))
    return [row[0] for row in rows]


async def set_summary(connection: Connection, member: uuid.UUID, number: int, sealed: bytes) -> None:
    """Keep what a list shows of a message."""
    await connection.execute(_SUMMARY, member, number, sealed)


async def move(connection: Connection, member: uuid.UUID, numbers: Sequence[int], folder: str) -> int:
    """Move messages to another folder of the member; return how many. The folder must be there."""
    taken = await connection.fetch(_TAKE_OUT, member, list(numbers))
    for row in taken:
        if await file(connection, member, folder, row[0], row[1], row[2], row[3]) is None:
            raise LookupError(folder)
    return len(taken)


async def remove(connection: Connection, member: uuid.UUID, numbers: Sequence[int]) -> list[int]:
    """Remove messages for good; what nobody has any more is forgotten. Returns the messages."""
    taken = [row[0] for row in await connection.fetch(_TAKE_OUT, member, list(numbers))]
    await connection.execute(_SWEEP, taken)
    return taken


async def recipients(asked: Asked, message: int) -> list[Recipient]:
    """Return to whom a message was delivered."""
    return [Recipient(*row) for row in await asked.fetch(_RECIPIENTS, message)]


async def displayed(
    connection: Connection, sender: uuid.UUID, message_id: str, reader: uuid.UUID, at: datetime
) -> int | None:
    """Note that a message was read; None when its writer did not ask, or knows already."""
    found: int | None = await connection.fetchval(_DISPLAYED, sender, message_id, reader, at)
    return found


async def told(connection: Connection, member: uuid.UUID, sender: uuid.UUID) -> datetime | None:
    """Return when an absence was told to somebody."""
    found: datetime | None = await connection.fetchval(_TOLD, member, sender)
    return found


async def tell_away(
    connection: Connection, member: uuid.UUID, sender: uuid.UUID, at: datetime, before: datetime
) -> bool:
    """Note that an absence is told now; False when it was told after ``before``. Of several at once one tells."""
    return await connection.fetchval(_TELL_AWAY, member, sender, at, before) is not None
