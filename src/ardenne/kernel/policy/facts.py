"""What is known of a patient's record and of a caller's relation to it (values, no I/O)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """Where a grant comes from. The numbers are stored."""

    TREATMENT = 1
    """A consultation: the patient was there, by card or code."""
    REFERRING = 2
    """The agreement with the referring doctor."""
    TEAM = 3
    """A stay in hospital, or a team that cares."""
    PATIENT = 4
    """A directive of the patient."""
    EMERGENCY = 5
    """Break-glass with a typed reason."""
    FOREIGN = 6
    """A professional abroad, through a national contact point."""


class State(IntEnum):
    """State of a record. The numbers are stored."""

    OPEN = 0
    CLOSED = 1
    OPPOSED = 2


class Grant(NamedTuple):
    """A relation or permission in force from ``starts`` until before ``ends`` (microseconds since 1970)."""

    party: int
    kind: int
    level: int
    starts: int
    ends: int


class Exclusion(NamedTuple):
    """Somebody whom the patient keeps out, of the record or of one ``document`` (hash; None: of all)."""

    party: int
    document: int | None
    starts: int
    ends: int


class PatientFacts(NamedTuple):
    """What decisions about one patient's data need, cut to the parties of one caller."""

    version: int | None = None
    state: int = State.OPEN
    emergency_level: int = 1
    grants: Sequence[Grant] = ()
    exclusions: Sequence[Exclusion] = ()
    others: Sequence[int] = ()
    """The other patients (hashes) that are one person with this one; all the rest is theirs too."""


NOTHING_KNOWN = PatientFacts()
"""Of a patient about whom no directive and no relation was ever recorded."""
