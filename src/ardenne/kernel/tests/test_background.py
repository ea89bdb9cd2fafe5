"""The loop of background work: when it pauses, what it reports, how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest

from ardenne.kernel.background import repeat
from ardenne.kernel.store.database import DatabaseUnavailable


def pauses(outcomes: list[object], fault: float | None) -> list[float]:
    """Return how long the loop paused after each outcome: a result, or an error that the work raised."""
    left: Iterator[object] = iter(outcomes)
    seen: list[float] = []

    async def work() -> object:
        outcome = next(left, None)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def sleep(seconds: float) -> None:
        seen.append(seconds)
        if len(seen) == len(outcomes):
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(repeat(work, 1.0, fault, sleep))
    return seen


def test_work_follows_at_once_while_there_is_some() -> None:
    assert pauses([True, "job", None, False, True], 5.0) == [0.0, 0.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize(("fault", "expected"), [(5.0, 5.0), (None, 1.0)])
def test_an_error_ends_nothing(fault: float | None, expected: float) -> None:
    assert pauses([DatabaseUnavailable(), ValueError(), True], fault) == [expected, expected, 0.0]


def test_faults_are_reported_without_what_they_quote(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        pauses([DatabaseUnavailable("a secret"), ValueError("a secret")], None)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "ValueError" in caplog.text
    assert "a secret" not in caplog.text


def test_work_can_be_cancelled() -> None:
    async def cancelled() -> bool:
        task = asyncio.ensure_future(repeat(lambda: asyncio.sleep(60.0), 1.0))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(cancelled())
