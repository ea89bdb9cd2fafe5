"""Equality (`=`), equivalence (`~`), order (`<`) and uniqueness of items.

FHIRPath N1, Equality and Comparison.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from decimal import Decimal
from typing import Any

import orjson

from . import quantity, temporal, ucum
from .errors import FhirPathExecutionError
from .nodes import Collection, Element, Item
from .quantity import Quantity, rounded_equal
from .temporal import Date, DateTime, Temporal, Time

_NUMBERS = (int, Decimal)


def system(item: Item) -> Any:
    """The System value of an item; the Element itself when its type has none; None for a
    primitive that has extensions only."""
    if type(item) is not Element:
        return item
    convert = item.type.system
    if convert is None:
        return item
    value = convert(item.value)
    return item if value is None and item.value is not None else value


def is_number(value: Any) -> bool:
    """Integer, Long or Decimal, not Boolean."""
    return isinstance(value, _NUMBERS) and type(value) is not bool


def equal(left: Item, right: Item) -> bool | None:
    """`=` of two items; None when it cannot be told."""
    one, other = system(left), system(right)
    if type(one) is str and type(other) is str:
        return one == other
    if type(one) is Element and type(other) is Element:
        return bool(one.value == other.value)
    if one is None or other is None:
        return None
    if is_number(one) and is_number(other):
        return bool(one == other)
    if isinstance(one, Quantity) or isinstance(other, Quantity):
        return _equal_quantities(one, other)
    if isinstance(one, Temporal) and isinstance(other, Temporal):
        if isinstance(one, Time) != isinstance(other, Time):
            return False
        order = temporal.compare(one, other)
        return None if order is None else order == 0
    return type(one) is type(other) and bool(one == other)


def _equal_quantities(one: Any, other: Any) -> bool | None:
    left, right = _as_quantity(one), _as_quantity(other)
    if left is None or right is None:
        return False
    order = quantity.compare(left, right)
    return None if order is None else order == 0


def _as_quantity(value: Any) -> Quantity | None:
    if isinstance(value, Quantity):
        return value
    return Quantity(Decimal(value), "1") if is_number(value) else None


def equal_collections(left: Collection, right: Collection) -> bool | None:
    """`=`; None for an empty operand. Order and number of the items count."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    unknown = False
    for one, other in zip(left, right, strict=True):
        same = equal(one, other)
        if same is False:
            return False
        unknown = unknown or same is None
    return None if unknown else True


def equivalent(left: Item, right: Item) -> bool:
    """`~` of two items."""
    one, other = system(left), system(right)
    if type(one) is Element and type(other) is Element:
        return _equivalent_json(one.value, other.value)
    if isinstance(one, Quantity) or isinstance(other, Quantity):
        first, second = _as_quantity(one), _as_quantity(other)
        return first is not None and second is not None and quantity.equivalent(first, second)
    if isinstance(one, Temporal) and isinstance(other, Temporal):
        same_kind = isinstance(one, Time) == isinstance(other, Time)
        return same_kind and temporal.compare(one, other) == 0
    return _equivalent_json(one, other)


def _equivalent_json(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return _loose(one) == _loose(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equivalent_json(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return _matching(one, other, _equivalent_json)
    if isinstance(one, float) or isinstance(other, float):
        one, other = _exact(one), _exact(other)
    if is_number(one) and is_number(other):
        return rounded_equal(Decimal(one), Decimal(other))
    return type(one) is type(other) and bool(one == other)


def _exact(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def _loose(text: str) -> str:
    """Case aside, every white space a blank (FHIRPath N1, String Equivalence)."""
    folded = text.casefold()
    return folded if folded.isalnum() else "".join(" " if c.isspace() else c for c in folded)


def _matching(left: list[Any], right: list[Any], same: Any) -> bool:
    """Whether the items pair off, in any order."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for one in left:
        place = next((i for i, other in enumerate(rest) if same(one, other)), None)
        if place is None:
            return False
        del rest[place]
    return True


def equivalent_collections(left: Collection, right: Collection) -> bool:
    """`~`; two empty collections are equivalent, the order does not count."""
    if len(left) == 1 and len(right) == 1:
        return equivalent(left[0], right[0])
    return _matching(left, right, equivalent)


def order(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 for two System values; None when it cannot be told.

    Raises FhirPathExecutionError for types without common order.
    """
    if is_number(left) and is_number(right):
        return 0 if left == right else -1 if left < right else 1
    if type(left) is str and type(right) is str:
        return 0 if left == right else -1 if left < right else 1
    if isinstance(left, Quantity) or isinstance(right, Quantity):
        one, other = _as_quantity(left), _as_quantity(right)
        if one is not None and other is not None:
            return quantity.compare(one, other)
    temporals = isinstance(left, Temporal) and isinstance(right, Temporal)
    if temporals and isinstance(left, Time) == isinstance(right, Time):
        return temporal.compare(left, right)
    raise FhirPathExecutionError(
        f"{type_name(left)} and {type_name(right)} have no order; convert one of them"
    )


def type_name(item: Item) -> str:
    """The type of an item in the words of FHIRPath: "Integer", "HumanName"."""
    if type(item) is Element:
        return item.type.name or "untyped element"
    names = {bool: "Boolean", int: "Integer", Decimal: "Decimal", str: "String", Date: "Date"}
    return names.get(type(item), type(item).__name__)


def identity(item: Item) -> Hashable:
    """A key that two items share exactly when they are equal."""
    value = system(item)
    if type(value) is str:
        return value
    if type(value) is bool:
        return ("Boolean", value)
    if isinstance(value, Quantity):
        return _quantity_identity(value)
    if isinstance(value, Time):
        return ("Time", value.parts)
    if isinstance(value, (Date, DateTime)):
        return _moment_identity(temporal.as_date_time(value))
    if type(value) is Element:
        return orjson.dumps(value.value, default=str, option=orjson.OPT_SORT_KEYS)
    if value is None:
        return orjson.dumps([None, item.extra], default=str, option=orjson.OPT_SORT_KEYS)
    if isinstance(value, (list, dict)):
        return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS)
    return value  # type: ignore[no-any-return]


def _quantity_identity(value: Quantity) -> Hashable:
    if value.unit == "1":
        return value.value
    if value.calendar and value.unit in ("year", "month"):
        return ("months", value.value * (12 if value.unit == "year" else 1))
    unit = ucum.measure(quantity.definite(value).unit)
    if unit is None or unit.special:
        return (value.unit, value.value)
    return (unit.dimensions, unit.factor * quantity.fraction(value.value))


def _moment_identity(value: DateTime) -> Hashable:
    if value.offset is None or len(value.parts) < 4:
        return ("DateTime", value.parts)
    return ("DateTime", temporal.in_utc(value), "UTC")


def distinct(items: Iterable[Item]) -> Collection:
    """The items without repetitions, each at its first place."""
    seen: set[Hashable] = set()
    out: Collection = []
    for item in items:
        key = identity(item)
        if key not in seen:
            seen.add(key)
            out.append(item)
    return out


def contains(items: Collection, item: Item) -> bool:
    """Whether an equal item is among `items`."""
    return any(equal(one, item) for one in items)
