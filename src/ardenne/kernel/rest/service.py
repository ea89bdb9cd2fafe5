"""What the interactions work with."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from ardenne.kernel.audit import store as journal
from ardenne.kernel.audit.entries import Action
from ardenne.kernel.blobs import BlobStore, ContentUnknown
from ardenne.kernel.identity.caller import OPERATOR, Caller, Kind, Purpose
from ardenne.kernel.policy.guarded import GuardedPast, GuardedResources, GuardedSearcher
from ardenne.kernel.policy.service import PolicyService, unlimited
from ardenne.kernel.policy.trace import Trace
from ardenne.kernel.registry import Registry
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.profile_rules import AS_DECLARED, ProfileRules
from ardenne.kernel.search.searcher import Searcher
from ardenne.kernel.search.translate import Translator
from ardenne.kernel.store import hashing
from ardenne.kernel.store.change import Outcome
from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.store.past import Past
from ardenne.kernel.store.resources import Resources
from ardenne.kernel.terminology.searching import SearchCodes
from ardenne.kernel.terminology.service import Terminology

LUXEMBOURG = ZoneInfo("Europe/Luxembourg")


class FhirService:
    """The store, the search, the history and the contents of one node.

    ``zone`` is that of the node: times that arrive without zone are read in it.
    ``profiles`` says which profiles a resource must meet to be stored.
    """

    def __init__(
        self,
        database: Database,
        contents: Path,
        base: str = "",
        zone: ZoneInfo = LUXEMBOURG,
        profiles: ProfileRules = AS_DECLARED,
    ) -> None:
        self.caller: Caller = OPERATOR
        """For whom this works: the operator until ``seen_by`` says otherwise."""
        self.trace: Trace | None = None
        self.policy: PolicyService | None = None
        """Decides what callers other than the operator may do; None: this node has only the operator."""
        self.registry = Registry()
        """What the services of the node offer each other."""
        self.database = database
        self.zone = zone
        self.profiles = profiles
        self.blobs = BlobStore(contents, database)
        self.resources: Resources | GuardedResources = self._resources(database)
        self.past: Past | GuardedPast = Past(database)
        self.terminology = Terminology(database)
        self.translator = Translator(base)
        self.searcher = Searcher(database, self.translator, SearchCodes(self.terminology))

    def _resources(self, database: Database) -> Resources:
        found = Resources(database)
        found.projections["Binary"] = self._keep_content
        return found

    async def _keep_content(self, connection: Connection, done: Outcome) -> None:
        try:
            await self.blobs.project(connection, done)
        except ContentUnknown:
            text = "a Binary cannot name a content that it does not have: send the content as data"
            raise refuse(422, "value", text, "content", "Binary.data") from None

    def seen_by(self, caller: Caller, address: str = "", query: str = "") -> FhirService:
        """Return the same node as a caller may see it: every read and write decided and noted in ``trace``.

        The caller's request is over only when ``finish`` has made the notes durable.
        """
        if unlimited(caller):
            return self
        if self.policy is None:
            raise RuntimeError("this node has no policy: only the operator may call it")
        trace = self.policy.trace(caller, address, query)
        seen = _Seen.__new__(_Seen)
        seen.__dict__.update(self.__dict__)
        del seen.__dict__["searcher"], seen.__dict__["past"]
        seen.bare, seen.caller, seen.trace = self, caller, trace
        assert isinstance(self.resources, Resources)
        seen.resources = GuardedResources(self.resources, self.policy, trace)
        return seen

    def as_platform(self, caller: Caller, address: str = "") -> FhirService:
        """Return the node with the platform's rights, for what it does for a caller and in the caller's name."""
        if unlimited(caller):
            return self
        platform = msgspec.structs.replace(
            caller, kind=Kind.SOFTWARE, profession="platform", scopes=None, purpose=Purpose.TREATMENT
        )
        return self.seen_by(platform, address)

    async def note(
        self, connection: Connection, patient_id: str, action: Action, rule: str, detail: str = ""
    ) -> None:
        """Write a journal line about an act on a record in the transaction of the act. ``patient_id`` empty: nobody's."""
        if self.policy is None:
            return
        trace = self.trace or self.policy.trace(self.caller)
        patient = hashing.self_hash("Patient", patient_id) if patient_id else None
        named = [f"Patient/{patient_id}"] if patient_id else []
        await journal.append(connection, [trace.line(action, patient, named, rule, detail=detail)])

    async def finish(self) -> None:
        """Make the notes of a request durable; nothing of the answer may be sent before."""
        if self.trace is not None and self.policy is not None:
            await self.policy.journal.record(self.trace.take())


class _Seen(FhirService):
    """A node as one caller may see it; made for every request, so what few requests need is made when asked for."""

    bare: FhirService
    trace: Trace
    policy: PolicyService
    resources: GuardedResources

    def seen_by(self, caller: Caller, address: str = "", query: str = "") -> FhirService:
        """Return the node as another caller may see it, such as the platform that acts for this one."""
        return self.bare.seen_by(caller, address, query)

    @cached_property
    def searcher(self) -> Searcher:  # type: ignore[override]
        return GuardedSearcher(self.bare.searcher, self.policy, self.trace)

    @cached_property
    def past(self) -> GuardedPast:  # type: ignore[override]
        assert isinstance(self.bare.past, Past)
        return GuardedPast(self.bare.past, self.resources, self.policy, self.trace)
