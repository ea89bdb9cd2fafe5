"""What a caller stands for: the hashes under which rows, grants and exclusions know the caller."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy.clauses import Act, clauses_for
from ardenne.kernel.policy.matrix import Matrix
from ardenne.kernel.store import hashing
from ardenne.kernel.store.permitted import Clause, Source


class Standing(NamedTuple):
    """A caller, ready for decisions.

    ``clauses`` holds, for each act, the ways to be permitted; ``by_category`` the same for rows of one category;
    ``needs_facts`` says whether facts about patients can change what the caller may do.
    """

    caller: Caller
    account: int
    parties: tuple[int, ...]
    authorship: tuple[int, ...]
    clauses: dict[Act, tuple[Clause, ...]]
    by_category: dict[tuple[Act, int], tuple[Clause, ...]]
    needs_facts: bool
    matrix: str
    """Version of the matrix that the clauses were made from."""


def account_hash(account: str) -> int:
    """Return the hash that stands for an account as creator of rows and in the journal."""
    return hashing.signed(f"account|{account}")


@lru_cache(maxsize=4096)
def standing(caller: Caller, matrix: Matrix) -> Standing:
    """Return what a caller stands for under a matrix. Kept for callers that come again."""
    persons = [
        f"Practitioner/{caller.practitioner}" if caller.practitioner else "",
        f"PractitionerRole/{caller.role}" if caller.role else "",
    ]
    delegated = f"Practitioner/{caller.principal}" if caller.principal else ""
    organisation = f"Organization/{caller.organisation}" if caller.organisation else ""
    own = [*persons, delegated]
    if caller.kind is Kind.SOFTWARE:
        # a system writes for its organisation
        own.append(organisation)
    if caller.patient:
        own.append(f"Patient/{caller.patient}")
    if caller.kind is Kind.PROFESSIONAL and caller.profession in ("laboratory", "imaging"):
        own.append(organisation)
    clauses = {act: clauses_for(caller, matrix, act) for act in Act}
    by_category: dict[tuple[Act, int], tuple[Clause, ...]] = {}
    for act, found in clauses.items():
        for category in {number for clause in found for number in clause.categories}:
            by_category[act, category] = tuple(one for one in found if category in one.categories)
    every = [clause for found in clauses.values() for clause in found]
    return Standing(
        caller,
        account_hash(caller.account),
        _hashes([*persons, delegated, organisation]),
        _hashes(own),
        clauses,
        by_category,
        any(clause.barred or clause.source in (Source.GRANT, Source.PATIENT) for clause in every),
        f"{matrix.jurisdiction}/{matrix.version}",
    )


def _hashes(references: list[str]) -> tuple[int, ...]:
    return tuple(hashing.reference(reference) for reference in dict.fromkeys(references) if reference)
