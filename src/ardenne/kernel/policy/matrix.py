"""The matrix profession × category of care data: versioned data of a jurisdiction, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

from ardenne.standards.fhir.labels import Category


class Reach(IntEnum):
    """How far a right of the matrix goes."""

    NONE = 0
    OWN = 1
    """What the party wrote or stored itself."""
    RESTRICTED = 2
    """With a grant that opens restricted documents."""
    RELATION = 3
    """With a relation to the patient."""
    ANY = 4
    """For every patient."""


class Cell(NamedTuple):
    """What one profession may do with one category."""

    read: Reach = Reach.NONE
    write: Reach = Reach.NONE


class MatrixError(ValueError):
    """The matrix cannot be used; the message says which row and cell, and how to mend it."""


class Matrix(NamedTuple):
    """One version of a jurisdiction's matrix."""

    jurisdiction: str
    version: str
    status: str
    rows: Mapping[str, Mapping[Category, Cell]]
    shared: frozenset[Category]
    hours: Mapping[str, int]

    def __hash__(self) -> int:
        # what is remembered of callers is asked for by matrix at every request
        return hash((self.jurisdiction, self.version))

    def row(self, profession: str) -> Mapping[Category, Cell]:
        """Return the cells of a profession; an unknown one may do nothing."""
        return self.rows.get(profession, {})


def read_cell(text: str) -> Cell:
    """Return the cell that a text such as ``R``, ``RW own``, ``R restricted W`` or ``R any`` stands for.

    Raises MatrixError.
    """
    read = write = Reach.NONE
    words = text.split()
    for place, word in enumerate(words):
        if word in ("R", "W", "RW"):
            after = words[place + 1] if place + 1 < len(words) else ""
            reach = {"own": Reach.OWN, "any": Reach.ANY, "restricted": Reach.RESTRICTED}.get(
                after, Reach.RELATION
            )
            read = reach if "R" in word else read
            write = reach if "W" in word else write
        elif word not in ("own", "any", "restricted") or not place:
            raise MatrixError(f"'{text}' is no cell: write R, W or RW, then own, restricted or any if needed")
    return Cell(read, write)


@lru_cache(maxsize=32)
def parse(text: str) -> Matrix:
    """Return the matrix that a TOML text describes; the same one for the same text. Raises MatrixError."""
    try:
        found: dict[str, Any] = tomllib.loads(text)
        order = [Category[name] for name in found["columns"]["order"]]
        shared = frozenset(Category[name] for name in found["shared"])
        rows = {}
        for name, cells in found["rows"].items():
            if len(cells) != len(order):
                raise MatrixError(f"row {name} has {len(cells)} cells, the columns are {len(order)}")
            rows[name] = {
                category: read_cell(cell) for category, cell in zip(order, cells, strict=True) if cell
            }
        return Matrix(
            found["jurisdiction"],
            found["version"],
            found["status"],
            rows,
            shared,
            {name: int(hours) for name, hours in found["duration_hours"].items()},
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise MatrixError(f"the matrix cannot be read: {error}") from None


def text_of(jurisdiction: str) -> str:
    """Return the TOML text that the package ships for a jurisdiction. Raises MatrixError."""
    folder = resources.files(__package__) / "data"
    file = folder / f"{jurisdiction}.toml"
    if not jurisdiction.replace("-", "").isalnum() or not file.is_file():
        raise MatrixError(f"there is no matrix for '{jurisdiction[:20]}'")
    return file.read_text("utf-8")


@lru_cache(maxsize=8)
def shipped(jurisdiction: str) -> Matrix:
    """Return the matrix that the package ships for a jurisdiction. Raises MatrixError."""
    return parse(text_of(jurisdiction))


def difference(old: Matrix, new: Matrix) -> list[tuple[str, Category, Cell, Cell]]:
    """Return profession, category, old and new cell of every cell that differs."""
    found = []
    for profession in sorted({*old.rows, *new.rows}):
        for category in Category:
            before = old.row(profession).get(category, Cell())
            after = new.row(profession).get(category, Cell())
            if before != after:
                found.append((profession, category, before, after))
    return found


def cell_text(cell: Cell) -> str:
    """Return a cell as it is written in a matrix."""
    words = {Reach.OWN: " own", Reach.ANY: " any", Reach.RESTRICTED: " restricted", Reach.RELATION: ""}
    if cell.read is cell.write and cell.read is not Reach.NONE:
        return "RW" + words[cell.read]
    parts = []
    if cell.read is not Reach.NONE:
        parts.append("R" + words[cell.read])
    if cell.write is not Reach.NONE:
        parts.append("W" + words[cell.write])
    return " ".join(parts)


def write(found: Matrix) -> str:
    """Return a matrix as the TOML text that ``parse`` reads."""
    order = [category for category in Category if category is not Category.NONE]
    lines = [
        f'jurisdiction = "{found.jurisdiction}"',
        f'version = "{found.version}"',
        f'status = "{found.status}"',
        f"shared = [{', '.join(_quoted(category.name) for category in sorted(found.shared))}]",
        "[duration_hours]",
        *(f"{name} = {hours}" for name, hours in found.hours.items()),
        "[columns]",
        f"order = [{', '.join(_quoted(category.name) for category in order)}]",
        "[rows]",
    ]
    for profession, cells in found.rows.items():
        texts = [_quoted(cell_text(cells.get(category, Cell()))) for category in order]
        lines.append(f"{profession} = [{', '.join(texts)}]")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return f'"{text}"'
