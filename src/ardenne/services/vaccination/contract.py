"""What other services may ask of vaccination, and what vaccination asks of whoever keeps the stock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple, Protocol

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection, Database


class ScannedBox(NamedTuple):
    """What the code of a box says; empty or None: it does not say, or the product is not known."""

    vaccine: str = ""
    batch: str = ""
    expiry: date | None = None


class Recipient(NamedTuple):
    """A person who received a dose: id of the Patient and of the Immunization, name, birth date, day, vaccinator."""

    patient: str
    act: str
    name: str
    born: str
    day: str
    vaccinator: str


class Vaccines(Protocol):
    """The vaccines that the node knows."""

    def names(self) -> Mapping[str, str]:
        """Return the names of all vaccines by code, products first."""

    def box(self, text: str) -> ScannedBox | None:
        """Read the code of a box; empty for an empty text, None for one that is no code."""


class Recipients(Protocol):
    """Who received which batch."""

    async def of_batch(self, service: FhirService, vaccine: str, batch: str) -> list[Recipient]:
        """Return all persons who received a batch, for its recall.

        ``service`` is the node as somebody may see it who keeps the stock; the platform reads in that caller's name and
        every person listed gets a line in the journal.
        """


class Use(NamedTuple):
    """A dose given: at whose site (id of the Organization), of which box, by which act, entered by whom."""

    organisation: str
    vaccine: str
    batch: str
    act: str
    account: str
    actor: str


class VaccineStock(Protocol):
    """The state's stock of vaccines, kept by another service."""

    async def warning(self, database: Database, vaccine: str, batch: str) -> str:
        """Return ``recalled`` when a batch must not be used, else nothing."""

    async def use(self, connection: Connection, use: Use) -> str:
        """Take a dose that was given from the stock of its site, in the transaction that keeps the act.

        Returns ``booked``; ``elsewhere`` when the site holds no doses of the state of this batch; ``short`` when its
        last dose was booked before. What was given is never refused here: it happened.
        """
