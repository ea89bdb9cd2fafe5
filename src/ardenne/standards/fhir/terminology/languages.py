"""Languages that a caller wants names in (RFC 9110 Accept-Language, RFC 4647 lookup)."""

from __future__ import annotations

import re
from typing import NamedTuple

from ardenne.standards.fhir.terminology.concepts import Concept, Designation

_RANGE = re.compile(r"\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_MOST = 50


class LanguageError(ValueError):
    """The text is no list of languages."""


class Languages(NamedTuple):
    """Languages in order of preference."""

    text: str = ""
    wanted: tuple[str, ...] = ()
    only: bool = False
    """whether names in other languages are refused ("*;q=0")"""

    def accepts(self, language: str) -> bool:
        """Whether a name in this language was asked for; names without language suit everybody."""
        if not self.wanted or not language:
            return True
        return any(_suits(wanted, language) for wanted in self.wanted)

    def rank(self, language: str) -> int | None:
        """The place of a language in the preferences (0 is best); None when it was not asked for."""
        for place, wanted in enumerate(self.wanted):
            if _suits(wanted, language):
                return place
        return None


def parse(text: str) -> Languages:
    """Read "de", "de, en;q=0.5" or "de, *;q=0". Raises LanguageError."""
    weighted: list[tuple[float, int, str]] = []
    only = False
    for place, part in enumerate(text.split(",")[:_MOST]):
        name, _, parameter = (piece.strip() for piece in part.partition(";"))
        if not name:
            continue
        if not _RANGE.fullmatch(name):
            raise LanguageError(text)
        weight = _weight(parameter, text)
        if weight == 0:
            only = only or name == "*"
        else:
            weighted.append((-weight, place, name))
    wanted = tuple(name for _weight, _place, name in sorted(weighted))
    return Languages(text, wanted if wanted != ("*",) else (), only)


def _weight(parameter: str, text: str) -> float:
    if not parameter:
        return 1.0
    name, _, number = parameter.partition("=")
    try:
        weight = float(number)
    except ValueError:
        raise LanguageError(text) from None
    if name.strip() != "q" or not 0 <= weight <= 1:
        raise LanguageError(text)
    return weight


def _suits(wanted: str, language: str) -> bool:
    """Whether a language is the wanted one, a variant of it, or what its variant falls back to."""
    one, other = wanted.lower(), language.lower()
    if one == "*":
        return True
    return one == other or other.startswith(one + "-") or one.startswith(other + "-")


class Name(NamedTuple):
    """The name chosen for a concept."""

    text: str
    designation: Designation | None
    """the designation that it comes from; None for the concept's own display"""


def choose(concept: Concept, own: str, languages: Languages) -> Name:
    """The best name of a concept; `own` is the language of its display."""
    main = Name(concept.display, None)
    if not languages.wanted:
        return main
    found: list[tuple[int, int, Name]] = []
    own_rank = languages.rank(own) if own else None
    if own_rank is not None:
        found.append((own_rank, 0, main))
    for place, each in enumerate(concept.designations):
        rank = languages.rank(each.language) if each.language else None
        if rank is not None and each.is_active and each.is_display:
            found.append((rank, place + 1, Name(each.value, each)))
    if found:
        return min(found)[2]
    return Name("", None) if languages.only and own else main
