"""What the population is made of: names, places, shares; read once from ``data``."""

from __future__ import annotations

import functools
import importlib.resources
import itertools
from bisect import bisect
from typing import NamedTuple

import msgspec


class Culture(NamedTuple):
    """Names of one language; ``latin_*`` stand beside names of another script, in the same order."""

    male: tuple[str, ...]
    female: tuple[str, ...]
    family: tuple[str, ...]
    latin_male: tuple[str, ...]
    latin_female: tuple[str, ...]
    latin_family: tuple[str, ...]
    two_families: bool


class Place(NamedTuple):
    """A commune: country, name, postcode or its beginning, inhabitants in thousands."""

    country: str
    name: str
    postcode: str
    thousands: int


class Shares(msgspec.Struct, frozen=True):
    """How often what happens, ``data/shares.json``."""

    cultures: dict[str, dict[str, float]]
    cross_border_worker: dict[str, float]
    errors: dict[str, float]
    duplicates: list[float]
    streets: str


def _read(name: str) -> bytes:
    return (importlib.resources.files(__package__) / "data" / name).read_bytes()


def _words(text: str) -> tuple[str, ...]:
    return (
        tuple(text.replace("_", " ").split())
        if "_" not in text
        else tuple(word.replace("_", " ") for word in text.split())
    )


@functools.cache
def cultures() -> dict[str, Culture]:
    """Return the names of each culture; families are put together from their parts."""
    found = {}
    for code, texts in msgspec.json.decode(_read("names.json"), type=dict[str, dict[str, str]]).items():
        starts, ends = _words(texts["first"]), _words(texts["second"]) or ("",)
        # frequent beginnings with frequent endings first: the shares fall along the list
        order = sorted(
            itertools.product(range(len(starts)), range(len(ends))), key=lambda pair: (sum(pair), pair)
        )
        families = tuple(starts[one] + ends[two] for one, two in order)
        found[code] = Culture(
            _words(texts["male"]), _words(texts["female"]), families,
            _words(texts.get("latin_male", "")), _words(texts.get("latin_female", "")),
            _words(texts.get("latin", "")), code == "pt",
        )  # fmt: skip
    return found


@functools.cache
def places() -> tuple[Place, ...]:
    """Return the communes."""
    return tuple(
        Place(*row) for row in msgspec.json.decode(_read("places.json"), type=list[tuple[str, str, str, int]])
    )


@functools.cache
def shares() -> Shares:
    """Return the shares."""
    return msgspec.json.decode(_read("shares.json"), type=Shares)


@functools.cache
def streets() -> tuple[str, ...]:
    """Return the names of streets."""
    return tuple(shares().streets.split("|"))


@functools.cache
def place_bounds() -> tuple[float, ...]:
    """Return the running sums of inhabitants, up to 1."""
    total = sum(place.thousands for place in places())
    return tuple(itertools.accumulate(place.thousands / total for place in places()))


@functools.cache
def culture_bounds(country: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Return the cultures of a country and the running sums of their shares."""
    table = shares().cultures[country]
    return tuple(table), tuple(itertools.accumulate(table.values()))


def drawn(bounds: tuple[float, ...], chance: float) -> int:
    """Return the place of the first running sum above ``chance``."""
    return min(bisect(bounds, chance), len(bounds) - 1)
