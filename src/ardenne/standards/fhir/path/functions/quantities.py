"""FHIRPath: comparable(), precision()."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..equality import is_number, type_name
from ..errors import FhirPathExecutionError
from ..quantity import Quantity
from ..quantity import comparable as can_be_compared
from ..temporal import Date, DateTime, Time
from ..values import decimal_of, decimal_places
from .registry import function


def _quantity(value: Any) -> Quantity | None:
    if is_number(value):
        return Quantity(decimal_of(value), "1")
    return value if isinstance(value, Quantity) else None


@function("comparable", "value", input="single", result="truth")
def comparable(value: Any, other: Any) -> bool | None:
    """Whether an order between two quantities can be told."""
    left, right = _quantity(value), _quantity(other)
    return can_be_compared(left, right) if left is not None and right is not None else None


@function("precision", input="single", result="value")
def precision(value: Any) -> int:
    """Decimal places of a number, digits of a date or time."""
    if isinstance(value, (Date, DateTime, Time)):
        return digits(value)
    if isinstance(value, Decimal):
        return decimal_places(value)
    if is_number(value):
        return 0
    raise FhirPathExecutionError(f"precision() takes a number, date or time, not a {type_name(value)}")


def digits(value: Date | DateTime | Time) -> int:
    """4 for a year, 6 for a month, 8 for a day, up to 17 with milliseconds (Time: 2 to 9)."""
    known = len(value.parts)
    if isinstance(value, Time):
        return _digits_of_time(value.parts)
    if known <= 3:
        return 2 + 2 * known
    return 8 + _digits_of_time(value.parts[3:])


def _digits_of_time(parts: tuple[int | Decimal, ...]) -> int:
    whole = 2 * len(parts)
    return whole + (decimal_places(Decimal(parts[2])) if len(parts) == 3 else 0)
