"""Measured values of a person by analysis: for the page of results and the last results of the summary."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, NamedTuple

from ardenne.services.record import display, wording
from ardenne.services.record.display import Json
from ardenne.standards.fhir import dates
from ardenne.ui.languages import Words

_HIGH, _LOW = frozenset({"H", "HH", "HU", ">"}), frozenset({"L", "LL", "LU", "<"})
_ABNORMAL = frozenset({"A", "AA", "POS"})
_DATES = ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued")


class Value(NamedTuple):
    """One measured value. ``low`` and ``high`` are the numbers of the reference range."""

    text: str
    date: str
    moment: int
    number: float | None
    comparator: str
    unit: str
    range: str
    low: float | None
    high: float | None
    flag: str
    """"high", "low", "abnormal" or empty."""
    corrected: bool = False


class Series(NamedTuple):
    """The values of one analysis, newest first. ``group``: laboratory, vital-signs, or another category."""

    name: str
    code: str
    group: str
    points: list[Value]

    @property
    def plotted(self) -> list[Value]:
        """The numbers in the unit of the newest value, oldest first."""
        unit = self.points[0].unit
        return [one for one in reversed(self.points) if one.number is not None and one.unit == unit]


def series(observations: Iterable[Json]) -> list[Series]:
    """Return the measured values by analysis; each newest first, the analysis with the newest value first.

    A value that came twice, in a message and in a summary, counts once.
    """
    found: dict[str, Series] = {}
    for resource in observations:
        if resource.get("status") in ("entered-in-error", "cancelled"):
            continue
        parts = resource.get("component", [])
        if not parts or "valueQuantity" in resource:
            _add(found, resource, resource)
        for part in parts:
            _add(found, part, resource)
    for one in found.values():
        one.points[:] = _once(sorted(one.points, key=lambda value: (-value.moment, not value.corrected)))
    return sorted(found.values(), key=lambda one: (-one.points[0].moment, one.name))


def _once(values: list[Value]) -> list[Value]:
    kept: dict[tuple[int, float | None, str], Value] = {}
    for value in values:
        kept.setdefault((value.moment, value.number, "" if value.number is not None else value.text), value)
    return list(kept.values())


def _add(found: dict[str, Series], part: Json, resource: Json) -> None:
    text = display.any_value(part)
    code = display.code_key(part.get("code"))
    if not text or not code:
        return
    date = display.first_date(resource, *_DATES)
    quantity = part.get("valueQuantity") or {}
    number = quantity.get("value")
    limits = (part.get("referenceRange") or [{}])[0]
    low, high = (_float(limits.get(end, {}).get("value")) for end in ("low", "high"))
    unit = str(quantity.get("unit") or quantity.get("code") or "")
    value = Value(
        text, date, moment(date), _float(number), str(quantity.get("comparator", "")),
        wording.UNIT_SIGNS.get(unit, unit), "" if _numbers(limits) else str(limits.get("text", "")),
        low, high, _flag(part, number, low, high), resource.get("status") == "corrected",
    )  # fmt: skip
    name = display.concept(part.get("code"))
    found.setdefault(code, Series(name, code, _group(resource), [])).points.append(value)


def _group(resource: Json) -> str:
    for category in resource.get("category", []):
        for coding in category.get("coding", []):
            if coding.get("code"):
                return str(coding["code"])
    return "other"


def _numbers(limits: Json) -> bool:
    return any("value" in limits.get(end, {}) for end in ("low", "high"))


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def moment(date: str) -> int:
    """Return where a date stands in time; what has no readable date stands before everything."""
    try:
        return dates.span(date)[0]
    except ValueError:
        return dates.MIN_US


def _flag(part: Json, number: object, low: float | None, high: float | None) -> str:
    for interpretation in part.get("interpretation", []):
        for coding in interpretation.get("coding", []):
            code = coding.get("code")
            if code in _HIGH:
                return "high"
            if code in _LOW:
                return "low"
            if code in _ABNORMAL:
                return "abnormal"
            if code == "N":
                return ""
    if isinstance(number, int | float):
        if high is not None and number > high:
            return "high"
        if low is not None and number < low:
            return "low"
    return ""


def value_text(value: Value, words: Words) -> str:
    """Return a value with its number as the language writes it."""
    if value.number is None:
        return value.text
    return f"{value.comparator}{words.exact(value.number)} {value.unit}".strip()


def range_text(value: Value, words: Words) -> str:
    """Return the reference range; its numbers as the language writes them."""
    if value.low is not None and value.high is not None:
        return f"{words.exact(value.low)} – {words.exact(value.high)}"
    if value.high is not None:
        return f"≤ {words.exact(value.high)}"
    return f"≥ {words.exact(value.low)}" if value.low is not None else value.range


def table(found: list[Series]) -> str:
    """Return all values as CSV with a header line (RFC 4180), one value a line."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("code", "name", "date", "value", "unit", "low", "high", "flag"))
    for one in found:
        for value in one.points:
            shown: Any = value.text if value.number is None else f"{value.comparator}{value.number:g}"
            row = (one.code, one.name, value.date, shown, value.unit, value.low, value.high, value.flag)
            writer.writerow(_plain(cell) for cell in row)
    return out.getvalue()


def _plain(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell)
    return f"'{text}" if text[:1] in ("=", "+", "@", "\t") else text
