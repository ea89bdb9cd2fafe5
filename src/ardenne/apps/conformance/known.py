"""Known misses: a file of names and reasons that a run is compared with.

One miss a line: the name of the case, a tab, the reason. Lines that begin with # are notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from .suite import Result


class Comparison(NamedTuple):
    """What differs from the known misses."""

    new: list[Result]
    """missed, though not known to miss"""
    mended: list[str]
    """known to miss, but passed; the line should go"""

    @property
    def agrees(self) -> bool:
        return not self.new and not self.mended


def read(path: Path) -> dict[str, str]:
    """Names and reasons. Raises ValueError for a line without reason."""
    known: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, reason = line.partition("\t")
        if not reason.strip():
            raise ValueError(f"{path}, line {number}: a known miss needs a tab and its reason")
        known[name] = reason.strip()
    return known


def compare(results: Iterable[Result], known: Mapping[str, str]) -> Comparison:
    """New misses, and known ones that pass now."""
    found = list(results)
    new = [result for result in found if not result.passed and result.name not in known]
    mended = [result.name for result in found if result.passed and result.name in known]
    return Comparison(new, mended)
