"""SQL of sessions and of what people are in the midst of."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.identity.opaque import digest, fresh
from ardenne.kernel.identity.store_accounts import ACCOUNT, account_of
from ardenne.kernel.store.database import Connection, Database

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)

_ADD = """
insert into session (id, hash, account, role, level, label, ends)
values ($1::uuid, $2, $3::uuid, $4::uuid, $5, $6, now() + $7)
"""
_FIND = f"""
select s.id::text, coalesce(s.role::text, ''), s.level, least(s.ends, s.seen + $2), s.seen, {ACCOUNT}
  from session s join account a on a.id = s.account
 where s.hash = $1 and s.ended is null and s.ends > now() and s.seen + $2 > now() and a.state = 'active'
"""
_TOUCH = "update session set seen = now() where id = $1::uuid and seen < now() - $2::interval"
_ROLE = """
update session s set role = $2::uuid
  from account_role r where s.id = $1::uuid and r.id = $2::uuid and r.account = s.account and r.active
"""
_LIST = """
select id::text, label, level, created, seen, ends from session
 where account = $1::uuid and ended is null and ends > now() and seen + $2 > now() order by seen desc
"""
_END = "update session set ended = now() where id = $1::uuid and account = $2::uuid and ended is null returning id"
_END_GRANTS = "update oauth_grant set revoked = now() where session = $1::uuid and revoked is null"
_END_ALL = "update session set ended = now() where account = $1::uuid and ended is null"
_END_ALL_GRANTS = "update oauth_grant set revoked = now() where account = $1::uuid and revoked is null"

_PEND = "insert into pending (hash, kind, account, content, expires) values ($1, $2, $3::uuid, $4::jsonb, now() + $5)"
_PENDING = "select account::text, content from pending where hash = $1 and kind = $2 and expires > now()"
_TAKE = (
    "delete from pending where hash = $1 and kind = $2 and expires > now() returning account::text, content"
)
_PURGE = (
    "delete from pending where expires < now()",
    "delete from oauth_code where expires < now() - interval '1 day'",
    "delete from oauth_refresh where expires < now()",
    "delete from oauth_grant where ends < now() - interval '1 day'",
    "delete from oauth_used_assertion where expires < now()",
    "delete from oauth_revoked_token where expires < now()",
    "delete from throttle where last < now() - interval '1 day'",
    "delete from session where ends < now() - interval '90 days'",
)


class FoundSession(NamedTuple):
    """A session that holds, and whose it is."""

    id: str
    role: str
    level: str
    until: datetime
    seen: datetime
    account: Account


class ListedSession(NamedTuple):
    """A session as its owner sees it."""

    id: str
    label: str
    level: str
    created: datetime
    seen: datetime
    ends: datetime


class Pending(NamedTuple):
    """What somebody is in the midst of."""

    account: str
    content: dict[str, Any]


class Sessions:
    """The tables of sessions."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def begin(
        self, connection: Connection, account: str, level: str, label: str, role: str = ""
    ) -> tuple[str, str]:
        """Begin a session under a new secret; returns the secret and the id."""
        secret, session = fresh(), str(uuid.uuid4())
        await connection.execute(
            _ADD, session, digest(secret), account, role or None, level, label[:100], LONGEST
        )
        return secret, session

    async def find(self, secret: str) -> FoundSession | None:
        """Return the session of a secret while it holds."""
        rows = await self.database.fetch(_FIND, digest(secret), IDLE)
        if not rows:
            return None
        row = rows[0]
        return FoundSession(row[0], row[1], row[2], row[3], row[4], account_of(row, 5))

    async def touch(self, session: str) -> None:
        """Note that a session is used, at most once a minute."""
        async with self.database.connection() as connection:
            await connection.execute(_TOUCH, session, _SEEN_EVERY)

    async def choose_role(self, connection: Connection, session: str, role: str) -> bool:
        """Work in another role of the same account from now on."""
        return not (await connection.execute(_ROLE, session, role)).endswith(" 0")

    async def of_account(self, account: str) -> list[ListedSession]:
        """Return the sessions that hold, last used first."""
        return [ListedSession(*row) for row in await self.database.fetch(_LIST, account, IDLE)]

    async def end(self, connection: Connection, session: str, account: str) -> bool:
        """End a session of an account and the tokens that were given in it."""
        if await connection.fetchval(_END, session, account) is None:
            return False
        await connection.execute(_END_GRANTS, session)
        return True

    async def end_all(self, connection: Connection, account: str) -> None:
        """End every session and every token of an account."""
        await connection.execute(_END_ALL, account)
        await connection.execute(_END_ALL_GRANTS, account)

    async def pend(self, kind: str, content: dict[str, Any], lasting: timedelta, account: str = "") -> str:
        """Keep what somebody is in the midst of; returns the secret that finds it again."""
        secret = fresh()
        async with self.database.connection() as connection:
            await connection.execute(
                _PEND, digest(secret), kind, account or None, orjson.dumps(content).decode(), lasting
            )
        return secret

    async def pending(self, secret: str, kind: str) -> Pending | None:
        """Return what a secret finds, without using it up."""
        rows = await self.database.fetch(_PENDING, digest(secret), kind)
        return Pending(rows[0][0] or "", orjson.loads(rows[0][1])) if rows else None

    async def take(self, secret: str, kind: str) -> Pending | None:
        """Return what a secret finds; of many who try at once one gets it."""
        async with self.database.connection() as connection:
            row = await connection.fetchrow(_TAKE, digest(secret), kind)
        return Pending(row[0] or "", orjson.loads(row[1])) if row else None

    async def purge(self) -> None:
        """Remove what has run out."""
        async with self.database.connection() as connection:
            for statement in _PURGE:
                await connection.execute(statement)
