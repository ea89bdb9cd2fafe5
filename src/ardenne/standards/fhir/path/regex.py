r"""Regular expressions of strangers, matched without the danger of endless time.

Python's own matcher tries alternatives one after the other; a pattern such as `(a+)+$` can
make it try for ages. It is used where that cannot happen: no repetition inside a repetition,
and a text that is short for the number of repetitions. Everything else is matched by
`automaton`, in time that grows with the text only.
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as reader  # type: ignore[attr-defined]
from typing import Any, Final

from .automaton import Automaton, UnsupportedPattern
from .errors import FhirPathExecutionError, FhirPathLimitError

LONGEST_PATTERN: Final = 5_000
MOST_WORK: Final = 10_000_000
"""Steps of Python's matcher, some tenths of a second."""

_MANY: Final = 32
"""Repetitions from which a bounded repetition counts as unbounded."""

_FLAGS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE}
_NAMED_GROUP: Final = re.compile(r"\(\?<(?![=!])")
_REPEATS: Final = (ops.MAX_REPEAT, ops.MIN_REPEAT)


class Pattern:
    """A pattern that has been read and measured."""

    def __init__(self, source: str, options: int) -> None:
        self.source = source
        tree = reader.parse(source, options)
        self.matcher = re.compile(source, options)
        self.nested = _is_nested(tree)
        self.repetitions = _repetitions(tree) + 1
        self._options = options
        self._automaton: Automaton | None = None

    def found(self, text: str, whole: bool = False) -> bool:
        """Whether the text has a match, or is one as a `whole`."""
        if self.is_safe(text):
            match = self.matcher.fullmatch(text) if whole else self.matcher.search(text)
            return match is not None
        if self._automaton is None:
            self._automaton = self._built()
        return self._automaton.search(text, whole)

    def is_safe(self, text: str) -> bool:
        """Whether Python's matcher ends soon on this text."""
        return not self.nested and len(text) ** self.repetitions <= MOST_WORK

    def _built(self) -> Automaton:
        try:
            return Automaton(self.source, self._options)
        except UnsupportedPattern as reason:
            raise refusal(self.source, str(reason)) from None


def refusal(source: str, reason: str) -> FhirPathLimitError:
    """The error for a pattern that cannot be matched in bounded time."""
    return FhirPathLimitError(
        f"the pattern {source!r} could run for ages on this text ({reason}); "
        "avoid repetitions inside repetitions, anchor it with ^"
    )


@lru_cache(512)
def compiled(pattern: str, flags: str = "") -> Pattern:
    """The pattern in single-line mode: `.` takes line ends too (FHIRPath, matches()).

    Raises FhirPathExecutionError for what is no pattern and for unknown flags.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise FhirPathLimitError(f"the pattern has more than {LONGEST_PATTERN} characters")
    options = re.DOTALL
    for flag in flags:
        if flag not in _FLAGS:
            raise FhirPathExecutionError(f"the flag {flag!r} is not known; use i (any case) or m (lines)")
        options |= _FLAGS[flag]
    try:
        return Pattern(_NAMED_GROUP.sub("(?P<", pattern), options)
    except (re.error, OverflowError, RecursionError) as reason:
        raise FhirPathExecutionError(f"the pattern {pattern!r} cannot be read: {reason}") from None


def _bodies(operation: Any, argument: Any) -> list[Any]:
    """The sequences inside a step."""
    if operation in _REPEATS:
        return [argument[2]]
    if operation is ops.SUBPATTERN:
        return [argument[-1]]
    if operation is ops.BRANCH:
        return list(argument[1])
    if operation in (ops.ASSERT, ops.ASSERT_NOT):
        return [argument[1]]
    return []


def _is_nested(tree: Any, inside: bool = False) -> bool:
    """Whether something that can match in several ways is repeated."""
    for operation, argument in tree:
        repeats = operation in _REPEATS and argument[1] != argument[0]
        if inside and (repeats or operation in (ops.BRANCH, ops.GROUPREF)):
            return True
        within = inside or (operation in _REPEATS and argument[1] > 1)
        if any(_is_nested(body, within) for body in _bodies(operation, argument)):
            return True
    return False


def _repetitions(tree: Any) -> int:
    """How many unbounded repetitions stand one after the other."""
    total = 0
    for operation, argument in tree:
        inner = [_repetitions(body) for body in _bodies(operation, argument)]
        total += max(inner, default=0)
        total += operation in _REPEATS and argument[1] - argument[0] > _MANY
    return total
