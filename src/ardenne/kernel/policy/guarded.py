"""The store, the search and the history as one caller may see them.

The FHIR door and the pages work with these in place of the bare ones: what a caller may not see is not
there, what a caller may not do is refused, and everything is noted for the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from ardenne.kernel.audit.entries import Action, Outcome
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy import scoping, store
from ardenne.kernel.policy.clauses import Act
from ardenne.kernel.policy.decide import Decision
from ardenne.kernel.policy.service import UNREAD, AccessRefused, PolicyService
from ardenne.kernel.policy.standing import Standing
from ardenne.kernel.policy.trace import Trace
from ardenne.kernel.search.query import Query
from ardenne.kernel.search.searcher import Page, Row, Searcher
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import selection
from ardenne.kernel.store.change import Change, Mode, Status, raised
from ardenne.kernel.store.change import Outcome as Written
from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.past import Past, Position, Version
from ardenne.kernel.store.resources import Resources, RowFacts, Stored
from ardenne.kernel.store.types import NUMBERS
from ardenne.standards.fhir.labels import Category, Level

_TRIES = 20
_OWNED = frozenset({"Subscription"})
"""Orders that outlive a request: they see what whoever wrote them may see."""
_LEVELLED = frozenset(range(Category.SUMMARY, Category.ADMINISTRATIVE))
"""The categories of care data that the patient's level for what is new is about."""
_MOST_NUMBERS = 5
"""Numbers in one question for a person: somebody has several, nobody has many."""
_CREATES_WITH_ID = frozenset({Kind.SOFTWARE, Kind.OFFICER, Kind.OPERATOR})
"""Who may choose the id of a new resource: for everybody else an id that is denied and one that is free look alike."""


