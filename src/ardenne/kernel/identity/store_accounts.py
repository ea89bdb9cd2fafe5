"""SQL of accounts, roles, links and mandates."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import msgspec
import orjson

from ardenne.kernel.identity.accounts import Account, HeldMandate, Role
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.store.database import Connection, Database

ACCOUNT = """
a.id::text, a.login, a.kind, a.name, a.patient, a.state, a.development,
coalesce((select jsonb_agg(jsonb_build_array(r.id, r.profession, r.practitioner, r.directory, r.organisation,
                                             r.organisation_name, r.principal) order by r.profession, r.id)
            from account_role r where r.account = a.id and r.active and not r.suspended), '[]') as roles,
coalesce((select jsonb_agg(jsonb_build_array(m.id, m.patient, m.role, m.full_power, m.begins, m.ends)
                           order by m.created)
            from mandate m where m.holder = a.id and m.revoked is null
             and (m.ends is null or m.ends > now())), '[]') as mandates
"""
_BY_ID = f"select {ACCOUNT} from account a where a.id = $1::uuid"
_BY_LOGIN = f"select {ACCOUNT} from account a where a.login = $1"
_BY_LINK = f"select {ACCOUNT} from account_link l join account a on a.id = l.account where l.issuer = $1 and l.subject = $2"
_DEVELOPMENT = (
    f"select {ACCOUNT} from account a where a.development and a.state = 'active' order by a.kind, a.login"
)
_OF_PATIENT = (
    f"select {ACCOUNT} from account a where a.patient = $1 and a.kind = 'citizen' and a.state <> 'closed'"
)
_HAS_DEVELOPMENT = "select exists (select from account where development)"
# a demonstration that is loaded again finds its accounts, with whatever a person changed since
_ADD = """
insert into account (id, login, kind, name, patient, state, development) values ($1::uuid, $2, $3, $4, $5, $6, $7)
on conflict do nothing
"""
_ADD_ROLE = """
insert into account_role (id, account, profession, practitioner, directory, organisation, organisation_name, principal)
values ($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8) on conflict do nothing
"""
_LINKS = "select issuer, subject from account_link where account = $1::uuid order by issuer"
_UNLINK = "delete from account_link where account = $1::uuid and issuer = $2 returning 1"
_LINK = "insert into account_link (issuer, subject, account) values ($1, $2, $3::uuid) on conflict do nothing returning 1"
_STATE = "update account set state = $2 where id = $1::uuid"
_MOVE_STATE = "update account set state = $3 where id = $1::uuid and state = $2 returning 1"
_IS_ACTIVE = "select state from account where id = $1::uuid for update"
_END_ROLE = "update account_role set active = false where id = $1::uuid"
_SUSPEND_ROLES = "update account_role set suspended = $2 where practitioner = $1 and suspended <> $2"
_PRACTITIONER = """
select practitioner from account_role where account = $1::uuid and practitioner <> '' order by active desc, id limit 1
"""
_GIVE = """
insert into mandate (id, patient, holder, role, full_power, begins, ends, proof, given_by)
values ($1::uuid, $2, $3::uuid, $4, $5, coalesce($6, now()), $7, $8, $9::uuid) on conflict do nothing
"""
_REVOKE = """
update mandate set revoked = now(), revoked_by = $3::uuid
 where id = $1::uuid and revoked is null and (patient = any($2) or holder = $3::uuid) returning patient
"""
_MANDATES_OF = """
select m.id::text, m.patient, m.role, m.full_power, m.begins, m.ends, m.holder::text, a.name, m.revoked
  from mandate m join account a on a.id = m.holder where m.patient = $1 order by m.created desc
