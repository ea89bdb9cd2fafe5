"""Invented Patients as sources send them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ardenne.kernel.rest.conditional import locked
from ardenne.kernel.testing import TestNode
from ardenne.services.mpi.contract import Identified, Told
from ardenne.services.mpi.index import Index

NORTH, SOUTH = "urn:oid:1.2.3.1", "urn:oid:1.2.3.2"
MATRICULE = "urn:oid:1.3.182.4.4"
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def patient(number: str, system: str = NORTH, **changed: Any) -> dict[str, Any]:
    """Return a Patient as the hospital of a system sends it; ``changed`` replaces elements (None: leaves out)."""
    found = {
        "resourceType": "Patient",
        "identifier": [{"system": system, "value": number}],
        "name": [{"use": "official", "family": "Hoffmann", "given": ["Léa"]}],
        "gender": "female",
        "birthDate": "1980-01-01",
        "address": [{"line": ["12 rue de l'Eau"], "city": "Esch-sur-Alzette", "postalCode": "4030"}],
        **changed,
    }
    return {name: value for name, value in found.items() if value is not None}


def when(day: int) -> datetime:
    """Return the moment at which something was said."""
    return _BEGIN + timedelta(days=day)


async def register(
    node: TestNode,
    index: Index,
    content: dict[str, Any],
    day: int = 0,
    sender: str = "north",
    certain: bool = False,
) -> Identified:
    """Tell the index of a Patient, in a transaction of its own."""
    async with locked(node.service, index.locks(content)) as connection:
        return await index.identify(
            node.service, connection, content, Told(sender, when(day)), certain=certain
        )
