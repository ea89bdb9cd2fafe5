"""Copies of JSON values within limits, so that a patch cannot grow a resource without end."""

from __future__ import annotations

from typing import Any, Final

from .errors import Refused

MOST_VALUES: Final = 1_000_000
"""Values that one patch may copy"""

DEEPEST: Final = 100


class Copier:
    """Copies values for one patch and counts them."""

    def __init__(self) -> None:
        self.copied = 0

    def copy(self, value: Any, depth: int = 0) -> Any:
        """A copy that shares nothing with `value`. Raises Refused beyond the limits."""
        self.copied += 1
        if self.copied > MOST_VALUES:
            raise Refused(f"the patch copies more than {MOST_VALUES} values")
        if depth > DEEPEST:
            raise Refused(f"the result would be nested more than {DEEPEST} levels deep")
        if isinstance(value, dict):
            return {key: self.copy(one, depth + 1) for key, one in value.items()}
        if isinstance(value, list):
            return [self.copy(one, depth + 1) for one in value]
        return value


def check_depth(value: Any, depth: int = 0) -> None:
    """Raises Refused when `value` is nested too deeply."""
    if depth > DEEPEST:
        raise Refused(f"the result would be nested more than {DEEPEST} levels deep")
    if isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            check_depth(one, depth + 1)