"""


def account_of(row: Any, at: int = 0) -> Account:
    """Return the account in a row whose columns from ``at`` on are ACCOUNT."""
    roles = tuple(Role(*values) for values in orjson.loads(row[at + 7]))
    held = tuple(
        msgspec.convert(
            orjson.loads(row[at + 8]), list[tuple[str, str, str, bool, datetime, datetime | None]]
        )
    )
    return Account(
        row[at], row[at + 1], Kind(row[at + 2]), row[at + 3], row[at + 4], row[at + 5], row[at + 6], roles,
        tuple(HeldMandate(*one) for one in held),
    )  # fmt: skip


class Accounts:
    """The tables of accounts and mandates."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def get(self, account_id: str, connection: Connection | None = None) -> Account | None:
        """Return an account by its id."""
        rows = await (connection or self.database).fetch(_BY_ID, account_id)
        return account_of(rows[0]) if rows else None

    async def by_login(self, login: str) -> Account | None:
        """Return an account by what its owner types."""
        return await self._one(_BY_LOGIN, login.strip().lower()[:200])

    async def by_link(self, issuer: str, subject: str) -> Account | None:
        """Return the account of somebody whom an outside provider knows."""
        return await self._one(_BY_LINK, issuer, subject)

    async def of_patient(self, patient: str, connection: Connection | None = None) -> Account | None:
        """Return the account of a person by the Patient."""
        rows = await (connection or self.database).fetch(_OF_PATIENT, patient)
        return account_of(rows[0]) if rows else None

    async def development(self) -> list[Account]:
        """Return the built-in logins of a demonstration."""
        return [account_of(row) for row in await self.database.fetch(_DEVELOPMENT)]

    async def _one(self, query: str, *arguments: Any) -> Account | None:
        rows = await self.database.fetch(query, *arguments)
        return account_of(rows[0]) if rows else None

    async def add(self, connection: Connection, account: Account) -> bool:
        """Add an account with its roles; False when the login or the id exists already."""
        added = await connection.execute(
            _ADD, account.id, account.login, account.kind.value, account.name, account.patient, account.state,
            account.development,
        )  # fmt: skip
        if added.endswith(" 0"):
            return False
        for role in account.roles:
            await self.add_role(connection, account.id, role)
        return True

    async def add_role(self, connection: Connection, account_id: str, role: Role) -> None:
        """Add a role of an account."""
        await connection.execute(
            _ADD_ROLE, role.id, account_id, role.profession, role.practitioner, role.directory,
            role.organisation, role.organisation_name, role.principal,
        )  # fmt: skip

    async def end_role(self, connection: Connection, role_id: str) -> None:
        """End a role; sessions and tokens in it lose it at once."""
        await connection.execute(_END_ROLE, role_id)

    async def suspend_roles(self, connection: Connection, practitioner: str, suspended: bool) -> None:
        """Take all roles of a Practitioner (id) away for a time, or give them back; both have effect at once."""
        await connection.execute(_SUSPEND_ROLES, practitioner, suspended)

    async def practitioner_of(self, connection: Connection, account_id: str) -> str:
        """Return the Practitioner (id) whom an account is bound to by a role; empty when there is none."""
        return str(await connection.fetchval(_PRACTITIONER, account_id) or "")

    async def link(self, connection: Connection, issuer: str, subject: str, account_id: str) -> bool:
        """Let whom an outside provider vouches for sign in to an account; False when that subject is taken."""
        return await connection.fetchval(_LINK, issuer, subject, account_id) is not None

    async def links(self, account_id: str) -> list[str]:
        """Return the issuers of the outside providers that an account is linked to."""
        return [row[0] for row in await self.database.fetch(_LINKS, account_id)]

    async def unlink(self, connection: Connection, account_id: str, issuer: str) -> bool:
        """End the link to an outside provider; False when there is none."""
        return await connection.fetchval(_UNLINK, account_id, issuer) is not None

    async def set_state(self, connection: Connection, account_id: str, state: str) -> None:
        """Change the state of an account."""
        await connection.execute(_STATE, account_id, state)

    async def move_state(self, connection: Connection, account_id: str, before: str, after: str) -> bool:
        """Change the state of an account from one to another; False when it is not in the first."""
        return await connection.fetchval(_MOVE_STATE, account_id, before, after) is not None

    async def is_active(self, connection: Connection, account_id: str) -> bool:
        """Tell whether an account is active already, and hold it until the transaction ends."""
        return str(await connection.fetchval(_IS_ACTIVE, account_id)) == "active"

    async def give_mandate(
        self,
        connection: Connection,
        mandate: HeldMandate,
        proof: str,
        giver: str | None,
        begins: datetime | None = None,
    ) -> None:
        """Add a mandate; ``proof`` says on what it rests, ``giver`` is the account that gave it."""
        await connection.execute(
            _GIVE, mandate.id or str(uuid.uuid4()), mandate.patient, mandate.holder, mandate.role, mandate.full,
            begins, mandate.ends, proof, giver,
        )  # fmt: skip

    async def revoke_mandate(
        self, connection: Connection, mandate_id: str, patients: list[str], account_id: str
    ) -> str:
        """End a mandate over one of ``patients``, or one that the account holds; empty when there is none."""
        return str(await connection.fetchval(_REVOKE, mandate_id, patients, account_id) or "")

    async def mandates_of(self, patient: str) -> list[tuple[HeldMandate, datetime | None]]:
        """Return who holds or held mandates over a record, newest first, with the time of revocation."""
        rows = await self.database.fetch(_MANDATES_OF, patient)
        return [(HeldMandate(*row[:8]), row[8]) for row in rows]


async def has_development_logins(connection: Connection) -> bool:
    """Tell whether a database holds built-in logins of a demonstration."""
    return bool(await connection.fetchval(_HAS_DEVELOPMENT))
