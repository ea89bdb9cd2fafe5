"""SQL of applications and of what people allowed them: clients, consents, families of tokens, codes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import orjson

from ardenne.kernel.http.message import ClientCertificate
from ardenne.kernel.identity.access_tokens import Family
from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.identity.opaque import digest, fresh
from ardenne.kernel.identity.store_accounts import ACCOUNT, account_of
from ardenne.kernel.store.database import Connection, Database

CODE_SECONDS = 60
REFRESH = timedelta(days=90)
ONLINE = timedelta(hours=12)

_CLIENT = """
select id, name, confidential, redirect_uris, launch_uri, jwks, jwks_uri, scopes, grants, coalesce(account::text, ''),
       certificate, certificate_subject
  from oauth_client where id = $1 and enabled
"""
_BY_CERTIFICATE = _CLIENT.replace(
    "id = $1",
    "((certificate <> '' and certificate = $1) or (certificate_subject <> '' and certificate_subject = $2))",
)
_CLIENTS = _CLIENT.replace("where id = $1 and", "where") + " order by name"
_REGISTERED = _CLIENT.replace("where id = $1 and enabled", "order by enabled desc, name").replace(
    "select id", "select enabled, created, id"
)
_ENABLE = "update oauth_client set enabled = $2 where id = $1 and enabled <> $2 returning 1"
_HELD = _CLIENT.replace("and enabled", "for update")
_CHANGE_CLIENT = """
update oauth_client set name = $2, redirect_uris = $3, launch_uri = $4, jwks = $5::jsonb, jwks_uri = $6, scopes = $7,
       certificate = $8, certificate_subject = $9
 where id = $1 and not exists (select from oauth_client o where o.id <> $1 and (
       (o.certificate <> '' and o.certificate = $8) or (o.certificate_subject <> '' and o.certificate_subject = $9)))
returning 1
"""
_END_ALL = "update oauth_grant set revoked = now() where client = $1 and revoked is null"
_ADD_CLIENT = """
insert into oauth_client (id, name, confidential, redirect_uris, launch_uri, jwks, jwks_uri, scopes, grants, account,
                          certificate, certificate_subject)
values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10::uuid, $11, $12) on conflict do nothing returning 1
"""
_ADD = """
insert into oauth_grant (id, client, account, role, session, scopes, purpose, patient, encounter, level, actor, ends)
values ($1::uuid, $2, $3::uuid, $4::uuid, $5::uuid, $6, $7, $8, $9, $10, $11, now() + $12)
"""
_FAMILY = """
g.id::text, g.client, g.account::text, coalesce(g.role::text, ''), g.scopes, g.purpose, g.patient, g.encounter,
g.level, g.actor, coalesce(g.session::text, '')
"""
_HOLDS = """
g.revoked is null and g.ends > now() and a.state = 'active' and c.enabled
and (g.role is null or exists (select from account_role r where r.id = g.role and r.active))
"""
_FIND = f"""
select {_FAMILY}, {ACCOUNT} from oauth_grant g join account a on a.id = g.account join oauth_client c on c.id = g.client
 where g.id = $1::uuid and {_HOLDS}
   and not exists (select from oauth_revoked_token t where t.jti = $2::uuid)
"""
_ADD_CODE = """
insert into oauth_code (hash, family, redirect_uri, challenge, nonce, expires)
values ($1, $2::uuid, $3, $4, $5, now() + $6)
"""
# locked: of many who bring the same code at once the first uses it and the others are thieves
_CODE = f"""
select o.redirect_uri, o.challenge, o.nonce, o.used is not null, o.expires > now(), {_FAMILY}, {_HOLDS}, {ACCOUNT}
  from oauth_code o join oauth_grant g on g.id = o.family join account a on a.id = g.account
  join oauth_client c on c.id = g.client where o.hash = $1 for update of o
"""
_USE_CODE = "update oauth_code set used = now() where hash = $1"
_ADD_REFRESH = "insert into oauth_refresh (hash, family, expires) values ($1, $2::uuid, now() + $3)"
_REFRESH = f"""
select '', '', '', o.used is not null, o.expires > now(), {_FAMILY}, {_HOLDS}, {ACCOUNT}
  from oauth_refresh o join oauth_grant g on g.id = o.family join account a on a.id = g.account
  join oauth_client c on c.id = g.client where o.hash = $1 for update of o
