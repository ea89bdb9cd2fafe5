"""Leaflets that the desk entered: lines are added, never changed; the newest of a product, country and language counts."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ardenne.kernel.store.database import Connection, Database
from ardenne.services.vaccination.leaflets import Leaflet

_OF = """
select distinct on (country, vaccine, language) country, vaccine, language, address, version
  from vaccination_leaflet where $1 = '' or vaccine = $1 order by country, vaccine, language, id desc
"""
_ADD = """
insert into vaccination_leaflet (country, vaccine, language, address, version, actor) values ($1, $2, $3, $4, $5, $6)
"""
_CHANGES = """
select country, vaccine, language, address, version, actor, at from vaccination_leaflet order by id desc limit 50
"""


class Change(NamedTuple):
    country: str
    vaccine: str
    language: str
    address: str
    version: str
    actor: str
    at: datetime


async def leaflets(asked: Database | Connection, vaccine: str = "") -> list[Leaflet]:
    """Return the leaflets in force, of one vaccine or all; an empty address hides a shipped one too."""
    return [Leaflet(*row)._replace(confirmed=True) for row in await asked.fetch(_OF, vaccine)]


async def add(connection: Connection, one: Leaflet, actor: str) -> None:
    """Keep a line."""
    await connection.execute(_ADD, one.country, one.vaccine, one.language, one.address, one.version, actor)


async def changes(database: Database) -> list[Change]:
    """Return the newest lines with who entered them."""
    return [Change(*row) for row in await database.fetch(_CHANGES)]
