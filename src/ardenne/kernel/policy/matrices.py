"""Versions of the matrix: that of the package (number 0) and those that this node added."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ardenne.kernel.policy import matrix, store
from ardenne.kernel.policy.matrix import Cell, Matrix
from ardenne.kernel.store.database import Connection, Database
from ardenne.standards.fhir.labels import Category


class Version(NamedTuple):
    """A version that this node added."""

    number: int
    author: str
    reason: str
    created: datetime


async def current(asked: Database | Connection, jurisdiction: str) -> Matrix:
    """Return the matrix in force: the newest version of the node, else that of the package."""
    text = await store.newest_matrix(asked, jurisdiction)
    return matrix.parse(text) if text else matrix.shipped(jurisdiction)


async def version(asked: Database | Connection, jurisdiction: str, number: int) -> Matrix | None:
    """Return a version, None when there is none of that number; 0 is that of the package."""
    if number == 0:
        return matrix.shipped(jurisdiction)
    text = await store.matrix_text(asked, jurisdiction, number)
    return matrix.parse(text) if text else None


async def versions(asked: Database | Connection, jurisdiction: str) -> list[Version]:
    """Return the versions that this node added, newest first."""
    return [Version(*row) for row in await store.matrix_versions(asked, jurisdiction)]


async def add(
    connection: Connection,
    before: Matrix,
    changed: Mapping[tuple[str, Category], Cell],
    author: str,
    reason: str,
) -> int:
    """Add a version: ``before`` with some cells changed. Return its number."""
    number = await store.next_matrix(connection)
    rows = {profession: dict(cells) for profession, cells in before.rows.items()}
    for (profession, category), cell in changed.items():
        rows[profession][category] = cell
    base = before.version.partition("+")[0]
    found = before._replace(version=f"{base}+{number}", status="in force", rows=rows)
    await store.add_matrix(connection, number, found.jurisdiction, matrix.write(found), author, reason)
    return number
