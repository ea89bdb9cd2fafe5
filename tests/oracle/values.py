"""When one element matches one value of a search parameter (FHIR R4 search.html, 3.1.1.4.5 to 3.1.1.4.14)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from ardenne.standards.fhir.path.nodes import Element

from .coded import near, reference, token
from .questions import Question, split_escaped, text_matches, unescaped

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
LOWEST, HIGHEST = -math.inf, math.inf
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Range(NamedTuple):
    """From `low` up to `high`; the end belongs to it only when both are equal."""

    low: float | Decimal
    high: float | Decimal


def prefixed(text: str) -> tuple[str, str]:
    """`ge2012` to ("ge", "2012"); eq without prefix."""
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def compare(prefix: str, searched: Range, target: Range, slack: float | Decimal = 0) -> bool:
    """The table of prefixes (3.1.1.4.6): ranges of the search value and of the target."""
    contained = searched.low <= target.low and target.high <= searched.high
    match prefix:
        case "eq":
            return contained
        case "ne":
            return not contained
        case "gt":
            return target.high > searched.high
        case "lt":
            return target.low < searched.low
        case "ge":
            return target.high > searched.high or contained
        case "le":
            return target.low < searched.low or contained
        case "sa":
            return target.low >= searched.high and target.low != searched.low
        case "eb":
            return target.high <= searched.low and target.high != searched.high
        case "ap":
            low, high = searched.low - slack, searched.high + slack  # type: ignore[operator]
            return target.low <= high and low <= target.high
    raise ValueError(f"unknown prefix {prefix}")


# ---- number and quantity


def number_range(text: str, prefix: str) -> Range:
    """eq and ne take the precision of the number as written; the others the exact number."""
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    if prefix not in ("eq", "ne", "ap") or not isinstance(exponent, int):
        return Range(number, number)
    if "e" in text.lower():
        digits = text.lower().partition("e")[0]
        places = len(digits.partition(".")[2])
        half = Decimal("0.5").scaleb(int(text.lower().partition("e")[2]) - places)
    else:
        half = Decimal("0.5").scaleb(min(exponent, 0))
    return Range(number - half, number + half)


def exact(value: Any) -> Decimal:
    return Decimal(str(value))


def compare_number(text: str, target: Range) -> bool:
    prefix, number = prefixed(text)
    searched = number_range(number, prefix)
    if prefix in ("eq", "ne") and target.low == target.high:
        inside = searched.low <= target.low < searched.high
        return inside is (prefix == "eq")
    return compare(prefix, searched, target, abs(Decimal(number)) / 10)


def number(element: Element, question: Question) -> bool:
    value = exact(element.value)
    return compare_number(question.value, Range(value, value))


def quantity_targets(element: Element) -> list[tuple[Range, str, str, str]]:
    """(range, system, code, unit) of a Quantity, Money, Range or SampledData origin."""
    value = element.value
    match element.type.name:
        case "Range":
            low, high = value.get("low", {}), value.get("high", {})
            side = low or high
            bounds = Range(
                exact(low["value"]) if "value" in low else LOWEST,
                exact(high["value"]) if "value" in high else HIGHEST,
            )
            return [(bounds, side.get("system", ""), side.get("code", ""), side.get("unit", ""))]
        case "Money" if "value" in value:
            amount = exact(value["value"])
            currency = value.get("currency", "")
            return [(Range(amount, amount), "urn:iso:std:iso:4217", currency, currency)]
        case "SampledData":
            return []
    if "value" not in value:
        return []
    amount = exact(value["value"])
    comparator = value.get("comparator", "")
    low_open, high_open = comparator in ("<", "<="), comparator in (">", ">=")
    bounds = Range(LOWEST if low_open else amount, HIGHEST if high_open else amount)
    return [(bounds, value.get("system", ""), value.get("code", ""), value.get("unit", ""))]


def quantity(element: Element, question: Question) -> bool:
    parts = [unescaped(part) for part in split_escaped(question.value, "|")]
    amount, system, code = (*parts, "", "", "")[:3] if len(parts) != 2 else (parts[0], "", parts[1])
    for bounds, own_system, own_code, own_unit in quantity_targets(element):
        if system and (system, code) != (own_system, own_code):
            continue
        if not system and code and code not in (own_code, own_unit):
            continue
        if compare_number(amount, bounds):
            return True
    return False


# ---- date


def moment_range(text: str) -> Range:
    """Seconds since 1970 of a date, dateTime or instant; UTC without offset."""
    found = re.fullmatch(
        r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", text
    )
    if found is None:
        raise ValueError(f"{text} is no date")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    numbers = (int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
    start = datetime(*numbers, tzinfo=UTC)
    low = Decimal((start - EPOCH) // timedelta(microseconds=1)) / 1_000_000
    if zone and zone != "Z":
        low -= int(zone[:3]) * 3600 + int(zone[0] + zone[4:]) * 60
    if fraction:
        width = Decimal(1).scaleb(-len(fraction) + 1)
        low += Decimal(fraction)
    else:
        width = Decimal(_width(start, month, day, hour, second))
    return Range(low, low + width)


def _width(start: datetime, month: str | None, day: str | None, hour: str | None, second: str | None) -> int:
    """Seconds that the precision covers."""
    if second:
        return 1
    if hour:
        return 60
    if day:
        return 86_400
    if month:
        days = 31 if start.month == 12 else (start.replace(month=start.month + 1) - start).days
        return days * 86_400
    leap = start.year % 4 == 0 and (start.year % 100 != 0 or start.year % 400 == 0)
    return (366 if leap else 365) * 86_400


def date_targets(element: Element) -> Range | None:
    """The time that an element covers; outer limits of a Timing."""
    value = element.value
    if isinstance(value, str):
        return moment_range(value)
    if element.type.name == "Timing":
        spans = [moment_range(event) for event in value.get("event", ()) if event]
        period = value.get("repeat", {}).get("boundsPeriod")
        if period:
            spans.append(period_range(period))
        return Range(min(s.low for s in spans), max(s.high for s in spans)) if spans else None
    return period_range(value)


def period_range(period: dict[str, Any]) -> Range:
    low = moment_range(period["start"]).low if "start" in period else LOWEST
    high = moment_range(period["end"]).high if "end" in period else HIGHEST
    return Range(low, high)


def date(element: Element, question: Question) -> bool:
    target = date_targets(element)
    if target is None:
        return False
    prefix, text = prefixed(question.value)
    searched = moment_range(text)
    now = Decimal(int((question.now - EPOCH).total_seconds()))
    slack = abs(now - Decimal(searched.low)) / 10
    if prefix == "ap":
        return compare("ap", searched, target, slack)
    return compare(prefix, searched, target)


# ---- string, uri


def texts(element: Element) -> list[str]:
    """The string parts of an element: all of a HumanName or Address."""
    if isinstance(element.value, str):
        return [element.value]
    names = {
        "HumanName": ("text", "family", "given", "prefix", "suffix"),
        "Address": ("text", "line", "city", "district", "state", "postalCode", "country"),
    }.get(element.type.name, ())
    out: list[str] = []
    for name in names:
        part = element.value.get(name)
        out.extend([p for p in part if p] if isinstance(part, list) else [part] if part else [])
    return out


def string(element: Element, question: Question) -> bool:
    return any(text_matches(text, unescaped(question.value), question.modifier) for text in texts(element))


def uri(element: Element, question: Question) -> bool:
    own, wanted = str(element.value), unescaped(question.value)
    match question.modifier:
        case "below":
            return own == wanted or own.startswith(wanted.rstrip("/") + "/")
        case "above":
            return own == wanted or wanted.startswith(own.rstrip("/") + "/")
    return own == wanted


MATCHERS: dict[str, Callable[[Element, Question], bool]] = {
    "number": number,
    "quantity": quantity,
    "date": date,
    "string": string,
    "uri": uri,
    "token": token,
    "reference": reference,
    "near": near,
}
