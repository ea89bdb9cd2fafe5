"""What an act does to the stock (pure). The acts are data: ``data/kinds.toml``."""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import NamedTuple

MOST = 1_000_000
SOON = 60
"""Days before its expiry from which a batch is shown as expiring."""


class StockError(Exception):
    """Why an act on the stock is refused; ``rule`` names it for the page."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Kind(NamedTuple):
    """An act: which state it takes from and gives to, and what it needs."""

    name: str
    takes: str = ""
    gives: str = ""
    elsewhere: bool = False
    fresh: bool = False
    reason: bool = False


class Batch(NamedTuple):
    """A batch of a vaccine; ``expiry`` is its last day of use."""

    id: int
    vaccine: str
    batch: str
    expiry: date
    recalled: datetime | None
    recall: str


class Line(NamedTuple):
    """A change of one balance: positive doses come, negative go."""

    site: uuid.UUID
    batch: int
    state: str
    doses: int


@cache
def kinds() -> dict[str, Kind]:
    """Return all acts by name."""
    text = files("ardenne.services.stock").joinpath("data/kinds.toml").read_text("utf-8")
    return {name: Kind(name, **facts) for name, facts in tomllib.loads(text).items()}


def lines(
    kind: str, site: uuid.UUID, batch: Batch, doses: int, today: date, other: uuid.UUID | None = None
) -> list[Line]:
    """Return what an act changes.

    :raises StockError: for doses that are none, a recalled or expired batch, or a transfer to nowhere.
    """
    act = kinds()[kind]
    if not 0 < doses <= MOST:
        raise StockError("doses")
    if act.fresh:
        usable(batch, today)
    if act.elsewhere and (other is None or other == site):
        raise StockError("site")
    found = [Line(site, batch.id, act.takes, -doses)] if act.takes else []
    if act.gives:
        target = other if act.elsewhere and other else site
        found.append(Line(target, batch.id, act.gives, doses))
    return found


def usable(batch: Batch, today: date) -> None:
    """:raises StockError: when a batch is recalled or expired."""
    if batch.recalled:
        raise StockError("recalled")
    if batch.expiry < today:
        raise StockError("expired")


def counted(site: uuid.UUID, batch: Batch, held: int, found: int) -> list[Line]:
    """Return the correction after a count of the usable doses; none when the count agrees."""
    if not 0 <= found <= MOST:
        raise StockError("doses")
    return [Line(site, batch.id, "usable", found - held)] if found != held else []


def freshness(batch: Batch, today: date) -> str:
    """Return recalled, expired, soon, or nothing."""
    if batch.recalled:
        return "recalled"
    left = (batch.expiry - today).days
    return "expired" if left < 0 else "soon" if left <= SOON else ""


def in_order(found: Sequence[Line]) -> list[Line]:
    """Return lines in the order in which balances are locked: acts that cross never wait for each other."""
    return sorted(found, key=lambda line: (line.site.bytes, line.batch, line.state))
