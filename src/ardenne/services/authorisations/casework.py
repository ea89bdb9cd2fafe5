"""Working on applications: each act is one transaction of state, event, directory and the rights of accounts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ardenne.kernel.background import repeat
from ardenne.kernel.blobs import KEPT
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.rest import keeping
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.database import Connection
from ardenne.services.authorisations import directory, rules, store
from ardenne.services.authorisations.rules import Case, NotAllowed
from ardenne.services.authorisations.store import Application, Document, Event
from ardenne.standards.fhir.json import parse_exact

Json = dict[str, Any]
_MOST_DOCUMENTS = 40
_BEST = {"accepted": 2, "open": 1, "rejected": 0}


class Actor(NamedTuple):
    """Who acts: account and name, and whether as applicant, officer or node."""

    account: str
    name: str
    by: str


NODE = Actor("", "Ardenne", "node")


class Casework:
    """The applications of one node. ``service`` writes the directory with the platform's rights."""

    def __init__(self, service: FhirService, identity: Identity) -> None:
        self.service = service
        self.database = service.database
        self._identity = identity

    async def begin(self, found: Application, actor: Actor) -> None:
        """Keep a draft. Raises NotAllowed for a profession or kind that the registers do not have."""
        rules.wanted(found.country, found.profession, found.kind)
        async with self.database.transaction() as connection:
            await store.add(connection, found)
            await store.tell(connection, found.id, _event("begin", "draft", actor, ""))

    async def attach(self, application: uuid.UUID, document: Document, data: bytes) -> None:
        """Add a document of the applicant. Raises NotAllowed."""
        digest = await self.service.blobs.put(data, KEPT)
        async with self.database.transaction() as connection:
            found = await _locked(connection, application)
            if found.state not in ("draft", "incomplete"):
                raise NotAllowed("step", "documents can be added while the application is with the applicant")
            if document.item not in rules.jurisdiction(found.country).checklist[found.kind]:
                raise NotAllowed("item", "the checklist has no such item")
            if len(await store.documents(connection, application)) >= _MOST_DOCUMENTS:
                raise NotAllowed("many", f"an application holds at most {_MOST_DOCUMENTS} documents")
            await store.add_document(
                connection, application, document._replace(digest=digest, size=len(data))
            )

    async def judge(
        self, application: uuid.UUID, document: uuid.UUID, verdict: str, remark: str, actor: Actor
    ) -> None:
        """Keep an officer's verdict on a document. Raises NotAllowed."""
        async with self.database.transaction() as connection:
            found = await _locked(connection, application)
            if found.state != "in-review":
                raise NotAllowed("step", "documents are judged while the application is in review")
            if verdict not in ("accepted", "rejected") or (verdict == "rejected" and len(remark.strip()) < 5):
                raise NotAllowed("reason", "accept the document, or say why not")
            if not await store.judge(connection, application, document, verdict, remark.strip()):
                raise NotAllowed("item", "the application has no such document")
            await store.tell(
                connection, application, _event(f"document-{verdict}", found.state, actor, remark)
            )

    async def act(
        self, application: uuid.UUID, act: str, actor: Actor, reason: str = "", now: datetime | None = None
    ) -> Application:
        """Do an act and all that follows from it; return the application as it is then. Raises NotAllowed."""
        moment = now or datetime.now(UTC)
        async with self.database.transaction() as connection:
            found = await _locked(connection, application)
            verdicts = verdicts_of(await store.documents(connection, application))
            decided = found.decided.date() if found.decided else None
            case = Case(found.kind, found.state, verdicts, decided)
            state = rules.step(found.country, case, act, actor.by, reason, moment.date())
            done, serial = await self._after(connection, found, state, act, moment)
            await store.save(connection, done, serial)
            await store.tell(connection, application, _event(act, state, actor, reason))
            if done.number is not None and done.practitioner:
                await self._tell_directory(connection, done)
        return done

    async def take_over(self, found: Application, actor: Actor) -> str:
        """Keep an authorisation that was given elsewhere, or what changed of it; what was decided here since prevails.

        Returns what was done: added, changed, unchanged, or kept (as decided here).
        """
        async with self.database.transaction() as connection:
            present = await store.locked(connection, found.id)
            if present is not None:
                if await store.was_decided_here(connection, found.id):
                    return "kept"
                found = found._replace(practitioner=present.practitioner)
                if _taken_over(present) == _taken_over(found):
                    return "unchanged"
            await store.add(connection, found)
            await store.save(connection, found, None)
            await store.reserve(
                connection, rules.serial_of(found.country, found.register, found.number or "")
            )
            await store.tell(connection, found.id, _event("import", found.state, actor, ""))
            await self._tell_directory(connection, found)
        return "added" if present is None else "changed"

    async def _after(
        self, connection: Connection, found: Application, state: str, act: str, moment: datetime
    ) -> tuple[Application, int | None]:
        """Return the application after an act, and the serial number that it got."""
        done = found._replace(state=state)
        if act == "submit":
            return done._replace(submitted=moment), None
        if act in ("grant", "refuse", "allow", "dismiss", "suspend", "reinstate", "withdraw", "expire"):
            done = done._replace(decided=moment)
        if state not in rules.IN_FORCE or found.number is not None:
            return done, None
        serial = await store.serial(connection)
        begins = moment.astimezone(self.service.zone).date()
        return done._replace(
            delivered=moment,
            begins=begins,
            ends=rules.ends(found.country, found.kind, begins),
            number=rules.number(found.country, found.register, serial),
            practitioner=await self._practitioner(connection, found),
        ), serial

    async def _practitioner(self, connection: Connection, found: Application) -> str:
        """Return the Practitioner of an applicant: of an earlier authorisation, of the own role, or a new one."""
        known = await store.practitioner_of(connection, found.account)
        if known:
            return known
        return await self._identity.accounts.practitioner_of(connection, found.account) or change.new_id()

    async def _tell_directory(self, connection: Connection, found: Application) -> None:
        """Write person and role as they are now, and give or take the rights of the person's accounts."""
        person = await self._present(connection, "Practitioner", found.practitioner)
        role = await self._present(connection, "PractitionerRole", str(found.id))
        changes = [
            keeping.put(directory.practitioner(found, person)),
            keeping.put(directory.role(found, role)),
        ]
        for done in await self.service.resources.write_in(connection, changes):
            assert done.status.done, done.status
        may = found.state in rules.IN_FORCE or await store.holds_another(
            connection, found.practitioner, found.id
        )
        await self._identity.accounts.suspend_roles(connection, found.practitioner, not may)

    async def _present(self, connection: Connection, kind: str, resource_id: str) -> Json | None:
        stored = await self.service.resources.read_in(connection, kind, resource_id)
        return parse_exact(stored.body) if stored is not None and stored.body is not None else None

    async def keep_current(self, seconds: float = 60.0) -> None:
        """End authorisations whose last day is over, until cancelled."""
        await repeat(self.expire, seconds)

    async def expire(self, now: datetime | None = None) -> int:
        """End the authorisations whose last day is over; return how many."""
        moment = now or datetime.now(UTC)
        today = moment.astimezone(self.service.zone).date()
        ended = 0
        for application in await store.overdue(self.database, today):
            try:
                await self.act(application, "expire", NODE, now=moment)
                ended += 1
            except NotAllowed:
                continue  # another process was first
        return ended


def verdicts_of(documents: list[Document]) -> dict[str, str]:
    """Return the best verdict on each item of the checklist."""
    found: dict[str, str] = {}
    for one in documents:
        if _BEST[one.verdict] >= _BEST.get(found.get(one.item, ""), -1):
            found[one.item] = one.verdict
    return found


def _taken_over(found: Application) -> tuple[Any, ...]:
    """What a list says of an authorisation and may change."""
    return found.state, found.decided, found.delivered, found.begins, found.ends


async def _locked(connection: Connection, application: uuid.UUID) -> Application:
    found = await store.locked(connection, application)
    if found is None:
        raise NotAllowed("unknown", "there is no such application")
    return found


def _event(act: str, state: str, actor: Actor, reason: str) -> Event:
    return Event(datetime.now(UTC), act, state, actor.account, actor.name, " ".join(reason.split())[:2000])
