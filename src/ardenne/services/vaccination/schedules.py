"""Schedules on disk: a folder of supporting data, or one that is shipped (``lu``, ``be``)."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from ardenne.services.vaccination.rules.reading import read_ruleset
from ardenne.services.vaccination.rules.schedule import Ruleset
from ardenne.services.vaccination.rules.tree import ShapeError

_KINDS = (".xml", ".json", ".toml")


@lru_cache(maxsize=1)
def shipped() -> tuple[str, ...]:
    """Short names of the schedules that come with the package."""
    folder = files("ardenne.services.vaccination") / "data" / "schedules"
    return tuple(sorted(found.name for found in folder.iterdir() if found.is_dir()))


def load_folder(folder: Path) -> Ruleset:
    """Read all supporting data of a folder.

    :raises ShapeError: when the folder holds no schedule, or a file cannot be read.
    """
    if not folder.is_dir():
        raise ShapeError(f"{folder} is no folder of supporting data")
    found = sorted(path for path in folder.iterdir() if path.suffix in _KINDS)
    return read_ruleset((path.name, path.read_bytes()) for path in found)


@lru_cache(maxsize=4)
def load(name: str) -> Ruleset:
    """A shipped schedule by its short name, or the folder with this name.

    :raises ShapeError: when there is neither.
    """
    place = files("ardenne.services.vaccination") / "data" / "schedules" / name
    if name.isalpha() and name in shipped():
        inside = sorted(
            (one for one in place.iterdir() if one.name.endswith(_KINDS)), key=lambda one: one.name
        )
        return read_ruleset((one.name, one.read_bytes()) for one in inside)
    if Path(name).is_dir():
        return load_folder(Path(name))
    raise ShapeError(f"there is no schedule {name!r}; shipped are {', '.join(shipped())}, or name a folder")


class Jurisdiction(NamedTuple):
    """What a jurisdiction means here: its schedule, the issuer's letters on cards, the country of leaflets."""

    schedule: str
    partner: str
    country: str


@lru_cache(maxsize=8)
def of_jurisdiction(name: str) -> Jurisdiction:
    """Return what a jurisdiction of ``data/jurisdictions.toml`` means.

    :raises ShapeError: when the file has none of this name.
    """
    text = files("ardenne.services.vaccination").joinpath("data/jurisdictions.toml").read_text("utf-8")
    known = tomllib.loads(text)
    if name not in known:
        raise ShapeError(
            f"there is no jurisdiction {name!r} for vaccination; data/jurisdictions.toml has {', '.join(known)}"
        )
    return Jurisdiction(**known[name])
