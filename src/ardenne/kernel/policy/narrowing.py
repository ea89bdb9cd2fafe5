"""What the policy comes to for the rows of one patient of whom the directives are known (pure).

A list about one patient is then judged by category, level and author alone; the question carries the version
of the directives, so that it finds nothing when they have changed meanwhile (see ``store/permitted.Narrowed``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ardenne.kernel.policy.facts import PatientFacts
from ardenne.kernel.store.permitted import Clause, Narrowed, Permitted, Source


def narrowed(permitted: Permitted, patient: int, facts: PatientFacts) -> Narrowed | None:
    """Return the rules for the rows of one patient; None when the patient is one person with others."""
    if facts.others:
        return None
    now, parties = permitted.now, permitted.parties
    excluded = [
        one.document for one in facts.exclusions if one.party in parties and one.starts <= now < one.ends
    ]
    levels: dict[int, int] = {}
    for grant in facts.grants:
        if grant.party in parties and grant.starts <= now < grant.ends:
            levels[grant.kind] = max(grant.level, levels.get(grant.kind, 0))
    shut = facts.state != 0 or None in excluded
    clauses = _clauses(permitted.clauses, patient, tuple(sorted(levels.items())), facts.emergency_level, shut)
    documents = tuple(sorted(document for document in excluded if document is not None))
    return Narrowed(permitted._replace(clauses=clauses), patient, facts.version, documents)


@lru_cache(maxsize=4096)
def _clauses(
    clauses: tuple[Clause, ...],
    patient: int,
    levels: tuple[tuple[int, int], ...],
    emergency_level: int,
    shut: bool,
) -> tuple[Clause, ...]:
    """Return the clauses without their questions about the patient; ``levels``: what each kind of grant opens."""
    opened = dict(levels)
    return _joined(
        found
        for clause in clauses
        if clause.owned and not (clause.barred and shut)
        for found in _resolved(clause, patient, opened, emergency_level)
    )


def _resolved(clause: Clause, patient: int, opened: dict[int, int], emergency_level: int) -> Iterable[Clause]:
    """Yield the clause without its question about the patient, or nothing when that is answered by no."""
    match clause.source:
        case Source.PATIENT:
            if patient in clause.patients:
                yield _plain(clause, clause.level)
        case Source.GRANT:
            highest = max((opened[kind] for kind in clause.kinds if kind in opened), default=-1)
            if highest >= clause.least_grant:
                level = min(clause.level, highest)
                yield _plain(clause, min(level, emergency_level) if clause.emergency else level)
        case _:
            yield clause


def _plain(clause: Clause, level: int) -> Clause:
    return clause._replace(
        source=Source.ANYBODY,
        level=level,
        patients=frozenset(),
        kinds=frozenset(),
        least_grant=0,
        emergency=False,
    )


def _joined(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """Return clauses with those that differ in rule and categories alone made one."""
    found: dict[Clause, frozenset[int]] = {}
    for clause in clauses:
        key = clause._replace(rule="", categories=frozenset())
        found[key] = found.get(key, frozenset()) | clause.categories
    return tuple(key._replace(categories=categories) for key, categories in found.items())
