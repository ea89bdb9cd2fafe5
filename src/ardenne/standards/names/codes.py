"""Keys of names: two spellings of one name share one.

A word gives, for each way of reading it, the code of its consonants. Short codes would bring too many
names together, so they carry vowels too. First names add a key of their group of forms
(``data/first_names.json``), and the whole name, glued together, counts as one word more.
"""

from __future__ import annotations

import functools
import importlib.resources
import itertools
import re

import msgspec

from ardenne.standards.names.scripts import is_arabic
from ardenne.standards.names.sounds import sounds
from ardenne.standards.names.words import joined, lists, plain, words

_VOWEL = re.compile(r"[aeo]+")
_ENOUGH = 3
"""From this many consonants on a code tells names apart without vowels."""
_CLASSES = ("a", "e", "o")
_SLAVE_OF_GOD = re.compile(r"^ab[dt][aeou]+[dlnrstz](?=[bcdfghjklmnpqrstvwxz])")
_CACHED = 200_000


def keys(name: str) -> set[str]:
    """Return the keys of a name of one or more words, in any script."""
    found: set[str] = set()
    open_vowels = is_arabic(name)
    for word in words(name):
        found |= token_keys(word, open_vowels)
    parts = plain(name).split()
    if len(parts) > 1:
        for whole in {"".join(parts), "".join(words(name))}:
            found |= _coded(whole, open_vowels)
    return found


@functools.lru_cache(_CACHED)
def token_keys(word: str, open_vowels: bool = False) -> frozenset[str]:
    """Return the keys of one word in small Latin letters; ``open_vowels``: its script leaves vowels out."""
    found = set(_coded(word, open_vowels))
    found |= {f"={group}" for group in _groups().get(loose(word), ())}
    for particle in lists().joined:
        if word.startswith(particle) and len(word) - len(particle) >= _ENOUGH + 1:
            found |= _coded(word[len(particle) :], open_vowels)
            break
    return frozenset(found)


@functools.lru_cache(_CACHED)
def _coded(word: str, open_vowels: bool) -> frozenset[str]:
    assimilated = _SLAVE_OF_GOD.sub("abd", word)
    return frozenset(
        code for sound in sounds(assimilated) for code in _codes(sound, open_vowels) if code
    ) or frozenset({word})


def _codes(sound: str, open_vowels: bool) -> set[str]:
    consonants = _VOWEL.sub("", sound)
    if len(consonants) >= _ENOUGH:
        return {f"-{consonants}" if sound[0] in _CLASSES and len(consonants) == _ENOUGH else consonants}
    if open_vowels:
        return _every_vowel(consonants)
    if len(consonants) == 2:
        vowels = _VOWEL.findall(sound)
        first = vowels[0] if vowels else ""
        if sound.startswith(first) and first:
            return {f"{one}{consonants}" for one in {first[:1], first[-1:]}}
        return {f"{consonants}{one}" for one in {first[:1], first[-1:]}}
    starts = sound[:1] if sound[0] in "aeo" else ""
    ends = sound[-1:] if sound[-1] in "aeo" else ""
    return {f"{starts}{consonants}{ends}"}


def _every_vowel(consonants: str) -> set[str]:
    if len(consonants) == 2:
        return {code for vowel in _CLASSES for code in (consonants + vowel, vowel + consonants)}
    pairs = itertools.product(("", *_CLASSES), repeat=2)
    return {f"{start}{consonants}{end}" for start, end in pairs}


_LOOSE = (
    (re.compile(r"ph"), "f"), (re.compile(r"[yj]"), "i"), (re.compile(r"ck|qu|kh|[cq]"), "k"),
    (re.compile(r"th"), "t"), (re.compile(r"(?<!^)h"), ""), (re.compile(r"w"), "v"), (re.compile(r"ou"), "u"),
    (re.compile(r"(.)\1+"), r"\1"), (re.compile(r"ie$|i$|e$"), "i"),
)  # fmt: skip


def loose(word: str) -> str:
    """Return a spelling that forgets what differs without changing a first name: y and j, doubled letters."""
    for pattern, put in _LOOSE:
        word = pattern.sub(put, word)
    return word


@functools.cache
def _groups() -> dict[str, tuple[str, ...]]:
    data = (importlib.resources.files(__package__) / "data" / "first_names.json").read_bytes()
    groups: dict[str, tuple[str, ...]] = {}
    for line in msgspec.json.decode(data, type=list[str]):
        forms = line.split()
        for form in forms:
            spelling = loose(joined(form))
            groups[spelling] = (*groups.get(spelling, ()), forms[0].lower())
    return groups
