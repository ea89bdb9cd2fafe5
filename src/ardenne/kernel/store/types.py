"""The numbers that stand for resource types in the database: alphabetical position, from 1.

R4 is frozen, so the list never changes; a type that a later version adds gets a number behind it.
"""

from __future__ import annotations

from ardenne.standards.fhir.definitions import RESOURCE_TYPES

NAMES: tuple[str, ...] = ("", *sorted(RESOURCE_TYPES))
NUMBERS: dict[str, int] = {name: number for number, name in enumerate(NAMES) if name}
