"""One parameter with one value as a condition, by the type of the parameter."""

from __future__ import annotations

import time
from collections.abc import Callable

from ardenne.kernel.search.catalogue import Target
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.values import like_pattern, number_span, plain, prefixed, split
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import groups, hashing
from ardenne.kernel.store.index import STRING_LIMIT
from ardenne.standards.fhir import dates
from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.text import normalise

_NEAR_UNITS = {"": 1000.0, "km": 1000.0, "m": 1.0, "[mi_us]": 1609.347, "mi": 1609.344}
_AP_SHARE = 0.1


def string(target: Target, modifier: str, value: str) -> ask.Condition:
    """Return the condition of a string: begins with (default), ``:contains``, ``:exact``."""
    text = plain(value)
    if modifier == "exact":
        return ask.Tokens((target.key ^ hashing.exact(text),))
    folded = normalise(text)[:STRING_LIMIT]
    if modifier == "contains":
        return ask.Strings(target.key, f"%{like_pattern(folded)}%")
    if not folded:
        raise SearchError(target.code, "the value is empty")
    return ask.Strings(target.key, f"{like_pattern(folded)}%", folded)


def token_hash(target: Target, value: str) -> int:
    """Return the hash of ``system|code``, ``|code``, ``system|`` or ``code``."""
    parts = split(value, "|")
    if len(parts) == 1:
        return target.key ^ hashing.bare_code(plain(value))
    if len(parts) > 2:
        raise SearchError(target.code, f"'{value[:60]}' has more than one '|': write system|code")
    system, code = plain(parts[0]), plain(parts[1])
    if not code:
        if not system:
            raise SearchError(target.code, "a token needs a code, a system or both")
        return target.key ^ hashing.any_of(system)
    return target.key ^ hashing.coded(system, code)


def token(target: Target, modifier: str, value: str) -> ask.Condition:
    """Return the condition of a token: equal, ``:text`` or ``:of-type``."""
    if modifier == "text":
        return ask.TokenWords(target.key, f"{like_pattern(normalise(plain(value))[:STRING_LIMIT])}%")
    if modifier == "of-type":
        parts = [plain(part) for part in split(value, "|")]
        if len(parts) != 3 or not all(parts):
            raise SearchError(target.code, ":of-type needs system|code|value")
        return ask.Tokens((target.key ^ hashing.typed(*parts),))
    hot = target.hot and not value.endswith("|")
    return ask.Tokens((token_hash(target, value),), hot)


def _reference_targets(target: Target, modifier: str, value: str, base: str) -> list[str]:
    text = plain(value)
    if base and text.startswith(base + "/"):
        text = text[len(base) + 1 :]
    text = text.split("/_history/")[0]
    head, slash, _rest = text.partition("/")
    if modifier:
        if modifier not in RESOURCE_TYPES:
            raise SearchError(target.code, f"':{modifier}' is neither a modifier of references nor a type")
        return [text] if slash else [f"{modifier}/{text}"]
    if (slash and head in RESOURCE_TYPES) or ":" in text or "|" in text:
        return [text]
    if slash:
        raise SearchError(target.code, f"'{text[:60]}' is not of the form Type/id, id or an absolute URL")
    allowed = [target.only] if target.only else list(target.parameter.targets)
    if not allowed or "Resource" in allowed:
        allowed = sorted(RESOURCE_TYPES)
    return [f"{name}/{text}" for name in allowed]


def reference(target: Target, modifier: str, value: str, base: str = "") -> ask.Condition:
    """Return the condition of a reference: ``id``, ``Type/id``, URL, canonical, ``:identifier``."""
    if modifier == "identifier":
        key = hashing.key(target.resource_type, target.stored + ":identifier")
        return ask.Tokens((token_hash(target, value) ^ target.key ^ key,))
    targets = _reference_targets(target, modifier, value, base)
    if target.only:
        targets = [text for text in targets if text.startswith(target.only + "/") or ":" in text]
        if not targets:
            return ask.NOTHING
    hashes = tuple(hashing.reference(text) for text in targets)
    found = ask.Tokens(tuple(target.key ^ hashed for hashed in groups.widened(hashes)))
    patients = [hashed for text, hashed in zip(targets, hashes, strict=True) if text.startswith("Patient/")]
    if target.owner and len(patients) == len(hashes):
        # the column says the same as the token, and has the better index
        return ask.OwnedBy(tuple(patients))
    return found


