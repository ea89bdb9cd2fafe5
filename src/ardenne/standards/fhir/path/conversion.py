"""Implicit conversion of FHIR elements to System values, and of results to plain Python.

FHIR R4, FHIRPath: "Type factory and conversion"; Quantity needs a value and no comparator,
time units of UCUM become calendar units.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias

from .quantity import UCUM, Quantity
from .temporal import Date, DateTime, Temporal, Time, parse_date, parse_date_time, parse_time
from .values import decimal_of

SystemValue: TypeAlias = bool | int | Decimal | str | Date | DateTime | Time | Quantity

_CALENDAR_OF_UCUM: Final = {
    "a": "year",
    "mo": "month",
    "wk": "week",
    "d": "day",
    "h": "hour",
    "min": "minute",
    "s": "second",
    "ms": "millisecond",
}
_QUANTITIES: Final = ("Quantity", "Age", "Count", "Distance", "Duration", "SimpleQuantity", "MoneyQuantity")


def system_conversion(type_name: str) -> Callable[[Any], SystemValue | None] | None:
    """How JSON values of a FHIR type become System values; None where they never do."""
    if type_name in _QUANTITIES:
        return _quantity
    match type_name:
        case "date":
            return _date
        case "dateTime" | "instant":
            return _date_time
        case "time":
            return _time
        case "decimal":
            return _number
    is_primitive = type_name[:1].islower()
    return _same if is_primitive else None


def _same(value: Any) -> Any:
    return decimal_of(value) if type(value) is float else value


def _number(value: Any) -> Any:
    return decimal_of(value) if type(value) in (int, float) else value


def _date(value: Any) -> Any:
    if type(value) is not str:
        return value
    return parse_date(value) or parse_date_time(value) or value


def _date_time(value: Any) -> Any:
    return (parse_date_time(value) or value) if type(value) is str else value


def _time(value: Any) -> Any:
    return (parse_time(value) or value) if type(value) is str else value


def _quantity(value: Any) -> Quantity | None:
    if type(value) is not dict or "comparator" in value:
        return None
    amount = value.get("value")
    if type(amount) not in (int, float, Decimal):
        return None
    unit = str(value.get("code") or value.get("unit") or "1")
    if value.get("system") == UCUM and unit in _CALENDAR_OF_UCUM:
        return Quantity(decimal_of(amount), _CALENDAR_OF_UCUM[unit], True)
    return Quantity(decimal_of(amount), unit)


def to_python(value: SystemValue | dict[str, Any]) -> Any:
    """A result as plain Python: dates and times as their ISO text, a Quantity as the dict of a
    FHIR Quantity, numbers and texts as they are."""
    if isinstance(value, Temporal):
        return str(value)
    if isinstance(value, Quantity):
        if value.calendar:
            return {"value": value.value, "unit": value.unit}
        return {"value": value.value, "unit": value.unit, "system": UCUM, "code": value.unit}
    return value
