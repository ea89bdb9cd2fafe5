"""When a record may be deleted (pure)."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import lru_cache
from importlib import resources

REASONS = ("closed", "opposed", "deceased")


@lru_cache(maxsize=1)
def years() -> dict[str, int]:
    """Return for how many years a record is kept, by the reason of its end."""
    text = (resources.files(__package__) / "data" / "retention.toml").read_text("utf-8")
    return dict(tomllib.loads(text)["years"])


def kept_until(reason: str, since: date) -> date:
    """Return the first day on which a record that ended on ``since`` may be deleted."""
    year = since.year + years()[reason]
    try:
        return since.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 3, 1)


def is_due(reason: str, since: date, today: date) -> bool:
    """Tell whether a record may be deleted today."""
    return today >= kept_until(reason, since)
