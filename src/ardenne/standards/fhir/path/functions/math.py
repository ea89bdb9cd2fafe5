"""FHIRPath, Math. Overflow and what has no real result are empty."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, DecimalException
from typing import Any

from ..equality import is_number, type_name
from ..errors import FhirPathExecutionError
from ..quantity import Quantity
from ..values import DECIMALS, Long, decimal_of, in_range
from .registry import function


def _decimal(value: Any, name: str) -> Decimal:
    if not is_number(value):
        raise FhirPathExecutionError(f"{name}() takes a number, not a {type_name(value)}")
    return decimal_of(value)


def _whole(value: Any, name: str, rounding: str) -> Any:
    if isinstance(value, Quantity):
        return Quantity(value.value.to_integral_value(rounding), value.unit, value.calendar)
    if isinstance(value, int) and type(value) is not bool:
        return value
    return in_range(int(_decimal(value, name).to_integral_value(rounding)))


@function("abs", input="single", result="value")
def absolute(value: Any) -> Any:
    """The value without its sign."""
    if isinstance(value, Quantity):
        return Quantity(abs(value.value), value.unit, value.calendar)
    if isinstance(value, int) and type(value) is not bool:
        return in_range(Long(abs(value)) if type(value) is Long else abs(value))
    return abs(_decimal(value, "abs"))


@function("ceiling", input="single", result="value")
def ceiling(value: Any) -> Any:
    """The first integer at or above the value."""
    return _whole(value, "ceiling", ROUND_CEILING)


@function("floor", input="single", result="value")
def floor(value: Any) -> Any:
    """The first integer at or below the value."""
    return _whole(value, "floor", ROUND_FLOOR)


@function("truncate", input="single", result="value")
def truncate(value: Any) -> Any:
    """The integer part."""
    return _whole(value, "truncate", "ROUND_DOWN")


@function("round", "integer", input="single", result="value", required=0)
def round_(value: Any, places: int | None = 0) -> Any:
    """Rounded to `places` decimals, halves away from zero."""
    if places is None:
        places = 0
    if places < 0:
        raise FhirPathExecutionError("round() takes a precision of 0 or more")
    step = Decimal(1).scaleb(-min(places, 28))
    if isinstance(value, Quantity):
        return Quantity(value.value.quantize(step, ROUND_HALF_UP, DECIMALS), value.unit, value.calendar)
    number = _decimal(value, "round")
    return number if -number.as_tuple().exponent < places else number.quantize(step, ROUND_HALF_UP, DECIMALS)  # type: ignore[operator]


@function("sqrt", input="single", result="value")
def square_root(value: Any) -> Decimal | None:
    """The square root; empty for negative numbers."""
    number = _decimal(value, "sqrt")
    return DECIMALS.sqrt(number) if number >= 0 else None


@function("exp", input="single", result="value")
def exponential(value: Any) -> Decimal | None:
    """e to the power of the value."""
    try:
        return DECIMALS.exp(_decimal(value, "exp"))
    except DecimalException:
        return None


@function("ln", input="single", result="value")
def natural_logarithm(value: Any) -> Decimal | None:
    """The logarithm to base e; empty for numbers that have none."""
    number = _decimal(value, "ln")
    return DECIMALS.ln(number) if number > 0 else None


@function("log", "value", input="single", result="value")
def logarithm(value: Any, base: Any) -> Decimal | None:
    """The logarithm to a base; empty for numbers that have none."""
    if base is None:
        return None
    number, root = _decimal(value, "log"), _decimal(base, "log")
    if number <= 0 or root <= 0 or root == 1:
        return None
    exact = DECIMALS.divide(DECIMALS.ln(number), DECIMALS.ln(root))
    return exact.quantize(Decimal("1e-28"), ROUND_HALF_UP, DECIMALS) if abs(exact) < 1000 else exact


@function("power", "value", input="single", result="value")
def power(value: Any, exponent: Any) -> Any:
    """The value to the power of the exponent; an Integer stays one where it can."""
    if exponent is None:
        return None
    base, times = _decimal(value, "power"), _decimal(exponent, "power")
    try:
        raised = DECIMALS.power(base, times)
    except DecimalException:
        return None
    if isinstance(value, int) and isinstance(exponent, int) and exponent >= 0:
        return in_range(Long(raised) if type(value) is Long else int(raised))
    return raised
