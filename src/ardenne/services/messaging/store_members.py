"""Members, certificates, passwords of mail programs and open keyrings in the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from cryptography import x509

from ardenne.kernel.store.database import Connection, Database

Asked = Database | Connection

ACTIVE = """
exists (select from account a join account_role r on r.account = a.id
         where a.id = m.account and a.state = 'active' and r.active and not r.suspended and r.directory <> '')
"""
"""Whoever loses every role of the directory loses the mailbox in the same moment."""
_COLUMNS = (
    f"m.id, m.account::text, m.local, m.name, m.keyring, m.away_from, m.away_until, m.away_text, {ACTIVE}"
)
_ONE = f"select {_COLUMNS} from messaging_member m where "
_BY_ACCOUNT = f"{_ONE} m.account = $1::uuid"
_BY_LOCAL = f"{_ONE} m.local = $1"
_BY_LOCALS = f"{_ONE} m.local = any($1::text[])"
_BY_ID = f"{_ONE} m.id = $1"
_LIST = f"{_ONE} {ACTIVE} and m.name ilike $1 order by m.name, m.local limit $2"
_TAKEN = "select local from messaging_member where local = $1 or local like $1 || '.%'"
_ADD = """
insert into messaging_member (id, account, local, name, keyring) values ($1, $2::uuid, $3, $4, $5)
on conflict do nothing returning 1
"""
_ADD_FOLDERS = "insert into messaging_folder (member, name) select $1, unnest($2::text[])"
_MAY_JOIN = f"""
select exists (select from (select $1::uuid as account) m where {ACTIVE})
"""
_LOCK = "select keyring from messaging_member where id = $1 for update"
_KEYRING = "update messaging_member set keyring = $2 where id = $1"
_AWAY = "update messaging_member set away_from = $2, away_until = $3, away_text = $4 where id = $1"
_FORGET_ANSWERS = "delete from messaging_answered where member = $1"
_RETIRE = "update messaging_certificate set current = false where member = $1 and current"
_CERTIFY = """
insert into messaging_certificate (fingerprint, member, serial, content, ends, own, current)
values ($1, $2, $3, $4, $5, $6, true) on conflict do nothing returning 1
"""
_CERTIFICATES = """
select member, content, ends, current, revoked, own from messaging_certificate
 where member = any($1::uuid[]) order by made desc, fingerprint
"""
_REVOKE = """
update messaging_certificate set revoked = $3, reason = $4, current = false
 where member = $1 and fingerprint = $2 and revoked is null returning 1
"""
_REVOKED = "select serial, revoked from messaging_certificate where revoked is not null and (own or not $1) order by revoked"
_ADD_PASSWORD = "insert into messaging_password (id, member, digest, label) values ($1, $2, $3, $4)"  # noqa: S105
_PASSWORDS = "select id, label, made, used from messaging_password where member = $1 order by made"
_END_PASSWORD = "delete from messaging_password where id = $1 and member = $2 returning 1"  # noqa: S105
_USE_PASSWORD = f"""
update messaging_password p set used = now() from messaging_member m
 where p.member = m.id and m.local = $1 and p.digest = $2 and {ACTIVE} returning m.id
"""
_UNLOCK = """
insert into messaging_unlocked (hash, member, session, sealed, expires) values ($1, $2, $3::uuid, $4, $5)
"""
_UNLOCKED = """
select u.sealed from messaging_unlocked u join session s on s.id = u.session
 where u.hash = $1 and u.member = $2 and u.session = $3::uuid and u.expires > now() and s.ended is null and s.ends > now()
"""
_CLOSE = "delete from messaging_unlocked where member = $1"
_PURGE = """
delete from messaging_unlocked u where u.expires <= now() or not exists
   (select from session s where s.id = u.session and s.ended is null and s.ends > now())
"""


class Member(NamedTuple):
    """Somebody with a mailbox. ``active``: has a role of the directory now."""

    id: uuid.UUID
    account: str
    local: str
    name: str
    keyring: bytes | None
    away_from: date | None
    away_until: date | None
    away_text: str
    active: bool


class Certificate(NamedTuple):
    """A certificate of a member. ``current``: the one that others encrypt for."""

    member: uuid.UUID
    certificate: x509.Certificate
    ends: datetime
    current: bool
    revoked: datetime | None
    own: bool


class Password(NamedTuple):
    """The password of a mail program, as its owner sees it."""

    id: uuid.UUID
    label: str
    made: datetime
    used: datetime | None


async def by_account(asked: Asked, account: str) -> Member | None:
    """Return the member of an account (uuid as text)."""
    return await _one(asked, _BY_ACCOUNT, account)


async def by_id(asked: Asked, member: uuid.UUID) -> Member | None:
    """Return a member."""
    return await _one(asked, _BY_ID, member)


async def by_local(asked: Asked, local: str) -> Member | None:
    """Return the member of an address, by what stands before the @."""
    return await _one(asked, _BY_LOCAL, local)


async def by_locals(asked: Asked, locals_: Sequence[str]) -> list[Member]:
    """Return the members of addresses."""
    return [Member(*row) for row in await asked.fetch(_BY_LOCALS, list(locals_))]


async def _one(asked: Asked, query: str, value: object) -> Member | None:
    rows = await asked.fetch(query, value)
    return Member(*rows[0]) if rows else None


async def named(asked: Asked, text: str, most: int) -> list[Member]:
    """Return active members whose name holds a text, in order of their names."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [Member(*row) for row in await asked.fetch(_LIST, f"%{escaped}%", most)]


