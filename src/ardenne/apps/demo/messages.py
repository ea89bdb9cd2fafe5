"""Messages in the demonstration: three professionals with a mailbox, and what they wrote to each other."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from ardenne.apps.composition import registry
from ardenne.apps.demo import facts, pdf
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.database import Database
from ardenne.services.messaging import authority, store_mail, store_members
from ardenne.services.messaging.members import Members
from ardenne.services.messaging.post import PostOffice
from ardenne.services.messaging.writing import Draft, Writer
from ardenne.standards.smime.letter import Attachment

PASSPHRASE = "six small owls reading"  # noqa: S105 - printed at every start, for invented persons


class _Written(NamedTuple):
    sender: str
    to: str
    subject: str
    text: str
    file: bool = False
    receipt: bool = False


MEMBERS = ("thill", "muller", "majerus")
_WRITTEN = (
    _Written(
        "muller", "thill", "Wound care of this week",
        "Good morning,\n\n"
        "The wound has closed well. From Monday on a visit every second day is enough, if you agree.\n\nDanielle Muller",
    ),
    _Written(
        "majerus", "thill", "Second opinion on an insulin plan",
        "Dear colleague,\n\n"
        "My opinion is attached. I would lower the evening dose first and look again in two weeks.\n\nIsabelle Majerus",
        file=True, receipt=True,
    ),
    _Written("thill", "muller", "Re: Wound care of this week", "Agreed, thank you.\n\nClaude Thill"),
)  # fmt: skip


async def load(dsn: str, settings: Settings) -> int:
    """Add the mailboxes and messages that are not there yet; return how many messages there are."""
    database = Database(dsn, 2)
    try:
        service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
        service.registry = registry()
        trust = authority.of_node(settings)
        for key in MEMBERS:
            account = await Accounts(database).get(facts.identity("account", key))
            if account is not None and await store_members.by_account(database, account.id) is None:
                service.caller = _caller(key, account.name)
                await Members(service, trust, settings.messaging_domain).join(PASSPHRASE, PASSPHRASE)
        for one in _WRITTEN:
            await _send(service, settings, trust, one)
        return len(_WRITTEN)
    finally:
        await database.close()


def _caller(key: str, name: str) -> Caller:
    practitioner = facts.identity("practitioner", key)
    return Caller(
        Kind.PROFESSIONAL,
        facts.identity("account", key),
        name,
        practitioner=practitioner,
        profession="doctor",
    )


async def _send(service: FhirService, settings: Settings, trust: authority.Trust, one: _Written) -> None:
    members = Members(service, trust, settings.messaging_domain)
    member = await store_members.by_account(service.database, facts.identity("account", one.sender))
    reader = await store_members.by_account(service.database, facts.identity("account", one.to))
    assert member is not None and reader is not None
    service.caller = _caller(one.sender, member.name)
    office = PostOffice(service, settings.messaging_domain)
    token = hashlib.sha256(f"{one.sender}/{one.to}/{one.subject}".encode()).hexdigest()[:32]
    files = []
    if one.file:
        files.append(Attachment("opinion.pdf", "application/pdf", _opinion()))
    draft = Draft(token, [office.address(reader.local)], [], one.subject, one.text, files, one.receipt)
    async with service.database.connection() as connection:
        if (
            await store_mail.known(connection, member.id, f"<{token}@{settings.messaging_domain}>")
            is not None
        ):
            return
    await Writer(service, office, await members.opened_with(member, PASSPHRASE)).send(draft)


def _opinion() -> bytes:
    text = "Glucose at breakfast 4.1 to 5.2 mmol/l, two lows at night.\nProposal: evening dose 12 instead of 16 units."
    return pdf.write("Second opinion", "Dr Isabelle Majerus", text, "20261124")
