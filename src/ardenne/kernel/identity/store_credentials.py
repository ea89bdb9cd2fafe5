"""SQL of credentials: passwords, one-time codes, passkeys, recovery codes, activation letters, throttling."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from ardenne.kernel.identity.opaque import digest_of_copied, fresh_for_people
from ardenne.kernel.store.database import Connection, Database

ACTIVATION_DAYS = 30
ACTIVATION_ATTEMPTS = 5
_RECOVERY_CODES = 10

_PASSWORD = "select hash from credential_password where account = $1::uuid"  # noqa: S105 - no secret
_SET = """
insert into credential_password (account, hash) values ($1::uuid, $2)
on conflict (account) do update set hash = excluded.hash, changed = now()
"""
_KEEP = "insert into credential_password (account, hash) values ($1::uuid, $2) on conflict do nothing"
_TOTP = "select secret, confirmed, last_step from credential_totp where account = $1::uuid"
_SET_TOTP = """
insert into credential_totp (account, secret) values ($1::uuid, $2)
on conflict (account) do update set secret = excluded.secret, last_step = 0 where not credential_totp.confirmed
returning account
"""
# the step moves forward once: of two requests with the same code one wins
_USE_TOTP = """
update credential_totp set last_step = $2, confirmed = true
 where account = $1::uuid and last_step < $2 returning account
"""
_DROP_TOTP = "delete from credential_totp where account = $1::uuid returning account"
_PASSKEYS = """
select id, public_key, sign_count, label, created, used from credential_passkey
 where account = $1::uuid order by created
"""
_PASSKEY = """
select p.id, p.public_key, p.sign_count, p.label, p.created, p.used, p.account::text
  from credential_passkey p join account a on a.id = p.account where p.id = $1 and a.state = 'active'
"""
_ADD_PASSKEY = """
insert into credential_passkey (id, account, public_key, sign_count, label) values ($1, $2::uuid, $3, $4, $5)
on conflict do nothing returning id
"""
_USE_PASSKEY = "update credential_passkey set sign_count = $2, used = now() where id = $1"
_DROP_PASSKEY = "delete from credential_passkey where id = $1 and account = $2::uuid returning id"
_DROP_RECOVERY = "delete from credential_recovery where account = $1::uuid"
_ADD_RECOVERY = "insert into credential_recovery (account, hash) values ($1::uuid, $2)"
_USE_RECOVERY = """
update credential_recovery set used = now() where account = $1::uuid and hash = $2 and used is null returning account
"""
_LEFT = "select count(*) from credential_recovery where account = $1::uuid and used is null"

_CLOSE_ACTIVATION = "delete from activation where account = $1::uuid and used is null"
_ADD_ACTIVATION = (
    "insert into activation (id, account, hash, expires) values ($1::uuid, $2::uuid, $3, now() + $4)"
)
_TRY_ACTIVATION = """
update activation v set attempts = attempts + 1
  from account a where a.login = $1 and v.account = a.id and v.used is null and v.expires > now()
   and v.attempts < $2 and a.state in ('invited', 'active') returning v.id::text, v.hash, a.id::text
"""
_USE_ACTIVATION = "update activation set used = now() where id = $1::uuid and used is null returning account"

_BLOCKED = "select max(blocked_until) from throttle where key = any($1) and blocked_until > now()"
# three tries are free, then 1, 2, 4 … seconds, at most five minutes; an hour without failure forgets
_FAILED = """
insert into throttle (key, failures, last, blocked_until) values ($1, 1, now(), now())
on conflict (key) do update set
    failures = case when throttle.last < now() - interval '1 hour' then 1 else throttle.failures + 1 end,
    last = now(),
    blocked_until = case when throttle.last < now() - interval '1 hour' or throttle.failures < $2 then now()
                    else now() + least(power(2, least(throttle.failures - $2, 9)), 300) * interval '1 second' end
returning blocked_until > now()
"""
_FORGIVE = "delete from throttle where key = any($1)"

_ASK_LETTER = "insert into letter_request (account) values ($1::uuid) on conflict do nothing"
_WAITING = """
select a.id::text, a.login, a.name, r.asked from letter_request r join account a on a.id = r.account
 where a.state = 'active' order by r.asked limit 200