async def may_join(asked: Asked, account: str) -> bool:
    """Tell whether an account has a role of the directory."""
    return bool((await asked.fetch(_MAY_JOIN, account))[0][0])


async def taken(connection: Connection, local: str) -> set[str]:
    """Return the addresses that are like one already."""
    return {row[0] for row in await connection.fetch(_TAKEN, local)}


async def add(
    connection: Connection, member: uuid.UUID, account: str, local: str, name: str, keyring: bytes,
    folders: Sequence[str],
) -> bool:  # fmt: skip
    """Add a member with the folders; False when the account or address has a mailbox already."""
    if await connection.fetchval(_ADD, member, account, local, name, keyring) is None:
        return False
    await connection.execute(_ADD_FOLDERS, member, list(folders))
    return True


async def keyring(connection: Connection, member: uuid.UUID) -> bytes | None:
    """Return the sealed keyring, locked until the transaction ends."""
    found: bytes | None = await connection.fetchval(_LOCK, member)
    return found


async def set_keyring(connection: Connection, member: uuid.UUID, sealed: bytes) -> None:
    """Keep a keyring in place of the old one."""
    await connection.execute(_KEYRING, member, sealed)


async def set_away(
    connection: Connection, member: uuid.UUID, first: date | None, last: date | None, text: str
) -> None:
    """Keep an absence, or that there is none; everybody is told anew."""
    await connection.execute(_AWAY, member, first, last, text)
    await connection.execute(_FORGET_ANSWERS, member)


async def certify(
    connection: Connection, member: uuid.UUID, fingerprint: bytes, certificate: x509.Certificate, content: bytes,
    own: bool,
) -> bool:  # fmt: skip
    """Make a certificate the current one; False when it is known already."""
    await connection.execute(_RETIRE, member)
    ends, serial = certificate.not_valid_after_utc, str(certificate.serial_number)
    return await connection.fetchval(_CERTIFY, fingerprint, member, serial, content, ends, own) is not None


async def certificates(asked: Asked, members: Sequence[uuid.UUID]) -> list[Certificate]:
    """Return the certificates of members, newest first."""
    return [
        Certificate(row[0], x509.load_der_x509_certificate(row[1]), *row[2:])
        for row in await asked.fetch(_CERTIFICATES, list(members))
    ]


async def revoke(
    connection: Connection, member: uuid.UUID, fingerprint: bytes, at: datetime, reason: str
) -> bool:
    """Revoke a certificate; False when it was revoked already."""
    return await connection.fetchval(_REVOKE, member, fingerprint, at, reason) is not None


async def revoked(asked: Asked, *, own: bool) -> list[tuple[int, datetime]]:
    """Return serial numbers of revoked certificates (``own``: of those issued here alone) and when."""
    return [(int(row[0]), row[1]) for row in await asked.fetch(_REVOKED, own)]


async def add_password(connection: Connection, member: uuid.UUID, digest: bytes, label: str) -> None:
    """Keep the password of a mail program."""
    await connection.execute(_ADD_PASSWORD, uuid.uuid4(), member, digest, label)


async def passwords(asked: Asked, member: uuid.UUID) -> list[Password]:
    """Return the passwords of a member's mail programs."""
    return [Password(*row) for row in await asked.fetch(_PASSWORDS, member)]


async def end_password(connection: Connection, member: uuid.UUID, password: uuid.UUID) -> bool:
    """Forget a password."""
    return await connection.fetchval(_END_PASSWORD, password, member) is not None


async def by_password(connection: Connection, local: str, digest: bytes) -> uuid.UUID | None:
    """Return the active member whose mail program has a password, and note its use."""
    found: uuid.UUID | None = await connection.fetchval(_USE_PASSWORD, local, digest)
    return found


async def unlock(
    connection: Connection, digest: bytes, member: uuid.UUID, session: str, sealed: bytes, expires: datetime
) -> None:
    """Keep an open keyring for a session."""
    await connection.execute(_UNLOCK, digest, member, session, sealed, expires)


async def unlocked(asked: Asked, digest: bytes, member: uuid.UUID, session: str) -> bytes | None:
    """Return the keyring of a session as it is sealed; None when it is closed."""
    rows = await asked.fetch(_UNLOCKED, digest, member, session)
    return rows[0][0] if rows else None


async def close(connection: Connection, member: uuid.UUID) -> None:
    """Forget every open keyring of a member."""
    await connection.execute(_CLOSE, member)


async def purge(database: Database) -> None:
    """Forget open keyrings whose session or time has ended."""
    async with database.connection() as connection:
        await connection.execute(_PURGE)