"""
_USE_REFRESH = "update oauth_refresh set used = now() where hash = $1"
_REVOKE = "update oauth_grant set revoked = now() where id = $1::uuid and revoked is null"
_REVOKE_TOKEN = "insert into oauth_revoked_token (jti, expires) values ($1::uuid, $2) on conflict do nothing"  # noqa: S105
_USE_ASSERTION = """
insert into oauth_used_assertion (issuer, jti, expires) values ($1, $2, $3) on conflict do nothing returning jti
"""
_CONSENT = "select scopes from oauth_consent where account = $1::uuid and client = $2"
_ALLOW = """
insert into oauth_consent (account, client, scopes) values ($1::uuid, $2, $3)
on conflict (account, client) do update set scopes = excluded.scopes, given = now()
"""
_ALLOWED = """
select c.id, c.name, o.scopes, o.given from oauth_consent o join oauth_client c on c.id = o.client
 where o.account = $1::uuid order by o.given desc
"""
_FORBID = "delete from oauth_consent where account = $1::uuid and client = $2 returning client"
_END_CLIENT = (
    "update oauth_grant set revoked = now() where account = $1::uuid and client = $2 and revoked is null"
)


class Client(msgspec.Struct, frozen=True):
    """An application. ``account`` is the software account of a backend service.

    ``certificate`` (thumbprint x5t#S256) or ``certificate_subject`` (RFC 4514) names the certificate that it shows
    over mutual TLS; when one stands there it comes in with that certificate only.
    """

    id: str
    name: str
    confidential: bool
    redirect_uris: tuple[str, ...]
    launch_uri: str = ""
    jwks: dict[str, Any] | None = None
    jwks_uri: str = ""
    scopes: tuple[str, ...] = ()
    grants: tuple[str, ...] = ("authorization_code", "refresh_token")
    account: str = ""
    certificate: str = ""
    certificate_subject: str = ""

    @property
    def has_certificate(self) -> bool:
        """Whether the application is bound to a certificate."""
        return bool(self.certificate or self.certificate_subject)

    def shows(self, certificate: ClientCertificate | None) -> bool:
        """Tell whether a certificate is that of the application."""
        if certificate is None:
            return False
        if self.certificate:
            return certificate.thumbprint == self.certificate
        return bool(self.certificate_subject) and certificate.subject == self.certificate_subject


class Registered(NamedTuple):
    """An application with whether it may come in, and since when it is known."""

    client: Client
    enabled: bool
    created: datetime


class Presented(NamedTuple):
    """A code or refresh token that somebody brings."""

    redirect_uri: str
    challenge: str
    nonce: str
    used: bool
    current: bool
    family: Family
    holds: bool
    account: Account


class Allowed(NamedTuple):
    """An application that a person allowed something."""

    client: str
    name: str
    scopes: list[str]
    given: datetime


class Families:
    """The tables of applications and token families."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def client(self, client_id: str) -> Client | None:
        """Return an application that may be used."""
        rows = await self.database.fetch(_CLIENT, client_id[:200])
        return _client(rows[0]) if rows else None

    async def by_certificate(self, certificate: ClientCertificate) -> Client | None:
        """Return the application that is bound to a certificate."""
        rows = await self.database.fetch(_BY_CERTIFICATE, certificate.thumbprint, certificate.subject)
        fitting = [found for row in rows if (found := _client(row)).shows(certificate)]
        return fitting[0] if len(fitting) == 1 else None

    async def clients(self) -> list[Client]:
        """Return all applications that may be used."""
        return [_client(row) for row in await self.database.fetch(_CLIENTS)]

    async def registered(self) -> list[Registered]:
        """Return all applications, those that are shut off last."""
        rows = await self.database.fetch(_REGISTERED)
        return [Registered(_client(row[2:]), row[0], row[1]) for row in rows]

    async def enable(self, connection: Connection, client_id: str, enabled: bool) -> bool:
        """Let an application in, or shut it off with every right that it holds; False when nothing changes."""
        done = await connection.fetchval(_ENABLE, client_id, enabled) is not None
        if done and not enabled:
            await connection.execute(_END_ALL, client_id)
        return done

    async def held(self, connection: Connection, client_id: str) -> Client | None:
        """Return an application, shut off or not, and hold it for this transaction."""
        row = await connection.fetchrow(_HELD, client_id[:200])
        return _client(row) if row else None

    async def change_client(self, connection: Connection, client: Client, *, end: bool) -> bool:
        """Change what is registered of an application; False: its certificate is that of another.

        ``end``: what it holds from people and by itself ends.
        """
        done = await connection.fetchval(
            _CHANGE_CLIENT, client.id, client.name, list(client.redirect_uris), client.launch_uri, _keys(client),
            client.jwks_uri, list(client.scopes), client.certificate, client.certificate_subject,
        )  # fmt: skip
        if done and end:
            await connection.execute(_END_ALL, client.id)
        return done is not None

    async def add_client(self, connection: Connection, client: Client) -> bool:
        """Register an application; one of that id stays as it is, and False is returned."""
        done = await connection.fetchval(
            _ADD_CLIENT, client.id, client.name, client.confidential, list(client.redirect_uris), client.launch_uri,
            _keys(client), client.jwks_uri, list(client.scopes), list(client.grants), client.account or None,
            client.certificate, client.certificate_subject,
        )  # fmt: skip
        return done is not None

    async def begin(self, connection: Connection, family: Family, lasting: timedelta) -> Family:
        """Begin a family and return it with its id."""
        begun = msgspec.structs.replace(family, id=str(uuid.uuid4()))
        await connection.execute(
            _ADD, begun.id, begun.client, begun.account, begun.role or None, begun.session or None,
            list(begun.scopes), begun.purpose, begun.patient, begun.encounter, begun.level, begun.actor, lasting,
        )  # fmt: skip
        return begun

    async def find(self, family: str, jti: str) -> tuple[Family, Account] | None:
        """Return a family and its account while both hold and the token was not revoked by itself."""
        rows = await self.database.fetch(_FIND, family, jti)
        return (_family(rows[0], 0), account_of(rows[0], 11)) if rows else None

    async def add_code(
        self, connection: Connection, family: str, redirect_uri: str, challenge: str, nonce: str
    ) -> str:
        """Return a new authorisation code."""
        code = fresh()
        lasting = timedelta(seconds=CODE_SECONDS)
        await connection.execute(_ADD_CODE, digest(code), family, redirect_uri, challenge, nonce, lasting)
        return code

    async def code(self, connection: Connection, code: str) -> Presented | None:
        """Return what a code stands for, and hold it for this transaction."""
        return _presented(await connection.fetchrow(_CODE, digest(code)))

    async def use_code(self, connection: Connection, code: str) -> None:
        """Use up a code."""
        await connection.execute(_USE_CODE, digest(code))

    async def add_refresh(self, connection: Connection, family: str, lasting: timedelta) -> str:
        """Return a new refresh token."""
        token = fresh()
        await connection.execute(_ADD_REFRESH, digest(token), family, lasting)
        return token

    async def refresh(self, connection: Connection, token: str) -> Presented | None:
        """Return what a refresh token stands for, and hold it for this transaction."""
        return _presented(await connection.fetchrow(_REFRESH, digest(token)))

    async def use_refresh(self, connection: Connection, token: str) -> None:
        """Use up a refresh token."""
        await connection.execute(_USE_REFRESH, digest(token))

    async def revoke(self, connection: Connection, family: str) -> None:
        """End a family: none of its tokens counts any more."""
        await connection.execute(_REVOKE, family)

    async def revoke_token(self, connection: Connection, jti: str, expires: datetime) -> None:
        """End one access token."""
        await connection.execute(_REVOKE_TOKEN, jti, expires)

    async def use_assertion(self, issuer: str, jti: str, expires: datetime) -> bool:
        """Note that an assertion was used; False when it was before."""
        async with self.database.connection() as connection:
            return await connection.fetchval(_USE_ASSERTION, issuer, jti, expires) is not None

    async def consent(self, account: str, client: str) -> tuple[str, ...] | None:
        """Return the scopes that a person allowed an application before; None: never asked."""
        rows = await self.database.fetch(_CONSENT, account, client)
        return tuple(rows[0][0]) if rows else None

    async def allow(self, connection: Connection, account: str, client: str, scopes: tuple[str, ...]) -> None:
        """Remember what a person allows an application."""
        await connection.execute(_ALLOW, account, client, list(scopes))

    async def allowed(self, account: str) -> list[Allowed]:
        """Return the applications that a person allowed something."""
        return [Allowed(*row) for row in await self.database.fetch(_ALLOWED, account)]

    async def forbid(self, connection: Connection, account: str, client: str) -> None:
        """Take back everything that a person allowed an application, at once."""
        await connection.execute(_FORBID, account, client)
        await connection.execute(_END_CLIENT, account, client)


def _keys(client: Client) -> str | None:
    return orjson.dumps(client.jwks).decode() if client.jwks else None


def _client(row: Any) -> Client:
    keys = orjson.loads(row[5]) if row[5] else None
    return Client(
        row[0], row[1], row[2], tuple(row[3]), row[4], keys, row[6], tuple(row[7]), tuple(row[8]), row[9],
        row[10], row[11],
    )  # fmt: skip


def _family(row: Any, at: int) -> Family:
    values = list(row)[at : at + 11]
    values[4] = tuple(values[4])
    return Family(*values)


def _presented(row: Any) -> Presented | None:
    if row is None:
        return None
    return Presented(
        row[0], row[1], row[2], row[3], row[4], _family(row, 5), bool(row[16]), account_of(row, 17)
    )  # fmt: skip
