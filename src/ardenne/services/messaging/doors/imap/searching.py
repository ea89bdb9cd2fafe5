"""Questions of SEARCH (RFC 3501, 6.4.4) as conditions on a message. What is encrypted is not searched (pure)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, Protocol

from ardenne.services.messaging.doors.imap.syntax import Argument, BadCommand, day, is_set, members, text
from ardenne.standards.mail.entity import Entity


class Found(Protocol):
    """A message of the selected folder."""

    number: int

    @property
    def uid(self) -> int: ...
    @property
    def flags(self) -> frozenset[str]: ...
    @property
    def received(self) -> datetime: ...
    @property
    def size(self) -> int: ...
    @property
    def head(self) -> Entity: ...


Condition = Callable[[Found], bool]
_MOST = 200
_FLAGS = {
    "ANSWERED": "\\Answered",
    "DELETED": "\\Deleted",
    "DRAFT": "\\Draft",
    "FLAGGED": "\\Flagged",
    "SEEN": "\\Seen",
}
_FIELDS = frozenset({"BCC", "CC", "FROM", "SUBJECT", "TO"})
_DAYS = frozenset({"BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE"})


class Numbers(NamedTuple):
    """The sequence numbers and uids of the selected folder, ascending."""

    sequence: Sequence[int]
    uids: Sequence[int]


def condition(arguments: Sequence[Argument], numbers: Numbers) -> Condition:
    """Return what a question asks; several keys must all hold. Raises BadCommand."""
    keys = _Keys(arguments, numbers)
    found = keys.all()
    return lambda one: all(key(one) for key in found)


class _Keys:
    def __init__(self, arguments: Sequence[Argument], numbers: Numbers, depth: int = 0) -> None:
        if depth > 10 or len(arguments) > _MOST:
            raise BadCommand("the question is too long")
        self._rest = list(reversed(arguments))
        self._numbers, self._depth = numbers, depth

    def all(self) -> list[Condition]:
        found = []
        while self._rest:
            found.append(self._key())
        return found

    def _next(self) -> Argument:
        if not self._rest:
            raise BadCommand("the question ends too early")
        return self._rest.pop()

    def _key(self) -> Condition:
        argument = self._next()
        if isinstance(argument, list):
            inside = _Keys(argument, self._numbers, self._depth + 1).all()
            return lambda one: all(key(one) for key in inside)
        word = text(argument).upper()
        if is_set(word):
            chosen = frozenset(members(word, self._numbers.sequence))
            return lambda one: one.number in chosen
        if word == "UID":
            chosen = frozenset(members(text(self._next()), self._numbers.uids))
            return lambda one: one.uid in chosen
        if word == "NOT":
            denied = self._key()
            return lambda one: not denied(one)
        if word == "OR":
            first, second = self._key(), self._key()
            return lambda one: first(one) or second(one)
        return self._simple(word)

    def _simple(self, word: str) -> Condition:
        if word in ("ALL", "OLD"):
            return lambda one: True
        if word in ("NEW", "RECENT"):
            return lambda one: False
        if word in _FLAGS or word.removeprefix("UN") in _FLAGS:
            flag, wanted = _FLAGS[word if word in _FLAGS else word.removeprefix("UN")], word in _FLAGS
            return lambda one: (flag in one.flags) == wanted
        if word in ("KEYWORD", "UNKEYWORD"):
            keyword, wanted = text(self._next()).lower(), word == "KEYWORD"
            return lambda one: (keyword in {flag.lower() for flag in one.flags}) == wanted
        if word in _FIELDS:
            return _in_field(word, text(self._next()))
        if word == "HEADER":
            return _in_field(text(self._next()), text(self._next()))
        if word in ("TEXT", "BODY"):
            part = text(self._next()).lower()
            # what is encrypted says nothing: TEXT finds what the header says, BODY nothing
            return lambda one: word == "TEXT" and part in one.head.head.decode("utf-8", "replace").lower()
        if word in ("LARGER", "SMALLER"):
            number = text(self._next())
            if not number.isdecimal() or len(number) > 12:
                raise BadCommand("a size is a number")
            size = int(number)
            return lambda one: one.size > size if word == "LARGER" else one.size < size
        if word in _DAYS:
            return _by_day(word, day(text(self._next())))
        raise BadCommand("this key of a question is not known")


def _in_field(name: str, part: str) -> Condition:
    wanted = part.lower()

    def holds(one: Found) -> bool:
        values = [*one.head.all(name), one.head.get(name)]
        return bool(one.head.all(name)) and any(wanted in value.lower() for value in values)

    return holds


def _by_day(word: str, wanted: date) -> Condition:
    def told(one: Found) -> date | None:
        if not word.startswith("SENT"):
            return one.received.astimezone(UTC).date()
        try:
            return parsedate_to_datetime(one.head.get("date")).date()
        except (ValueError, TypeError):
            return None

    kind = word.removeprefix("SENT")

    def holds(one: Found) -> bool:
        found = told(one)
        if found is None:
            return False
        return found < wanted if kind == "BEFORE" else found == wanted if kind == "ON" else found >= wanted

    return holds
