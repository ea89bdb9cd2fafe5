"""System types that Python does not bring, and the limits of those that it brings.

FHIRPath N1, Literals. Boolean is bool, String is str, Integer is int, Decimal is
decimal.Decimal; Long, Date, DateTime, Time and Quantity are own classes.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, Overflow

LEAST_INTEGER, GREATEST_INTEGER = -(2**31), 2**31 - 1
LEAST_LONG, GREATEST_LONG = -(2**63), 2**63 - 1

DECIMALS = Context(prec=34, rounding=ROUND_HALF_UP, Emax=40, Emin=-40, traps=[InvalidOperation, Overflow])
"""34 digits: more than the 28 that the specification asks for (FHIRPath N1, Decimal)."""


class Long(int):
    """A 64-bit integer, the literal `45L`."""

    __slots__ = ()


def integer_literal(digits: str) -> int | Decimal:
    """Integer, else Long, else Decimal: the first that can hold the digits."""
    if len(digits) > 40:
        return Decimal(digits)
    number = int(digits)
    if number <= GREATEST_INTEGER:
        return number
    return Long(number) if number <= GREATEST_LONG else Decimal(number)


def in_range(number: int) -> int | None:
    """`number`, or None when it overflows its type (FHIRPath N1, Math: overflow is empty)."""
    if type(number) is Long:
        return number if LEAST_LONG <= number <= GREATEST_LONG else None
    return number if LEAST_INTEGER <= number <= GREATEST_INTEGER else None


def decimal_of(number: object) -> Decimal:
    """The exact Decimal of an int, Decimal or float; a float counts by its shortest digits,
    because that is how it stood in the JSON text."""
    if type(number) is Decimal:
        return number
    if type(number) is float:
        return Decimal(repr(number))
    return Decimal(number)  # type: ignore[arg-type]


def decimal_text(number: Decimal) -> str:
    """Digits without exponent: 0.00000001, 100."""
    return format(number, "f")


def decimal_places(number: Decimal) -> int:
    """Digits after the decimal point, trailing zeroes included."""
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
