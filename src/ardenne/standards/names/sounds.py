"""What a word sounds like, read as people of several languages would: its code of consonants.

Classes: B (b p), F (f v w), T (t d), K (k g q, hard c and ch), S (s z and everything that hisses), M, N,
L, R; ``a`` ``e`` ``o`` stand for vowels. ``j``, ``ch``, ``w``, ``h``, soft ``g`` and ``c`` sound differently
from one language to the next, so a word has one code for each reading that differs.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_COMMON = {
    "schtsch": "S", "chtch": "S", "shtch": "S", "shch": "S", "szcz": "S", "tzsch": "S", "zsch": "S",
    "tsch": "S", "dsch": "S", "tsh": "S", "tch": "S", "tj": "S", "dzh": "S", "dj": "S", "dz": "S", "sch": "S",
    "sh": "S", "zh": "S", "sz": "S", "cz": "S", "rz": "RS", "ts": "S", "tz": "S", "xh": "S", "sc": "S",
    "chs": "KS", "ck": "K", "cq": "K", "cc": "K", "qu": "K", "kh": "K", "gh": "K", "ph": "F", "th": "T",
    "dh": "T", "bh": "B", "rh": "R", "dt": "T", "bv": "F", "pf": "F", "pt": "T",
    "b": "B", "p": "B", "f": "F", "v": "F", "t": "T", "d": "T", "k": "K", "g": "K", "q": "K", "c": "K",
    "s": "S", "z": "S", "m": "M", "n": "N", "l": "L", "r": "R", "x": "KS", "h": "", "w": "F", "j": "S",
    "ai": "e", "ay": "e", "ei": "e", "ey": "e", "ae": "e", "oi": "e", "eu": "e", "aeu": "e", "oy": "e",
    "oe": "o", "ue": "o", "ou": "o", "oo": "o", "ee": "e",
    "a": "a", "e": "e", "i": "e", "y": "e", "o": "o", "u": "o",
}  # fmt: skip
_SOFT = {"ce": "Se", "ci": "Se", "cy": "Se"}
_SOFT_G = {
    "ge": "Se",
    "gi": "Se",
    "gy": "Se",
    "gue": "Ke",
    "gui": "Ke",
    "guy": "Ke",
    "gea": "Sa",
    "geo": "So",
}
_VOWELS = "aeiouy"


def _before_vowels(signs: str, code: str) -> dict[str, str]:
    return {f"{signs}{vowel}": code + _COMMON[vowel] for vowel in _VOWELS}


_GERMAN = {**_SOFT, "ch": "K", "j": "e", "gn": "KN"}
_FRENCH = {**_SOFT, **_SOFT_G, "ch": "S", "gn": "N", "mpt": "NT", **_before_vowels("ou", "F")}
_IBERIAN = {**_SOFT, **_SOFT_G, "ch": "S", "x": "S", "lh": "L", "nh": "N", "ll": "L", "mb": "NB", "mp": "NB"}
_SLAVIC = {"ch": "S", "c": "S", "j": "e", "ck": "SK"}
_EASTERN = {**_SLAVIC, "h": "K", "c": "K"}
_ARABIC = {**_SOFT, "ch": "S", "w": "o", "gh": "K"}
_ARABIC_HISSING = {**_ARABIC, "th": "S", "dh": "S", "j": "K", "dj": "K", "ou": "o"}
_ENGLISH = {**_SOFT, "ch": "S", "w": "F", "j": "S"}


class _Reading(NamedTuple):
    """How one group of languages reads letters, and which endings it does not speak."""

    pattern: re.Pattern[str]
    table: dict[str, str]
    mute: re.Pattern[str] | None = None
    between_vowels: bool = False
    """Whether b between vowels sounds like v."""


def _reading(own: dict[str, str], mute: str = "", between_vowels: bool = False) -> _Reading:
    table = {**_COMMON, **own}
    longest = sorted(table, key=len, reverse=True)
    pattern = re.compile("|".join(longest))
    return _Reading(pattern, table, re.compile(mute) if mute else None, between_vowels)


_MUTE_FRENCH = r"(?<=[aeiouyrn])[tdsxz]$"
_READINGS = (
    _reading(_GERMAN),
    _reading(_FRENCH, _MUTE_FRENCH),
    _reading(_IBERIAN, between_vowels=True),
    _reading(_SLAVIC),
    _reading(_EASTERN),
    _reading(_ARABIC),
    _reading(_ARABIC_HISSING),
    _reading(_ENGLISH),
)
_SAME_TWICE = re.compile(r"(.)\1+")
_BETWEEN = re.compile(r"(?<=[aeiouy])b(?=[aeiouy])")
_FINAL_M = re.compile(r"m$")


def _sound(word: str, reading: _Reading) -> str:
    if reading.mute is not None:
        word = reading.mute.sub("", word)
    if reading.between_vowels:
        word = _FINAL_M.sub("n", _BETWEEN.sub("v", word))
    if word.isascii() and word.isalpha():
        # every letter stands in the table: much quicker than replacing
        sounds = "".join(map(reading.table.__getitem__, reading.pattern.findall(word)))
    else:
        sounds = reading.pattern.sub(lambda found: reading.table[found[0]], word)
    return _SAME_TWICE.sub(r"\1", sounds) if _SAME_TWICE.search(sounds) else sounds


def sounds(word: str) -> set[str]:
    """Return how a word in small Latin letters sounds in each reading: classes and vowels in order."""
    return {found for reading in _READINGS if (found := _sound(word, reading))}
