"""Opening records for those who joined: person, account and letter in one transaction each; the same again changes nothing."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from typing import NamedTuple

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.rest import conditional
from ardenne.kernel.rest.service import FhirService
from ardenne.services.affiliation import store
from ardenne.services.affiliation.feed import Affiliate
from ardenne.services.mpi.contract import Doubtful, PersonIndex, Told

_SOURCE = "affiliation"
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without signs that people confuse on paper."""


class Opened(NamedTuple):
    """What became of a list. ``doubtful``: line of the file and why nothing was opened."""

    opened: int
    known: int
    doubtful: list[tuple[int, str]]


async def open_records(service: FhirService, affiliates: Iterable[Affiliate]) -> Opened:
    """Open a record for everybody on the list who has none. ``service`` works with the platform's rights."""
    opened = known = 0
    doubtful: list[tuple[int, str]] = []
    for one in affiliates:
        try:
            if await _open(service, one):
                opened += 1
            else:
                known += 1
        except Doubtful as error:
            doubtful.append((one.line, str(error)))
    return Opened(opened, known, doubtful)


async def _open(service: FhirService, one: Affiliate) -> bool:
    index, patient = service.registry.get(PersonIndex), one.patient()
    accounts = Accounts(service.database)

    async def attempt() -> bool:
        async with conditional.locked(service, index.locks(patient)) as connection:
            if await store.account_of(connection, one.number):
                return False
            found = await index.identify(service, connection, patient, Told(_SOURCE), certain=True)
            account = await accounts.of_patient(found.person, connection)
            if account is None:
                account = Account(
                    str(uuid.uuid4()), _login(), Kind.CITIZEN, one.name, found.person, "invited"
                )
                await accounts.add(connection, account)
            await store.add(connection, one.number, found.person, account.id, one.language)
            await service.note(
                connection, found.person, Action.ACCOUNT, "affiliation", "record opened on affiliation"
            )
            return True

    return await conditional.retried(attempt)


def _login() -> str:
    """Return a login that tells nothing about its owner: 40 bits, so that two are never the same."""
    return "dsp-" + "".join(secrets.choice(_SIGNS) for _ in range(8))
