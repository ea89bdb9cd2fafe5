"""What IMAP commands and answers are written in (RFC 3501, 9): reading arguments, sets of numbers, writing strings (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

Argument = str | bytes | list["Argument"]
"""An atom, a string or literal, or a list in parentheses."""
_DEEPEST = 10
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = re.compile(r"(\d{1,2})-([A-Z][a-z]{2})-(\d{4})")
_STAMP = re.compile(r" ?(\d{1,2}-[A-Z][a-z]{2}-\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_SET = re.compile(r"(\d{1,10}|\*)(:(\d{1,10}|\*))?(,(\d{1,10}|\*)(:(\d{1,10}|\*))?)*")
LITERAL = re.compile(rb"\{(\d{1,12})(\+?)\}\Z")


class BadCommand(Exception):
    """A command that cannot be read; the message is for the person who wrote the program."""


def arguments(text: bytes, literals: Sequence[bytes]) -> list[Argument]:
    """Return the arguments of a command. A literal stands in ``text`` as a NUL with its number. Raises BadCommand."""
    reader = _Reader(text, literals)
    found = reader.several(0, end=False)
    return found


class _Reader:
    def __init__(self, text: bytes, literals: Sequence[bytes]) -> None:
        self._text, self._literals = text, literals
        self._at = 0

    def several(self, depth: int, *, end: bool) -> list[Argument]:
        if depth > _DEEPEST:
            raise BadCommand("too many parentheses")
        found: list[Argument] = []
        while self._at < len(self._text):
            sign = self._text[self._at : self._at + 1]
            if sign == b" ":
                self._at += 1
            elif sign == b")":
                if not end:
                    raise BadCommand("a parenthesis is closed that was not opened")
                self._at += 1
                return found
            else:
                found.append(self._one(sign, depth))
        if end:
            raise BadCommand("a parenthesis is missing")
        return found

    def _one(self, sign: bytes, depth: int) -> Argument:
        if sign == b"(":
            self._at += 1
            return self.several(depth + 1, end=True)
        if sign == b'"':
            return self._quoted()
        if sign == b"\0":
            number = self._text[self._at + 1]
            self._at += 2
            return self._literals[number]
        return self._atom()

    def _quoted(self) -> bytes:
        found = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"').match(self._text, self._at)
        if found is None:
            raise BadCommand("a string does not end")
        self._at = found.end()
        return re.sub(rb"\\(.)", rb"\1", found[1])

    def _atom(self) -> str:
        # a section such as BODY[HEADER.FIELDS (FROM)] is one argument
        found = re.compile(rb'(?:[^\s()"\[\]\0]|\[[^\]\0]*\])+').match(self._text, self._at)
        if found is None:
            raise BadCommand("a sign stands where none may")
        self._at = found.end()
        return found[0].decode("utf-8", "replace")


def text(argument: Argument) -> str:
    """Return an atom or string as text. Raises BadCommand for a list."""
    if isinstance(argument, list):
        raise BadCommand("a list stands where a word is expected")
    return argument if isinstance(argument, str) else argument.decode("utf-8", "replace")


def is_set(word: str) -> bool:
    """Tell whether a word is a set of numbers such as ``2,4:7,*``."""
    return len(word) < 4000 and bool(_SET.fullmatch(word))


def members(word: str, known: Sequence[int]) -> list[int]:
    """Return which of the known numbers (ascending) a set names; ``*`` is the greatest. Raises BadCommand."""
    if not is_set(word):
        raise BadCommand("this is no set of numbers")
    top = known[-1] if known else 0
    spans = []
    for part in word.split(","):
        first, _, last = part.partition(":")
        ends = sorted(top if one == "*" else int(one) for one in (first, last or first))
        spans.append((ends[0], ends[1]))
    return [one for one in known if any(low <= one <= high for low, high in spans)]


def day(word: str) -> date:
    """Return a day such as ``1-Feb-2026``. Raises BadCommand."""
    found = _DAY.fullmatch(word)
    try:
        if found is None:
            raise ValueError
        return date(int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1]))
    except ValueError:
        raise BadCommand("write a day as 1-Feb-2026") from None


def moment(word: str) -> datetime:
    """Return a moment such as `` 1-Feb-2026 10:00:00 +0100``. Raises BadCommand."""
    found = _STAMP.fullmatch(word)
    if found is None:
        raise BadCommand("write a time as 01-Feb-2026 10:00:00 +0100")
    when = day(found[1])
    hours, minutes, ends = (int(found[place]) for place in (2, 3, 4))
    try:
        local = datetime(when.year, when.month, when.day, hours, minutes, ends, tzinfo=UTC)
    except ValueError:
        raise BadCommand("write a time as 01-Feb-2026 10:00:00 +0100") from None
    seconds = (int(found[6]) * 60 + int(found[7])) * 60
    return datetime.fromtimestamp(local.timestamp() - (seconds if found[5] == "+" else -seconds), UTC)


def stamp(when: datetime) -> str:
    """Return a moment as IMAP writes it."""
    utc = when.astimezone(UTC)
    return f'"{utc.day:02}-{_MONTHS[utc.month - 1]}-{utc.year:04} {utc:%H:%M:%S} +0000"'


def string(value: str | bytes | None) -> bytes:
    """Return a string, a literal where a string cannot be; NIL for None."""
    if value is None:
        return b"NIL"
    raw = value.encode("utf-8", "replace") if isinstance(value, str) else value
    if len(raw) < 500 and all(32 <= octet < 127 for octet in raw):
        return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return literal(raw)


def literal(value: bytes | None) -> bytes:
    """Return bytes as a literal, as programs expect contents; NIL for None."""
    return b"NIL" if value is None else b"{%d}\r\n" % len(value) + value


def listed(parts: Iterator[bytes] | Sequence[bytes]) -> bytes:
    """Return a list in parentheses."""
    return b"(" + b" ".join(parts) + b")"