"""
_LETTER_DONE = "delete from letter_request where account = $1::uuid returning 1"


class Totp(NamedTuple):
    """The sealed secret of an authenticator app."""

    sealed: bytes
    confirmed: bool
    last_step: int


class Passkey(NamedTuple):
    """A passkey."""

    id: bytes
    public_key: bytes
    sign_count: int
    label: str
    created: datetime
    used: datetime | None
    account: str = ""


class Credentials:
    """The tables of what people prove themselves with."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def password(self, account: str) -> str:
        """Return the kept form of a password; empty when there is none."""
        rows = await self.database.fetch(_PASSWORD, account)
        return str(rows[0][0]) if rows else ""

    async def set_password(
        self, connection: Connection, account: str, kept: str, replace: bool = True
    ) -> None:
        """Set a password."""
        await connection.execute(_SET if replace else _KEEP, account, kept)

    async def totp(self, account: str, connection: Connection | None = None) -> Totp | None:
        """Return the authenticator app of an account."""
        rows = await (connection or self.database).fetch(_TOTP, account)
        return Totp(*rows[0]) if rows else None

    async def propose_totp(self, connection: Connection, account: str, sealed: bytes) -> bool:
        """Keep a secret that its owner has yet to confirm; False when a confirmed one exists."""
        return await connection.fetchval(_SET_TOTP, account, sealed) is not None

    async def use_totp(self, connection: Connection, account: str, step: int) -> bool:
        """Use up a time step; False when it was used before."""
        return await connection.fetchval(_USE_TOTP, account, step) is not None

    async def drop_totp(self, connection: Connection, account: str) -> bool:
        """Remove the authenticator app."""
        return await connection.fetchval(_DROP_TOTP, account) is not None

    async def drop_recovery_codes(self, connection: Connection, account: str) -> None:
        """Remove every recovery code."""
        await connection.execute(_DROP_RECOVERY, account)

    async def passkeys(self, account: str) -> list[Passkey]:
        """Return the passkeys of an account."""
        return [Passkey(*row) for row in await self.database.fetch(_PASSKEYS, account)]

    async def passkey(self, credential: bytes) -> Passkey | None:
        """Return a passkey with its account."""
        rows = await self.database.fetch(_PASSKEY, credential)
        return Passkey(*rows[0]) if rows else None

    async def add_passkey(self, connection: Connection, account: str, found: Passkey) -> bool:
        """Add a passkey; False when that one exists."""
        added = await connection.fetchval(
            _ADD_PASSKEY, found.id, account, found.public_key, found.sign_count, found.label[:60]
        )
        return added is not None

    async def use_passkey(self, connection: Connection, credential: bytes, count: int) -> None:
        """Note the use of a passkey."""
        await connection.execute(_USE_PASSKEY, credential, count)

    async def drop_passkey(self, connection: Connection, account: str, credential: bytes) -> bool:
        """Remove a passkey."""
        return await connection.fetchval(_DROP_PASSKEY, credential, account) is not None

    async def new_recovery_codes(self, connection: Connection, account: str) -> list[str]:
        """Replace the recovery codes and return the new ones, which are shown this once."""
        codes = [fresh_for_people(3) for _ in range(_RECOVERY_CODES)]
        await connection.execute(_DROP_RECOVERY, account)
        for code in codes:
            await connection.execute(_ADD_RECOVERY, account, digest_of_copied(code))
        return codes

    async def use_recovery_code(self, connection: Connection, account: str, code: str) -> bool:
        """Use up a recovery code."""
        return await connection.fetchval(_USE_RECOVERY, account, digest_of_copied(code)) is not None

    async def recovery_codes_left(self, account: str) -> int:
        """Return how many recovery codes are left."""
        return int((await self.database.fetch(_LEFT, account))[0][0])

    async def new_activation(self, connection: Connection, account: str) -> str:
        """Return a new activation code for a letter; an older one is worth nothing any more."""
        code = fresh_for_people()
        await connection.execute(_CLOSE_ACTIVATION, account)
        lasting = timedelta(days=ACTIVATION_DAYS)
        await connection.execute(_ADD_ACTIVATION, str(uuid.uuid4()), account, digest_of_copied(code), lasting)
        return code

    async def use_activation(self, connection: Connection, login: str, code: str) -> str | None:
        """Use up an activation code and return the account; empty: it is wrong, None: nothing to try."""
        row = await connection.fetchrow(_TRY_ACTIVATION, login.strip().lower()[:200], ACTIVATION_ATTEMPTS)
        if row is None:
            return None
        if row[1] != digest_of_copied(code):
            return ""
        used = await connection.fetchval(_USE_ACTIVATION, row[0])
        return str(used) if used else None


class LetterRequests:
    """Who asked for a new activation letter."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def add(self, connection: Connection, account: str) -> None:
        """Note that an account asked; asking twice is asking once."""
        await connection.execute(_ASK_LETTER, account)

    async def waiting(self) -> list[tuple[str, str, str, datetime]]:
        """Return id, login and name of who waits and since when, those who wait longest first."""
        return [tuple(row) for row in await self.database.fetch(_WAITING)]

    async def done(self, connection: Connection, account: str) -> bool:
        """Take a request away because its letter is written; False when there is none."""
        return await connection.fetchval(_LETTER_DONE, account) is not None


class Throttle:
    """Slows down who guesses. Each key is a hash of account and address, or of an address alone."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def blocked_until(self, keys: list[bytes]) -> datetime | None:
        """Return until when one of the keys must wait."""
        found: datetime | None = (await self.database.fetch(_BLOCKED, keys))[0][0]
        return found

    async def failed(self, key: bytes, free: int) -> bool:
        """Note a failure; ``free`` failures cost nothing. Returns whether the key must wait now."""
        async with self.database.connection() as connection:
            return bool(await connection.fetchval(_FAILED, key, free))

    async def forgive(self, keys: list[bytes]) -> None:
        """Forget the failures of keys after a success."""
        async with self.database.connection() as connection:
            await connection.execute(_FORGIVE, keys)
