"""Names of professionals and organisations as pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from ardenne.kernel.rest.service import FhirService


async def names(service: FhirService, references: Iterable[str]) -> dict[str, str]:
    """Return the names of parties (``Type/id``); of one that the directory does not hold, its reference."""
    found = {}
    for reference in dict.fromkeys(references):
        kind, _, name = reference.partition("/")
        stored = await service.resources.read(kind, name)
        known = stored is not None and stored.body is not None
        found[reference] = display(orjson.loads(stored.body or b"{}")) if known and stored else reference
    return found


def display(resource: dict[str, Any]) -> str:
    """Return the name of a Practitioner or an Organization."""
    name = resource.get("name", "")
    if isinstance(name, str):
        return name
    first = name[0] if name else {}
    parts = [*first.get("prefix", []), *first.get("given", []), first.get("family", "")]
    return str(first.get("text") or " ".join(part for part in parts if part))
