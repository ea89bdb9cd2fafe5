"""Queueing notices in the transaction of an event, and sending them in the background."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from ardenne.kernel import mail
from ardenne.kernel.background import repeat
from ardenne.kernel.mail import MailError, MailServer
from ardenne.kernel.store.change import Outcome, Status
from ardenne.kernel.store.database import Connection, Database
from ardenne.services.notices import rules, store
from ardenne.standards.fhir.labels import Category

_LOGGER = logging.getLogger("ardenne.notices")
_IDLE_SECONDS = 5.0


class Queue:
    """Fulfils ``contract.Notices``."""

    async def tell(self, connection: Connection, patient: int, kind: str) -> None:
        """Queue a notice for the owner of a record."""
        await store.tell(connection, patient, kind, rules.PAUSE)


async def of_document(connection: Connection, done: Outcome) -> None:
    """A document is new in a record: its owner is told, unless the owner added it or may not see it yet."""
    if done.status is not Status.CREATED or done.change.patient is None or done.change.body is None:
        return
    found = done.change.label
    if found.category == Category.PATIENT_AREA or found.withheld or found.embargo:
        return
    await store.tell(connection, done.change.patient, "document", rules.PAUSE)


class NoticeRunner:
    """Sends what is due; several workers share the work.

    A notice is taken with a lease, sent without any transaction, and noted as sent: a sender that dies in between, or
    whose database is away then, makes it come twice, under the same Message-ID. ``seconds``: how long a server may take.
    """

    def __init__(self, database: Database, server: MailServer, base: str, seconds: float = 20.0) -> None:
        self._database = database
        self._server = server
        self._base = base
        self._seconds = seconds

    async def run(self) -> None:
        """Send for ever; without a mail server nothing is to be done."""
        if self._server.is_set:
            await repeat(self.step, _IDLE_SECONDS)

    async def step(self) -> bool:
        """Send one notice; False when none is due. What fails is tried again, later each time."""
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            found = await store.take(connection, now, now + rules.LEASE)
        if found is None:
            return False
        message = rules.message(found.kind, found.language, self._base)
        failed = ""
        try:
            name = f"notice-{found.id}"
            await mail.send(self._server, found.email, message.subject, message.text, self._seconds, name)
        except MailError as error:
            failed = str(error)
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            if not failed:
                await store.sent(connection, found.id, now)
                return True
            over = found.attempts + 1 >= rules.ATTEMPTS
            if over:
                _LOGGER.warning("a notice was given up after %s tries: %s", found.attempts + 1, failed)
            await store.again(connection, found.id, now + rules.pause(found.attempts), now if over else None)
        return True
