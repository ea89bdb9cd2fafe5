"""The decision about one act on one resource, with the rule that decided (pure).

Deny is the default. An exclusion by the patient and a closed record override every permission that is
``barred`` by them (deny-overrides). Lists apply the same clauses as SQL: ``kernel/store/permitted``.
"""

from __future__ import annotations

from typing import NamedTuple

from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy import facts as known
from ardenne.kernel.policy.clauses import Act
from ardenne.kernel.policy.facts import PatientFacts
from ardenne.kernel.policy.standing import Standing
from ardenne.kernel.store.permitted import Clause, Permitted, Source
from ardenne.kernel.store.resources import RowFacts


class Decision(NamedTuple):
    """The answer. ``rule`` is the id of the rule, with a sentence in ``sentences``.

    ``obligations``: what has to be done along with the act: ``notify-patient``, ``review``, ``warn-hidden``.
    """

    permit: bool
    rule: str
    obligations: tuple[str, ...] = ()


def decide(
    standing: Standing, facts: PatientFacts, row: RowFacts, act: Act, now: int, type_number: int = 0
) -> Decision:
    """Return the decision at ``now`` (microseconds since 1970)."""
    bar = _bar(standing, facts, row, now)
    for clause in standing.by_category.get((act, row.category), ()):
        if (not clause.barred or not bar) and _holds(clause, standing, facts, row, now, type_number):
            return Decision(True, clause.rule, _obligations(clause, standing, row, now))
    return Decision(False, _why_not(standing, facts, row, act, now, bar))


def permitted(standing: Standing, act: Act, now: int) -> Permitted:
    """Return the same rules as a condition for lists."""
    return Permitted(standing.clauses[act], standing.parties, standing.authorship, standing.account, now)


def _bar(standing: Standing, facts: PatientFacts, row: RowFacts, now: int) -> str:
    """Return the rule that bars the caller from a record whatever else permits; empty: none."""
    if row.patient is None:
        return ""
    for exclusion in facts.exclusions:
        if (
            exclusion.party in standing.parties
            and exclusion.starts <= now < exclusion.ends
            and exclusion.document in (None, row.self_hash)
        ):
            return "excluded"
    if facts.state == known.State.OPPOSED:
        return "record-opposed"
    return "record-closed" if facts.state == known.State.CLOSED else ""


def _holds(
    clause: Clause, standing: Standing, facts: PatientFacts, row: RowFacts, now: int, type_number: int
) -> bool:
    if clause.owned is (row.patient is None):
        return False
    if clause.types and type_number not in clause.types:
        return False
    if (
        row.level > clause.level
        or (clause.embargo and row.embargo > now)
        or (clause.withheld and row.withheld)
    ):
        return False
    match clause.source:
        case Source.PATIENT:
            return row.patient in clause.patients or not clause.patients.isdisjoint(facts.others)
        case Source.AUTHOR:
            return is_author(standing, row)
        case Source.GRANT:
            if clause.emergency and row.level > facts.emergency_level:
                return False
            return _in_force(clause.kinds, standing, facts, now, max(row.level, clause.least_grant))
    return True


def is_author(standing: Standing, row: RowFacts) -> bool:
    """Tell whether the caller wrote, ordered or performed a resource, or stored it first."""
    return row.creator == standing.account or not set(standing.authorship).isdisjoint(row.authors)


def _in_force(
    kinds: frozenset[int], standing: Standing, facts: PatientFacts, now: int, least: int = 0
) -> bool:
    """Tell whether some grant of the kinds is in force for the caller and opens a level."""
    for party, kind, level, starts, ends in facts.grants:
        if level >= least and kind in kinds and party in standing.parties and starts <= now < ends:
            return True
    return False


def _obligations(clause: Clause, standing: Standing, row: RowFacts, now: int) -> tuple[str, ...]:
    found = []
    if clause.emergency:
        found += ["notify-patient", "review"]
    if standing.caller.kind is Kind.PROFESSIONAL and row.embargo > now:
        found.append("warn-hidden")
    return tuple(found)


def _why_not(standing: Standing, facts: PatientFacts, row: RowFacts, act: Act, now: int, bar: str) -> str:
    """Return the rule that explains a refusal best: what would have to change for a permission."""
    caller, clauses = standing.caller, standing.clauses[act]
    if caller.kind is Kind.ANONYMOUS:
        return "sign-in"
    if row.patient is None:
        return "register-closed" if row.category == 0 else "not-creator"
    if caller.kind is Kind.CITIZEN:
        return _why_not_citizen(standing, facts, row, act, now)
    if bar:
        return bar
    rest = [clause for clause in clauses if clause.owned and row.category in clause.categories]
    by_matrix = [clause for clause in rest if clause.source is not Source.AUTHOR]
    if not by_matrix:
        # is it the profession, or only that somebody else wrote it?
        return "not-author" if act is not Act.READ and any(rest) else "profession"
    if row.level == 2:
        return "secret"
    kinds = frozenset(kind for clause in by_matrix for kind in clause.kinds)
    return "level" if _in_force(kinds, standing, facts, now) else "no-relation"


def _why_not_citizen(standing: Standing, facts: PatientFacts, row: RowFacts, act: Act, now: int) -> str:
    person = {row.patient, *facts.others}
    mine = [clause for clause in standing.clauses[Act.READ] if not clause.patients.isdisjoint(person)]
    if not mine:
        return "not-yours"
    if row.embargo > now:
        return "embargo"
    if act is not Act.READ:
        return "patient-writes"
    return "withheld"
