"""Reading the database from the thread in which the terminology engine works.

The engine is plain code: it runs in a thread of its own, so that the event loop serves others meanwhile, and
its reads are done by the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ardenne.kernel.store.database import DatabaseUnavailable

Rows = Sequence[Any]
Fetch = Callable[..., Rows]
_SECONDS = 30.0


def blocking(fetch: Callable[..., Awaitable[Rows]], loop: asyncio.AbstractEventLoop) -> Fetch:
    """The read, to be called from another thread than the loop's. Raises DatabaseUnavailable."""

    async def read(statement: str, arguments: tuple[Any, ...]) -> Rows:
        return await fetch(statement, *arguments)

    def wait(statement: str, *arguments: Any) -> Rows:
        future = asyncio.run_coroutine_threadsafe(read(statement, arguments), loop)
        try:
            return future.result(_SECONDS)
        except TimeoutError:
            future.cancel()
            raise DatabaseUnavailable("the database did not answer in time") from None

    return wait
