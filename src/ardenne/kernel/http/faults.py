"""Reporting a fault of ours: where it happened, never with what data."""

from __future__ import annotations

import logging
import traceback
import uuid

_LOGGER = logging.getLogger("ardenne.faults")


def report(error: BaseException) -> str:
    """Log kind and place of an unexpected error and return the number that the caller is told.

    The message of the error stays out of the log: it may quote what a person sent.
    """
    number = uuid.uuid4().hex[:12]
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    places = " < ".join(
        f"{frame.filename.rpartition('/ardenne/')[2]}:{frame.lineno} {frame.name}"
        for frame in reversed(frames)
    )
    _LOGGER.error("fault %s: %s at %s", number, type(error).__name__, places)
    return number
