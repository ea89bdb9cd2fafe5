"""Blocking keys: identities of one person share at least one of about twelve, others rarely do.

Each key is a 64-bit number of a kind and of traits that stay together when others change: the number; the
telephone; the birth date with each name; year or day of birth with two names; the postcode with two
names, with the birth date, with the street.
"""

from __future__ import annotations

import functools
import itertools
import re

import xxhash

from ardenne.services.mpi.rules.traits import Traits

_RULES = (
    (re.compile(r"dzh|dsch|tsch|dj|dz|sch|tch|sh|ch|kh|gh|zh|ts|tz|ck|[ckqgszxjç]+"), "x"),
    (re.compile(r"ph|[fvw]"), "f"), (re.compile(r"[bp]"), "b"), (re.compile(r"th|[dt]"), "t"),
    (re.compile(r"[aeiouyh]"), ""), (re.compile(r"(.)\1+"), r"\1"),
)  # fmt: skip
_MOST_NAMES = 4
_CACHED = 200_000


@functools.lru_cache(_CACHED)
def coarse(word: str) -> str:
    """Return a code that nearly every spelling of a word has in common; many words have the same."""
    code = word
    for pattern, put in _RULES:
        code = pattern.sub(put, code)
    return code or word[:1]


def blocking_keys(traits: Traits) -> list[int]:
    """Return the keys of an identity, each once."""
    return hashed(key_texts(traits))


def hashed(texts: list[str]) -> list[int]:
    """Return texts as signed 64-bit numbers, each once."""
    return [_signed(xxhash.xxh64_intdigest(text.encode())) for text in dict.fromkeys(texts)]


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _name_codes(traits: Traits) -> list[str]:
    codes = dict.fromkeys(coarse(word) for word in (*traits.given[:3], *traits.family[:3]))
    return list(codes)[:_MOST_NAMES]


def _name_pairs(codes: list[str]) -> list[str]:
    return ["+".join(sorted(pair)) for pair in itertools.combinations(codes, 2)]


def key_texts(traits: Traits) -> list[str]:
    """Return the keys before they are hashed."""
    codes = _name_codes(traits)
    pairs = _name_pairs(codes)
    found = [f"N{value}" for _kind, value, _valid in traits.numbers]
    if len(traits.phone) >= 6:
        found.append(f"P{traits.phone}")
    if traits.email:
        found.append(f"E{traits.email}")
    if len(traits.birth) >= 4:
        found += _of_birth(traits, codes, pairs)
    if traits.postcode:
        found += [f"C{traits.postcode}{pair}" for pair in pairs]
        if traits.street:
            found.append(f"A{traits.postcode}{_of_street(traits.street)}{traits.house}")
    elif not traits.birth:
        found += [f"F{pair}" for pair in pairs]
    return found


def wide_texts(traits: Traits) -> list[str]:
    """Return keys that bring records together whose postcode or birth date is wrong or missing."""
    codes = _name_codes(traits)
    pairs = _name_pairs(codes)
    found = [f"F{pair}" for pair in pairs]
    digits = "".join(sorted(traits.postcode))
    places = [place for place in (digits, coarse(traits.city.replace(" ", ""))) if place]
    streets = [_of_street(words) for words in (traits.street, traits.extra) if words]
    found += [f"c{place}{code}" for place in places for code in codes]
    found += [f"S{street}{code}" for street in streets for code in codes]
    found += [f"a{street}{traits.house}{place}" for street in streets for place in places]
    if traits.birth:
        found += [f"b{traits.birth}{place}" for place in (*places, *streets)]
    return found


def _of_street(street: str) -> str:
    return coarse(max(street.split(), key=len, default=""))


def _of_birth(traits: Traits, codes: list[str], pairs: list[str]) -> list[str]:
    year, day = traits.birth[:4], "".join(sorted((traits.birth[4:6], traits.birth[6:8])))
    found = [f"Y{year}{pair}" for pair in pairs]
    if len(traits.birth) == 8:
        found += [f"D{year}{day}{code}" for code in codes]
        found += [f"M{day}{pair}" for pair in pairs]
        if traits.postcode:
            found.append(f"B{year}{day}{traits.postcode}")
    return found