class GuardedResources:
    """Reads and writes of one caller. The same methods as ``Resources``."""

    def __init__(self, inner: Resources, policy: PolicyService, trace: Trace) -> None:
        self.database = inner.database
        self._inner = inner
        self._policy = policy
        self._trace = trace
        self._standing = trace.standing

    async def read(self, resource_type: str, resource_id: str) -> Stored | None:
        """Return the current version, None when there is none that the caller may see. Raises AccessRefused."""
        self._check_scope(resource_type, "r")
        return await self._seen(await self._inner.read(resource_type, resource_id), Action.READ)

    async def read_version(self, resource_type: str, resource_id: str, version: int) -> Stored | None:
        """Return one version, None when there is none that the caller may see. Raises AccessRefused."""
        self._check_scope(resource_type, "r")
        return await self._seen(
            await self._inner.read_version(resource_type, resource_id, version), Action.VREAD
        )

    async def read_in(self, connection: Connection, resource_type: str, resource_id: str) -> Stored | None:
        """Return the current version as the caller's transaction sees it, and lock it until its end."""
        found = await self._inner.read_in(connection, resource_type, resource_id)
        if found is None:
            return None
        (decision,) = await self._policy.decide_many(connection, self._standing, [(found.facts, Act.READ)])
        if decision.permit and not await self._in_scope(found, found.facts, connection):
            decision = _OUT_OF_SCOPE
        return self._noted(found, decision, Action.READ)

    async def _seen(self, found: Stored | None, action: Action) -> Stored | None:
        if found is None:
            return None
        facts = found.facts
        if found.resource_type == "Binary" and facts.patient is None and found.body is not None:
            proxy = await self._proxy(found)
            if proxy is not None:
                facts = proxy
        decision = await self._policy.decide(self._standing, facts, Act.READ, NUMBERS[found.resource_type])
        if (
            decision.permit
            and self._standing.caller.scopes is not None
            and not await self._in_scope(found, facts)
        ):
            decision = _OUT_OF_SCOPE
        return self._noted(found, decision, action, facts)

    async def _in_scope(self, found: Stored, facts: RowFacts, connection: Connection | None = None) -> bool:
        """Tell whether the scopes of the token open reading a resource. Raises AccessRefused for a type not opened."""
        caller = self._standing.caller
        if caller.scopes is None:
            return True
        opened = scoping.opens_row(caller, found.resource_type, "r", facts.patient)
        if opened is not None:
            return opened
        limit = scoping.condition(caller, "r", self._policy.translator)
        wanted = ask.All((ask.Selves((found.facts.self_hash,)), limit or ask.EVERYTHING))
        chosen = selection.Selection(((NUMBERS[found.resource_type], wanted),), limit=1)
        statement = selection.identities(chosen)
        return bool(await (connection or self.database).fetch(statement.sql, *statement.arguments))

    def _check_scope(self, resource_type: str, letter: str) -> None:
        if not scoping.opens(self._standing.caller, resource_type, letter):
            raise AccessRefused(_OUT_OF_SCOPE)

    async def _proxy(self, binary: Stored) -> RowFacts | None:
        """Return the facts of the resource that stands for a Binary's sensitivity (R4, Binary.securityContext)."""
        context = security_context(binary)
        kind, _, name = context.partition("/")
        if kind not in NUMBERS or not name or kind == "Binary":
            return None
        stands_for = await self._inner.read(kind, name)
        return stands_for.facts if stands_for is not None else None

    def _noted(
        self, found: Stored, decision: Decision, action: Action, facts: RowFacts | None = None
    ) -> Stored | None:
        reference = f"{found.resource_type}/{found.resource_id}"
        patient = (facts or found.facts).patient
        outcome = Outcome.DONE if decision.permit else Outcome.REFUSED
        self._trace.note(action, patient, [reference], rule=decision.rule, outcome=outcome)
        return found if decision.permit else None

    async def write(self, change: Change) -> Written:
        """Write one change when the policy permits it. Raises AccessRefused."""
        if change.resource_type in _OWNED:
            async with self.database.transaction() as connection:
                return (await self.write_in(connection, [change]))[0]
        for _attempt in range(_TRIES):
            present = await self._inner.read(change.resource_type, change.resource_id)
            ready = await self._as_wanted(await self._judged(change, present), present)
            done = await self._inner.write(ready)
            raced = done.status in (Status.VERSION_CONFLICT, Status.ID_IN_USE) and ready[:6] != change[:6]
            if not raced:
                return done
        return done

    async def write_in(self, connection: Connection, changes: Sequence[Change]) -> list[Written]:
        """Write changes inside the caller's transaction, all permitted or none. Raises AccessRefused."""
        order = sorted(range(len(changes)), key=lambda place: changes[place].self_hash)
        ready: dict[int, Change] = {}
        standing = await self._inner.read_all_in(
            connection, [(one.resource_type, one.resource_id) for one in changes]
        )
        levels: dict[int, int] = {}
        for place in order:
            change = changes[place]
            present = standing.get((change.resource_type, change.resource_id))
            judged = await self._judged(change, present, connection)
            ready[place] = await self._as_wanted(judged, present, connection, levels)
        done = await self._inner.write_in(connection, [ready[place] for place in range(len(changes))])
        for one in done:
            if one.change.resource_type in _OWNED and one.status.done:
                reference = f"{one.change.resource_type}/{one.change.resource_id}"
                await store.own(connection, reference, self._standing.caller)
        return done

    def forget_texts(self) -> None:
        """Forget which words the database knows."""
        self._inner.forget_texts()

    async def _as_wanted(
        self,
        change: Change,
        present: Stored | None,
        connection: Connection | None = None,
        levels: dict[int, int] | None = None,
    ) -> Change:
        """Return a judged change at the level that its patient wants: a restriction is the patient's.

        Whoever corrects or labels something that is there does not undo its level, and what is new has at least
        the level that the patient chose for what is new (Swiss template 203). ``levels``: those that patients are
        known to have chosen, to which what is asked for is added.
        """
        if change.body is None or self._standing.caller.kind is Kind.CITIZEN:
            return change
        if present is not None:
            return raised(change, Level(present.facts.level))
        if change.patient is None or change.label.category not in _LEVELLED:
            return change
        known = {} if levels is None else levels
        if change.patient not in known:
            known[change.patient] = await store.new_level(connection or self.database, change.patient)
        return raised(change, Level(known[change.patient]))

    async def _judged(
        self, change: Change, present: Stored | None, connection: Connection | None = None
    ) -> Change:
        """Return a change with its creator and its line of the journal. Raises AccessRefused."""
        asked: list[tuple[RowFacts, Act]] = []
        caller = self._standing.caller
        standing_row = present is not None and present.body is not None
        act = _act(change, standing_row)
        patient = change.patient if change.body is not None or present is None else present.facts.patient
        if not scoping.opens_row(caller, change.resource_type, scoping.LETTERS[act], patient):
            # a scope with a query opens reading only: what it selects cannot be known before it is written
            raise AccessRefused(_OUT_OF_SCOPE)
        if present is not None:
            # nobody writes over what the same caller could not read
            asked.append((present.facts, Act.READ))
            if standing_row:
                asked.append((present.facts, act))
        if change.body is not None:
            asked.append((_facts_of(change, present), act))
        if connection is not None:
            decisions = await self._policy.decide_many(connection, self._standing, asked)
        else:
            decisions = [await self._policy.decide(self._standing, row, what) for row, what in asked]
        if act is Act.LABEL and present is not None:
            decisions = [_still_hidden(self._standing, change, present, one) for one in decisions]
        for (row, what), decision in zip(asked, decisions, strict=True):
            if not decision.permit:
                raise self._refuse(change, row, what, decision)
        if (
            present is None
            and change.mode in (Mode.PUT, Mode.PUT_UNLESS_SAME)
            and self._standing.caller.kind not in _CREATES_WITH_ID
        ):
            raise AccessRefused(Decision(False, "not-creator"), hidden=True)
        return self._signed(change, act, present, decisions)

    def _refuse(self, change: Change, row: RowFacts, act: Act, decision: Decision) -> AccessRefused:
        """Note a refusal and return it; what cannot even be read is told as not being there."""
        reference = f"{change.resource_type}/{change.resource_id}"
        hidden = act is Act.READ
        action = Action.UPDATE if hidden else _ACTIONS[act]
        self._trace.note(action, row.patient, [reference], rule=decision.rule, outcome=Outcome.REFUSED)
        return AccessRefused(decision, hidden=hidden)

    def _signed(self, change: Change, act: Act, present: Stored | None, decisions: list[Decision]) -> Change:
        reference = f"{change.resource_type}/{change.resource_id}"
        action = _ACTIONS[act]
        patient = change.patient if change.patient is not None or present is None else present.facts.patient
        rule = decisions[-1].rule if decisions else ""
        line = self._trace.line(action, patient, [reference], rule)
        expected = change.expected
        if expected is None and present is not None and change.mode in (Mode.PUT, Mode.UPDATE, Mode.DELETE):
            # what was judged is what is written over
            expected = present.version if present.body is not None else None
        mode = Mode.CREATE if present is None and change.mode is Mode.PUT else change.mode
        return change._replace(
            mode=mode,
            expected=expected,
            account=self._standing.account,
            journal=line.content,
            action=int(action),
        )


