"""Opening the questions that an identity officer answers."""

from __future__ import annotations

from collections.abc import Sequence

from ardenne.kernel.store.database import Connection
from ardenne.services.mpi import store
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.matching import Match, Matcher, told
from ardenne.services.mpi.rules.decision import NEW
from ardenne.services.mpi.rules.risk import risk

_MOST_CASES = 3


async def ask_all(
    connection: Connection, matcher: Matcher, mine: tuple[str, int], matches: Sequence[Match], actor: str
) -> tuple[int, ...]:
    """Ask whether other persons are the same; ``mine``: person and identity. Nothing is asked that an officer answered."""
    own = await store.group(connection, mine[0])
    cases: list[int] = []
    for match in matches:
        if match.outcome == NEW or len(cases) >= _MOST_CASES:
            break
        theirs = await store.group(connection, match.person)
        if match.person in own or await events.are_apart(connection, own, theirs):
            continue
        cases.append(await ask(connection, matcher, mine, match, actor))
    return tuple(cases)


async def ask(
    connection: Connection, matcher: Matcher, mine: tuple[str, int], match: Match, actor: str
) -> int:
    """Open the question whether two persons are one, and return its number."""
    person, identity = mine
    detail = {**told(match.decision), "identities": [identity, match.identity]}
    first, second = sorted((person, match.person))
    case = await events.open_case(
        connection, "duplicate", first, risk(match.decision), other=second, weight=match.weight, detail=detail
    )
    await events.add(
        connection, "asked", person, actor, identity=identity, other=match.person, weight=match.weight,
        detail={**detail, "case": case}, weights=matcher.version,
    )  # fmt: skip
    return case
