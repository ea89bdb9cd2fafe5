"""Which Subscriptions a change matches: asked of the real search, so that both always agree.

A version that was overtaken or deleted meanwhile is no longer in the search index. It is put back into
its place for the length of a question, inside a savepoint that is always rolled back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import asyncpg

from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.store import change, hashing
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import selection as select
from ardenne.kernel.store.change import Method, Mode
from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.types import NUMBERS
from ardenne.kernel.subscriptions import plan as plans
from ardenne.kernel.subscriptions import store_changes
from ardenne.kernel.subscriptions.plan import Plan
from ardenne.kernel.subscriptions.store_changes import Seen
from ardenne.standards.fhir.json import parse

Question = tuple[str, tuple[str, ...], Caller | None]
"""Resource type, the query strings that must all match, and for whom (None: the operator)."""
Key = tuple[int, int]


class Matches:
    """The answers of one round: for each question the versions that match it."""

    def __init__(self) -> None:
        self.found: dict[Question, set[Key]] = {}
        self.broken: set[Question] = set()
        """Questions that the search cannot answer (any more)."""

    def of(self, plan: Plan, seen: Sequence[Seen], owner: Caller | None = None) -> list[Seen]:
        """Return the changes that a plan of an owner asks for, in their order."""
        keys = self.found.get(question(plan, owner), set())
        # a classic criterion speaks of resources that are there: a deletion is none (R4, Subscription.criteria)
        return [one for one in seen if one.key in keys and (plan.topic or one.method != "delete")]


def question(plan: Plan, owner: Caller | None = None) -> Question:
    """Return what a plan asks of a resource; equal ones of the same owner are asked once."""
    return plan.resource_type, plan.queries, owner


async def match(
    service: FhirService, connection: Connection, questions: Iterable[Question], seen: Sequence[Seen]
) -> Matches:
    """Return which changes match which questions. ``connection`` must be in a transaction."""
    matches = Matches()
    by_type: dict[str, list[Seen]] = {}
    for one in seen:
        by_type.setdefault(one.resource_type, []).append(one)
    for asked in dict.fromkeys(questions):
        name, queries, owner = asked
        if not queries and owner is None:
            matches.found[asked] = {one.key for one in by_type.get(name, ())}
        elif name in by_type:
            matches.found[asked] = set()
    for name, ones in by_type.items():
        open_ = [asked for asked in matches.found if asked[0] == name and (asked[1] or asked[2] is not None)]
        if open_:
            past = await _present(service, connection, open_, ones, matches)
            for layer in _layers(past):
                await _past(service, connection, open_, layer, matches)
    return matches


async def _present(
    service: FhirService,
    connection: Connection,
    questions: Sequence[Question],
    seen: Sequence[Seen],
    matches: Matches,
) -> list[Seen]:
    """Ask about the versions that stand, and return the others."""
    standing = {one.resource_id: one for one in seen if one.current and one.method != "delete"}
    for asked in questions if standing else ():
        for resource_id, version in await _ask(service, connection, asked, standing, matches):
            if standing[resource_id].position.version == version:
                matches.found[asked].add(standing[resource_id].key)
    # whatever stands after the question stood while it was asked
    stood = await store_changes.versions(connection, [one.position.pk for one in standing.values()])
    return [one for one in seen if one.key not in stood]


def _layers(past: Sequence[Seen]) -> Iterable[dict[str, Seen]]:
    """Return groups in which no resource stands twice."""
    layers: list[dict[str, Seen]] = []
    for one in past:
        for layer in layers:
            if one.resource_id not in layer:
                layer[one.resource_id] = one
                break
        else:
            layers.append({one.resource_id: one})
    return layers


async def _past(
    service: FhirService,
    connection: Connection,
    questions: Sequence[Question],
    layer: Mapping[str, Seen],
    matches: Matches,
) -> None:
    """Ask about versions that do not stand any more; of a deletion about the version before it."""
    wanted = {
        one.resource_id: (one.position.pk, one.position.version - (one.method == "delete"))
        for one in layer.values()
    }
    bodies = await store_changes.bodies(connection, list(wanted.values()))
    changes = []
    for resource_id, key in wanted.items():
        body = bodies.get(key)
        if body is not None:
            put_back = change.write(parse(body), body, resource_id, Mode.PUT, Method.PUT)
            changes.append(put_back._replace(updated=layer[resource_id].updated))
    if not changes:
        return
    savepoint = connection.transaction()
    await savepoint.start()
    try:
        await service.resources.write_in(connection, changes)
        for asked in questions:
            for resource_id, _version in await _ask(service, connection, asked, layer, matches):
                matches.found[asked].add(layer[resource_id].key)
    finally:
        await savepoint.rollback()


async def _ask(
    service: FhirService,
    connection: Connection,
    asked: Question,
    among: Mapping[str, Seen],
    matches: Matches,
) -> list[tuple[str, int]]:
    """Return id and version of the resources among those named that a question matches."""
    if asked in matches.broken:
        return []
    name, queries, owner = asked
    selves = ask.Selves(tuple(hashing.self_hash(name, resource_id) for resource_id in among))
    try:
        async with connection.transaction():
            guard = _guard(service, owner)
            return await _search(service, connection, name, queries, selves, len(among), guard)
    except (
        SearchError,
        asyncpg.DataError,
        asyncpg.SyntaxOrAccessError,
        asyncpg.ProgramLimitExceededError,
    ):
        matches.broken.add(asked)
        return []


async def _search(
    service: FhirService,
    connection: Connection,
    name: str,
    queries: Sequence[str],
    selves: ask.Condition,
    limit: int,
    guard: ask.Condition | None,
) -> list[tuple[str, int]]:
    within = selves
    for text in queries:
        chosen, _issues = service.searcher.plan([name], plans.query_of(text), strict=True, within=within)
        within = chosen.parts[0][1]
    chosen = select.Selection(((NUMBERS[name], within),), limit=limit, guard=guard)
    statement = select.identities(chosen)
    rows = await connection.fetch(statement.sql, *statement.arguments)
    return [(row["id"], row["version"]) for row in rows]


def _guard(service: FhirService, owner: Caller | None) -> ask.Condition | None:
    """Return what the owner of a Subscription may see at this moment."""
    if owner is None or service.policy is None:
        return None
    return service.policy.permitted(service.policy.standing(owner))


def check(service: FhirService, plan: Plan) -> None:
    """Raise SearchError unless the search of a plan can be answered."""
    for text in plan.queries:
        service.searcher.plan([plan.resource_type], plans.query_of(text), strict=True)
