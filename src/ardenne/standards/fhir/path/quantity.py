"""Quantities: comparison across units, and arithmetic.

FHIRPath N1: Quantity, Time-valued Quantities, Quantity Equality, Unit Conversions, Math.
Values are compared as exact fractions, so 4.0000 'g' equals 4000.0 'mg' exactly.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

import msgspec

from . import ucum
from .values import DECIMALS, decimal_text

UCUM: Final = "http://unitsofmeasure.org"

_CALENDAR = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")

CALENDAR_UNITS: Final[dict[str, str]] = {**{u: u for u in _CALENDAR}, **{u + "s": u for u in _CALENDAR}}
"""Calendar duration keyword, singular or plural, to its singular."""

_SECONDS: Final[dict[str, Fraction]] = {
    "week": Fraction(604_800),
    "day": Fraction(86_400),
    "hour": Fraction(3_600),
    "minute": Fraction(60),
    "second": Fraction(1),
    "millisecond": Fraction(1, 1000),
}
_UCUM_OF_CALENDAR: Final = {
    "year": "a",
    "month": "mo",
    "week": "wk",
    "day": "d",
    "hour": "h",
    "minute": "min",
    "second": "s",
    "millisecond": "ms",
}
_DAYS_OF_YEAR, _DAYS_OF_MONTH, _MONTHS_OF_YEAR = 365, 30, 12


class Quantity(msgspec.Struct, frozen=True):
    """A value with a UCUM unit ('mg'), or with a calendar duration (`calendar`: year, day...)."""

    value: Decimal
    unit: str
    calendar: bool = False

    def __str__(self) -> str:
        amount = decimal_text(self.value)
        if not self.calendar:
            return f"{amount} '{self.unit}'"
        return f"{amount} {self.unit}{'' if self.value == 1 else 's'}"


def compare(left: Quantity, right: Quantity) -> int | None:
    """-1, 0 or 1; None when the units have no common measure.

    Calendar years and months have none with the definite durations of UCUM.
    """
    if left.unit == right.unit and left.calendar == right.calendar:
        return _sign(left.value, right.value)
    if left.calendar and right.calendar:
        return _compare_calendar(left, right)
    if _is_long_calendar(left) or _is_long_calendar(right):
        return None
    one, other = _measure(left), _measure(right)
    if one is None or other is None or one[1] != other[1]:
        return None
    return _sign(one[0], other[0])


def equivalent(left: Quantity, right: Quantity) -> bool:
    """FHIRPath N1, Quantity Equivalence: in the coarser unit, rounded to the lesser precision."""
    one, other = definite(left), definite(right)
    factor_left, factor_right = ucum.measure(one.unit), ucum.measure(other.unit)
    if factor_left is None or factor_right is None:
        return left.unit == right.unit and rounded_equal(left.value, right.value)
    if factor_left.dimensions != factor_right.dimensions or factor_left.special or factor_right.special:
        return left.unit == right.unit and rounded_equal(left.value, right.value)
    if factor_left.factor >= factor_right.factor:
        return rounded_equal(left.value, _scaled(right.value, factor_right.factor / factor_left.factor))
    return rounded_equal(_scaled(left.value, factor_left.factor / factor_right.factor), right.value)


def comparable(left: Quantity, right: Quantity) -> bool:
    """Whether an order between the two can be told."""
    return compare(left, right) is not None


def convert(quantity: Quantity, unit: str) -> Quantity | None:
    """The same amount in `unit` (UCUM code or calendar keyword); None when there is no way.

    A quantity of unit '1' takes the unit as it is (FHIRPath, toQuantity).
    """
    target = CALENDAR_UNITS.get(unit)
    if quantity.unit == "1":
        return Quantity(quantity.value, target or unit, target is not None)
    if quantity.unit == (target or unit):
        return Quantity(quantity.value, target or unit, target is not None)
    if quantity.calendar or target:
        return _convert_duration(quantity, unit, target)
    one, other = ucum.measure(quantity.unit), ucum.measure(unit)
    if one is None or other is None or one.special or other.special or one.dimensions != other.dimensions:
        return None
    return Quantity(_scaled(quantity.value, one.factor / other.factor), unit)


def negate(quantity: Quantity) -> Quantity:
    """The same unit, the opposite value."""
    return Quantity(-quantity.value, quantity.unit, quantity.calendar)


def add(left: Quantity, right: Quantity) -> Quantity | None:
    """The sum in the unit of `left`; None when the units have no common measure."""
    if right.unit == "1" or (left.unit == right.unit and left.calendar == right.calendar):
        return Quantity(DECIMALS.add(left.value, right.value), left.unit, left.calendar)
    if left.unit == "1":
        return Quantity(DECIMALS.add(left.value, right.value), right.unit, right.calendar)
    if _is_long_calendar(left) or _is_long_calendar(right) or compare(left, right) is None:
        return None
    converted = convert(right, left.unit)
    if converted is None:
        return None
    return Quantity(DECIMALS.add(left.value, converted.value), left.unit, left.calendar)


def multiply(left: Quantity, right: Quantity) -> Quantity | None:
    """The product; its unit by UCUM. None for calendar units and unknown ones."""
    value = DECIMALS.multiply(left.value, right.value)
    if right.unit == "1":
        return Quantity(value, left.unit, left.calendar)
    if left.unit == "1":
        return Quantity(value, right.unit, right.calendar)
    return _combine(value, left, right, 1)


def divide(left: Quantity, right: Quantity) -> Quantity | None:
    """The quotient; its unit by UCUM. None for a zero divisor, calendar and unknown units."""
    if not right.value:
        return None
    value = DECIMALS.divide(left.value, right.value)
    if right.unit == "1":
        return Quantity(value, left.unit, left.calendar)
    if left.unit == right.unit and left.calendar == right.calendar:
        return Quantity(value, "1")
    return _combine(value, left, right, -1)


def _combine(value: Decimal, left: Quantity, right: Quantity, power: int) -> Quantity | None:
    if left.calendar or right.calendar:
        return None
    product = ucum.product(left.unit, right.unit, power)
    if product is None:
        return None
    factor, unit = product
    return Quantity(_scaled(value, factor), unit)


def _sign(left: Decimal | Fraction, right: Decimal | Fraction) -> int:
    return 0 if left == right else -1 if left < right else 1


def _is_long_calendar(quantity: Quantity) -> bool:
    return quantity.calendar and quantity.unit in ("year", "month")


def _compare_calendar(left: Quantity, right: Quantity) -> int | None:
    if _is_long_calendar(left) and _is_long_calendar(right):
        return _sign(_months(left), _months(right))
    return _sign(_days(left), _days(right))


def _months(quantity: Quantity) -> Fraction:
    return Fraction(quantity.value) * (_MONTHS_OF_YEAR if quantity.unit == "year" else 1)


def _days(quantity: Quantity) -> Fraction:
    amount = Fraction(quantity.value)
    if quantity.unit == "year":
        return amount * _DAYS_OF_YEAR
    if quantity.unit == "month":
        return amount * _DAYS_OF_MONTH
    return amount * _SECONDS[quantity.unit] / _SECONDS["day"]


def definite(quantity: Quantity) -> Quantity:
    """Calendar duration as the UCUM unit that the specification sets beside it."""
    return Quantity(quantity.value, _UCUM_OF_CALENDAR[quantity.unit]) if quantity.calendar else quantity


def _measure(quantity: Quantity) -> tuple[Fraction, ucum.Dimensions] | None:
    exact = definite(quantity)
    unit = ucum.measure(exact.unit)
    if unit is None or unit.special:
        return None
    return Fraction(exact.value) * unit.factor, unit.dimensions


def _convert_duration(quantity: Quantity, unit: str, target: str | None) -> Quantity | None:
    """Within the unit system of the source, then renamed (FHIRPath, Time-valued unit conversions)."""
    if quantity.calendar:
        goal = target or next((c for c, u in _UCUM_OF_CALENDAR.items() if u == unit), None)
        if goal is None:
            return None
        if {quantity.unit, goal} == {"year", "month"}:
            months = _months(quantity)
            amount = months / (_MONTHS_OF_YEAR if goal == "year" else 1)
        else:
            amount = _days(quantity) / _days(Quantity(Decimal(1), goal, True))
        return Quantity(_decimal(amount), target or unit, target is not None)
    renamed = convert(quantity, _UCUM_OF_CALENDAR[target or ""])
    return renamed and Quantity(renamed.value, target or "", True)


def fraction(value: Decimal) -> Fraction:
    """The exact value."""
    return Fraction(value)


def _scaled(value: Decimal, factor: Fraction) -> Decimal:
    if factor == 1:
        return value
    return _decimal(Fraction(value) * factor)


def _decimal(number: Fraction) -> Decimal:
    return DECIMALS.divide(Decimal(number.numerator), Decimal(number.denominator))


def rounded_equal(left: Decimal, right: Decimal) -> bool:
    """Equal after rounding both to the lesser of their decimal places, trailing zeroes aside
    (FHIRPath N1, Equivalent)."""
    places = min(_places(left), _places(right))
    step = Decimal(1).scaleb(-places)
    return DECIMALS.quantize(left, step) == DECIMALS.quantize(right, step)


def _places(number: Decimal) -> int:
    exponent = number.normalize(DECIMALS).as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
