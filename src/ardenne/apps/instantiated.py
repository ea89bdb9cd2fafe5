"""The published CapabilityStatements that this node promises to fulfil (``instantiates.tsv``)."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def promised() -> dict[str, str]:
    """Return the canonical of each statement with the tests that show it, relative to the package."""
    text = (resources.files(__package__) / "instantiates.tsv").read_text("utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {line[0]: line[1] for line in lines[1:]}
