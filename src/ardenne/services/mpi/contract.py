"""What other services may use of the index of persons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

Json = dict[str, Any]


class Outcome(StrEnum):
    """What became of an identity that arrived."""

    KNOWN = "known"
    """The source told of it before; it is brought up to date."""
    LINKED = "linked"
    """A person who is known already, now under one more number."""
    ADDED = "added"
    """A person never seen before."""
    OVERTAKEN = "overtaken"
    """A newer version is here already; this one is only kept."""
    OVERLAY = "overlay"
    """Suddenly another person's traits under a known number: kept, not believed, an officer is asked."""


class Told(NamedTuple):
    """Who says something about a person, and when (``sent`` None: now).

    ``whole``: what is not said no longer holds; else it stays as the same source said it before.
    """

    sender: str
    sent: datetime | None = None
    whole: bool = False


class Identified(NamedTuple):
    """The person (Patient id) whom an identity was found to be. ``cases``: questions opened for an officer."""

    person: str
    outcome: Outcome
    cases: tuple[int, ...] = ()


class Hidden(NamedTuple):
    """What nobody may read of somebody under protection, and the alias that is shown instead (a Patient).

    ``names``: words of names; ``numbers``: national numbers and telephones; ``births``: FHIR dates; ``texts``: lines of
    addresses and e-mail addresses.
    """

    alias: Json
    names: frozenset[str]
    numbers: frozenset[str]
    births: frozenset[str]
    texts: frozenset[str]


class Doubtful(Exception):
    """Whose something is cannot be said safely. ``rule`` names why; the message says how to mend it."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class PersonIndex(Protocol):
    """Finds the person behind what a source tells, and keeps every person once.

    ``connection`` is the transaction of the caller, which holds ``locks`` of the same patient.
    """

    def locks(self, patient: Json) -> Sequence[str]:
        """Return what must be locked so that the same person is not added twice at once."""

    async def identify(
        self, service: Any, connection: Any, patient: Json, told: Told, *, certain: bool = False
    ) -> Identified:
        """Return the person; one never seen before is added.

        ``certain``: raise Doubtful instead of adding a person beside one with the same number.
        """

    async def find(self, connection: Any, patient: Json) -> str:
        """Return the person who is meant beyond doubt; empty when nobody is known. Raises Doubtful."""

    async def adopt(self, connection: Any, person: str) -> None:
        """Take a Patient that was written past the index, in the same transaction, into it."""

    async def catch_up(self, database: Any) -> int:
        """Take every Patient that was loaded past the index into it, and return how many there were."""

    async def survivor(self, connection: Any, person: str) -> str:
        """Return the Patient id that stands for a person since the last merge."""

    async def hidden(self, database: Any, person: str) -> Hidden | None:
        """Return what is hidden of a person under protection; None when it is not."""
