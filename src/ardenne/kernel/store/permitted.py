"""What a caller may see, as values and as SQL: the policy compiled for lists.

A row is permitted when some clause holds for it and nothing bars it. ``kernel/policy`` makes the clauses; its
function for single decisions reads the same values, and a test compares both on random data.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cached_property
from typing import NamedTuple, Protocol


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


class Binder(Protocol):
    """Collects the arguments of a statement."""

    def bind(self, value: object, cast: str = "bigint") -> str:
        """Add an argument and return its place in the text."""


class _Shared:
    """Arguments that several clauses use: added to the statement when the first one does."""

    def __init__(self, bind: Binder, permitted: Permitted) -> None:
        self._bind = bind
        self._permitted = permitted

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


def write(bind: Binder, permitted: Permitted, row: str) -> str:
    """Return the predicate on the row called ``row`` of the table resource."""
    if not permitted.clauses:
        return "false"
    shared = _Shared(bind, permitted)
    free = [_clause(bind, one, row, shared) for one in permitted.clauses if not one.barred]
    barred = [_clause(bind, one, row, shared) for one in permitted.clauses if one.barred]
    if barred:
        free.append(f"(({' or '.join(barred)}) and {_not_barred(row, shared)})")
    return "(" + " or ".join(free) + ")"


def _clause(bind: Binder, clause: Clause, row: str, shared: _Shared) -> str:
    parts = [f"{row}.patient is {'not ' if clause.owned else ''}null"]
    if clause.types:
        parts.append(f"{row}.type = any({bind.bind(sorted(clause.types), 'smallint[]')})")
    parts.append(f"{row}.category = any({bind.bind(sorted(clause.categories), 'smallint[]')})")
    if clause.level < 2:
        parts.append(f"{row}.level <= {int(clause.level)}")
    if clause.embargo:
        parts.append(f"{row}.embargo <= {shared.now}")
    if clause.withheld:
        parts.append(f"not {row}.withheld")
    match clause.source:
        case Source.PATIENT:
            parts.append(f"{row}.patient = any({bind.bind(sorted(clause.patients), 'bigint[]')})")
        case Source.AUTHOR:
            parts.append(f"({row}.creator = {shared.account} or {row}.authors && {shared.authorship})")
        case Source.GRANT:
            parts.append(_granted(bind, clause, row, shared))
    return "(" + " and ".join(parts) + ")"


def _granted(bind: Binder, clause: Clause, row: str, shared: _Shared) -> str:
    now = shared.now
    kinds = bind.bind(sorted(clause.kinds), "smallint[]")
    text = (
        f"exists (select 1 from policy_grant g where g.patient = {row}.patient and g.party = any({shared.parties}) "
        f"and g.kind = any({kinds}) and g.starts <= {now} and g.ends > {now} "
        f"and g.level >= greatest({row}.level, {int(clause.least_grant)}))"
    )
    if clause.emergency:
        limit = f"(select e.emergency_level from policy_record e where e.patient = {row}.patient)"
        text = f"({text} and {row}.level <= coalesce({limit}, 1))"
    return text


def _not_barred(row: str, shared: _Shared) -> str:
    """Neither closed nor kept from the caller."""
    return (
        f"not exists (select 1 from policy_record p where p.patient = {row}.patient and p.state <> 0) "
        f"and not exists (select 1 from policy_exclusion x where x.patient = {row}.patient "
        f"and x.party = any({shared.parties}) and x.starts <= {shared.now} and x.ends > {shared.now} "
        f"and (x.document is null or x.document = {row}.self))"
    )
