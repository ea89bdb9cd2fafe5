"""Where a problem is and how it is reported.

A place is a chain of tuples, cheap to extend while all is well and written out only for a problem:
`(parent, ".name")` for a property, `(parent, ".name", 0)` for an item of an array, `()` before the root.
"""

from difflib import get_close_matches
from typing import Any

from ardenne.standards.fhir.outcome import Issue

Place = tuple[Any, ...]
Json = dict[str, Any]

LIMIT = 500
"""Errors, and again warnings, reported for one resource; a hostile one could hold millions."""


class TooManyIssues(Exception):
    """More problems than anyone would read: the rest is not looked for."""


class Report(list[Issue]):
    """The problems found so far, and the references to contained resources that are still to be found."""

    def __init__(self) -> None:
        super().__init__()
        self.local: list[tuple[Place, str]] = []
        self._errors = 0
        self._warnings = 0

    def add(self, code: str, place: Place, message: str, rule: str, severity: str = "error") -> None:
        """Note a problem. Raises TooManyIssues at the limit of errors; warnings beyond it are dropped."""
        if severity != "error":
            if self._warnings < LIMIT:
                self._warnings += 1
                self.append(Issue(severity, code, written(place), message, rule))
            return
        self.append(Issue(severity, code, written(place), message, rule))
        self._errors += 1
        if self._errors >= LIMIT:
            raise TooManyIssues


def written(place: Place) -> str:
    """The FHIRPath of a place: "Patient.name[0].given[1]"."""
    parts: list[str] = []
    while place:
        if len(place) == 3:
            parts.append(f"{place[1]}[{place[2]}]")
        else:
            parts.append(place[1])
        place = place[0]
    return "".join(reversed(parts))


def shown(value: object) -> str:
    """A value as a message shows it: short, with its JSON kind when it is no string."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:57] + "...")
    if isinstance(value, bool):
        return "the boolean true" if value else "the boolean false"
    if isinstance(value, dict):
        return "an object {...}"
    if isinstance(value, list):
        return "an array [...]"
    return f"the number {str(value)[:40]}"


def suggestion(name: str, known: list[str]) -> str:
    """ " Did you mean 'x'?" for a misspelt name, or ""."""
    folded = {candidate.casefold(): candidate for candidate in known}
    near = get_close_matches(name[:64].casefold(), list(folded), n=1, cutoff=0.75)
    if near:
        return f" Did you mean {folded[near[0]]!r}?"
    typed = [candidate for candidate in known if candidate.startswith(name) and candidate != name]
    if name and typed and typed[0][len(name) : len(name) + 1].isupper():
        return f" Write the type in the name, for example {typed[0]!r}."
    return ""
