"""Fixed values and patterns (FHIR R4, ElementDefinition.fixed[x] and pattern[x])."""

from decimal import Decimal
from typing import Any


def equals(found: Any, fixed: Any) -> bool:
    """Whether a value is exactly the fixed one: same properties, same order of arrays."""
    if isinstance(fixed, dict) and isinstance(found, dict):
        return found.keys() == fixed.keys() and all(equals(found[key], fixed[key]) for key in fixed)
    if isinstance(fixed, list) and isinstance(found, list):
        return len(found) == len(fixed) and all(map(equals, found, fixed))
    return _same(found, fixed)


def matches(found: Any, pattern: Any) -> bool:
    """Whether a value has everything that the pattern has; arrays in any order, more items allowed."""
    if isinstance(pattern, dict):
        return isinstance(found, dict) and all(
            key in found and matches(found[key], wanted) for key, wanted in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(found, list) and all(
            any(matches(item, wanted) for item in found) for wanted in pattern
        )
    return _same(found, pattern)


def _same(found: Any, wanted: Any) -> bool:
    numbers = (int, float, Decimal)
    if isinstance(found, numbers) and isinstance(wanted, numbers) and not isinstance(found, bool):
        return Decimal(str(found)) == Decimal(str(wanted))
    return type(found) is type(wanted) and bool(found == wanted)
