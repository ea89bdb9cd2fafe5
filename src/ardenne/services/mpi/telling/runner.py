"""Telling in the background: to each receiver in order, at least once, outside of any database transaction.

A change is queued in the transaction that makes it (a trigger on ``mpi_event``). What is told is how the person stands when
it is told; several changes before that are one message.
"""

from __future__ import annotations

import hashlib
import ssl
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import orjson

from ardenne.kernel.background import repeat
from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.mllp import client
from ardenne.kernel.mllp.client import NotSent, NotTaken
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.subscriptions import endpoint
from ardenne.kernel.subscriptions.endpoint import DeliveryError
from ardenne.kernel.subscriptions.rules import Rules, pause
from ardenne.services.mpi import crossing
from ardenne.services.mpi import store as persons
from ardenne.services.mpi.telling import messages, store
from ardenne.services.mpi.telling.receivers import Receiver
from ardenne.services.mpi.telling.store import Leased
from ardenne.standards.fhir.json import parse_exact

Json = dict[str, Any]
_LEASE = timedelta(seconds=120)
_SECONDS = 30.0
_ATTEMPTS = 10
"""How often a receiver may say that it cannot work on a message before it is kept as refused."""


class TellingRunner:
    """Tells receivers. ``sender``: this node in MSH-4; ``rules``: the node's FHIR address, and which may be called."""

    def __init__(
        self,
        service: FhirService,
        receivers: Sequence[Receiver],
        sender: str,
        rules: Rules,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._service = service
        self._receivers = {one.name: one for one in receivers}
        self._sender = sender
        self._rules = rules
        self._tls = tls
        self._known = False

    async def run(self) -> None:
        """Tell for ever; the table of receivers is taken over first, and without any nothing is to be done."""
        await repeat(self._work, 1.0)

    async def _work(self) -> bool:
        if not self._known:
            await self.know()
        return bool(self._receivers) and await self.step()

    async def know(self) -> None:
        """Take over the table of receivers: from now on changes are queued for them."""
        async with self._service.database.transaction() as connection:
            await store.know(connection, list(self._receivers))
        self._known = True

    async def step(self) -> bool:
        """Tell one receiver of one person; False when nobody is to be told anything now."""
        async with self._service.database.connection() as connection:
            leased = await store.lease(connection, list(self._receivers), _LEASE)
        if leased is None:
            return False
        try:
            while await self._tell(leased):
                continue
        finally:
            await self._write(partial(store.release, receiver=leased.name))
        return True

    async def _tell(self, leased: Leased) -> bool:
        """Tell a receiver of the next person; False when there is nobody, or the receiver is to be left alone for now."""
        database, receiver = self._service.database, self._receivers[leased.name]
        waited = await store.next_person(database, receiver.name)
        if waited is None:
            return False
        person = await persons.survivor(database, waited[0])
        service = self._service.seen_by(_caller(receiver))
        try:
            numbers, patients = await self._state(service, receiver, person, waited[0])
            content = orjson.dumps(
                [numbers, patients if receiver.kind == "pmir" else []], option=orjson.OPT_SORT_KEYS
            )
            digest = hashlib.sha256(content).digest()
            before = await store.last_told(database, receiver.name, person)
            # nobody is told of a person without a number in the domains that concern it
            if digest == before or (not before and not numbers):
                await self._write(partial(store.nothing_to_tell, receiver=receiver.name, waited=waited))
                return True
            await self._send(receiver, numbers, patients)
        except (NotSent, DeliveryError) as error:
            answered = getattr(error, "answered", False)
            if answered and leased.failures + 1 >= _ATTEMPTS:
                await self._write(
                    partial(store.refused, receiver=receiver.name, waited=waited, why=str(error))
                )
            again = pause(leased.failures)
            await self._write(partial(store.failed, receiver=receiver.name, why=str(error), pause=again))
            return False
        except NotTaken as error:
            await self._write(partial(store.refused, receiver=receiver.name, waited=waited, why=str(error)))
            return True
        finally:
            await service.finish()
        members = [person, *(one for one in await persons.group(database, person) if one != person)]
        told = partial(store.told, receiver=receiver.name, waited=waited, members=members, digest=digest)
        await self._write(partial(told, lasting=_LEASE))
        return True

    async def _state(
        self, service: FhirService, receiver: Receiver, person: str, changed: str
    ) -> tuple[list[tuple[str, str]], list[Json]]:
        """Return the numbers of a person that a receiver wants, and the Patients that changed, read in its name."""
        found, numbers = [], list[tuple[str, str]]()
        for name in dict.fromkeys((person, changed)):
            stored = await service.resources.read("Patient", name)
            if stored is None or stored.body is None:
                continue
            patient = parse_exact(stored.body)
            if name == person:
                numbers = await crossing.numbers(service.database, person, patient, wanted=receiver.domains)
            found.append(messages.wanted(patient, receiver.domains))
        return sorted(numbers), found

    async def _send(
        self, receiver: Receiver, numbers: Sequence[tuple[str, str]], patients: Sequence[Json]
    ) -> None:
        """Send a message. Raises NotSent, NotTaken or DeliveryError."""
        control = uuid.uuid4().hex[:20].upper()
        if receiver.kind == "pmir":
            bundle = messages.feed(patients, self._rules.base, receiver.address, str(uuid.uuid4()))
            headers = ["Content-Type: application/fhir+json"]
            await endpoint.post(
                receiver.address, headers, orjson.dumps(bundle, default=str), _SECONDS, self._rules
            )
            return
        parts = urlsplit(receiver.address)
        time = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")
        message = messages.update(numbers, self._sender, receiver.name, time, control)
        tls = None
        if parts.scheme == "mllps":
            tls = self._tls or ssl.create_default_context()
        await client.send(str(parts.hostname), int(parts.port or 0), message, control, tls, _SECONDS)

    async def _write(self, work: Callable[..., Awaitable[None]]) -> None:
        async with self._service.database.transaction() as connection:
            await work(connection)


def _caller(receiver: Receiver) -> Caller:
    """Return in whose name a person is read: each receiver stands in the journal."""
    return Caller(
        Kind.SOFTWARE,
        f"receiver:{receiver.name}",
        receiver.name,
        profession="platform",
        purpose=Purpose.TREATMENT,
    )
