"""One value of a search parameter, and how its text is read (FHIR R4 search.html, 3.1.1.4.4)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from ardenne.standards.fhir.text import normalise

if TYPE_CHECKING:
    from .search import Terminology


class Question(NamedTuple):
    """One value of a parameter with its modifier."""

    value: str
    modifier: str
    terminology: Terminology
    now: datetime
    targets: tuple[str, ...]


def split_escaped(text: str, separator: str) -> list[str]:
    r"""The parts between separators that are not escaped (`\,`); escapes of the separator are undone
    by the one who reads the part."""
    return re.split(rf"(?<!\\){re.escape(separator)}", text)


def unescaped(text: str) -> str:
    return re.sub(r"\\([,$|\\])", r"\1", text)


def text_matches(text: str, wanted: str, modifier: str) -> bool:
    if modifier == "exact":
        return text == wanted
    if modifier == "contains":
        return normalise(wanted) in normalise(text)
    return normalise(text).startswith(normalise(wanted))
