"""Sites, batches, balances, movements and orders in the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from ardenne.kernel.store.database import Connection, Database
from ardenne.services.stock.rules import Batch, Line, StockError, in_order

_BATCH = "id, vaccine, batch, expiry, recalled, recall"
_SITES = "select id, name, organisation from stock_site order by name"
_ADD_SITE = (
    "insert into stock_site (id, name, organisation) values ($1, $2, $3) on conflict do nothing returning id"
)
_ADD_BATCH = f"""
with made as (insert into stock_batch (vaccine, batch, expiry) values ($1, $2, $3) on conflict do nothing returning {_BATCH})
select {_BATCH} from made
"""
_BATCH_OF = f"select {_BATCH} from stock_batch where vaccine = $1 and batch = $2 for share"
_BATCH_SEEN = f"select {_BATCH} from stock_batch where id = $1 for share"
_NAMED = f"select {_BATCH} from stock_batch where vaccine = $1 and batch = $2"
_RECALL = (
    "update stock_batch set recalled = now(), recall = $2 where id = $1 and recalled is null returning id"
)
_MOVE = """
insert into stock_movement (site, batch, state, kind, doses, reason, account, actor, reference, key, line)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing returning id
"""
_COME = """
insert into stock_balance as held (site, batch, state, doses) values ($1, $2, $3, $4)
on conflict (site, batch, state) do update set doses = held.doses + excluded.doses
"""
_GO = """
update stock_balance set doses = doses + $4 where site = $1 and batch = $2 and state = $3 and doses + $4 >= 0 returning doses
"""
_HELD = "select doses from stock_balance where site = $1 and batch = $2 and state = $3 for update"
_LOCKED = "select batch, state, doses from stock_balance where site = $1 order by batch, state for update"
_SITE_OF = "select id from stock_site where organisation = $1"
_HOLDS = "select 1 from stock_balance where site = $1 and batch = $2 limit 1"
_OVERVIEW = """
select s.id, s.name, b.id, b.vaccine, b.batch, b.expiry, b.recalled, b.recall,
       coalesce(sum(h.doses) filter (where h.state = 'usable'), 0)::int,
       coalesce(sum(h.doses) filter (where h.state = 'quarantine'), 0)::int
  from stock_balance h join stock_site s on s.id = h.site join stock_batch b on b.id = h.batch
 where h.doses > 0 and ($1::uuid is null or s.id = $1) and ($2::bigint is null or b.id = $2)
 group by s.id, b.id order by b.vaccine, b.expiry, b.batch, s.name limit 5000
"""
_MOVEMENTS = """
select m.at, s.name, b.vaccine, b.batch, m.state, m.kind, m.doses, m.reason, m.actor
  from stock_movement m join stock_site s on s.id = m.site join stock_batch b on b.id = m.batch
 where ($1::bigint is null or m.batch = $1) and ($2::uuid is null or m.site = $2) order by m.id desc limit $3
"""
_ORDERS = """
select o.id, o.site, s.name, o.vaccine, o.doses, o.delivered, o.state, o.ordered, o.ordered_by
  from stock_order o join stock_site s on s.id = o.site order by (o.state = 'open') desc, o.ordered desc limit 500
"""
_ADD_ORDER = """
insert into stock_order (id, site, vaccine, doses, ordered_by) values ($1, $2, $3, $4, $5) on conflict do nothing
"""
_CANCEL = (
    "update stock_order set state = 'cancelled', closed = now() where id = $1 and state = 'open' returning id"
)
_DELIVERED = """
update stock_order set delivered = delivered + $4, state = case when delivered + $4 >= doses then 'delivered' else state end,
       closed = case when delivered + $4 >= doses then now() end
 where id = $1 and site = $2 and vaccine = $3 and state = 'open' returning id