_OUT_OF_SCOPE = Decision(False, "scope")
_ACTIONS = {
    Act.READ: Action.READ,
    Act.CREATE: Action.CREATE,
    Act.UPDATE: Action.UPDATE,
    Act.DELETE: Action.DELETE,
    Act.LABEL: Action.LABEL,
}


def _act(change: Change, present: bool) -> Act:
    if change.mode is Mode.DELETE:
        return Act.DELETE
    if change.labelling:
        return Act.LABEL
    return Act.UPDATE if present else Act.CREATE


def _facts_of(change: Change, present: Stored | None) -> RowFacts:
    """Return the facts of a resource as it will be."""
    label = change.label
    version: int | None = UNREAD
    creator = 0
    if present is not None:
        creator = present.facts.creator
        if present.facts.patient == change.patient:
            version = present.facts.policy_version
    return RowFacts(
        change.self_hash, change.patient, label.category, label.level, label.embargo, label.withheld,
        label.authors, creator, version,
    )  # fmt: skip


def _still_hidden(standing: Standing, change: Change, present: Stored, decision: Decision) -> Decision:
    """A patient chooses who reads; what its author still hides from the patient stays hidden."""
    before, after = present.facts, change.label
    same = (before.embargo, before.withheld) == (after.embargo, after.withheld)
    if standing.caller.kind is Kind.CITIZEN and not same:
        return Decision(False, "embargo")
    return decision


def security_context(binary: Stored) -> str:
    """Return the reference of Binary.securityContext, empty when there is none."""
    found: Any = orjson.loads(binary.body or b"{}").get("securityContext")
    reference = found.get("reference", "") if isinstance(found, dict) else ""
    return reference if isinstance(reference, str) else ""


