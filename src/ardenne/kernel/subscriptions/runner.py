"""The background work of subscriptions in a worker process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from ardenne.kernel.background import repeat
from ardenne.kernel.http.faults import report
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.subscriptions import store
from ardenne.kernel.subscriptions.reader import Reader
from ardenne.kernel.subscriptions.rules import Rules
from ardenne.kernel.subscriptions.sender import Sender
from ardenne.kernel.subscriptions.store import State

_IDLE_SECONDS = 0.5
_FAULT_SECONDS = 5.0
_SENDERS = 8
_KEPT = timedelta(days=30)
_PRUNE_SECONDS = 3600.0


def utc_now() -> datetime:
    """Return the present."""
    return datetime.now(UTC)


class SubscriptionRunner:
    """Reads changes and delivers events. Every worker process has one; they share the work.

    ``clock`` tells the time, ``sleep`` waits: tests give their own.
    """

    def __init__(
        self,
        service: FhirService,
        rules: Rules,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._service = service
        self._clock = clock
        self._sleep = sleep
        self._places = asyncio.Semaphore(_SENDERS)
        self._tasks: set[asyncio.Task[None]] = set()
        self.reader = Reader(service, clock)
        self.sender = Sender(service, rules, clock)

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            await asyncio.gather(self._repeat(self.reader.round), self._repeat(self._dispatch), self._prune())
        finally:
            for task in self._tasks:
                task.cancel()

    async def settle(self) -> None:
        """Do everything that is due at this moment."""
        while await self.reader.round() or await self._one():
            continue

    async def _one(self) -> bool:
        state = await self.sender.claim()
        if state is not None:
            await self.sender.finish(state)
        return state is not None

    async def _dispatch(self) -> bool:
        """Start the work on one Subscription, as soon as there is a place for it."""
        await self._places.acquire()
        state = None
        try:
            state = await self.sender.claim()
        finally:
            if state is None:
                self._places.release()
        if state is not None:
            task = asyncio.ensure_future(self._finish(state))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return state is not None

    async def _finish(self, state: State) -> None:
        try:
            await self.sender.finish(state)
        except Exception as error:
            report(error)
            await self._sleep(_FAULT_SECONDS)
        finally:
            self._places.release()

    async def _repeat(self, work: Callable[[], Awaitable[bool]]) -> None:
        await repeat(work, _IDLE_SECONDS, _FAULT_SECONDS, self._sleep)

    async def _prune(self) -> None:
        while True:
            await self._sleep(_PRUNE_SECONDS)
            try:
                async with self._service.database.connection() as connection:
                    await store.prune(connection, self._clock() - _KEPT, self._clock())
            except Exception as error:
                report(error)