"""


class Site(NamedTuple):
    """A place that keeps vaccines; ``organisation`` is the id of the Organization whose vaccinators use them."""

    id: uuid.UUID
    name: str
    organisation: str


class Held(NamedTuple):
    """What a site holds of a batch."""

    site: uuid.UUID
    site_name: str
    batch: Batch
    usable: int
    quarantine: int


class Movement(NamedTuple):
    at: datetime
    site: str
    vaccine: str
    batch: str
    state: str
    kind: str
    doses: int
    reason: str
    actor: str


class Order(NamedTuple):
    id: uuid.UUID
    site: uuid.UUID
    site_name: str
    vaccine: str
    doses: int
    delivered: int
    state: str
    ordered: datetime
    ordered_by: str


class Act(NamedTuple):
    """Who books what: ``key`` makes a repeated form book once, ``reference`` names act, order or other site."""

    kind: str
    account: str
    actor: str
    key: str
    reason: str = ""
    reference: str = ""


async def sites(asked: Database | Connection) -> list[Site]:
    """Return all sites by name."""
    return [Site(*row) for row in await asked.fetch(_SITES)]


async def add_site(connection: Connection, site: Site) -> bool:
    """Keep a new site; False when its name or organisation has one already."""
    return await connection.fetchval(_ADD_SITE, *site) is not None


async def site_of(connection: Connection, organisation: str) -> uuid.UUID | None:
    """Return the site whose organisation this is."""
    found: uuid.UUID | None = await connection.fetchval(_SITE_OF, organisation) if organisation else None
    return found


async def known_batch(connection: Connection, vaccine: str, name: str, expiry: date) -> Batch:
    """Return a batch, kept when it is new; it cannot be recalled until the transaction ends.

    :raises StockError: when the batch is known with another expiry.
    """
    made = await connection.fetchrow(_ADD_BATCH, vaccine, name, expiry)
    found = made or await connection.fetchrow(_BATCH_OF, vaccine, name)
    batch = Batch(*found)  # type: ignore[misc]
    if batch.expiry != expiry:
        raise StockError("expiry")
    return batch


async def batch_of(connection: Connection, vaccine: str, name: str) -> Batch | None:
    """Return a batch by what stands on its box; it cannot be recalled until the transaction ends."""
    row = await connection.fetchrow(_BATCH_OF, vaccine, name)
    return Batch(*row) if row else None


async def named(asked: Database | Connection, vaccine: str, name: str) -> Batch | None:
    """Return a batch by what stands on its box, without locking it."""
    rows = await asked.fetch(_NAMED, vaccine, name)
    return Batch(*rows[0]) if rows else None


async def batch(connection: Connection, number: int) -> Batch | None:
    """Return a batch; it cannot be recalled until the transaction ends."""
    row = await connection.fetchrow(_BATCH_SEEN, number)
    return Batch(*row) if row else None


async def recall(connection: Connection, number: int, reason: str) -> bool:
    """Mark a batch as recalled; False when it was already."""
    return await connection.fetchval(_RECALL, number, reason) is not None


async def holds(connection: Connection, site: uuid.UUID, number: int) -> bool:
    """Tell whether a site ever had a batch."""
    return await connection.fetchval(_HOLDS, site, number) is not None


async def held(connection: Connection, site: uuid.UUID, number: int, state: str) -> int:
    """Return the doses of a balance, locked until the transaction ends."""
    return int(await connection.fetchval(_HELD, site, number, state) or 0)


async def locked(connection: Connection, site: uuid.UUID) -> list[tuple[int, str, int]]:
    """Return batch, state and doses of all balances of a site, locked until the transaction ends."""
    return [(row[0], row[1], row[2]) for row in await connection.fetch(_LOCKED, site)]


async def book(connection: Connection, act: Act, lines: Sequence[Line]) -> bool:
    """Write lines and change the balances; False when the act's key was booked before.

    :raises StockError: ``short`` when a balance would fall below zero; the caller's transaction must then end.
    """
    for number, line in enumerate(in_order(lines)):
        values = (line.site, line.batch, line.state, act.kind, line.doses, act.reason, act.account, act.actor)
        if await connection.fetchval(_MOVE, *values, act.reference, act.key, number) is None:
            return False
        if line.doses >= 0:
            await connection.execute(_COME, line.site, line.batch, line.state, line.doses)
        elif await connection.fetchval(_GO, line.site, line.batch, line.state, line.doses) is None:
            raise StockError("short")
    return True


async def overview(
    asked: Database | Connection, site: uuid.UUID | None = None, number: int | None = None
) -> list[Held]:
    """Return what is held, everywhere or at one site or of one batch; the vaccine that expires first comes first."""
    rows: list[Any] = await asked.fetch(_OVERVIEW, site, number)
    return [Held(row[0], row[1], Batch(*row[2:8]), row[8], row[9]) for row in rows]


async def movements(
    asked: Database | Connection, number: int | None = None, site: uuid.UUID | None = None, most: int = 200
) -> list[Movement]:
    """Return movements, newest first."""
    return [Movement(*row) for row in await asked.fetch(_MOVEMENTS, number, site, most)]


async def orders(asked: Database | Connection) -> list[Order]:
    """Return orders, open ones first."""
    return [Order(*row) for row in await asked.fetch(_ORDERS)]


async def add_order(
    connection: Connection, order: uuid.UUID, site: uuid.UUID, vaccine: str, doses: int, by: str
) -> None:
    """Keep an order; one with a known id is the same."""
    await connection.execute(_ADD_ORDER, order, site, vaccine, doses, by)


async def cancel(connection: Connection, order: uuid.UUID) -> bool:
    """Cancel an open order; False when it is none."""
    return await connection.fetchval(_CANCEL, order) is not None


async def delivered(
    connection: Connection, order: uuid.UUID, site: uuid.UUID, vaccine: str, doses: int
) -> bool:
    """Count a delivery on an open order of the site; False when it is none of this vaccine."""
    return await connection.fetchval(_DELIVERED, order, site, vaccine, doses) is not None
