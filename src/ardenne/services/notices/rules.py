"""Addresses, times and texts of notices (pure)."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

CODE_LIFE = timedelta(minutes=30)
CODE_ATTEMPTS = 5
CODES_A_DAY = 10
"""So that nobody is flooded with codes."""
PAUSE = timedelta(hours=1)
"""Between two messages of a kind: a morning of laboratory results makes one message."""
ATTEMPTS = 12
LEASE = timedelta(minutes=5)
"""How long a sender may hold a notice; a mail server has far less time."""
_LONGEST_PAUSE = timedelta(hours=12)
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


class Message(NamedTuple):
    """What is sent."""

    subject: str
    text: str


def address(text: str) -> str:
    """Return an e-mail address as HTML (input type=email) knows it; empty when it is none."""
    found = text.strip()
    return found if len(found) <= 254 and _ADDRESS.fullmatch(found) else ""


def pause(attempts: int) -> timedelta:
    """Return how long to wait after so many failures: a minute, doubled each time, at most half a day."""
    return min(timedelta(minutes=2 ** min(attempts, 20)), _LONGEST_PAUSE)


def message(kind: str, language: str, base: str, code: str = "") -> Message:
    """Return the message of a kind: document, emergency, vaccination or confirm. It names no person and nothing of a record."""
    texts = _texts()[kind]
    found = texts.get(language) or texts["en"]
    foot = (_texts()["foot"].get(language) or _texts()["foot"]["en"])["text"]
    text = f"{found['text'].strip()}\n\n{foot.strip()}\n"
    return Message(found["subject"], text.format(base=base, code=code))


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads((resources.files(__package__) / "data" / "messages.toml").read_text("utf-8"))
