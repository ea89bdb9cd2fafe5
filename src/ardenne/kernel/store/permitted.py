"""What a caller may see, as values and as SQL: the policy compiled for lists.

A row is permitted when some clause holds for it and nothing bars it. ``kernel/policy`` makes the clauses; its
function for single decisions reads the same values, and a test compares both on random data.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cached_property
from typing import NamedTuple, Protocol

from ardenne.kernel.store import groups


class Source(IntEnum):
    """Where the right of a clause comes from."""

    ANYBODY = 1
    """The category alone: no relation to the patient is asked for."""
    PATIENT = 2
    """The record is of one of the clause's patients."""
    AUTHOR = 3
    """The caller is among the authors, or stored it first."""
    GRANT = 4
    """A relation of care or a grant of the patient that is in force."""


class Clause(NamedTuple):
    """One way to be permitted.

    ``rule`` names it in decisions. ``owned``: it speaks of rows that belong to a patient, or of those that
    belong to nobody. ``level``: highest confidentiality. ``kinds``, ``least_grant``: which grants count and the
    level they must have at least. ``emergency``: the patient's limit for emergencies applies too.
    ``types``: type numbers (empty: all). ``embargo``, ``withheld``: rows hidden from the patient, or from
    representatives, are left out. ``barred``: closed records and exclusions of the patient apply.
    """

    rule: str
    source: Source
    owned: bool
    categories: frozenset[int]
    level: int = 2
    patients: frozenset[int] = frozenset()
    kinds: frozenset[int] = frozenset()
    least_grant: int = 0
    emergency: bool = False
    embargo: bool = False
    withheld: bool = False
    barred: bool = True
    types: frozenset[int] = frozenset()


class Permitted(NamedTuple):
    """The row may be seen by the caller.

    ``parties``: hashes for grants and exclusions; ``authorship``: hashes that make an author;
    ``account``: hash of the account; ``now``: microseconds since 1970.
    """

    clauses: tuple[Clause, ...]
    parties: tuple[int, ...]
    authorship: tuple[int, ...]
    account: int
    now: int


class Narrowed(NamedTuple):
    """The row, known to belong to ``patient``, may be seen by the caller while the directives stand at ``version``.

    ``version`` None: while there are none, and the patient is not one person with another.
    The clauses of ``permitted`` ask for neither grants nor patients; ``documents`` (hashes) are excluded from the
    barred ones. When the directives have changed, no row fulfils it.
    """

    permitted: Permitted
    patient: int
    version: int | None
    documents: tuple[int, ...] = ()


class Binder(Protocol):
    """Collects the arguments of a statement. ``memo`` keeps fragments that the statement needs again."""

    memo: dict[object, str]

    def bind(self, value: object, cast: str = "bigint") -> str:
        """Add an argument and return its place in the text."""


class _Shared:
    """Arguments that several clauses use: added to the statement when the first one does."""

    def __init__(self, bind: Binder, permitted: Permitted, row: str, patient: int | None) -> None:
        self._bind = bind
        self._permitted = permitted
        self._row = row
        self._patient = patient

    @cached_property
    def patient(self) -> str:
        """The patient of the row; where the question names one, that one: what is asked of it is asked once."""
        return self._bind.bind(self._patient) if self._patient is not None else f"{self._row}.patient"

    @cached_property
    def persons(self) -> str:
        """What must hold of a row of directives (``@``) to speak of the patient of the row, or of one person with it."""
        if not groups.any_merged() or (self._patient is not None and not groups.is_merged(self._patient)):
            return f"@.patient = {self.patient}"
        return f"@.patient = any({_with_group(f'select {self.patient}')})"

    def of_person(self, row: str) -> str:
        """Return ``persons`` for directives called ``row``."""
        return self.persons.replace("@", row)

    @cached_property
    def now(self) -> str:
        return self._bind.bind(self._permitted.now)

    @cached_property
    def parties(self) -> str:
        return self._bind.bind(list(self._permitted.parties), "bigint[]")

    @cached_property
    def authorship(self) -> str:
        return self._bind.bind(list(self._permitted.authorship), "bigint[]")

    @cached_property
    def account(self) -> str:
        return self._bind.bind(self._permitted.account)


def write(bind: Binder, permitted: Permitted, row: str, patient: int | None = None) -> str:
    """Return the predicate on the row called ``row`` of the table resource.

    ``patient``: the one to whom the row is known to belong.
    """
    known = bind.memo.get((row, patient))
    if known is None:
        known = bind.memo[row, patient] = _written(bind, permitted, row, patient)
    return known


def _written(bind: Binder, permitted: Permitted, row: str, patient: int | None) -> str:
    if patient is not None:
        permitted = permitted._replace(clauses=tuple(one for one in permitted.clauses if one.owned))
    if not permitted.clauses:
        return "false"
    shared = _Shared(bind, permitted, row, patient)
    free = [_clause(bind, one, row, shared) for one in permitted.clauses if not one.barred]
    barred = [_clause(bind, one, row, shared) for one in permitted.clauses if one.barred]
    if barred:
        free.append(f"(({' or '.join(barred)}) and {_not_barred(row, shared)})")
    return "(" + " or ".join(free) + ")"


