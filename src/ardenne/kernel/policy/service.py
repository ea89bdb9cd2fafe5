"""The policy of a node: the matrix in force, facts about patients, decisions, the journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.background import repeat
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy import decide as rules
from ardenne.kernel.policy import matrices, scoping, store
from ardenne.kernel.policy.clauses import Act
from ardenne.kernel.policy.decide import Decision
from ardenne.kernel.policy.facts import NOTHING_KNOWN, PatientFacts
from ardenne.kernel.policy.matrix import Matrix, shipped
from ardenne.kernel.policy.narrowing import narrowed
from ardenne.kernel.policy.standing import Standing, standing
from ardenne.kernel.policy.trace import Trace
from ardenne.kernel.search.translate import Translator
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import selection
from ardenne.kernel.store.change import now
from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.store.permitted import Permitted, Source
from ardenne.kernel.store.resources import RowFacts

_KEPT = 50_000
UNREAD = -1
"""As ``RowFacts.policy_version``: the state of the directives was not seen along with the row."""


class AccessRefused(Exception):
    """The policy refuses. ``hidden``: the caller may not even learn that the resource is there."""

    def __init__(self, decision: Decision, *, hidden: bool = False) -> None:
        super().__init__(decision.rule)
        self.decision = decision
        self.hidden = hidden


class PolicyService:
    """Decides for one worker process. ``matrix`` is the one in force."""

    def __init__(self, database: Database, journal: Journal, matrix: Matrix | None = None) -> None:
        self.database = database
        self.journal = journal
        self.matrix = matrix or shipped("lu")
        self.translator = Translator("")
        """Reads the queries of granular scopes."""
        self._facts: dict[tuple[int, tuple[int, ...]], PatientFacts] = {}

    async def renew(self) -> None:
        """Take over the matrix that is in force now."""
        self.matrix = await matrices.current(self.database, self.matrix.jurisdiction)

    async def keep_current(self, seconds: float = 2.0) -> None:
        """Take over new versions of the matrix, until cancelled: another process may have added one."""
        await repeat(self.renew, seconds)

    def standing(self, caller: Caller) -> Standing:
        """Return what a caller stands for under the matrix in force."""
        return standing(caller, self.matrix)

    def trace(self, caller: Caller, address: str = "", query: str = "") -> Trace:
        """Begin the trace of a request."""
        return Trace(self.standing(caller), now(), address, query)

    def guard(self, found: Standing, *, named: bool = False) -> ask.Condition:
        """Return what must hold for every row of a list: the policy, cut to the scopes of the token.

        Professionals may learn who anybody is, but not leaf through the population: without ``named`` (the
        question names a number, or a name with the birth date) their lists hold their own patients alone.
        """
        permitted = rules.permitted(found, Act.READ, now())
        if found.caller.kind is Kind.PROFESSIONAL and not named:
            kept = tuple(one for one in permitted.clauses if not (one.owned and one.source is Source.ANYBODY))
            permitted = permitted._replace(clauses=kept)
        limit = scoping.condition(found.caller, scoping.SEARCH, self.translator)
        return permitted if limit is None else ask.All((permitted, limit))

    async def narrow(self, found: Standing, asked: selection.Selection) -> selection.Selection:
        """Return a selection whose guard is worked out for the one patient whom it is about, where it is about one."""
        patient = selection.owner(asked)
        guard = asked.guard.conditions if isinstance(asked.guard, ask.All) else (asked.guard,)
        if patient is None or not found.needs_facts or not isinstance(guard[0], Permitted):
            return asked
        facts = self._facts.get((patient, found.parties)) or await self._load(found, patient)
        rules_of_patient = narrowed(guard[0], patient, facts)
        if rules_of_patient is None:
            return asked
        whole = ask.All((rules_of_patient, *(one for one in guard[1:] if one)))
        return asked._replace(narrowed=whole, standing=rules_of_patient)

    def forget(self, found: Standing, asked: selection.Selection) -> None:
        """Forget what is known of the one patient whom a selection is about."""
        patient = selection.owner(asked)
        if patient is not None:
            self._facts.pop((patient, found.parties), None)

    def _known(self, found: Standing, row: RowFacts) -> PatientFacts | None:
        """Return what is known about the patient of a row when memory holds it, as of the row's snapshot; else None."""
        if row.patient is None or not found.needs_facts or row.policy_version is None:
            return NOTHING_KNOWN
        kept = self._facts.get((row.patient, found.parties))
        if kept is not None and kept.version == row.policy_version and kept.version is not None:
            return kept
        return None

    async def _facts_of(self, found: Standing, row: RowFacts) -> PatientFacts:
        """Return what is known about the patient of a row; from memory when nothing changed since."""
        known = self._known(found, row)
        if known is not None or row.patient is None:
            return known or NOTHING_KNOWN
        return await self._load(found, row.patient)

    async def _load(self, found: Standing, patient: int) -> PatientFacts:
        loaded = (await store.facts(self.database, [patient], found.parties))[patient]
        if len(self._facts) > _KEPT:
            self._facts.clear()
        self._facts[patient, found.parties] = loaded
        return loaded

    async def decide(self, found: Standing, row: RowFacts, act: Act, type_number: int = 0) -> Decision:
        """Return the decision about one resource."""
        facts = await self._facts_of(found, row)
        return rules.decide(found, facts, row, act, now(), type_number)

    async def decide_many(
        self, connection: Connection, found: Standing, rows: Sequence[tuple[RowFacts, Act]]
    ) -> list[Decision]:
        """Return decisions about several resources, as the caller's transaction sees the directives."""
        patients: Iterable[int] = {row.patient for row, _act in rows if row.patient is not None}
        known: dict[int, PatientFacts] = {}
        if found.needs_facts and patients:
            known = await store.facts(connection, patients, found.parties)
        moment = now()
        return [
            rules.decide(found, known.get(row.patient or 0, NOTHING_KNOWN), row, act, moment)
            for row, act in rows
        ]


def unlimited(caller: Caller) -> bool:
    """Tell whether a caller stands outside the policy: the operator in the open mode."""
    return caller.kind is Kind.OPERATOR


def administers(caller: Caller) -> bool:
    """Tell whether a caller operates the node: nobody who only works with patients' data does."""
    return (
        unlimited(caller)
        or (caller.kind is Kind.OFFICER and caller.profession == "operator")
        or (caller.kind is Kind.SOFTWARE and caller.profession == "platform")
    )
