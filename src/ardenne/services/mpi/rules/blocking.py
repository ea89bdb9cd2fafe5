"""Blocking keys: identities of one person share some of about thirteen, others rarely do.

Each key is a 64-bit number of a kind and of traits that stay together when others change: the number; the
telephone; the birth date with each name; year or day of birth with two names; the postcode with two
names, with the birth date, with the street.

Files are linked by every key that two records share. The index of a whole country cannot look at everybody who has the
same address or a name and a birth date in common, so its keys have a worth, kept in their two lowest bits, and
two identities are compared when what they share is worth two: a strong key, or two weak ones. Where too little is known of
one of them (no whole birth date, no postcode, no given or family name) any key is enough, also one that is shared widely
(two names and a year).
"""

from __future__ import annotations

import functools
import itertools
import re

import xxhash

from ardenne.services.mpi.rules.traits import Traits
from ardenne.standards import names

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


WIDE, WEAK, STRONG, SPARSE = range(4)
"""The lowest bits of a key of the index: how much it tells; sparse: a weak or wide key of an identity of whom little is known."""
ENOUGH = 2
"""What the keys that two identities share must be worth for them to be compared."""
_CLASSES = dict.fromkeys("NPEKL", STRONG) | dict.fromkeys("ABD", WEAK) | dict.fromkeys("YC", WIDE)


def kept_keys(traits: Traits) -> list[int]:
    """Return the keys under which an identity is found, each once."""
    return list(dict.fromkeys(key for key, _worth in _classed(traits, asking=False)))


def asked_keys(traits: Traits) -> dict[int, int]:
    """Return the keys under which somebody is looked for, and what each is worth."""
    return dict(_classed(traits, asking=True))


def key_of_number(value: str) -> int:
    """Return the key of a national number."""
    return _hashed(f"N{value}") | STRONG


def _hashed(text: str) -> int:
    """Return a text as a number of 63 bits whose two lowest are free."""
    return xxhash.xxh64_intdigest(text.encode()) >> 3 << 2


def _is_sparse(traits: Traits) -> bool:
    """Tell whether too little is known of somebody for the rule that what is shared must be worth two."""
    return (
        len(traits.birth) < 8 or not traits.postcode or not _tells(traits.given) or not _tells(traits.family)
    )  # fmt: skip


def _tells(words: tuple[str, ...]) -> bool:
    return any(len(word) > 1 for word in words) and not names.only_particles(words)


def _classed(traits: Traits, *, asking: bool) -> list[tuple[int, int]]:
    codes, sparse, found = _name_codes(traits), _is_sparse(traits), list[tuple[int, int]]()
    for text in dict.fromkeys(_texts(traits, codes, _name_pairs(codes))):
        key, told = _hashed(text), _CLASSES[text[0]]
        if told == STRONG:
            found.append((key | STRONG, ENOUGH))
            continue
        if asking or sparse:
            found.append((key | SPARSE, ENOUGH))
        if asking and (sparse or told == WEAK):
            found.append((key | told, ENOUGH if sparse else 1))
        elif not asking and not sparse:
            found.append((key | told, 1))
    return found


def _texts(traits: Traits, codes: list[str], pairs: list[str]) -> list[str]:
    """Return the keys of the index before they are hashed: the kind, and what two identities share."""
    birth, postcode = traits.birth, traits.postcode
    found = [f"N{value}" for _kind, value, _valid in traits.numbers]
    if len(traits.phone) >= 6:
        found.append(f"P{traits.phone}")
    if traits.email:
        found.append(f"E{traits.email}")
    if len(birth) >= 4:
        found += [f"Y{birth[:4]}{pair}" for pair in pairs]
    if len(birth) == 8:
        year, day = _year_and_day(birth)
        found += [f"D{year}{day}{code}" for code in codes]
        if postcode:
            found.append(f"B{year}{day}{postcode}")
            found += [f"K{postcode}{year}{pair}" for pair in pairs]
            found += [f"L{postcode}{day}{pair}" for pair in pairs]
    if postcode:
        found += [f"C{postcode}{pair}" for pair in pairs]
        if traits.street:
            found.append(f"A{postcode}{_of_street(traits.street)}{traits.house}")
    return found


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
    """Return the keys of a record of a file before they are hashed."""
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
    year, day = _year_and_day(traits.birth)
    found = [f"Y{year}{pair}" for pair in pairs]
    if len(traits.birth) == 8:
        found += [f"D{year}{day}{code}" for code in codes]
        found += [f"M{day}{pair}" for pair in pairs]
        if traits.postcode:
            found.append(f"B{year}{day}{traits.postcode}")
    return found


def _year_and_day(birth: str) -> tuple[str, str]:
    """Return the year, and day and month in an order that a swap does not change."""
    month, day = birth[4:6], birth[6:8]
    return birth[:4], month + day if month < day else day + month
