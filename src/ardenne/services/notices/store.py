"""Addresses and notices in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.store.groups import WHOLE_PERSON

_ADDRESS = (
    "select email, language, kinds, confirmed from notice_address where account = $1::uuid and email <> ''"
)
_ASK = """
insert into notice_address (account, patient, email, language, kinds, code, expires)
values ($1::uuid, $2, $3, $4, $5, $6, $7)
on conflict (account) do update set patient = excluded.patient, email = excluded.email, language = excluded.language,
   kinds = excluded.kinds, code = excluded.code, expires = excluded.expires, attempts = 0, confirmed = null,
   asked_on = current_date, asks = case when notice_address.asked_on = current_date then notice_address.asks + 1 else 1 end
 where notice_address.asked_on < current_date or notice_address.asks < $8
returning 1
"""
_CONFIRM = """
update notice_address set attempts = attempts + 1,
       confirmed = case when code = $2 then $3 else confirmed end, code = case when code = $2 then null else code end
 where account = $1::uuid and confirmed is null and code is not null and expires > $3 and attempts < $4
returning confirmed is not null
"""
_KINDS = "update notice_address set kinds = $2, language = $3 where account = $1::uuid returning 1"
_REMOVE = """
update notice_address set email = '', confirmed = null, code = null where account = $1::uuid and email <> '' returning 1
"""
_FORGET = "delete from notice where account = $1::uuid and sent is null"
_TELL = f"""
insert into notice (account, kind, due)
select a.account, $2, greatest(now(), coalesce((select max(n.sent) from notice n
         where n.account = a.account and n.kind = $2) + $3, now()))
  from notice_address a
 where a.confirmed is not null and $2 = any(a.kinds)
   and a.patient = any({WHOLE_PERSON})
on conflict do nothing
"""
_TAKE = """
with next as (
    select n.id from notice n join notice_address a using (account)
     where n.sent is null and n.failed is null and n.due <= $1 and n.leased_until <= $1 and a.confirmed is not null
     order by n.due limit 1 for update of n skip locked)
update notice n set leased_until = $2 from next, notice_address a
 where n.id = next.id and a.account = n.account returning n.id, n.kind, n.attempts, a.email, a.language
"""
_SENT = "update notice set sent = $2, leased_until = '-infinity' where id = $1"
_AGAIN = """
update notice set attempts = attempts + 1, due = $2, failed = $3, leased_until = '-infinity' where id = $1
"""


class Address(NamedTuple):
    """Where and of what an account is told."""

    email: str
    language: str
    kinds: Sequence[str]
    confirmed: datetime | None


class Due(NamedTuple):
    """A notice that is to be sent now."""

    id: int
    kind: str
    attempts: int
    email: str
    language: str


async def address(asked: Database | Connection, account: str) -> Address | None:
    """Return the address of an account."""
    rows = await asked.fetch(_ADDRESS, account)
    return Address(*rows[0]) if rows else None


async def ask(
    connection: Connection,
    account: str,
    patient: int,
    wanted: Address,
    code: bytes,
    expires: datetime,
    most: int,
) -> bool:
    """Keep an address that a code is sent to; an older one of the account is forgotten.

    False after ``most`` codes on one day.
    """
    done = await connection.fetchval(
        _ASK, account, patient, wanted.email, wanted.language, list(wanted.kinds), code, expires, most
    )
    return done is not None


async def confirm(connection: Connection, account: str, code: bytes, now: datetime, attempts: int) -> bool:
    """Confirm an address by its code; each try counts."""
    return bool(await connection.fetchval(_CONFIRM, account, code, now, attempts))


async def set_kinds(connection: Connection, account: str, kinds: Sequence[str], language: str) -> bool:
    """Keep of what an account wants to be told; False when it has no address."""
    return await connection.fetchval(_KINDS, account, list(kinds), language) is not None


async def remove(connection: Connection, account: str) -> bool:
    """Forget the address of an account and what waits for it."""
    await connection.execute(_FORGET, account)
    return await connection.fetchval(_REMOVE, account) is not None


async def tell(connection: Connection, patient: int, kind: str, pause: object) -> None:
    """Queue a notice for the owner of a record; one of a kind waits at most."""
    await connection.execute(_TELL, patient, kind, pause)


async def take(connection: Connection, now: datetime, until: datetime) -> Due | None:
    """Return a notice that is due; nobody else gets it until a time, when its sender must have died."""
    rows = await connection.fetch(_TAKE, now, until)
    return Due(*rows[0]) if rows else None


async def sent(connection: Connection, notice: int, now: datetime) -> None:
    """Note that a notice was taken by the mail server."""
    await connection.execute(_SENT, notice, now)


async def again(connection: Connection, notice: int, due: datetime, failed: datetime | None) -> None:
    """Note a failure: when it is tried again, or that it is given up."""
    await connection.execute(_AGAIN, notice, due, failed)


_FORGET_PATIENT = "delete from notice_address where patient = $1"


class Kept:
    """Fulfils ``retention.contract.Keeper``."""

    async def forget(self, connection: Connection, patient: int) -> None:
        """Remove the address of a record's person."""
        await connection.execute(_FORGET_PATIENT, patient)
