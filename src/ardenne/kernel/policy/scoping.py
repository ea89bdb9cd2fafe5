"""What the scopes of an access token leave of what the policy permits (SMART App Launch 2.2, scopes v2).

A scope never permits anything: it cuts. ``patient/`` is the record of the launch context, ``user/`` what the
user may see, ``system/`` what a system account may see. Without scopes (a session in our pages) nothing is cut.
"""

from __future__ import annotations

from functools import lru_cache

from ardenne.kernel.identity import scopes as smart
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy.clauses import Act
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.query import parse
from ardenne.kernel.search.translate import Translator
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import groups, hashing
from ardenne.kernel.store.types import NUMBERS

LETTERS = {Act.READ: "r", Act.CREATE: "c", Act.UPDATE: "u", Act.LABEL: "u", Act.DELETE: "d"}
SEARCH = "s"
Pairs = tuple[tuple[str, str], ...]


@lru_cache(maxsize=8192)
def limits(caller: Caller, resource_type: str, letter: str) -> tuple[tuple[bool, tuple[Pairs, ...]], ...]:
    """Return how scopes open an interaction with a type: (tied to the launch's patient, queries); none: not at all."""
    if caller.scopes is None:
        return ((False, ((),)),)
    found = []
    own_level = "system" if caller.kind is Kind.SOFTWARE else "user"
    for level, tied in ((own_level, False), ("patient", True)):
        queries = smart.permits(caller.scopes, level, resource_type, letter)
        if queries and (not tied or caller.context):
            found.append((tied, queries))
    return tuple(found)


def opens(caller: Caller, resource_type: str, letter: str) -> bool:
    """Tell whether any scope opens an interaction with a type."""
    return bool(limits(caller, resource_type, letter))


def opens_row(caller: Caller, resource_type: str, letter: str, patient: int | None) -> bool | None:
    """Tell whether scopes open an interaction with a resource; None: its content decides (a scope has a query)."""
    undecided = False
    for tied, queries in limits(caller, resource_type, letter):
        if tied and patient is not None and patient not in groups.widened((_context(caller),)):
            continue
        if () in queries:
            return True
        undecided = True
    return None if undecided else False


@lru_cache(maxsize=2048)
def condition(caller: Caller, letter: str, translator: Translator) -> ask.Condition | None:
    """Return the scopes as a condition for lists; None: there are none to keep to."""
    if caller.scopes is None:
        return None
    by_shape: dict[tuple[tuple[bool, tuple[Pairs, ...]], ...], list[str]] = {}
    for name in NUMBERS:
        found = limits(caller, name, letter)
        if found:
            by_shape.setdefault(found, []).append(name)
    alternatives: list[ask.Condition] = []
    for shape, names in by_shape.items():
        for tied, queries in shape:
            if () in queries:
                alternatives.append(_tied(caller, tied, ask.OfTypes(tuple(NUMBERS[name] for name in names))))
                continue
            for name in names:
                matching = [_matching(name, pairs, translator) for pairs in queries]
                one = ask.All((ask.OfTypes((NUMBERS[name],)), ask.Any(tuple(matching))))
                alternatives.append(_tied(caller, tied, one))
    return ask.Any(tuple(alternatives))


def _tied(caller: Caller, tied: bool, inner: ask.Condition) -> ask.Condition:
    if not tied:
        return inner
    return ask.All((inner, ask.Any((ask.OwnedBy((_context(caller),)), ask.Unowned()))))


def _matching(resource_type: str, pairs: Pairs, translator: Translator) -> ask.Condition:
    try:
        return translator.condition(resource_type, parse(list(pairs)).parameters)
    except SearchError:
        # a query that this type cannot answer opens nothing
        return ask.NOTHING


@lru_cache(maxsize=8192)
def _patient_hash(patient: str) -> int:
    return hashing.self_hash("Patient", patient)


def _context(caller: Caller) -> int:
    return _patient_hash(caller.context)
