r"""Regular expressions of strangers, refused when they could run for ages.

Python matches by trying alternatives; a pattern such as `(a+)+$` can take exponential
time. Patterns are measured before use: an unbounded repetition inside an unbounded
repetition is allowed only when each round must begin with something that the inner one
cannot eat, and the work that the text allows is bounded.
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as reader  # type: ignore[attr-defined]
from typing import Any, Final

from .errors import FhirPathExecutionError, FhirPathLimitError

LONGEST_PATTERN: Final = 5_000
MOST_WORK: Final = 50_000_000
"""Character comparisons, roughly a second."""

_MANY: Final = 32
"""Repetitions from which a bounded repetition counts as unbounded."""

_FLAGS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE}
_NAMED_GROUP: Final = re.compile(r"\(\?<(?![=!])")


@lru_cache(512)
def compiled(pattern: str, flags: str = "") -> re.Pattern[str]:
    """The pattern, in single-line mode (`.` takes line ends too, FHIRPath matches()).

    Raises FhirPathExecutionError for a pattern that is none or that nests repetitions.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise FhirPathLimitError(f"the pattern has more than {LONGEST_PATTERN} characters")
    options = re.DOTALL
    for flag in flags:
        if flag not in _FLAGS:
            raise FhirPathExecutionError(f"the flag {flag!r} is not known; use i (any case) or m (lines)")
        options |= _FLAGS[flag]
    try:
        python = _NAMED_GROUP.sub("(?P<", pattern)
        if _is_explosive(reader.parse(python, options)):
            raise FhirPathLimitError(
                f"the pattern {pattern!r} repeats a repetition and could run for ages; "
                "begin each round with a fixed character"
            )
        return re.compile(python, options)
    except (re.error, OverflowError, RecursionError) as reason:
        raise FhirPathExecutionError(f"the pattern {pattern!r} cannot be read: {reason}") from None


def check_work(pattern: re.Pattern[str], text: str) -> None:
    """Raises FhirPathLimitError when the text is too long for the repetitions of the pattern."""
    power = _repetitions(pattern.pattern, pattern.flags)
    if len(text) ** power > MOST_WORK:
        raise FhirPathLimitError(
            f"a text of {len(text)} characters is too long for the pattern {pattern.pattern!r}; "
            "anchor it with ^ or use fewer repetitions"
        )


@lru_cache(512)
def _repetitions(pattern: str, flags: int) -> int:
    """How many times the pattern may run through the text, one inside the other."""
    tree = reader.parse(pattern, flags & ~re.UNICODE)
    anchored = len(tree) > 0 and tree[0][0] is ops.AT
    return max(1, _overlapping(tree) + (0 if anchored else 1) - _leading(tree))


def _leading(tree: Any) -> int:
    """A pattern that begins with `.*` finds its match from the first character."""
    return 1 if len(tree) > 0 and tree[0][0] in _REPEATS and _is_everything(tree[0][1][2]) else 0


_REPEATS: Final = (ops.MAX_REPEAT, ops.MIN_REPEAT)


def _is_everything(body: Any) -> bool:
    return len(body) == 1 and body[0][0] is ops.ANY


def _overlapping(tree: Any) -> int:
    """The largest number of unbounded repetitions that could share the same characters."""
    total = 0
    for operation, argument in tree:
        if operation in _REPEATS:
            low, high, body = argument
            inner = _overlapping(body)
            total += inner + 1 if high - low > _MANY else inner
        elif operation is ops.SUBPATTERN:
            total += _overlapping(argument[-1])
        elif operation is ops.BRANCH:
            total += max(_overlapping(branch) for branch in argument[1])
    return total


def _is_explosive(tree: Any) -> bool:
    for operation, argument in tree:
        if operation in _REPEATS:
            low, high, body = argument
            if _is_explosive(body) or (high - low > 1 and _is_ambiguous(body)):
                return True
        elif any(_is_explosive(part) for part in _parts(operation, argument)):
            return True
    return False


def _parts(operation: Any, argument: Any) -> list[Any]:
    if operation is ops.SUBPATTERN:
        return [argument[-1]]
    if operation is ops.BRANCH:
        return list(argument[1])
    if operation in (ops.ASSERT, ops.ASSERT_NOT):
        return [argument[1]]
    return []


def _flat(tree: Any) -> list[Any]:
    """The operations of a sequence, groups opened."""
    out: list[Any] = []
    for operation, argument in tree:
        if operation is ops.SUBPATTERN:
            out.extend(_flat(argument[-1]))
        else:
            out.append((operation, argument))
    return out


def _is_ambiguous(body: Any) -> bool:
    """Whether rounds of a repetition over `body` could be cut in more than one way."""
    steps = _flat(body)
    if any(operation is ops.BRANCH for operation, _ in steps):
        return _branches_overlap(steps)
    variable = [a for o, a in steps if o in _REPEATS and a[1] != a[0]]
    if not variable:
        return False
    if len(steps) == 1 and variable[0][1] <= 1:
        return True
    eaten = set().union(*(_letters(_flat(argument[2])) for argument in variable))
    return not any(
        operation not in _REPEATS and not (_letters([(operation, argument)]) & eaten)
        for operation, argument in (steps[0], steps[-1])
    )


def _branches_overlap(steps: list[Any]) -> bool:
    for operation, argument in steps:
        if operation is not ops.BRANCH:
            continue
        seen: set[int] = set()
        for branch in argument[1]:
            flat = _flat(branch)
            if not flat or any(o in _REPEATS or o is ops.BRANCH for o, _ in flat):
                return True
            first = _letters(flat[:1])
            if first & seen:
                return True
            seen |= first
    return any(o in _REPEATS and a[1] != a[0] for o, a in steps)


_SAMPLE: Final = frozenset(range(256)) | {0x20AC, 0x4E00}
"""Code points that classes are compared on."""


@lru_cache(1024)
def _class_letters(pattern: str) -> frozenset[int]:
    ready = re.compile(pattern, re.DOTALL)
    return frozenset(point for point in _SAMPLE if ready.fullmatch(chr(point)))


_CATEGORIES: Final = {
    ops.CATEGORY_DIGIT: r"\d",
    ops.CATEGORY_NOT_DIGIT: r"\D",
    ops.CATEGORY_SPACE: r"\s",
    ops.CATEGORY_NOT_SPACE: r"\S",
    ops.CATEGORY_WORD: r"\w",
    ops.CATEGORY_NOT_WORD: r"\W",
}


def _letters(steps: list[Any]) -> set[int]:
    """The code points that may stand at some place of the steps."""
    out: set[int] = set()
    for operation, argument in steps:
        if operation is ops.LITERAL:
            out.add(argument)
        elif operation is ops.NOT_LITERAL:
            out |= _SAMPLE - {argument}
        elif operation is ops.IN:
            out |= _members(argument)
        elif operation in _REPEATS:
            out |= _letters(_flat(argument[2]))
        elif operation is ops.BRANCH:
            for branch in argument[1]:
                out |= _letters(_flat(branch))
        else:
            out |= _SAMPLE
    return out


def _members(items: Any) -> set[int]:
    out: set[int] = set()
    negated = False
    for operation, argument in items:
        if operation is ops.NEGATE:
            negated = True
        elif operation is ops.LITERAL:
            out.add(argument)
        elif operation is ops.RANGE:
            out |= {point for point in _SAMPLE if argument[0] <= point <= argument[1]}
            out |= {argument[0], argument[1]}
        elif operation is ops.CATEGORY:
            out |= _class_letters(_CATEGORIES[argument])
    return set(_SAMPLE - out) if negated else out