def uri(target: Target, modifier: str, value: str) -> ask.Condition:
    """Return the condition of a URI: equal, ``:below`` (begins with) or ``:above`` (is begun by)."""
    text = plain(value)
    if modifier == "below":
        return ask.Strings(target.key, f"{like_pattern(text[:STRING_LIMIT])}%", text[:STRING_LIMIT])
    if modifier == "above":
        ends = [place for place, character in enumerate(text) if character == "/"]
        prefixes = {text, *(text[:end] for end in ends), *(text[: end + 1] for end in ends)}
        return ask.Tokens(tuple(sorted(target.key ^ hashing.reference(prefix) for prefix in prefixes)))
    return ask.Tokens((target.key ^ hashing.reference(text),))


def date_span(code: str, comparator: str, text: str) -> tuple[int, int]:
    """Return the span of a date; for ``ap`` widened by a tenth of its distance from now."""
    try:
        low, high = dates.span(text.replace(" ", "+"))
    except ValueError as error:
        raise SearchError(code, str(error)) from None
    if comparator == "ap":
        now = time.time_ns() // 1000
        gap = int(abs(now - (low + high) // 2) * _AP_SHARE)
        return low - gap, high + gap
    return low, high


def date(target: Target, value: str, key: int | None = None) -> ask.Condition:
    """Return the condition of a date with its prefix."""
    comparator, text = prefixed(value)
    low, high = date_span(target.code, comparator, text)
    if key is not None:
        return ask.Dates(key, comparator, low, high)
    return ask.Dates(0 if target.main_date else target.key, comparator, low, high)


def _number_parts(target: Target, text: str) -> tuple[str, float, float, float]:
    comparator, number = prefixed(text)
    try:
        value, low, high = number_span(number)
    except ValueError as error:
        raise SearchError(target.code, str(error)) from None
    if comparator == "ap":
        margin = abs(value) * _AP_SHARE
        low, high = value - margin, value + margin
    return comparator, value, low, high


def number(target: Target, value: str, key: int | None = None) -> ask.Numbers:
    """Return the condition of a number with its prefix and implied precision."""
    return ask.Numbers(target.key if key is None else key, *_number_parts(target, value))


def quantity(target: Target, value: str, key: int | None = None) -> ask.Condition:
    """Return the condition of ``[prefix]number``, ``number|system|code`` or ``number||code``."""
    parts = split(value, "|")
    if len(parts) not in (1, 3):
        raise SearchError(target.code, "write number, number|system|code or number||code")
    unit = code = 0
    if len(parts) == 3:
        system, text = plain(parts[1]), plain(parts[2])
        if system and text:
            unit = hashing.coded(system, text)
        elif text:
            code = hashing.bare_code(text)
        elif system:
            raise SearchError(target.code, "a unit system needs a unit code: number|system|code")
    place = target.key if key is None else key
    return ask.Numbers(place, *_number_parts(target, parts[0]), unit, code)


def near(target: Target, value: str) -> ask.Condition:
    """Return the condition ``latitude|longitude|distance|units`` (R4, Location, positional search)."""
    parts = split(value, "|")
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
        distance = float(parts[2]) if len(parts) > 2 and parts[2] else 50.0
        metres = distance * _NEAR_UNITS[parts[3] if len(parts) > 3 else ""]
    except (ValueError, IndexError, KeyError):
        units = ", ".join(name for name in _NEAR_UNITS if name)
        raise SearchError(
            target.code, f"write latitude|longitude|distance|units; units are {units}"
        ) from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180 and 0 <= metres <= 2.1e7):
        raise SearchError(target.code, "the point or the distance is not on this planet")
    return ask.Near(target.key, latitude, longitude, metres)


Criterion = Callable[[Target, str, str], ask.Condition]

MODIFIERS: dict[str, frozenset[str]] = {
    "string": frozenset({"", "exact", "contains", "missing"}),
    "token": frozenset({"", "text", "not", "of-type", "missing", "in", "not-in", "above", "below"}),
    "reference": frozenset({"", "identifier", "missing", "above", "below"}) | RESOURCE_TYPES,
    "uri": frozenset({"", "above", "below", "missing"}),
    "date": frozenset({"", "missing"}),
    "number": frozenset({"", "missing"}),
    "quantity": frozenset({"", "missing"}),
    "composite": frozenset({"", "missing"}),
    "special": frozenset({"", "missing"}),
}
