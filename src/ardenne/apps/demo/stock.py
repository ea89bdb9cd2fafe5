"""Vaccines of the state in the demonstration: a store and a hospital, batches, an order, a campaign for children."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from ardenne.apps.demo import facts
from ardenne.kernel.store.database import Database
from ardenne.services.stock import store
from ardenne.services.stock.keeping import Delivery, Keeper, Stock
from ardenne.services.stock.store import Site
from ardenne.services.vaccination.campaigns import rules
from ardenne.services.vaccination.campaigns import store as campaigns
from ardenne.services.vaccination.campaigns.store import Campaign

OFFICER = ("public-health", "Alain Mersch")
DEPOT = Site(
    UUID(facts.identity("stock-site", "depot")), "Pharmacie centrale de la Direction de la santé", ""
)
HOSPITAL = Site(
    UUID(facts.identity("stock-site", "hospital")),
    "Hôpital de la Vallée",
    facts.identity("organization", "Hôpital de la Vallée, Luxembourg"),
)


class Batch(NamedTuple):
    """A delivery to the store: NUVA code, batch, days until expiry, doses, and how many go on to the hospital."""

    vaccine: str
    name: str
    days: int
    doses: int
    onward: int = 0


BATCHES = (
    Batch("VAC0510", "W1C23M", 420, 240, 40),
    Batch("VAC0510", "W0B98L", 25, 12),
    Batch("VAC0053", "MMR5521", 300, 120, 20),
)
CHILDREN = rules.Criteria("Measles, mumps, rubella", ("overdue", "due"), "2018-01-01", "2024-12-31")


async def load(dsn: str) -> int:
    """Add what is not there yet; return how many batches there are."""
    database = Database(dsn, 1)
    try:
        today = datetime.now(UTC).date()
        stock = Stock(database, Keeper(facts.identity("account", f"office/{OFFICER[0]}"), OFFICER[1]), today)
        async with database.transaction() as connection:
            for site in (DEPOT, HOSPITAL):
                await store.add_site(connection, site)
        for one in BATCHES:
            await _deliver(database, stock, one, today)
        await stock.order(HOSPITAL.id, "VAC0510", 60, facts.identity("stock-order", "hospital"))
        await _campaign(database)
        return len(BATCHES)
    finally:
        await database.close()


async def _deliver(database: Database, stock: Stock, one: Batch, today: date) -> None:
    """Book a delivery once: the same key books nothing again, on whatever day the demonstration is started."""
    known = await store.named(database, one.vaccine, one.name)
    if known is not None:
        return
    delivery = Delivery(DEPOT.id, one.vaccine, one.name, today + timedelta(days=one.days), one.doses)
    await stock.receive(delivery, facts.identity("stock", "delivery", one.name))
    batch = await store.named(database, one.vaccine, one.name)
    if batch is not None and one.onward:
        key = facts.identity("stock", "transfer", one.name)
        await stock.move("transfer", DEPOT.id, batch.id, one.onward, key, other=HOSPITAL.id)


async def _campaign(database: Database) -> None:
    """Make a campaign in the officer's name; the node chooses the persons when it runs."""
    account, name = facts.identity("account", f"office/{OFFICER[0]}"), OFFICER[1]
    number = UUID(facts.identity("campaign", "measles"))
    if await campaigns.campaign(database, number) is not None:
        return
    reason = "Cases of measles across the border"
    one = Campaign(
        number, "Measles", CHILDREN, 0.2, facts.identity("campaign-seed", "measles"), 12, reason, "drawing", 0,
        account, name, datetime.now(UTC), None,
    )  # fmt: skip
    async with database.transaction() as connection:
        await campaigns.add(connection, one)
