"""The loop of everything that works in the background of a worker process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ardenne.kernel.http.faults import report
from ardenne.kernel.store.database import DatabaseUnavailable

_LOGGER = logging.getLogger("ardenne.background")


async def repeat(
    work: Callable[[], Awaitable[object]],
    idle: float,
    fault: float | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Do ``work`` again and again, until cancelled.

    As long as it returns something true there may be more to do, and it follows at once; otherwise after
    ``idle`` seconds. An error ends nothing: work follows after ``fault`` seconds (as idle, when not given). A
    database that is away is no fault, everything else is reported.
    """
    after_fault = idle if fault is None else fault
    while True:
        try:
            pause = 0.0 if await work() else idle
        except DatabaseUnavailable as error:
            _LOGGER.debug("the database is away: %s", type(error).__name__)
            pause = after_fault
        except Exception as error:
            report(error)
            pause = after_fault
        await sleep(pause)
