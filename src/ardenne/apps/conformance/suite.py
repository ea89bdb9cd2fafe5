"""What a conformance suite is: a folder of published cases and a way to run them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol


class Result(NamedTuple):
    """One case of a suite."""

    name: str
    """unique within the folder"""
    reason: str
    """why it missed, "" when it passed"""

    @property
    def passed(self) -> bool:
        return not self.reason


class Suite(Protocol):
    """A suite; its docstring is the help that the command shows."""

    def __call__(self, folder: Path) -> Iterator[Result]:
        """Run every case that the folder holds.

        Raises SuiteError when the folder does not have the shape of the suite.
        """
        ...


class SuiteError(ValueError):
    """The folder holds no case of the suite; the text says what was looked for."""


def unique(names: dict[str, int], name: str) -> str:
    """`name`, with #2, #3... for repetitions; `names` counts them."""
    names[name] = names.get(name, 0) + 1
    return name if names[name] == 1 else f"{name}#{names[name]}"


def judged(case: Callable[[], str]) -> str:
    """The reason that `case` gives. A case that crashes misses with the error as its reason: one
    defect must not hide the verdict on all other cases."""
    try:
        return case()
    except Exception as error:
        return f"crashed with {type(error).__name__}: {error}"
