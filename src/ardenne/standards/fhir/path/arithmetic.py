"""`+ - * / div mod &` on single System values (FHIRPath N1, Math). None stands for empty."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any, Final

from . import quantity
from .calendar import add_duration
from .equality import is_number, type_name
from .errors import FhirPathExecutionError, FhirPathLimitError
from .quantity import Quantity
from .scope import LONGEST_TEXT
from .temporal import Date, DateTime, Time
from .values import DECIMALS, Long, decimal_of, in_range


def _no_meaning(operator: str, left: Any, right: Any) -> FhirPathExecutionError:
    found = f"{type_name(left)} {operator} {type_name(right)}"
    return FhirPathExecutionError(
        f"{found} has no meaning; convert one side, e.g. with toString() or toDecimal()"
    )


def limited(text: str) -> str:
    """`text`, or FhirPathLimitError when it is too long."""
    if len(text) > LONGEST_TEXT:
        raise FhirPathLimitError(f"the expression builds a text of more than {LONGEST_TEXT} characters")
    return text


def _integers(left: Any, right: Any) -> bool:
    return isinstance(left, int) and isinstance(right, int)


def _whole(value: int, left: Any, right: Any) -> int | None:
    """An Integer, or a Long when either side is one."""
    return in_range(Long(value) if type(left) is Long or type(right) is Long else int(value))


def _pair(left: Any, right: Any) -> tuple[Quantity, Quantity] | None:
    """Both sides as quantities, when at least one is and the other can become one."""
    if not (isinstance(left, Quantity) or isinstance(right, Quantity)):
        return None
    pair = [value if isinstance(value, Quantity) else None for value in (left, right)]
    for place, value in enumerate((left, right)):
        if is_number(value):
            pair[place] = Quantity(decimal_of(value), "1")
    one, other = pair
    return (one, other) if one is not None and other is not None else None


def add(left: Any, right: Any) -> Any:
    """`+`: numbers, texts, quantities, and a duration added to a date or time."""
    if is_number(left) and is_number(right):
        if _integers(left, right):
            return _whole(left + right, left, right)
        return DECIMALS.add(decimal_of(left), decimal_of(right))
    if type(left) is str and type(right) is str:
        return limited(left + right)
    if isinstance(left, (Date, DateTime, Time)) and isinstance(right, Quantity):
        return add_duration(left, right)
    pair = _pair(left, right)
    if pair is None:
        raise _no_meaning("+", left, right)
    return quantity.add(*pair)


def subtract(left: Any, right: Any) -> Any:
    """`-`"""
    if is_number(left) and is_number(right):
        if _integers(left, right):
            return _whole(left - right, left, right)
        return DECIMALS.subtract(decimal_of(left), decimal_of(right))
    if isinstance(left, (Date, DateTime, Time)) and isinstance(right, Quantity):
        return add_duration(left, quantity.negate(right))
    pair = _pair(left, right)
    if pair is None:
        raise _no_meaning("-", left, right)
    return quantity.add(pair[0], quantity.negate(pair[1]))


def multiply(left: Any, right: Any) -> Any:
    """`*`"""
    if is_number(left) and is_number(right):
        if _integers(left, right):
            return _whole(left * right, left, right)
        return DECIMALS.multiply(decimal_of(left), decimal_of(right))
    pair = _pair(left, right)
    if pair is None:
        raise _no_meaning("*", left, right)
    return quantity.multiply(*pair)


def divide(left: Any, right: Any) -> Any:
    """`/`: always a Decimal or a Quantity; empty for a zero divisor."""
    if is_number(left) and is_number(right):
        return DECIMALS.divide(decimal_of(left), decimal_of(right)) if right else None
    pair = _pair(left, right)
    if pair is None:
        raise _no_meaning("/", left, right)
    return quantity.divide(*pair)


def whole_quotient(left: Any, right: Any) -> Any:
    """`div`: truncated towards zero."""
    if not (is_number(left) and is_number(right)):
        raise _no_meaning("div", left, right)
    if not right:
        return None
    if _integers(left, right):
        size = abs(left) // abs(right)
        return _whole(size if (left < 0) == (right < 0) else -size, left, right)
    return DECIMALS.divide_int(decimal_of(left), decimal_of(right))


def remainder(left: Any, right: Any) -> Any:
    """`mod`: of the truncated division, with the sign of the left side."""
    if not (is_number(left) and is_number(right)):
        raise _no_meaning("mod", left, right)
    if not right:
        return None
    if _integers(left, right):
        size = abs(left) % abs(right)
        return _whole(-size if left < 0 else size, left, right)
    return DECIMALS.remainder(decimal_of(left), decimal_of(right))


def negative(value: Any) -> Any:
    """Unary `-`"""
    if isinstance(value, Quantity):
        return quantity.negate(value)
    if isinstance(value, int) and type(value) is not bool:
        return _whole(-value, value, value)
    if isinstance(value, Decimal):
        return -value
    raise FhirPathExecutionError(f"- needs a number or a quantity, not a {type_name(value)}")


def positive(value: Any) -> Any:
    """Unary `+`"""
    if isinstance(value, Quantity) or is_number(value):
        return value
    raise FhirPathExecutionError(f"+ needs a number or a quantity, not a {type_name(value)}")


def _safely(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Overflow and underflow are empty (FHIRPath N1, Math)."""

    def run(left: Any, right: Any) -> Any:
        try:
            return operation(left, right)
        except DecimalException:
            return None

    return run


OPERATIONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": _safely(add),
    "-": _safely(subtract),
    "*": _safely(multiply),
    "/": _safely(divide),
    "div": _safely(whole_quotient),
    "mod": _safely(remainder),
}
"""By operator; both sides are present."""
