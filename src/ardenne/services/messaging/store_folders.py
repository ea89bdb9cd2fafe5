"""Folders as mail programs see them in the database: numbers, flags, copies."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ardenne.kernel.store.database import Connection, Database
from ardenne.services.messaging import store_mail

_FOLDER = "select id, next_uid from messaging_folder where member = $1 and name = $2"
_ROWS = """
select e.id, e.uid, e.flags, e.message, msg.size, e.received
  from messaging_entry e join messaging_message msg on msg.id = e.message where e.folder = $1 order by e.uid
"""
_HEADS = "select id, head from messaging_message where id = any($1::bigint[])"
_RENAME = "update messaging_folder set name = $3 where member = $1 and name = $2 returning 1"
_COPIED = """
select e.message, e.flags, e.received, e.summary, e.uid from messaging_entry e join messaging_folder f on f.id = e.folder
 where f.member = $1 and e.id = any($2::bigint[]) order by e.uid
"""


class Row(NamedTuple):
    """A message of a folder."""

    id: int
    uid: int
    flags: Sequence[str]
    message: int
    size: int
    received: datetime


async def folder(asked: Database | Connection, member: uuid.UUID, name: str) -> tuple[int, int] | None:
    """Return id and next uid of a folder."""
    rows = await asked.fetch(_FOLDER, member, name)
    return (rows[0][0], rows[0][1]) if rows else None


async def rows(asked: Database | Connection, folder: int) -> list[Row]:
    """Return the messages of a folder in the order of their uids."""
    return [Row(*row) for row in await asked.fetch(_ROWS, folder)]


async def heads(asked: Database | Connection, messages: Sequence[int]) -> dict[int, bytes]:
    """Return the headers of messages."""
    return {row[0]: bytes(row[1]) for row in await asked.fetch(_HEADS, list(messages))}


async def rename(connection: Connection, member: uuid.UUID, old: str, new: str) -> bool:
    """Give a folder another name."""
    return await connection.fetchval(_RENAME, member, old, new) is not None


async def copy(
    connection: Connection, member: uuid.UUID, entries: Sequence[int], folder: str
) -> list[tuple[int, int]]:
    """Copy messages into a folder of the member; return old and new uids. Raises LookupError without such a folder."""
    made = []
    for row in await connection.fetch(_COPIED, member, list(entries)):
        filed = await store_mail.file(connection, member, folder, row[0], row[1], row[2], row[3])
        if filed is None:
            raise LookupError(folder)
        made.append((row[4], filed[1]))
    return made
