"""A matcher whose time grows with the text only, whatever the pattern.

Thompson's construction: all ways through the pattern are followed at once, so no pattern
can make it try again and again. It answers whether a match exists, not which groups matched;
references back, look-around and atomic groups are beyond it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as reader  # type: ignore[attr-defined]
from typing import Any, Final

MOST_STATES: Final = 4_000
_MOST_REMEMBERED: Final = 20_000

Test = Callable[[str], bool]


class UnsupportedPattern(ValueError):
    """The pattern uses what no finite automaton can do, or grows too large as one."""


class Automaton:
    """A compiled pattern. States are numbers; 0 is the end."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.flags = flags
        self.free: list[list[int]] = [[]]
        """next states without taking a character"""
        self.taking: list[tuple[Test, int] | None] = [None]
        """a test of the character and the state after it"""
        self.guarded: list[tuple[Any, int] | None] = [None]
        """a condition on the place (^ $ \\b) and the state after it"""
        self.start = self.sequence(reader.parse(pattern, flags), 0)
        self.bare = all(guard is None for guard in self.guarded)
        self.memory: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    # ---- construction, from the end to the start

    def state(self) -> int:
        if len(self.free) >= MOST_STATES:
            raise UnsupportedPattern(f"it has more than {MOST_STATES} steps")
        self.free.append([])
        self.taking.append(None)
        self.guarded.append(None)
        return len(self.free) - 1

    def sequence(self, steps: Any, after: int) -> int:
        for operation, argument in reversed(list(steps)):
            after = self.step(operation, argument, after)
        return after

    def step(self, operation: Any, argument: Any, after: int) -> int:
        if operation in (ops.MAX_REPEAT, ops.MIN_REPEAT):
            least, most, body = argument
            return self.repetition(least, most, body, after)
        if operation is ops.SUBPATTERN:
            if argument[1] or argument[2]:
                raise UnsupportedPattern("it changes flags inside")
            return self.sequence(argument[3], after)
        if operation is ops.BRANCH:
            new = self.state()
            self.free[new] = [self.sequence(branch, after) for branch in argument[1]]
            return new
        new = self.state()
        if operation is ops.AT:
            self.guarded[new] = (argument, after)
        else:
            self.taking[new] = (self.test(operation, argument), after)
        return new

    def repetition(self, least: int, most: Any, body: Any, after: int) -> int:
        if most is ops.MAXREPEAT:
            loop = self.state()
            self.free[loop] = [self.sequence(body, loop), after]
            after = loop
        else:
            for _ in range(min(most, MOST_STATES) - least):
                optional = self.state()
                self.free[optional] = [self.sequence(body, after), after]
                after = optional
        for _ in range(least):
            after = self.sequence(body, after)
        return after

    def test(self, operation: Any, argument: Any) -> Test:
        """Whether one character is taken; the class is left to Python's own matcher."""
        if operation is ops.LITERAL and not self.flags & re.IGNORECASE:
            letter = chr(argument)
            return lambda character: character == letter
        if operation is ops.ANY:
            return lambda character: True
        if operation not in (ops.LITERAL, ops.NOT_LITERAL, ops.IN):
            raise UnsupportedPattern(f"{str(operation).lower()} is not supported in nested repetitions")
        matcher = re.compile(_class_source(operation, argument), self.flags | re.DOTALL)
        return lambda character: matcher.fullmatch(character) is not None

    # ---- running

    def search(self, text: str, whole: bool = False) -> bool:
        """Whether a part of the text matches, or the whole of it."""
        states: frozenset[int] = frozenset()
        begin = frozenset((self.start,))
        for place in range(len(text) + 1):
            entering = begin if place == 0 or not whole else frozenset()
            reached = self.closure(states | entering, text, place)
            if 0 in reached and (not whole or place == len(text)):
                return True
            if place < len(text):
                states = self.take(reached, text[place])
                if whole and not states:
                    return False
        return False

    def closure(self, states: frozenset[int], text: str, place: int) -> frozenset[int]:
        key = (states, "")
        known = self.memory.get(key) if self.bare else None
        if known is not None:
            return known
        seen = set(states)
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            guard = self.guarded[state]
            following: Iterable[int] = self.free[state]
            if guard is not None and _holds(guard[0], text, place, bool(self.flags & re.MULTILINE)):
                following = (guard[1],)
            for new in following:
                if new not in seen:
                    seen.add(new)
                    waiting.append(new)
        reached = frozenset(seen)
        if self.bare:
            self.remember(key, reached)
        return reached

    def take(self, states: frozenset[int], character: str) -> frozenset[int]:
        key = (states, character)
        known = self.memory.get(key)
        if known is None:
            steps = [step for state in states if (step := self.taking[state]) is not None]
            known = frozenset(after for test, after in steps if test(character))
            self.remember(key, known)
        return known

    def remember(self, key: tuple[frozenset[int], str], value: frozenset[int]) -> None:
        if len(self.memory) >= _MOST_REMEMBERED:
            self.memory.clear()
        self.memory[key] = value


def _class_source(operation: Any, argument: Any) -> str:
    if operation is ops.LITERAL:
        return re.escape(chr(argument))
    if operation is ops.NOT_LITERAL:
        return f"[^{_in_class(argument)}]"
    parts = []
    for kind, value in argument:
        if kind is ops.NEGATE:
            parts.append("^")
        elif kind is ops.LITERAL:
            parts.append(_in_class(value))
        elif kind is ops.RANGE:
            parts.append(f"{_in_class(value[0])}-{_in_class(value[1])}")
        else:
            parts.append(_CATEGORIES[value])
    return f"[{''.join(parts)}]"


def _in_class(point: int) -> str:
    return f"\\U{point:08x}"


_CATEGORIES: Final = {
    ops.CATEGORY_DIGIT: r"\d",
    ops.CATEGORY_NOT_DIGIT: r"\D",
    ops.CATEGORY_SPACE: r"\s",
    ops.CATEGORY_NOT_SPACE: r"\S",
    ops.CATEGORY_WORD: r"\w",
    ops.CATEGORY_NOT_WORD: r"\W",
}


def _is_word(text: str, place: int) -> bool:
    return 0 <= place < len(text) and (text[place].isalnum() or text[place] == "_")


def _holds(condition: Any, text: str, place: int, lines: bool) -> bool:
    match condition:
        case ops.AT_BEGINNING_STRING:
            return place == 0
        case ops.AT_END_STRING:
            return place == len(text)
        case ops.AT_BEGINNING:
            return place == 0 or (lines and text[place - 1] == "\n")
        case ops.AT_END:
            at_end = place == len(text) or (place == len(text) - 1 and text[place] == "\n")
            return at_end or (lines and text[place] == "\n")
    boundary = _is_word(text, place - 1) != _is_word(text, place)
    return boundary if condition is ops.AT_BOUNDARY else not boundary
