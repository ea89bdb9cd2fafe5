"""Acts on the stock: each is one transaction of movements and balances."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import NamedTuple

from ardenne.kernel.store.database import Connection, Database
from ardenne.services.stock import rules, store
from ardenne.services.stock.rules import Line, StockError
from ardenne.services.stock.store import Act, Site
from ardenne.services.vaccination.contract import Use


class Keeper(NamedTuple):
    """Who keeps the stock: account and name."""

    account: str
    name: str


class Delivery(NamedTuple):
    """What arrived. ``order``: the order that it answers."""

    site: uuid.UUID
    vaccine: str
    batch: str
    expiry: date
    doses: int
    order: uuid.UUID | None = None


class Stock:
    """The stock of a node. ``today`` is the day on which expiry is judged."""

    def __init__(self, database: Database, keeper: Keeper, today: date | None = None) -> None:
        self._database = database
        self._keeper = keeper
        self.today = today or datetime.now(UTC).date()

    async def open_site(self, name: str, organisation: str) -> None:
        """Keep a new site. Raises StockError when its name or organisation has one already."""
        if not name.strip():
            raise StockError("name")
        site = Site(uuid.uuid4(), " ".join(name.split())[:120], organisation)
        async with self._database.transaction() as connection:
            if not await store.add_site(connection, site):
                raise StockError("exists")

    async def receive(self, delivery: Delivery, key: str) -> None:
        """Book a delivery. Raises StockError."""
        name = batch_name(delivery.batch)
        async with self._database.transaction() as connection:
            batch = await store.known_batch(connection, delivery.vaccine, name, delivery.expiry)
            lines = rules.lines("delivery", delivery.site, batch, delivery.doses, self.today)
            reference = f"order:{delivery.order}" if delivery.order else ""
            if not await store.book(connection, self._act("delivery", key, reference=reference), lines):
                return
            if delivery.order and not await store.delivered(
                connection, delivery.order, delivery.site, delivery.vaccine, delivery.doses
            ):
                raise StockError("order")

    async def move(
        self, kind: str, site: uuid.UUID, number: int, doses: int, key: str, reason: str = "",
        other: uuid.UUID | None = None,
    ) -> None:  # fmt: skip
        """Book an act of ``data/kinds.toml`` on a batch at a site; ``other`` receives a transfer. Raises StockError."""
        if kind not in rules.kinds() or kind in ("delivery", "use"):
            raise StockError("kind")
        if rules.kinds()[kind].reason and len(reason.strip()) < 3:
            raise StockError("reason")
        async with self._database.transaction() as connection:
            batch = await store.batch(connection, number)
            if batch is None:
                raise StockError("batch")
            lines = rules.lines(kind, site, batch, doses, self.today, other)
            reference = f"site:{other}" if other else ""
            await store.book(connection, self._act(kind, key, reason, reference), lines)

    async def break_cold_chain(self, site: uuid.UUID, reason: str, key: str) -> int:
        """Put all usable doses of a site into quarantine; return how many. Raises StockError without a reason."""
        if len(reason.strip()) < 3:
            raise StockError("reason")
        async with self._database.transaction() as connection:
            held = await store.locked(connection, site)
            moved = {batch: doses for batch, state, doses in held if state == "usable" and doses}
            lines = [Line(site, batch, "usable", -doses) for batch, doses in moved.items()]
            lines += [Line(site, batch, "quarantine", doses) for batch, doses in moved.items()]
            await store.book(connection, self._act("cold-chain", key, reason), lines)
        return sum(moved.values())

    async def count(self, site: uuid.UUID, number: int, found: int, key: str, reason: str) -> None:
        """Book the difference between what was counted and what the books say. Raises StockError."""
        if len(reason.strip()) < 3:
            raise StockError("reason")
        async with self._database.transaction() as connection:
            batch = await store.batch(connection, number)
            if batch is None:
                raise StockError("batch")
            before = await store.held(connection, site, number, "usable")
            lines = rules.counted(site, batch, before, found)
            await store.book(connection, self._act("count", key, reason), lines)

    async def recall(self, number: int, reason: str) -> None:
        """Recall a batch: from now on no dose of it is used, moved or delivered. Raises StockError."""
        if len(reason.strip()) < 3:
            raise StockError("reason")
        async with self._database.transaction() as connection:
            if not await store.recall(connection, number, reason.strip()):
                raise StockError("recalled")

    async def order(self, site: uuid.UUID, vaccine: str, doses: int, key: str) -> None:
        """Order doses for a site; ``key`` is its id, so that a repeated form orders once. Raises StockError."""
        if not 0 < doses <= rules.MOST:
            raise StockError("doses")
        async with self._database.transaction() as connection:
            await store.add_order(connection, uuid.UUID(key), site, vaccine, doses, self._keeper.name)

    async def cancel(self, order: uuid.UUID) -> None:
        """Cancel an open order. Raises StockError."""
        async with self._database.transaction() as connection:
            if not await store.cancel(connection, order):
                raise StockError("order")

    def _act(self, kind: str, key: str, reason: str = "", reference: str = "") -> Act:
        return Act(kind, self._keeper.account, self._keeper.name, key, reason.strip()[:500], reference)


def batch_name(text: str) -> str:
    """Return a batch as it is kept: without spaces, in capital letters. Raises StockError."""
    found = "".join(text.split()).upper()
    if not 0 < len(found) <= 20 or not found.isprintable():
        raise StockError("batch")
    return found


class Uses:
    """The stock as vaccinators use it (:class:`VaccineStock` of vaccination)."""

    async def warning(self, database: Database, vaccine: str, batch: str) -> str:
        """Return ``recalled`` when a batch must not be used."""
        found = await store.named(database, vaccine, "".join(batch.split()).upper())
        return "recalled" if found and found.recalled else ""

    async def use(self, connection: Connection, use: Use) -> str:
        """Take a dose from the site's stock; see the contract."""
        site = await store.site_of(connection, use.organisation)
        if site is None:
            return "elsewhere"
        batch = await store.batch_of(connection, use.vaccine, "".join(use.batch.split()).upper())
        if batch is None or not await store.holds(connection, site, batch.id):
            return "elsewhere"
        line = Line(site, batch.id, "usable", -1)
        act = Act("use", use.account, use.actor, f"use:{use.act}", reference=f"Immunization/{use.act}")
        try:
            async with connection.transaction():
                await store.book(connection, act, [line])
            return "booked"
        except StockError:
            missing = act._replace(kind="missing", key=f"missing:{use.act}")
            await store.book(connection, missing, [line._replace(doses=0)])
            return "short"