def write_narrowed(bind: Binder, found: Narrowed, row: str) -> str:
    """Return the predicate on the row called ``row`` of the table resource."""
    known = bind.memo.get((row, found))
    if known is None:
        known = bind.memo[row, found] = _written_narrowed(bind, found, row)
    return known


def _written_narrowed(bind: Binder, found: Narrowed, row: str) -> str:
    shared = _Shared(bind, found.permitted, row, found.patient)
    parts = []
    for clause in found.permitted.clauses:
        text = _of_row(clause, row, shared)
        if clause.source is Source.AUTHOR:
            text.append(_by_author(row, shared))
        if clause.barred and found.documents:
            text.append(f"{row}.self <> all({bind.bind(list(found.documents), 'bigint[]')})")
        parts.append(f"({' and '.join(text)})")
    return f"(({' or '.join(parts) or 'false'}) and {write_standing(bind, found)})"


def write_standing(bind: Binder, found: Narrowed) -> str:
    """Return whether the directives still stand as they were when the rules were worked out."""
    known = bind.memo.get(("standing", found.patient, found.version))
    if known is None:
        patient = bind.bind(found.patient)
        directives = f"exists (select 1 from policy_record p where p.patient = {patient}"
        if found.version is not None:
            known = f"{directives} and p.version = {bind.bind(found.version)})"
        else:
            alone = f"not exists (select 1 from patient_group g where g.patient = {patient})"
            known = f"(not {directives}) and {alone})"
        bind.memo["standing", found.patient, found.version] = known
    return known


def _of_row(clause: Clause, row: str, shared: _Shared) -> list[str]:
    """Return what a clause asks of the labels of a row."""
    parts = []
    if clause.types:
        parts.append(f"{row}.type in ({_numbers(clause.types)})")
    # written out: as arguments they would make the database plan every question anew
    parts.append(f"{row}.category in ({_numbers(clause.categories)})")
    if clause.level < 2:
        parts.append(f"{row}.level <= {int(clause.level)}")
    if clause.embargo:
        parts.append(f"{row}.embargo <= {shared.now}")
    if clause.withheld:
        parts.append(f"not {row}.withheld")
    return parts


def _by_author(row: str, shared: _Shared) -> str:
    return f"({row}.creator = {shared.account} or {row}.authors && {shared.authorship})"


def _clause(bind: Binder, clause: Clause, row: str, shared: _Shared) -> str:
    parts = [f"{row}.patient is {'not ' if clause.owned else ''}null"]
    parts += _of_row(clause, row, shared)
    match clause.source:
        case Source.PATIENT:
            patients = bind.bind(sorted(clause.patients), "bigint[]")
            if any(groups.is_merged(one) for one in clause.patients):
                patients = _with_group(f"select unnest({patients})")
            parts.append(f"{row}.patient = any({patients})")
        case Source.AUTHOR:
            parts.append(_by_author(row, shared))
        case Source.GRANT:
            parts.append(_granted(clause, row, shared))
    return "(" + " and ".join(parts) + ")"


def _granted(clause: Clause, row: str, shared: _Shared) -> str:
    now = shared.now
    highest = (
        f"(select max(g.level) from policy_grant g where {shared.of_person('g')} "
        f"and g.party = any({shared.parties}) and g.kind in ({_numbers(clause.kinds)}) and g.starts <= {now} and g.ends > {now})"
    )
    text = f"greatest({row}.level, {int(clause.least_grant)}) <= {highest}"
    if clause.emergency:
        limit = f"(select min(e.emergency_level) from policy_record e where {shared.of_person('e')})"
        text = f"({text} and {row}.level <= coalesce({limit}, 1))"
    return f"coalesce({text}, false)"


def _with_group(patients: str) -> str:
    """Return the array of patients and of everybody who is one person with them."""
    return f"array(select g.member from patient_group g where g.patient in ({patients}) union all {patients})"


def _numbers(values: frozenset[int]) -> str:
    """Return numbers of our own vocabulary as a list in the statement."""
    return ", ".join(str(int(value)) for value in sorted(values)) or "null"


def _not_barred(row: str, shared: _Shared) -> str:
    """Neither closed nor kept from the caller."""
    excluded = (
        f"from policy_exclusion x where {shared.of_person('x')} and x.party = any({shared.parties}) "
        f"and x.starts <= {shared.now} and x.ends > {shared.now} and x.document is"
    )
    return (
        f"not exists (select 1 from policy_record p where {shared.of_person('p')} and p.state <> 0) "
        f"and not exists (select 1 {excluded} null) "
        f"and {row}.self <> all(array(select x.document {excluded} not null))"
    )
