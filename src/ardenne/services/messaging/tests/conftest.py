"""A node with three members: Anna and Bert write to each other, Carl is suspended when a test says so."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from ardenne.kernel.identity.accounts import Account, Role
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.testing import TestNode
from ardenne.services.messaging import authority, store_mail, store_members
from ardenne.services.messaging.authority import Trust
from ardenne.services.messaging.members import Mailbox, Members
from ardenne.services.messaging.post import PostOffice
from ardenne.services.messaging.store_mail import Entry
from ardenne.services.messaging.store_members import Member
from ardenne.standards.smime import certificates, letter
from ardenne.standards.smime.letter import Letter, Party

DOMAIN = "mail.example"
PASSPHRASE = "seven quiet rivers flow"


class Person(NamedTuple):
    """A professional with account and session."""

    account: Account
    caller: Caller
    secret: str


class Home:
    """A node with a post office and members."""

    def __init__(self, node: TestNode, folder: Path) -> None:
        self.node = node
        self.settings = Settings(data=str(folder), messaging_domain=DOMAIN)
        self.trust: Trust = authority.of_node(self.settings)
        self.identity = Identity(node.database, self.settings)
        self.people: dict[str, Person] = {}

    def service(self, name: str) -> FhirService:
        return self.node.service.seen_by(self.people[name].caller)

    def members(self, name: str) -> Members:
        return Members(self.service(name), self.trust, DOMAIN)

    def office(self, name: str) -> PostOffice:
        return PostOffice(self.service(name), DOMAIN)

    async def join(self, name: str, full_name: str) -> None:
        number = str(uuid.uuid4())
        role = Role(str(uuid.uuid4()), "doctor", f"p-{name}-{number[:8]}", f"r-{name}", "house", "House")
        account = Account(number, f"{name}.{number[:8]}", Kind.PROFESSIONAL, full_name, roles=(role,))
        async with self.node.database.transaction() as connection:
            await self.identity.accounts.add(connection, account)
            _secret, session = await self.identity.sessions.begin(connection, number, "low", "test")
        caller = Caller(
            Kind.PROFESSIONAL, number, full_name, practitioner=role.practitioner, role="r", profession="doctor",
            session=session,
        )  # fmt: skip
        self.people[name] = Person(account, caller, "")
        member = await self.members(name).join(PASSPHRASE, PASSPHRASE)
        secret = await self.members(name).unlock(member, PASSPHRASE)
        self.people[name] = Person(account, caller, secret)

    async def member(self, name: str) -> Member:
        found = await store_members.by_account(self.node.database, self.people[name].account.id)
        assert found is not None
        return found

    async def mailbox(self, name: str) -> Mailbox:
        found = await self.members(name).opened(await self.member(name), self.people[name].secret)
        assert found is not None
        return found

    async def suspend(self, name: str, suspended: bool) -> None:
        practitioner = self.people[name].account.roles[0].practitioner
        async with self.node.database.transaction() as connection:
            await self.identity.accounts.suspend_roles(connection, practitioner, suspended)

    async def written(self, sender: str, to: list[str], text: str = "hello", **changed: object) -> bytes:
        """A signed and encrypted message of a member."""
        mailbox = await self.mailbox(sender)
        office = self.office(sender)
        recipients = [await self.member(name) for name in to]
        known = await office.certificates([mailbox.member, *recipients])
        made = Letter(
            Party(mailbox.member.name, office.address(mailbox.member.local)),
            [Party(one.name, office.address(one.local)) for one in recipients],
            "Subject inside", text, datetime.now(UTC), letter.new_message_id(DOMAIN),
        )._replace(**changed)  # fmt: skip
        current = [next(one.certificate for one in held if one.current) for held in known.values()]
        return letter.written(made, mailbox.signer, current)

    async def send(
        self, sender: str, to: list[str], raw: bytes = b"", copy: bool = True, **changed: object
    ) -> bytes:
        raw = raw or await self.written(sender, to, **changed)  # type: ignore[arg-type]
        recipients = [await self.member(name) for name in to]
        await self.office(sender).deliver(await self.member(sender), raw, recipients, copy=copy)
        return raw

    async def folder(self, name: str, folder: str = "INBOX") -> list[Entry]:
        return await store_mail.entries(
            self.node.database, (await self.member(name)).id, folder, "", None, 100
        )


@pytest.fixture(scope="module")
def filled(shared_node: TestNode, tmp_path_factory: pytest.TempPathFactory) -> Home:
    # keys of 3072 bits take long to make; what they are good for does not change
    certificates.new_key.__defaults__ = (2048,)
    migrate(shared_node.dsn, ["ardenne.services.messaging.migrations"])
    with psycopg.connect(shared_node.dsn, autocommit=True) as connection:
        connection.execute("truncate messaging_member cascade")
    found = Home(shared_node, tmp_path_factory.mktemp("messaging"))
    for name, full_name in (("anna", "Dr Anna Müller"), ("bert", "Bert Noël"), ("carl", "Carl Weis")):
        shared_node.run(found.join(name, full_name))
    return found


@pytest.fixture
def home(filled: Home) -> Iterator[Home]:
    """The members with empty mailboxes."""
    filled.node.empty()
    with psycopg.connect(filled.node.dsn, autocommit=True) as connection:
        connection.execute("truncate messaging_message, messaging_group, messaging_answered cascade")
        connection.execute(
            "delete from messaging_folder where name not in ('INBOX', 'Sent', 'Archive', 'Trash')"
        )
        connection.execute("update messaging_folder set next_uid = 1")
        connection.execute("update messaging_member set away_from = null, away_until = null")
    yield filled
    for name in filled.people:
        filled.node.run(filled.suspend(name, False))
