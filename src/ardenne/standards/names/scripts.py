"""Other letters in Latin ones: Cyrillic, Arabic and Greek, and Latin letters with marks.

The Latin that comes out is one that the rules of sound (``sounds.py``) read rightly, not a standard of
transliteration: ч becomes tch whatever the language of the register. Letters that stand for different
sounds in different languages (Ukrainian and Russian г) get a letter whose readings include both.
The tables are data, ``data/letters.json``.
"""

from __future__ import annotations

import functools
import importlib.resources
import unicodedata

import msgspec


@functools.cache
def _tables() -> dict[str, dict[str, str]]:
    data = (importlib.resources.files(__package__) / "data" / "letters.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, dict[str, str]])


@functools.cache
def _letters() -> dict[int, str]:
    tables = _tables()
    joined = {**tables["latin"], **tables["cyrillic"], **tables["greek"], **tables["arabic"]}
    return {ord(letter): latin for letter, latin in joined.items()}


_ARABIC = range(0x0600, 0x0780)
_MARKS = frozenset("\u0308\u030a")


def is_arabic(text: str) -> bool:
    """Tell whether a text has Arabic letters, which leave short vowels out."""
    return any(ord(sign) in _ARABIC for sign in text)


def latin(text: str) -> str:
    """Return a text in small Latin letters without marks; letters of unknown scripts stay as they are."""
    while not text.isascii():
        # what only its compatibility form shows to be a letter of the table is replaced the next time
        before, text = text, _once(text)
        if text == before:
            return text
    return text.lower()


def _once(text: str) -> str:
    composed = unicodedata.normalize("NFC", text.casefold()).translate(_letters())
    decomposed = unicodedata.normalize("NFKD", composed)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).casefold()