class GuardedSearcher(Searcher):
    """Searches of one caller."""

    def __init__(self, inner: Searcher, policy: PolicyService, trace: Trace) -> None:
        super().__init__(inner.database, inner.translator, inner.terminology)
        self._policy = policy
        self._trace = trace
        self._named = False

    def guard(self) -> ask.Condition | None:
        """What the policy permits the caller to see, and the scopes of the token open."""
        return self._policy.guard(self._trace.standing, named=self._named)

    async def narrowed(self, selection: selection.Selection) -> selection.Selection:
        """Judge a list about one patient by what is known of the patient, in place of asking for every row."""
        return await self._policy.narrow(self._trace.standing, selection)

    def widen(self, selection: selection.Selection) -> None:
        """Forget what was known of the patient."""
        self._policy.forget(self._trace.standing, selection)

    def caller_key(self) -> str:
        """The account: a link to a further page is for whoever got the first."""
        return self._trace.standing.caller.account

    def _check_scope(self, types: Sequence[str]) -> None:
        if len(types) < len(NUMBERS) and not any(
            scoping.opens(self._trace.standing.caller, name, scoping.SEARCH) for name in types
        ):
            raise AccessRefused(_OUT_OF_SCOPE)

    async def newest(self, types: Sequence[str], within: ask.Condition, limit: int) -> list[Row]:
        """Return what the caller may see of the newest of each type, and note whose data it is. Raises AccessRefused."""
        self._check_scope(types)
        self._named = False
        found = await super().newest(types, within, limit)
        note_rows(self._trace, Action.SEARCH, found, ",".join(types))
        return found

    async def search(
        self,
        types: Sequence[str],
        query: Query,
        *,
        strict: bool = False,
        within: ask.Condition | None = None,
        connection: Connection | None = None,
    ) -> Page:
        """Return one page of what the caller may see, and note whose data it holds. Raises AccessRefused."""
        self._check_scope(types)
        self._named = list(types) == ["Patient"] and names_somebody(query)
        page = await super().search(types, query, strict=strict, within=within, connection=connection)
        note_rows(self._trace, Action.SEARCH, [*page.matches, *page.included], _asked(types, query))
        return page


def names_somebody(query: Query) -> bool:
    """Tell whether a search of Patients asks for somebody: by number, or by name and whole birth date."""
    given = [one for one in query.parameters if not one.chain and one.modifier in ("", "exact")]
    values = {one.name: one.value.split(",") for one in given}
    numbers = [*values.get("identifier", []), *values.get("_id", [])]
    if numbers and len(numbers) <= _MOST_NUMBERS:
        # a system without a number would be everybody's
        return all(number.rpartition("|")[2].strip() for number in numbers)
    names = [value for name in ("name", "family", "given", "phonetic") for value in values.get(name, [])]
    days = values.get("birthdate", [])
    return (
        bool(names and days)
        and all(len(name.strip()) > 1 for name in names)
        and all(len(day.removeprefix("eq")) == len("1980-01-01") for day in days)
        and len(days) == 1
    )


def _asked(types: Sequence[str], query: Query) -> str:
    kinds = ",".join(types) if len(types) < 8 else "*"
    return f"{kinds}?{urlencode(query.pairs)}"[:2000]


def note_rows(trace: Trace, action: Action, rows: Sequence[Row | Version], query: str = "") -> None:
    """Note one line for each patient whose data a list holds; one without patient when it holds nobody's."""
    by_patient: dict[int | None, list[str]] = {}
    if rows and len({row.patient for row in rows}) == 1:
        by_patient[rows[0].patient] = [f"{row.resource_type}/{row.resource_id}" for row in rows]
        rows = ()
    for row in rows:
        by_patient.setdefault(row.patient, []).append(f"{row.resource_type}/{row.resource_id}")
    registers = by_patient.pop(None, None)
    for patient, references in by_patient.items():
        trace.note(action, patient, references, rule="list", query=query)
    if not by_patient:
        trace.note(action, None, (registers or [])[:20], rule="list", query=query)


class GuardedPast:
    """Histories of one caller. The same methods as ``Past``."""

    def __init__(self, inner: Past, resources: GuardedResources, policy: PolicyService, trace: Trace) -> None:
        self._inner = inner
        self._resources = resources
        self._policy = policy
        self._trace = trace

    async def of_resource(
        self, resource_type: str, resource_id: str, span: tuple[int, int], offset: int, limit: int
    ) -> tuple[list[Version], int]:
        """Return versions of one resource; of one that the caller may not see there are none."""
        if await self._resources.read(resource_type, resource_id) is None:
            return [], 0
        found, total = await self._inner.of_resource(resource_type, resource_id, span, offset, limit)
        note_rows(self._trace, Action.HISTORY, found)
        return found, total

    async def of_types(
        self, types: tuple[str, ...], span: tuple[int, int], after: Position, limit: int
    ) -> list[Version]:
        """Return versions of the types that the caller may see."""
        guard = self._policy.guard(self._trace.standing)
        found = await self._inner.of_types(types, span, after, limit, guard)
        note_rows(self._trace, Action.HISTORY, found, ",".join(types))
        return found

    async def at(self, resource_type: str, resource_id: str, moment: int) -> Version | None:
        """Return the version that stood at a moment."""
        if await self._resources.read(resource_type, resource_id) is None:
            return None
        return await self._inner.at(resource_type, resource_id, moment)
