"""From a caller and a matrix to clauses: each one way to be permitted an act (pure).

Single decisions (``decide``) and lists (``kernel/store/permitted``) read the same clauses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.policy import facts
from ardenne.kernel.policy.matrix import Cell, Matrix, Reach
from ardenne.kernel.store import hashing
from ardenne.kernel.store.permitted import Clause, Source
from ardenne.standards.fhir.labels import Category, Level


class Act(StrEnum):
    """What a caller wants to do with a resource."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    LABEL = "label"
    """Change the confidentiality or visibility alone."""


_CARE = frozenset(int(category) for category in Category if category is not Category.NONE)
_REGISTER = frozenset({int(Category.NONE)})
_EVERYTHING = _CARE | _REGISTER | {-1}
_PATIENT_WRITES = frozenset({int(Category.PATIENT_AREA), int(Category.CONSENT)})
_REGISTER_OFFICES = frozenset({"identity", "operator", "policy"})
_ORDINARY = (facts.Kind.TREATMENT, facts.Kind.TEAM, facts.Kind.PATIENT, facts.Kind.FOREIGN)
_PAYMENT = frozenset({int(Category.ADMINISTRATIVE), int(Category.IDENTITY)})


def clauses_for(caller: Caller, matrix: Matrix, act: Act) -> tuple[Clause, ...]:
    """Return the ways in which a caller may do an act; none: never."""
    match caller.kind:
        case Kind.OPERATOR:
            return tuple(_everything("operator"))
        case Kind.ANONYMOUS:
            return ()
        case Kind.CITIZEN:
            return (*_registers(caller, act), *_citizen(caller, act))
    if caller.kind is Kind.SOFTWARE and caller.profession == "platform":
        return tuple(_everything("platform"))
    if caller.purpose is Purpose.RESEARCH:
        # research reads de-identified data, never a record
        return _registers(caller, act)
    row = matrix.row(caller.profession)
    if caller.purpose is Purpose.PAYMENT:
        row = {category: cell for category, cell in row.items() if category in _PAYMENT}
    found = list(_registers(caller, act))
    found += _by_row(row, matrix, act, _kinds(caller), "matrix")
    if caller.kind is Kind.OFFICER:
        return tuple(found)
    if act is not Act.CREATE:
        # an author always reads the own documents, and corrects them
        found.append(Clause("author", Source.AUTHOR, True, _CARE - {int(Category.IDENTITY)}))
    if caller.kind is Kind.PROFESSIONAL and caller.purpose is not Purpose.PAYMENT:
        found += _special(caller, matrix, act)
        found += _vouched(caller, row, matrix, act)
    return tuple(found)


def _vouched(caller: Caller, row: Mapping[Category, Cell], matrix: Matrix, act: Act) -> Iterator[Clause]:
    """What a relation opens, for the one patient of a treatment assertion: nothing that is restricted."""
    if not caller.treats:
        return
    patients = frozenset([hashing.self_hash("Patient", caller.treats)])
    for clause in _by_row(row, matrix, act, frozenset(), "treatment-assertion"):
        if clause.source is Source.GRANT and not clause.least_grant:
            yield clause._replace(source=Source.PATIENT, patients=patients, level=Level.NORMAL)


def _everything(rule: str) -> Iterator[Clause]:
    yield Clause(rule, Source.ANYBODY, True, _EVERYTHING, barred=False)
    yield Clause(rule, Source.ANYBODY, False, _EVERYTHING, barred=False)


def _registers(caller: Caller, act: Act) -> tuple[Clause, ...]:
    """Registers, terminologies and definitions are for everybody; care data of nobody for their maker."""
    found = [Clause("creator", Source.AUTHOR, False, _CARE, barred=False)]
    if act is Act.CREATE:
        found = [Clause("creator", Source.ANYBODY, False, _CARE, barred=False)]
    may_write = caller.kind is Kind.OFFICER and caller.profession in _REGISTER_OFFICES
    if act is Act.READ or may_write:
        rule = "register" if act is Act.READ else "register-write"
        found.append(Clause(rule, Source.ANYBODY, False, _REGISTER, barred=False))
    return tuple(found)


def _citizen(caller: Caller, act: Act) -> Iterator[Clause]:
    own = frozenset([hashing.self_hash("Patient", caller.patient)] if caller.patient else [])
    categories = {
        Act.READ: _CARE,
        Act.CREATE: _PATIENT_WRITES,
        Act.UPDATE: _PATIENT_WRITES,
        Act.DELETE: frozenset({int(Category.PATIENT_AREA)}),
        Act.LABEL: _CARE - {int(Category.IDENTITY)},
    }[act]
    reading = act is Act.READ
    if own:
        # the patient may also label what is still hidden, but never lift the embargo (see guard)
        yield Clause("own-record", Source.PATIENT, True, categories, patients=own, embargo=True, barred=False)
    held = [mandate for mandate in caller.mandates if reading or mandate.full]
    if held:
        yield Clause(
            "mandate", Source.PATIENT, True, categories,
            patients=frozenset(hashing.self_hash("Patient", mandate.patient) for mandate in held),
            embargo=True, withheld=True, barred=False,
        )  # fmt: skip


def _kinds(caller: Caller) -> frozenset[int]:
    if caller.profession == "doctor":
        return frozenset(_ORDINARY)
    return frozenset((*_ORDINARY, facts.Kind.REFERRING))


def _by_row(
    row: Mapping[Category, Cell], matrix: Matrix, act: Act, kinds: frozenset[int], rule: str
) -> Iterator[Clause]:
    """Return the clauses of one row of the matrix: one for each reach that some category has."""
    by_reach: dict[Reach, set[int]] = {}
    for category, cell in row.items():
        reach = cell.read if act is Act.READ else cell.write
        together = act is Act.UPDATE and category in matrix.shared
        if act not in (Act.READ, Act.CREATE) and not together:
            # what somebody wrote its author alone corrects, removes and labels
            reach = min(reach, Reach.OWN)
        if reach is not Reach.NONE:
            by_reach.setdefault(reach, set()).add(int(category))
    for reach, categories in sorted(by_reach.items()):
        held = frozenset(categories)
        match reach:
            case Reach.OWN:
                yield Clause(f"{rule}-own", Source.AUTHOR, True, held)
            case Reach.ANY:
                yield Clause(f"{rule}-any", Source.ANYBODY, True, held, level=Level.NORMAL)
                yield Clause(rule, Source.GRANT, True, held, Level.RESTRICTED, kinds=kinds)
            case Reach.RESTRICTED:
                yield Clause(
                    f"{rule}-restricted", Source.GRANT, True, held, Level.RESTRICTED, kinds=kinds, least_grant=1
                )  # fmt: skip
            case Reach.RELATION:
                yield Clause(rule, Source.GRANT, True, held, Level.RESTRICTED, kinds=kinds)


def _special(caller: Caller, matrix: Matrix, act: Act) -> Iterator[Clause]:
    """Rows that one kind of grant opens beside the ordinary: referring doctor, emergency."""
    rows = []
    if caller.profession == "doctor":
        rows.append((matrix.row("referring-doctor"), facts.Kind.REFERRING, "referring"))
    if act is Act.READ:
        rows.append((matrix.row("emergency"), facts.Kind.EMERGENCY, "emergency"))
    elif act is Act.CREATE:
        rows.append((matrix.row(caller.profession), facts.Kind.EMERGENCY, "emergency"))
    for row, kind, rule in rows:
        for clause in _by_row(row, matrix, act, frozenset({int(kind)}), rule):
            if clause.source is Source.GRANT:
                yield clause._replace(emergency=kind is facts.Kind.EMERGENCY)
