"""Groups of members in the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from ardenne.kernel.store.database import Connection, Database

_OF_MEMBER = """
select g.id, g.name, g.owner from messaging_group g
 where g.owner = $1 or exists (select from messaging_group_member x where x.team = g.id and x.member = $1) order by g.name, g.id
"""
_MEMBERS = """
select m.id, m.name, m.local from messaging_group_member x join messaging_member m on m.id = x.member
 where x.team = $1 order by m.name
"""
_ADD = "insert into messaging_group (id, name, owner) values ($1, $2, $3)"
_JOIN = (
    "insert into messaging_group_member (team, member) select $1, unnest($2::uuid[]) on conflict do nothing"
)
_LEAVE = """
delete from messaging_group_member x using messaging_group g
 where g.id = x.team and x.team = $1 and x.member = $2 and (g.owner = $3 or x.member = $3) returning 1
"""
_REMOVE = "delete from messaging_group where id = $1 and owner = $2 returning 1"


class Group(NamedTuple):
    """A group: its members and its owner write to all of it."""

    id: uuid.UUID
    name: str
    owner: uuid.UUID


class GroupMember(NamedTuple):
    """Somebody in a group."""

    id: uuid.UUID
    name: str
    local: str


async def of_member(asked: Database | Connection, member: uuid.UUID) -> list[Group]:
    """Return the groups that a member owns or is in."""
    return [Group(*row) for row in await asked.fetch(_OF_MEMBER, member)]


async def members(asked: Database | Connection, group: uuid.UUID) -> list[GroupMember]:
    """Return who is in a group."""
    return [GroupMember(*row) for row in await asked.fetch(_MEMBERS, group)]


async def add(connection: Connection, name: str, owner: uuid.UUID, wanted: Sequence[uuid.UUID]) -> uuid.UUID:
    """Add a group; return its id."""
    group = uuid.uuid4()
    await connection.execute(_ADD, group, name, owner)
    await connection.execute(_JOIN, group, list(wanted))
    return group


async def join(connection: Connection, group: uuid.UUID, wanted: Sequence[uuid.UUID]) -> None:
    """Add members to a group."""
    await connection.execute(_JOIN, group, list(wanted))


async def leave(connection: Connection, group: uuid.UUID, member: uuid.UUID, by: uuid.UUID) -> bool:
    """Take a member out of a group: its owner may, and everybody for oneself."""
    return await connection.fetchval(_LEAVE, group, member, by) is not None


async def remove(connection: Connection, group: uuid.UUID, owner: uuid.UUID) -> bool:
    """Remove a group of an owner."""
    return await connection.fetchval(_REMOVE, group, owner) is not None
