"""Subscriptions and their events in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.types import NAMES, NUMBERS
from ardenne.kernel.subscriptions.plan import Plan
from ardenne.kernel.subscriptions.store_changes import Seen

_LOAD = """
insert into subscription_state (id, version, status, next_attempt) values ($1, $2, $3, $4)
on conflict (id) do update set version = $2, status = $3, next_attempt = $4, failures = 0,
       plan = case when $3 = 'off' then null else subscription_state.plan end
 where subscription_state.version < $2
"""
_REMOVE = "delete from subscription_state where id = $1"
_WATCHING = """
select id, plan from subscription_state where plan is not null and status in ('requested', 'active', 'error')
"""
_RECORD = """
with counted as (
    update subscription_state set events = events + cardinality($2::smallint[]) where id = $1
    returning events - cardinality($2::smallint[]) as before)
insert into subscription_event (subscription, number, type, resource_id, version, method, happened)
select $1, c.before + u.place, u.type, u.id, u.version, u.method, to_timestamp(u.updated / 1000000.0)
  from counted c, unnest($2::smallint[], $3::text[], $4::integer[], $5::text[], $6::bigint[])
       with ordinality u(type, id, version, method, updated, place)
"""
_UNPLAN = "update subscription_state set plan = null, status = 'requested', next_attempt = $2 where id = $1"
# somebody who died in the middle of a message loses his lease; the message is then sent again
_CLAIM = """
update subscription_state s set lease = $1 + make_interval(secs => 20 + coalesce((s.plan ->> 'timeout')::integer, 60))
 where s.id = (
    select c.id from subscription_state c
     where (c.lease is null or c.lease < $1)
       and (c.status = 'requested'
            or (c.status in ('active', 'error') and c.ends <= $1)
            or (c.status = 'active' and c.pushed and c.next_attempt <= $1
                and ((c.beat is not null and c.sent + c.beat <= $1)
                     or exists (select from subscription_event e
                                 where e.subscription = c.id and e.state = 'waiting'))))
     order by c.next_attempt limit 1 for update skip locked)
returning s.id, s.version, s.plan, s.status, s.events, s.ends <= $1
"""
_RELEASE = "update subscription_state set lease = null where id = $1"
_PLAN = """
update subscription_state set plan = $3, pushed = $4, beat = $5, ends = $6 where id = $1 and version = $2
"""
_STATUS = """
update subscription_state set version = $2, status = $3, next_attempt = $4, failures = 0, sent = coalesce(sent, $4),
       plan = case when $3 = 'off' then null else plan end
 where id = $1
"""
_STATE = """
select id, version, plan, status, events, false from subscription_state
 where $1::text[] is null or id = any($1) order by id limit 1000
"""
_EVENTS = """
select number, type, resource_id, version, method, happened, attempts, state, error from subscription_event
 where subscription = $1 and number >= $2 and number <= $3 and ($4 = '' or state = $4) order by number limit $5
"""
_DELIVERED = """
update subscription_event set state = 'delivered', delivered = $3, error = '', attempts = attempts + 1
 where subscription = $1 and number = any($2::bigint[])
"""
_SENT = """
update subscription_state set sent = $2, next_attempt = $2, failures = 0, lease = null where id = $1
"""
_FAILED = """
update subscription_event set attempts = attempts + 1, error = $3,
       state = case when attempts + 1 >= $4 then 'dead' else 'waiting' end
 where subscription = $1 and number = any($2::bigint[])
