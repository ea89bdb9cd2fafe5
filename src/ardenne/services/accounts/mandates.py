"""Mandates: somebody acts for somebody else, from a day until a day, and either may end it."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ardenne.kernel.identity.accounts import Account, HeldMandate
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.identity.events import Happening, SecurityEvent
from ardenne.services.accounts import wording
from ardenne.services.accounts.account import AccountPages, Reader
from ardenne.services.accounts.page import Page, form
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import address_of

_LONGEST = timedelta(days=3 * 366)


class MandatePages(Page):
    """The page where mandates are given, seen and ended."""

    def __init__(self, account_pages: AccountPages, renderer: Renderer) -> None:
        super().__init__(account_pages.identity, renderer)
        self._account_pages = account_pages

    def routes(self) -> list[Route]:
        """Return the addresses."""
        mine = self._account_pages.mine
        return [
            Route("/account/mandates", mine(self.overview)),
            Route("/account/mandates", mine(self.change), methods=["POST"]),
        ]

    async def overview(self, request: Request, reader: Reader, told: str = "", problem: str = "") -> Response:
        """Show the mandates given over the records that the reader decides about, and those held."""
        who, account = reader
        words = self.words(request)
        decided = _decided(account, who)
        names = await self._names(request, who, [*decided, *(held.patient for held in account.mandates)])
        given: list[tuple[str, str, HeldMandate, str, Any]] = []
        for patient in decided:
            for held, revoked in await self.identity.accounts.mandates_of(patient):
                if held.holder != account.id:
                    state = _state(held, revoked)
                    given.append(
                        (names.get(patient, ""), wording.mandate(held.role, words), held, state, revoked)
                    )
        own = [
            (names.get(one.patient, ""), wording.mandate(one.role, words), one) for one in account.mandates
        ]
        values = {
            "given": given, "held": own, "records": [(one, names.get(one, "")) for one in decided],
            "told": told, "problem": problem, "citizen": account.kind is Kind.CITIZEN,
            "latest": (datetime.now(UTC) + _LONGEST).date().isoformat(),
        }  # fmt: skip
        return self.show(request, "mandates.html", values, 422 if problem else 200)

    async def _names(self, request: Request, who: Caller, patients: list[str]) -> dict[str, str]:
        ids = list(dict.fromkeys(one for one in patients if one))
        if not ids:
            return {}
        found = await self._account_pages.find(who, address_of(request), {"_id": ",".join(ids)})
        return {one.patient: one.name for one in found}

    async def change(self, request: Request, reader: Reader) -> Response:
        """Give a mandate or end one."""
        sent = await form(request)
        if sent.get("act") == "revoke":
            return await self._revoke(request, reader, sent.get("mandate", ""))
        return await self._give(request, reader, sent)

    async def _revoke(self, request: Request, reader: Reader, mandate: str) -> Response:
        who, account = reader
        try:
            uuid.UUID(mandate)
        except ValueError:
            return await self.overview(request, reader)
        async with self.identity.database.transaction() as connection:
            patient = await self.identity.accounts.revoke_mandate(
                connection, mandate, _decided(account, who), account.id
            )
            if patient:
                event = SecurityEvent(Happening.MANDATE_REVOKED, account.id, who.session, patient=patient)
                await self.identity.events.record(connection, event)
        told = (
            self.words(request).text("The mandate has ended. It opens nothing any more.") if patient else ""
        )
        account = await self.identity.accounts.get(account.id) or account
        return await self.overview(request, (who, account), told)

    async def _give(self, request: Request, reader: Reader, sent: dict[str, str]) -> Response:
        who, account = reader
        words = self.words(request)
        patient = sent.get("patient", "")
        if patient not in _decided(account, who):
            return await self.overview(
                request, reader, problem=words.text("You cannot give a mandate over this record.")
            )
        ends = self._end(sent.get("ends", ""))
        if ends is None:
            problem = words.text("Choose a last day within the next three years.")
            return await self.overview(request, reader, problem=problem)
        holder = await self.identity.accounts.by_login(sent.get("login", ""))
        if (
            holder is None
            or holder.kind is not Kind.CITIZEN
            or holder.state != "active"
            or holder.id == account.id
        ):
            problem = words.text(
                "No mandate was given: this login cannot receive one. Check it with the person."
            )
            return await self.overview(request, reader, problem=problem)
        mandate = HeldMandate(
            str(uuid.uuid4()),
            patient,
            "assistant",
            sent.get("power") == "full",
            datetime.now(UTC),
            ends,
            holder.id,
        )
        async with self.identity.database.transaction() as connection:
            await self.identity.accounts.give_mandate(
                connection, mandate, "given in the own pages", account.id
            )
            event = SecurityEvent(
                Happening.MANDATE_GIVEN, account.id, who.session, patient=patient, detail=holder.id
            )
            await self.identity.events.record(connection, event)
        return await self.overview(
            request, reader, words.text("The mandate is given. You can end it here at any time.")
        )

    def _end(self, text: str) -> datetime | None:
        """Return the end of the last day, in the node's time zone."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return None
        ends = datetime.combine(day + timedelta(days=1), time(), self.identity.settings.time_zone)
        now = datetime.now(UTC)
        return ends if now < ends <= now + _LONGEST + timedelta(days=1) else None


def _decided(account: Account, who: Caller) -> list[str]:
    """Return the records over which somebody may give mandates: the own one, and a child's or a ward's.

    A mandate of an assistant cannot be handed on.
    """
    held = [one.patient for one in who.mandates if one.full and one.role in ("parent", "guardian")]
    return [one for one in dict.fromkeys((account.patient, *held)) if one]


def _state(held: HeldMandate, revoked: datetime | None) -> str:
    if revoked is not None:
        return "ended"
    return "expired" if held.ends is not None and held.ends <= datetime.now(UTC) else "holds"
