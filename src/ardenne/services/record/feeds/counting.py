"""Counting what arrives: in memory, written down every few seconds, so that counting costs no sender anything.

What a process that is killed counted last is lost; it is a figure, not a record.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import NamedTuple

from ardenne.kernel.background import repeat
from ardenne.kernel.store.database import Database
from ardenne.services.record.feeds import store_feeds
from ardenne.services.record.feeds.store_feeds import Count

_EVERY_SECONDS = 5.0
_FAR = 366 * 24 * 3600.0
"""A lag beyond a year is a wrong clock or an old archive."""


class _Key(NamedTuple):
    feed: str
    minute: datetime


_counts: dict[_Key, Count] = defaultdict(Count)


def note(feed: str, outcome: str, sent: datetime | None = None, now: datetime | None = None) -> None:
    """Count one content. ``outcome``: filed, duplicate or refused; ``sent``: when its sender made it, if known."""
    moment = now or datetime.now(UTC)
    count = _counts[_Key(feed[:100], moment.replace(second=0, microsecond=0))]
    count.outcomes[outcome] += 1
    lag = (moment - sent).total_seconds() if sent is not None else -1.0
    if 0 <= lag < _FAR:
        count.lags += 1
        count.lag_sum += lag
        count.lag_most = max(count.lag_most, lag)


async def flush(database: Database) -> None:
    """Write down what was counted since the last time."""
    taken = dict(_counts)
    _counts.clear()
    if taken:
        await store_feeds.add(database, [(*key, count) for key, count in taken.items()])


async def run(database: Database) -> None:
    """Write down for ever."""
    await repeat(lambda: flush(database), _EVERY_SECONDS)
