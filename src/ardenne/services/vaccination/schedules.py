"""Schedules on disk: a folder of supporting data."""

from __future__ import annotations

from pathlib import Path

from ardenne.services.vaccination.rules.reading import read_ruleset
from ardenne.services.vaccination.rules.schedule import Ruleset
from ardenne.services.vaccination.rules.tree import ShapeError

_KINDS = (".xml", ".json", ".toml")


def load_folder(folder: Path) -> Ruleset:
    """Read all supporting data of a folder.

    :raises ShapeError: when the folder holds no schedule, or a file cannot be read.
    """
    if not folder.is_dir():
        raise ShapeError(f"{folder} is no folder of supporting data")
    found = sorted(path for path in folder.iterdir() if path.suffix in _KINDS)
    return read_ruleset((path.name, path.read_bytes()) for path in found)
