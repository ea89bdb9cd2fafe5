"""The words of a name: which count, which are particles, which belong together."""

from __future__ import annotations

import functools
import importlib.resources
import re

import msgspec

from ardenne.standards.names.scripts import latin

_BETWEEN = re.compile(r"[\W_]+")
_INSIDE = re.compile(r"[’'`ʼʹ´‘ʿʾ]")
_CACHED = 100_000
"""Names, towns and streets come back all the time."""
_ARTICLE = re.compile(r"\bال(?=\w{3})|(?<=\bعبد)ال")


class Words(msgspec.Struct, frozen=True):
    """The particles and titles of names, ``data/words.json``."""

    particles: frozenset[str]
    titles: frozenset[str]
    joined: tuple[str, ...]
    """Particles that people also write glued to the name."""


@functools.cache
def lists() -> Words:
    """Return the lists."""
    data = (importlib.resources.files(__package__) / "data" / "words.json").read_bytes()
    return msgspec.json.decode(data, type=Words)


@functools.lru_cache(_CACHED)
def plain(text: str) -> str:
    """Return a name in small Latin letters, its words parted by one blank, without titles."""
    parted = _ARTICLE.sub(" ال ", text) if not text.isascii() else text
    # some letters hold an apostrophe that only shows in their plain form
    parts = _BETWEEN.split(_INSIDE.sub("", latin(_INSIDE.sub("", parted))))
    return " ".join(part for part in parts if part and part not in lists().titles)


@functools.lru_cache(_CACHED)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a name that count: without particles, unless nothing else is there."""
    parts = plain(text).split()
    return tuple(part for part in parts if part not in lists().particles) or tuple(parts)


def joined(text: str) -> str:
    """Return a name as one word, particles and all."""
    return plain(text).replace(" ", "")


@functools.lru_cache(_CACHED)
def only_particles(parts: tuple[str, ...]) -> bool:
    """Tell whether words of a name are particles alone, as when a name is cut in the middle."""
    return all(part in lists().particles for part in parts)
