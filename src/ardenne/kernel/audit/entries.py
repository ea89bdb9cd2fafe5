"""A line of the journal: who did what with whose data, when, why, and by which rule (values, no I/O)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import msgspec

from ardenne.kernel.identity.caller import Caller


class Action(IntEnum):
    """What was done. The numbers are stored: never renumber them."""

    READ = 1
    VREAD = 2
    SEARCH = 3
    HISTORY = 4
    CREATE = 5
    UPDATE = 6
    DELETE = 7
    LABEL = 8
    OPERATION = 9
    EXPORT = 10
    SIGN_IN = 20
    SIGN_IN_FAILED = 21
    SIGN_OUT = 22
    TOKEN = 23
    ACCOUNT = 24
    CONSENT = 30
    RELATION = 31
    BREAK_GLASS = 32
    MATRIX = 33
    CONTEST = 40
    ANSWER = 41
    SECURITY = 50
    EXTERNAL = 60
    """An AuditEvent that another system recorded and sent."""


class Outcome(IntEnum):
    """How it ended (AuditEvent.outcome)."""

    DONE = 0
    REFUSED = 4
    FAILED = 8


class Entry(msgspec.Struct, omit_defaults=True, frozen=True):
    """The content of a line. Ids are logical ids; ``resources`` are references ``Type/id``.

    ``rule``: what decided. ``query``: the search as asked. ``request``: what joins the lines of one request.
    ``detail``: a word or two for people, such as the reason of an emergency access.
    """

    at: int
    action: int
    account: str = ""
    name: str = ""
    kind: str = ""
    practitioner: str = ""
    role: str = ""
    profession: str = ""
    organisation: str = ""
    principal: str = ""
    purpose: str = ""
    client: str = ""
    session: str = ""
    address: str = ""
    patient: str = ""
    resources: tuple[str, ...] = ()
    categories: tuple[int, ...] = ()
    query: str = ""
    rule: str = ""
    outcome: int = 0
    request: str = ""
    detail: str = ""


class Line(NamedTuple):
    """An entry with the columns that the journal is searched by; ``patient`` and ``account`` are hashes."""

    at: int
    patient: int | None
    account: int
    action: int
    outcome: int
    version: int
    content: bytes


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Entry)


def entry(
    caller: Caller,
    at: int,
    action: Action,
    *,
    address: str = "",
    patient: str = "",
    resources: Sequence[str] = (),
    categories: Sequence[int] = (),
    query: str = "",
    rule: str = "",
    outcome: Outcome = Outcome.DONE,
    request: str = "",
    detail: str = "",
) -> Entry:
    """Return the entry of an act of a caller."""
    return Entry(
        at, int(action), caller.account, caller.name, caller.kind.value, caller.practitioner, caller.role,
        caller.profession, caller.organisation, caller.principal, caller.purpose.value, caller.client,
        caller.session, address, patient, tuple(resources), tuple(categories), query, rule, int(outcome), request,
        detail,
    )  # fmt: skip


def encode(found: Entry) -> bytes:
    """Return an entry as the bytes that the journal keeps."""
    return _ENCODER.encode(found)


def decode(content: bytes) -> Entry:
    """Return the entry that ``encode`` wrote."""
    return _DECODER.decode(content)
