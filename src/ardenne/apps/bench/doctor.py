"""A doctor who treats the patients of a measurement: with a token for the doors and a session for the pages."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from ardenne.apps.bench.node import Node
from ardenne.apps.tokens import Wish, issue
from ardenne.kernel.identity import cookies
from ardenne.kernel.identity.accounts import Account, Role
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.policy import store
from ardenne.kernel.policy.facts import Kind as GrantKind
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.database import Database

_LOGIN = "bench.doctor"
_DOCTOR = "bench-doctor"
_HOURS = 6


class Employed(NamedTuple):
    """What the doctor shows: ``token`` in the header Authorization, ``cookie`` on the pages."""

    token: str
    cookie: str


def employ(node: Node, patients: Sequence[str]) -> Employed:
    """Add the doctor, with a relation to each of some patients (ids)."""
    settings = msgspec.structs.replace(
        Settings(), data=str(node.data), database=node.dsn, base_url=node.address, open=True
    )
    secret = asyncio.run(_add(settings, patients))
    token = issue(settings, Wish(_LOGIN, "", "", "", "", _HOURS * 60))
    return Employed(token, f"{cookies.name(node.address)}={secret}")


async def _add(settings: Settings, patients: Sequence[str]) -> str:
    """Return the secret of the doctor's session."""
    database = Database(settings.database, 2)
    identity = Identity(database, settings)
    role = Role(str(uuid.uuid4()), "doctor", _DOCTOR, "", "bench-practice", "Bench")
    account = Account(
        str(uuid.uuid4()), _LOGIN, Kind.PROFESSIONAL, "Dr Bench", roles=(role,), development=True
    )
    now = int(datetime.now(UTC).timestamp() * 1e6)
    span = (now - 1, now + _HOURS * 3_600_000_000)
    try:
        async with database.transaction() as connection:
            await identity.accounts.add(connection, account)
            for patient in patients:
                reference = f"Practitioner/{_DOCTOR}"
                await store.grant(connection, patient, reference, GrantKind.TEAM, 0, span, "bench")
            secret, _session = await identity.sessions.begin(
                connection, account.id, "password", "bench", role.id
            )
        return secret
    finally:
        await database.close()
