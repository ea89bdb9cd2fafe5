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
    """A professional or an organisation of the directory."""

    reference: str
    name: str


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
