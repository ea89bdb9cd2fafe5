"""Names of professionals and organisations as pages show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse

_FOUND = 20


class Party(NamedTuple):
    """A professional or an organisation of the directory. ``places``: where a professional works, to tell namesakes apart."""

    reference: str
    name: str
    places: str = ""


async def find(
    service: FhirService, text: str, kinds: Sequence[str] = ("Practitioner", "Organization")
) -> list[Party]:
    """Return those of the directory whose name holds all the words, at most twenty of a kind."""
    words = [word for word in re.split(r"[\s,]+", text) if len(word) > 1][:4]
    if not words:
        return []
    found = []
    pairs = [("name:contains", re.sub(r"([\\,|$])", r"\\\1", word)) for word in words]
    for kind in kinds:
        query = parse([*pairs, ("_count", str(_FOUND)), ("_total", "none")])
        page = await service.searcher.search([kind], query)
        found += [Party(f"{kind}/{row.resource_id}", display(orjson.loads(row.body))) for row in page.matches]
    places = await _places(
        service, [one.reference for one in found if one.reference.startswith("Practitioner/")]
    )
    return [one._replace(places=", ".join(places.get(one.reference, ()))) for one in found]


async def _places(service: FhirService, professionals: Sequence[str]) -> dict[str, list[str]]:
    """Return the names of the organisations where professionals work."""
    if not professionals:
        return {}
    pairs = [("practitioner", ",".join(professionals)), ("_include", "PractitionerRole:organization")]
    page = await service.searcher.search(
        ["PractitionerRole"], parse([*pairs, ("_count", "200"), ("_total", "none")])
    )
    houses = {
        f"{row.resource_type}/{row.resource_id}": display(orjson.loads(row.body)) for row in page.included
    }
    found: dict[str, list[str]] = {}
    for row in page.matches:
        role = orjson.loads(row.body)
        name = houses.get(role.get("organization", {}).get("reference", ""), "")
        own = found.setdefault(role.get("practitioner", {}).get("reference", ""), [])
        if name and name not in own:
            own.append(name)
    return found


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