"""
_POSTPONE = """
update subscription_state set failures = failures + 1, next_attempt = $2 where id = $1 returning failures
"""
_FAILURES = "select failures from subscription_state where id = $1"
_REPLAY = """
update subscription_event set state = 'waiting', attempts = 0 where subscription = $1 and state = 'dead'
"""
_DEAD = "select count(*) from subscription_event where subscription = $1 and state = 'dead'"
_PRUNE = "delete from subscription_event where state = 'delivered' and delivered < $1"
_PRUNE_TOKENS = "delete from subscription_token where expires < $1"
_ADD_BINDING = "insert into subscription_token (hash, subscriptions, expires) values ($1, $2, $3)"
_BINDING = "select subscriptions from subscription_token where hash = $1 and expires > $2"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAR = datetime(9999, 12, 31, tzinfo=UTC)
LAST = (1 << 63) - 1
"""Behind the number of any event."""


class State(NamedTuple):
    """What is known of a Subscription. ``plan`` None: not understood yet. ``events``: number of the last."""

    id: str
    version: int
    plan: Plan | None
    status: str
    events: int
    ended: bool


class Event(NamedTuple):
    """One change that a Subscription asked for."""

    number: int
    resource_type: str
    resource_id: str
    version: int
    method: str
    happened: datetime
    attempts: int
    state: str
    error: str


def _state(row: Any) -> State:
    plan = msgspec.json.decode(row[2], type=Plan) if row[2] else None
    return State(row[0], row[1], plan, row[3], row[4], bool(row[5]))


async def load(connection: Connection, subscription: str, version: int, status: str, now: datetime) -> None:
    """Take note of a version of a Subscription that a client wrote; our own are known already."""
    await connection.execute(_LOAD, subscription, version, status, now)


async def remove(connection: Connection, subscription: str) -> None:
    """Forget a Subscription that was deleted, with its events."""
    await connection.execute(_REMOVE, subscription)


async def watching(connection: Connection) -> dict[str, Plan]:
    """Return the plans of all Subscriptions whose events are recorded, by id."""
    return {row[0]: msgspec.json.decode(row[1], type=Plan) for row in await connection.fetch(_WATCHING)}


async def record(connection: Connection, subscription: str, seen: Sequence[Seen]) -> None:
    """Add events, numbered on from the last."""
    columns = zip(
        *((NUMBERS[one.resource_type], one.resource_id, one.position.version, one.method, one.updated) for one in seen),
        strict=True,
    )  # fmt: skip
    await connection.execute(_RECORD, subscription, *(list(column) for column in columns))


async def unplan(connection: Connection, subscription: str, now: datetime) -> None:
    """Have a Subscription understood anew, because its search cannot be answered any more."""
    await connection.execute(_UNPLAN, subscription, now)


async def claim(connection: Connection, now: datetime) -> State | None:
    """Return a Subscription that needs something done; no other process gets it while the lease lasts."""
    row = await connection.fetchrow(_CLAIM, now)
    return _state(row) if row else None


async def release(connection: Connection, subscription: str) -> None:
    """Give a lease back."""
    await connection.execute(_RELEASE, subscription)


async def keep_plan(connection: Connection, state: State, plan: Plan) -> None:
    """Keep what was understood; from now on events are recorded."""
    await connection.execute(
        _PLAN, state.id, state.version, msgspec.json.encode(plan).decode(), plan.channel != "websocket",
        timedelta(seconds=plan.heartbeat) if plan.heartbeat else None, _moment(plan.end),
    )  # fmt: skip


async def set_status(
    connection: Connection, subscription: str, version: int, status: str, now: datetime
) -> None:
    """Take note of a status that was written into the Subscription as ``version``."""
    await connection.execute(_STATUS, subscription, version, status, now)


async def states(connection: Connection, subscriptions: Sequence[str] | None) -> dict[str, State]:
    """Return what is known of Subscriptions, by id; None: of all, at most a thousand."""
    return {row[0]: _state(row) for row in await connection.fetch(_STATE, subscriptions)}


async def events(
    connection: Connection, subscription: str, first: int, last: int, state: str, limit: int
) -> list[Event]:
    """Return at most ``limit`` events with numbers in [first, last]; ``state`` empty: of any state."""
    rows = await connection.fetch(_EVENTS, subscription, first, last, state, limit)
    return [Event(row[0], NAMES[row[1]], *row[2:]) for row in rows]


async def delivered(connection: Connection, subscription: str, numbers: Sequence[int], now: datetime) -> None:
    """Record that a message arrived, with these events (none: a heartbeat)."""
    await connection.execute(_DELIVERED, subscription, list(numbers), now)
    await connection.execute(_SENT, subscription, now)


async def failures(connection: Connection, subscription: str) -> int:
    """Return how many attempts in a row failed."""
    return int(await connection.fetchval(_FAILURES, subscription) or 0)


async def failed(
    connection: Connection,
    subscription: str,
    numbers: Sequence[int],
    reason: str,
    allowed: int,
    again: datetime,
) -> bool:
    """Record a failed attempt; return whether the allowed number of attempts is used up."""
    await connection.execute(_FAILED, subscription, list(numbers), reason, allowed)
    count = await connection.fetchval(_POSTPONE, subscription, again)
    return count is not None and count >= allowed


async def replay(connection: Connection, subscription: str) -> int:
    """Put dead letters back among the waiting events and return how many."""
    done = await connection.execute(_REPLAY, subscription)
    return int(done.rpartition(" ")[2])


async def dead(connection: Connection, subscription: str) -> int:
    """Return how many events are dead letters."""
    return int(await connection.fetchval(_DEAD, subscription))


async def prune(connection: Connection, before: datetime, now: datetime) -> None:
    """Remove events that were delivered before a moment, and tokens that expired."""
    await connection.execute(_PRUNE, before)
    await connection.execute(_PRUNE_TOKENS, now)


async def add_token(
    connection: Connection, hashed: bytes, subscriptions: Sequence[str], expires: datetime
) -> None:
    """Keep the hash of a token that binds a websocket to Subscriptions."""
    await connection.execute(_ADD_BINDING, hashed, list(subscriptions), expires)


async def token(connection: Connection, hashed: bytes, now: datetime) -> list[str]:
    """Return the Subscriptions that a token binds to; none when it is unknown or expired."""
    return list(await connection.fetchval(_BINDING, hashed, now) or [])


def _moment(microseconds: int | None) -> datetime | None:
    if microseconds is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return _FAR
