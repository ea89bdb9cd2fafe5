"""From the search values of a resource to the rows of the search index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from ardenne.kernel.store import hashing
from ardenne.kernel.store.types import NUMBERS
from ardenne.standards.fhir.extraction import Values
from ardenne.standards.fhir.text import normalise

HOT_PARAMETERS = frozenset({"code", "vaccine-code", "type", "category"})
"""Token parameters that also get rows in date order (table posting)."""

STRING_LIMIT = 500
"""Characters of a string that are indexed; a search text is cut to the same length."""

_CACHED = 50_000

NO_DATE = -(1 << 63)
"""The clinical date of a resource that has none."""

CONTAINS = hashing.key("", "contained")
"""The token of a resource that contains others (also written out in migration 0012)."""

Texts = dict[tuple[int, str], int]


class IndexRow:
    """Everything the index keeps for one resource, ready for the database. All lists are parallel."""

    __slots__ = (
        "date_highs", "date_keys", "date_lows", "high", "hot", "latitudes", "longitudes", "low",
        "number_codes", "number_highs", "number_keys", "number_lows", "number_names", "number_units",
        "position_keys", "string_keys", "strings", "targets", "texts", "tokens",
    )  # fmt: skip

    def __init__(self) -> None:
        self.low = NO_DATE
        self.high = NO_DATE
        self.hot = 0
        self.tokens: list[int] = []
        self.targets: list[int] = []
        self.texts: Texts = {}
        self.string_keys: list[int] = []
        self.strings: list[str] = []
        self.date_keys: list[int] = []
        self.date_lows: list[int] = []
        self.date_highs: list[int] = []
        self.number_keys: list[int] = []
        self.number_lows: list[float] = []
        self.number_highs: list[float] = []
        self.number_units: list[int] = []
        self.number_codes: list[int] = []
        self.number_names: list[int] = []
        self.position_keys: list[int] = []
        self.latitudes: list[float] = []
        self.longitudes: list[float] = []


EMPTY = IndexRow()


def build(resource_type: str, values: Values, main_date: str | None) -> IndexRow:
    """Return the index rows of a resource from its extracted values.

    ``main_date`` is the parameter whose span becomes the row's clinical date.
    """
    row = IndexRow()
    hot: list[int] = []
    cold: list[int] = []
    key = hashing.key
    for parameter, system, code in values.tokens:
        if parameter == "_id":
            continue
        base = key(resource_type, parameter)
        into = hot if parameter in HOT_PARAMETERS else cold
        if code:
            into.append(base ^ hashing.bare_code(code))
            into.append(base ^ hashing.coded(system, code))
        if system:
            cold.append(base ^ hashing.any_of(system))
        cold.append(base ^ hashing.PRESENT)
    for parameter, reference in values.references:
        base = key(resource_type, parameter)
        target = hashing.reference(reference)
        cold.append(base ^ target)
        cold.append(base ^ hashing.PRESENT)
        parts = reference.rsplit("/", 2)
        kind = parts[-2] if len(parts) > 1 else ""
        if kind in NUMBERS:
            cold.append(base ^ hashing.present_of(kind))
        row.targets.append(target)
        canonical, bar, _version = reference.partition("|")
        if bar:
            cold.append(base ^ hashing.reference(canonical))
            row.targets.append(hashing.reference(canonical))
    for parameter, uri in values.uris:
        base = key(resource_type, parameter)
        cold.append(base ^ hashing.reference(uri))
        cold.append(base ^ hashing.PRESENT)
        row.string_keys.append(base)
        row.strings.append(uri[:STRING_LIMIT])
    _add_special_tokens(resource_type, values, cold, row)
    _add_strings(resource_type, values.strings, cold, row)
    _add_ranges(resource_type, values, main_date, row)
    for place, (parameter, first, second, *further) in enumerate(values.composites, 1):
        base = key(resource_type, parameter)
        if further:
            _add_together(base, place, first, (second, *further), row)
        else:
            _add_composite(base, first, second, cold, row)
    tokens = dict.fromkeys(hot)
    row.hot = len(tokens)
    tokens.update(dict.fromkeys(cold))
    row.tokens = list(tokens)
    row.targets = list(dict.fromkeys(row.targets))
    return row


def _add_special_tokens(resource_type: str, values: Values, cold: list[int], row: IndexRow) -> None:
    for parameter, text in values.displays:
        folded = normalise(text)[:STRING_LIMIT]
        base = hashing.key(resource_type, parameter)
        shown = base ^ hashing.words(folded)
        cold.append(shown)
        row.texts[base, folded] = shown
    for parameter, type_system, type_code, value in values.typed_identifiers:
        cold.append(hashing.key(resource_type, parameter) ^ hashing.typed(type_system, type_code, value))
    for parameter, system, value in values.identifiers:
        base = hashing.key(resource_type, parameter + ":identifier")
        cold.append(base ^ hashing.bare_code(value))
        cold.append(base ^ hashing.coded(system, value))
        cold.append(base ^ hashing.any_of(system))
        cold.append(hashing.key(resource_type, parameter) ^ hashing.PRESENT)


def _add_strings(
    resource_type: str, strings: Iterable[tuple[str, str]], cold: list[int], row: IndexRow
) -> None:
    seen = set()
    for parameter, text in strings:
        base = hashing.key(resource_type, parameter)
        cold.append(base ^ hashing.exact(text))
        entry = (base, _folded(text))
        if entry not in seen:
            seen.add(entry)
            row.string_keys.append(entry[0])
            row.strings.append(entry[1])


@lru_cache(_CACHED)
def _folded(text: str) -> str:
    """Names, towns and streets come back all the time."""
    return normalise(text)[:STRING_LIMIT]


def _add_ranges(resource_type: str, values: Values, main_date: str | None, row: IndexRow) -> None:
    for parameter, low, high in values.dates:
        if parameter == main_date:
            # several values (a Timing) become the span from the first to the last
            row.low = low if row.low == NO_DATE else min(row.low, low)
            row.high = max(row.high, high)
            continue
        row.date_keys.append(hashing.key(resource_type, parameter))
        row.date_lows.append(low)
        row.date_highs.append(high)
    for parameter, bottom, top in values.numbers:
        _add_number(row, hashing.key(resource_type, parameter), bottom, top)
    for parameter, bottom, top, system, code, unit in values.quantities:
        _add_number(row, hashing.key(resource_type, parameter), bottom, top, system, code, unit)
    for parameter, latitude, longitude in values.positions:
        row.position_keys.append(hashing.key(resource_type, parameter))
        row.latitudes.append(latitude)
        row.longitudes.append(longitude)


def _add_number(
    row: IndexRow, key: int, low: float, high: float, system: str = "", code: str = "", unit: str = ""
) -> None:
    row.number_keys.append(key)
    row.number_lows.append(low)
    row.number_highs.append(high)
    row.number_units.append(hashing.coded(system, code) if system or code else 0)
    row.number_codes.append(hashing.bare_code(code) if code else 0)
    row.number_names.append(hashing.bare_code(unit) if unit else 0)


def discrete(values: Values) -> list[int]:
    """Return the hashes of the values that are equal or not: tokens, references, URIs."""
    found: list[int] = []
    for _parameter, system, code in values.tokens:
        found += (hashing.bare_code(code), hashing.coded(system, code))
    found += [hashing.reference(target) for _parameter, target in values.references]
    found += [hashing.reference(uri) for _parameter, uri in values.uris]
    return found


def _add_composite(base: int, first: Values, second: Values, cold: list[int], row: IndexRow) -> None:
    lefts, rights = discrete(first), discrete(second)
    for left in lefts:
        cold.extend(base ^ hashing.composite(left, right) for right in rights)
    for side, other in ((lefts, second), (rights, first)):
        for hashed in side:
            for _parameter, low, high, system, code, unit in other.quantities:
                _add_number(row, base ^ hashed, low, high, system, code, unit)
            for _parameter, low, high in other.numbers:
                _add_number(row, base ^ hashed, low, high)
            for _parameter, start, end in other.dates:
                row.date_keys.append(base ^ hashed)
                row.date_lows.append(start)
                row.date_highs.append(end)
            for _parameter, text in other.strings:
                row.string_keys.append(base ^ hashed)
                row.strings.append(normalise(text)[:STRING_LIMIT])


def _add_together(base: int, place: int, first: Values, others: Sequence[Values], row: IndexRow) -> None:
    """Numbers beside one value that is equal or not: ``unit`` tells the repetition, so that they can be joined."""
    for hashed in discrete(first):
        for part, other in enumerate(others):
            for _parameter, low, high in other.numbers:
                _add_number(row, hashing.composite(base ^ hashed, part), low, high)
                row.number_units[-1] = place
