"""The record of somebody under protection: its pages show the alias, whatever names and numbers documents and titles say.

The files themselves are unchanged: whoever downloads one, or looks at a PDF or a picture, sees what its author wrote.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Sequence

from starlette.responses import Response

from ardenne.services.mpi.contract import Hidden
from ardenne.services.record import display

GAP = "•••"
"""What stands for something that is not shown."""
_TAG = re.compile(r"(<[^>]*>)")
_BETWEEN = r"[\s.,\-/·^&]*"
_SHORTEST = 2
_SPOKEN = re.compile(r'(?<= )((?:alt|title|aria-label|value|download)=")([^"]*)(?=")')
"""Attributes that people read."""


class Mask:
    """Puts the alias in the place of what is hidden. ``date``: how the page shows a FHIR date."""

    def __init__(self, hidden: Hidden, date: Callable[[str], str]) -> None:
        shown = display.person(hidden.alias) or GAP
        born = str(hidden.alias.get("birthDate", ""))
        words = _longest_first({_folded(one) for one in hidden.names if len(one) >= _SHORTEST})
        dates = {
            form for one in hidden.births for form in (one, one.replace("-", ""), date(one), _day_first(one))
        }
        days, texts = (
            [
                re.escape(one)
                for one in _longest_first({_folded(one) for one in those if len(one) > len("1980")})
            ]
            for those in (dates, hidden.texts)
        )
        numbers = [_spaced(one) for one in hidden.numbers if one]
        name = rf"(?:{'|'.join(map(re.escape, words))})" if words else r"(?!)"
        self._replacements = (
            (_bounded([*texts, *numbers]), GAP),
            (_bounded(days), date(born) if born else GAP),
            (_bounded([rf"{name}(?:{_BETWEEN}{name})*"]), shown),
        )

    def plain(self, text: str) -> str:
        """Return a plain text in which nothing is left of what is hidden."""
        for pattern, shown in self._replacements:
            text = _replaced(text, pattern, shown)
        return text

    def fragment(self, fragment: str) -> str:
        """Return HTML whose text is masked, also that of attributes that people read; its markup stays."""
        return "".join(
            _SPOKEN.sub(self._attribute, part) if part.startswith("<") else self._escaped(part)
            for part in _TAG.split(fragment)
        )

    def _attribute(self, found: re.Match[str]) -> str:
        return found[1] + self._escaped(found[2], quote=True)

    def _escaped(self, text: str, *, quote: bool = False) -> str:
        return html.escape(self.plain(html.unescape(text)), quote=quote)


def masked(page: Response, mask: Mask) -> Response:
    """Return a page of HTML in which nothing is left of what is hidden."""
    text = mask.fragment(bytes(page.body).decode())
    headers = {name: value for name, value in page.headers.items() if name != "content-length"}
    return Response(text, page.status_code, headers)


def _bounded(alternatives: Sequence[str]) -> re.Pattern[str]:
    if not alternatives:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")


def _spaced(number: str) -> str:
    """Return a pattern of a number, with whatever people put between its signs."""
    return _BETWEEN.join(re.escape(sign) for sign in _folded(number) if sign.isalnum() or sign == "+")


def _longest_first(words: set[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))


def _day_first(date: str) -> str:
    parts = date.split("-")
    return ".".join(reversed(parts)) if len(parts) == len(("year", "month", "day")) else date


def _replaced(text: str, pattern: re.Pattern[str], shown: str) -> str:
    """Replace what a pattern finds in the folded text, in the text as written."""
    folded, places = _folding(text)
    found, last = [], 0
    for match in pattern.finditer(folded):
        begin, end = places[match.start()], places[match.end()]
        found += [text[last:begin], shown]
        last = end
    return "".join([*found, text[last:]])


def _folded(text: str) -> str:
    return _folding(text)[0]


def _folding(text: str) -> tuple[str, list[int]]:
    """Return a text without case and accents, and for each of its characters the place where it was written."""
    folded, places = [], []
    for place, sign in enumerate(text):
        for plain in unicodedata.normalize("NFKD", sign.casefold()):
            if not unicodedata.combining(plain):
                folded.append(plain)
                places.append(place)
    return "".join(folded), [*places, len(text)]
