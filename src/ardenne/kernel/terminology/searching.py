"""The codes that search modifiers stand for (R4, search: :in, :not-in, :above, :below)."""

from __future__ import annotations

from itertools import islice
from typing import Final

import orjson

from ardenne.kernel.search.codes import Pairs, Wanted
from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Connection
from ardenne.kernel.terminology import store
from ardenne.kernel.terminology.reading import Fetch
from ardenne.kernel.terminology.service import NodeSource, Terminology
from ardenne.standards.fhir.terminology import Source, TerminologyError, expand
from ardenne.standards.fhir.terminology.concepts import Json, dicts
from ardenne.standards.fhir.terminology.parameters import Inputs
from ardenne.standards.fhir.terminology.scope import Scope

MOST: Final = 10_000
"""Codes that one modifier may stand for."""


class SearchCodes:
    """Looks up codes for the searcher."""

    def __init__(self, terminology: Terminology) -> None:
        self._terminology = terminology

    async def look_up(self, wanted: Wanted, connection: Connection | None = None) -> Pairs | LookupError:
        """The codes, or the reason why there are none."""

        def work(source: Source, node: NodeSource) -> Pairs:
            return members(source, node, wanted.value_set) if wanted.value_set else kin(source, wanted)

        try:
            return await self._terminology.run(work, connection)
        except TerminologyError as error:
            return LookupError(str(error))
        except LookupError as error:
            return error


def members(source: Source, node: NodeSource, reference: str) -> Pairs:
    """System and code of every member of a value set: canonical URL or ValueSet/id."""
    asked: Json = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "url", "valueUri": reference},
            {"name": "excludeNested", "valueBoolean": True},
        ],
    }
    value_set = _by_id(node.fetch, reference) if reference.startswith("ValueSet/") else None
    found = expand(source, asked, value_set, limit=MOST)
    return [(each["system"], each["code"]) for each in dicts(found["expansion"].get("contains"))]


def _by_id(fetch: Fetch, reference: str) -> Json:
    rows = fetch(store.BY_SELF, hashing.reference(reference))
    if not rows:
        raise LookupError(f"there is no {reference}")
    value_set: Json = orjson.loads(rows[0]["body"])
    return value_set


def kin(source: Source, wanted: Wanted) -> Pairs:
    """A code with all its descendants, or with all its ancestors. Raises LookupError."""
    if not wanted.system or not wanted.code:
        raise LookupError("write system|code: a code is above or below others of its own code system")
    system = Scope(source, Inputs({})).choose(wanted.system, "").system
    if system is None:
        raise LookupError(f"the code system {wanted.system} is not known here")
    concept = system.find(wanted.code)
    if concept is None:
        raise LookupError(f"'{wanted.code}' is no code of {wanted.system}")
    related = list(islice(system.related(concept.code, upward=wanted.upward), MOST))
    if len(related) >= MOST:
        raise LookupError(f"more than {MOST} codes are below '{wanted.code}': ask for a narrower one")
    return [(wanted.system, code) for code in (concept.code, *related)]
