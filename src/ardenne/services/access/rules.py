"""The rules of opening a record (pure)."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

CODE_LIFE = timedelta(minutes=15)
"""Long enough to read six digits aloud at a desk."""
CODE_DIGITS = 6
ATTEMPTS = 5
"""Wrong codes of one account within ATTEMPT_SPAN before it has to wait."""
ATTEMPT_SPAN = timedelta(minutes=10)
SHORTEST_REASON = 10
LONGEST_REASON = 500


def new_code() -> str:
    """Return a code that a patient can read to a professional."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def read_code(text: str) -> str:
    """Return a typed code without blanks; empty when it cannot be one."""
    found = re.sub(r"[\s.\-]", "", text)
    return found if len(found) == CODE_DIGITS and found.isascii() and found.isdigit() else ""


def is_reason(text: str) -> bool:
    """Tell whether a text can be the reason of an emergency access: words, not a few keys."""
    letters = re.sub(r"\W|\d", "", text)
    words = re.findall(r"[^\W\d_]{2,}", text)
    return (
        SHORTEST_REASON <= len(text) <= LONGEST_REASON and len(set(letters.lower())) >= 4 and len(words) >= 2
    )
