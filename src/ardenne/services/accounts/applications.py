"""The operator's page: which applications may come in, registering one, changing one, shutting one off."""

from __future__ import annotations

import uuid

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.identity.accounts import Account, Role
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.events import Happening, SecurityEvent
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.identity.oauth import registration
from ardenne.kernel.identity.oauth.registration import RegistrationError, Sort
from ardenne.services.accounts import wording
from ardenne.services.accounts.page import Page, form
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import caller_of

_HOUSES = ("hospital", "laboratory", "imaging", "pharmacist", "doctor")
"""Rows of the access matrix that a system of an organisation can have."""


class ApplicationPages(Page):
    """The page of the operator."""

    def __init__(self, identity: Identity, renderer: Renderer) -> None:
        super().__init__(identity, renderer)

    def routes(self) -> list[Route]:
        """Return the address."""
        return [Route("/desk/applications", self.page, methods=["GET", "POST"])]

    async def page(self, request: Request) -> Response:
        """All applications; a posted form registers one, shuts one off, or lets it in again."""
        problem, detail, sent = "", "", dict[str, str]()
        if request.method == "POST":
            sent = await form(request)
            try:
                match sent.get("act"):
                    case "register":
                        await self._register(request, sent)
                    case "change":
                        await self._change(request, sent)
                    case _:
                        await self._enable(request, sent)
                return RedirectResponse("/desk/applications?done=1", 303)
            except RegistrationError as error:
                problem, detail = error.rule, error.detail
        values = {
            "applications": await self.identity.families.registered(), "problem": problem, "detail": detail,
            "form": sent if sent.get("act") == "register" else {}, "changing": sent if sent.get("act") == "change" else {},
            "sort_of": registration.sort_of, "state": registration.state, "wording": wording, "sorts": list(Sort),
            "houses": _HOUSES, "done": "done" in request.query_params,
        }  # fmt: skip
        return self.show(request, "applications.html", values, 422 if problem else 200)

    async def _register(self, request: Request, sent: dict[str, str]) -> None:
        account = self._account(sent) if sent.get("sort") == Sort.SYSTEM else None
        client = registration.read(sent, account.id if account else "")
        async with self.identity.database.transaction() as connection:
            if account is not None and not await self.identity.accounts.add(connection, account):
                raise RegistrationError("taken")
            if not await self.identity.families.add_client(connection, client):
                raise RegistrationError("taken")
            who = caller_of(request)
            event = SecurityEvent(Happening.APPLICATION_REGISTERED, who.account, who.session, client.id)
            await self.identity.events.record(connection, event)

    def _account(self, sent: dict[str, str]) -> Account:
        """Return the account in whose name a system acts: one role, of its organisation."""
        house, name = sent.get("house", ""), " ".join(sent.get("organisation", "").split())[:120]
        if house not in _HOUSES or len(name) < 3:
            raise RegistrationError("organisation")
        role = Role(
            str(uuid.uuid4()),
            house,
            organisation=sent.get("reference", "").strip()[:64],
            organisation_name=name,
        )
        login = sent.get("id", "").strip()
        return Account(
            str(uuid.uuid4()), login, Kind.SOFTWARE, sent.get("name", "").strip()[:80], roles=(role,)
        )

    async def _change(self, request: Request, sent: dict[str, str]) -> None:
        async with self.identity.database.transaction() as connection:
            before = await self.identity.families.held(connection, sent.get("client", ""))
            if before is None or registration.state(before) != sent.get("state"):
                raise RegistrationError("gone")
            after = registration.changed(before, sent)
            ended = registration.takes_away(before, after)
            if not await self.identity.families.change_client(connection, after, end=ended):
                raise RegistrationError("taken")
            who = caller_of(request)
            detail = " ".join(after.scopes)[:500]
            event = SecurityEvent(
                Happening.APPLICATION_CHANGED, who.account, who.session, after.id, detail=detail
            )
            await self.identity.events.record(connection, event)

    async def _enable(self, request: Request, sent: dict[str, str]) -> None:
        enabled = sent.get("act") == "let-in"
        happening = Happening.APPLICATION_LET_IN if enabled else Happening.APPLICATION_SHUT_OFF
        async with self.identity.database.transaction() as connection:
            if not await self.identity.families.enable(connection, sent.get("client", "")[:200], enabled):
                raise RegistrationError("gone")
            who = caller_of(request)
            event = SecurityEvent(happening, who.account, who.session, sent["client"])
            await self.identity.events.record(connection, event)
