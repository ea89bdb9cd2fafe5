"""What the operator allows subscriptions to do, and how hard delivery tries."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import NamedTuple

from ardenne.kernel.mail import MailServer

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 3600.0


class Rules(NamedTuple):
    """``base``: the FHIR address of the node, as it stands in messages; ``fixed``: whether it is its only one.

    ``hosts``: the hosts that may be called (none: any). ``loopback``: whether this machine may be
    called. ``attempts``: how often a message is tried before its events are dead letters.
    """

    base: str = "http://localhost:8080/fhir"
    fixed: bool = False
    hosts: frozenset[str] = frozenset()
    loopback: bool = False
    attempts: int = 10
    mail: MailServer = MailServer()

    @property
    def topic_base(self) -> str:
        """The address that topics begin with; empty when the node has several."""
        return self.base if self.fixed else ""


def pause(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row.

    Doubled each time, at most an hour, with jitter so that messages to a receiver that was down do
    not all come back at the same moment.
    """
    longest = min(_FIRST_PAUSE * 2 ** min(failures, 20), _LONGEST_PAUSE)
    return timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
