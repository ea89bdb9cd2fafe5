"""Demographic queries (IHE PDQ) as HL7 v2 and v3 ask them: persons found once, then fetched piece by piece.

Only ids are kept. Each person is read when it is fetched, so that the policy decides and the journal notes then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.policy import scoping
from ardenne.kernel.policy.decide import Decision
from ardenne.kernel.policy.guarded import names_somebody
from ardenne.kernel.policy.service import AccessRefused, unlimited
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse
from ardenne.services.mpi import store_answers as kept
from ardenne.services.mpi.rules.agreement import degree
from ardenne.services.mpi.rules.reading import traits_of
from ardenne.services.mpi.store_answers import Kept
from ardenne.standards.fhir.json import parse_exact

Json = dict[str, Any]
MOST = 500
"""More persons than this are no answer: the question is too wide."""
_SECONDS = 900.0
"""How long an answer waits to be fetched."""


class TooMany(Exception):
    """The question fits more persons than anybody would look through."""


class NoAnswer(Exception):
    """There is no such answer: never asked, cancelled, fetched to its end, or too old."""


class Found(NamedTuple):
    """Persons of a piece (id, Patient, degree in percent), how many there are altogether, how many remain; the question."""

    persons: Sequence[tuple[str, Json, int]]
    total: int
    remaining: int
    asked: bytes = b""


class Question(NamedTuple):
    """What is asked: search parameters, who is described (for the degree), the least degree, how many at once (0: all)."""

    pairs: Sequence[tuple[str, str]]
    described: Json
    least: int = 0
    page: int = 0


async def ask(service: FhirService, key: str, question: Question, asked: bytes = b"") -> Found:
    """Return the first piece of an answer, the best first; the rest is kept under ``key``. Raises TooMany, AccessRefused."""
    ranked = await _ranked(service, question)
    page = question.page or len(ranked)
    found = await _read(service, ranked[:page])
    if len(ranked) > page:
        rest = Kept([one for one, _fit in ranked], [fit for _one, fit in ranked], page, page, asked)
        await kept.keep(service.database, (service.caller.account, key), rest, _SECONDS)
    return Found(found, len(ranked), max(len(ranked) - page, 0), asked)


async def go_on(service: FhirService, key: str, quantity: int = 0, start: int = 0) -> Found:
    """Return the next piece of an answer; ``quantity`` and ``start`` (from 1) may be chosen anew. Raises NoAnswer."""
    mine = (service.caller.account, key)
    async with service.database.transaction() as connection:
        rest = await kept.locked(connection, mine)
        if rest is None:
            raise NoAnswer
        place = min(start - 1 if start else rest.place, len(rest.persons))
        end = min(place + (quantity or rest.page), len(rest.persons))
        await kept.moved(connection, mine, end, _SECONDS)
    ranked = list(zip(rest.persons[place:end], rest.degrees[place:end], strict=True))
    return Found(await _read(service, ranked), len(rest.persons), len(rest.persons) - end, rest.asked)


async def stop(service: FhirService, key: str) -> bool:
    """Forget an answer; tell whether there was one."""
    return await kept.drop(service.database, (service.caller.account, key))


async def _ranked(service: FhirService, question: Question) -> list[tuple[str, int]]:
    query = parse([*question.pairs, ("active:not", "false"), ("_count", str(MOST + 1)), ("_total", "none")])
    caller, within = service.caller, None
    if not unlimited(caller) and service.policy is not None:
        if not scoping.opens(caller, "Patient", scoping.SEARCH):
            raise AccessRefused(Decision(False, "scope"))
        within = service.policy.guard(service.policy.standing(caller), named=names_somebody(query))
    bare: FhirService = getattr(service, "bare", service)
    page = await bare.searcher.search(["Patient"], query, within=within)
    if len(page.matches) > MOST or page.next_cursor:
        raise TooMany
    described = traits_of(question.described)
    ranked = [(row.resource_id, degree(described, traits_of(parse_exact(row.body)))) for row in page.matches]
    ranked = [one for one in ranked if one[1] >= question.least]
    ranked.sort(key=lambda one: (-one[1], one[0]))
    if service.trace is not None and not ranked:
        service.trace.note(Action.SEARCH, None, [], rule="list", query="PDQ")
    return ranked


async def _read(service: FhirService, ranked: Sequence[tuple[str, int]]) -> list[tuple[str, Json, int]]:
    found = []
    for person, fit in ranked:
        stored = await service.resources.read("Patient", person)
        if stored is not None and stored.body is not None:
            found.append((person, parse_exact(stored.body), fit))
    return found
