"""A node with the tables of the registers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date

import psycopg
import pytest

from ardenne.kernel.identity.accounts import Account, Role
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.testing import TestNode
from ardenne.services.authorisations.casework import Actor, Casework
from ardenne.services.authorisations.store import Application, Document

OFFICER = Actor("officer", "Officer", "officer")
APPLICANT = Actor("applicant", "Applicant", "applicant")


@pytest.fixture(scope="session")
def _authorisation_tables(shared_node: TestNode) -> None:
    migrate(shared_node.dsn, ["ardenne.services.authorisations.migrations"])


@pytest.fixture
def casework(node: TestNode, _authorisation_tables: None) -> Iterator[Casework]:
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute("truncate authorisation_application, authorisation_document, authorisation_event")
    identity = Identity(node.database, Settings(data=str(node.contents)))
    yield Casework(node.service, identity)


@pytest.fixture
def doctor(node: TestNode, casework: Casework) -> Account:
    """A professional whose account is bound to a Practitioner."""
    practitioner = f"p-{uuid.uuid4()}"
    role = Role(str(uuid.uuid4()), "doctor", practitioner)
    account = Account(
        str(uuid.uuid4()), f"d{uuid.uuid4().hex[:8]}", Kind.PROFESSIONAL, "Dr Test", roles=(role,)
    )

    async def add() -> None:
        async with node.database.transaction() as connection:
            await casework._identity.accounts.add(connection, account)

    node.run(add())
    return account


def application(account: Account, profession: str = "urology", kind: str = "permanent") -> Application:
    return Application(
        uuid.uuid4(), "lu", profession, "doctors", kind, account.id, "Test", "Dora", date(1980, 1, 1), "LU",
        "dora@example.org", ("fr", "de"),
    )  # fmt: skip


def document(item: str) -> Document:
    return Document(uuid.uuid4(), item, f"{item}.pdf", "application/pdf", "", 0)
