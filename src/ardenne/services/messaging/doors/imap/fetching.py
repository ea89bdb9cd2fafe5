"""What FETCH asks for, and the answer about one message (RFC 3501, 6.4.5 and 7.4.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ardenne.services.messaging.doors.imap import shape
from ardenne.services.messaging.doors.imap.selected import Known, flags
from ardenne.services.messaging.doors.imap.syntax import Argument, BadCommand, literal, stamp, text
from ardenne.standards.mail.entity import Entity

_MACROS = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
_PLAIN = frozenset({"FLAGS", "UID", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE"})
_OLD = {"RFC822": "", "RFC822.HEADER": "HEADER", "RFC822.TEXT": "TEXT"}
_SECTION = re.compile(r"BODY(\.PEEK)?\[([^\]]*)\](?:<(\d{1,10})(?:\.(\d{1,10}))?>)?", re.IGNORECASE)


class Item(NamedTuple):
    """One thing that is asked. ``section``: of a BODY[…]; ``start``, ``size``: a part of it; ``reads``: it marks as seen."""

    name: str
    section: str = ""
    start: int | None = None
    size: int = 0
    reads: bool = False


def items(argument: Argument) -> list[Item]:
    """Return what is asked. Raises BadCommand."""
    words = [text(one) for one in argument] if isinstance(argument, list) else [text(argument)]
    if len(words) == 1 and words[0].upper() in _MACROS:
        words = list(_MACROS[words[0].upper()])
    if not words or len(words) > 50:
        raise BadCommand("name what is to be fetched")
    return [_item(word) for word in words]


def _item(word: str) -> Item:
    upper = word.upper()
    if upper in _PLAIN:
        return Item(upper)
    if upper in _OLD:
        return Item(upper, _OLD[upper], reads=upper != "RFC822.HEADER")
    found = _SECTION.fullmatch(word)
    if found is None:
        raise BadCommand("this cannot be fetched")
    start = int(found[3]) if found[3] is not None else None
    return Item("BODY[", found[2], start, int(found[4] or 0), reads=not found[1])


def needs_body(asked: Sequence[Item]) -> bool:
    """Tell whether the whole message must be read."""
    only_head = {"HEADER"}
    return any(
        one.name in ("BODY", "BODYSTRUCTURE")
        or (one.name in ("BODY[", *_OLD) and one.section.upper().partition(".FIELDS")[0] not in only_head)
        for one in asked
    )


def answer(known: Known, asked: Sequence[Item], message: Entity, *, seen: bool) -> bytes:
    """Return the answer about a message. ``message``: its header alone when that is enough; ``seen``: it was marked now."""
    told = [_told(known, one, message) for one in asked]
    if seen and not any(one.name == "FLAGS" for one in asked):
        told.append(b"FLAGS " + flags(known.row.flags))
    return b"* %d FETCH (" % known.number + b" ".join(told) + b")"


def _told(known: Known, one: Item, message: Entity) -> bytes:
    match one.name:
        case "FLAGS":
            return b"FLAGS " + flags(known.row.flags)
        case "UID":
            return b"UID %d" % known.uid
        case "INTERNALDATE":
            return b"INTERNALDATE " + stamp(known.received).encode()
        case "RFC822.SIZE":
            return b"RFC822.SIZE %d" % known.size
        case "ENVELOPE":
            return b"ENVELOPE " + shape.envelope(message)
        case "BODY" | "BODYSTRUCTURE":
            extended = one.name == "BODYSTRUCTURE"
            return one.name.encode() + b" " + shape.structure(message, extended=extended)
        case "BODY[":
            return _section(one, message)
        case _:
            return one.name.encode() + b" " + literal(shape.section(message, one.section))


def _section(one: Item, message: Entity) -> bytes:
    found = shape.section(message, one.section)
    name = f"BODY[{one.section.upper()}]"
    if one.start is not None:
        name += f"<{one.start}>"
        if found is not None:
            found = found[one.start : one.start + one.size] if one.size else found[one.start :]
    return name.encode() + b" " + literal(found)
