"""The operator's page of one account: where it is signed in, ending that, shutting it off (OWASP ASVS 5, V7.4.5)."""

from __future__ import annotations

import uuid

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.identity.events import Happening, SecurityEvent
from ardenne.kernel.store.database import Connection
from ardenne.services.accounts import wording
from ardenne.services.accounts.page import Page, form
from ardenne.ui.seen import caller_of

_STATES = {"shut-off": ("active", "shut-off"), "let-in": ("shut-off", "active")}
"""Acts, with the state that an account must be in and the one it is in then."""
_HAPPENINGS = {
    "end": Happening.SIGNED_OUT_EVERYWHERE,
    "shut-off": Happening.ACCOUNT_SHUT_OFF,
    "let-in": Happening.ACCOUNT_LET_IN,
}


class AccountDesk(Page):
    """The page of the operator. The login is posted, never part of an address."""

    def routes(self) -> list[Route]:
        """Return the address."""
        return [Route("/desk/accounts", self.page, methods=["GET", "POST"])]

    async def page(self, request: Request) -> Response:
        """Ask for a login; a posted form finds its account or acts on it."""
        sent = await form(request) if request.method == "POST" else {}
        words, problem, told = self.words(request), "", ""
        account = await self._asked(sent)
        if account is None and sent:
            problem = words.text("There is no account with this login.")
        elif account is not None and sent.get("act") in _HAPPENINGS:
            if account.id == caller_of(request).account:
                problem = words.text("That is your own account: another operator does this.")
            elif await self._act(request, account, sent["act"]):
                told = words.text("Done. It has effect at once.")
            else:
                problem = words.text("That changed meanwhile. Look at the account again.")
            account = await self.identity.accounts.get(account.id)
        values = {
            "account": account, "problem": problem, "told": told, "login": sent.get("login", ""), "wording": wording,
            "sessions": [
                (one, wording.means(one.level, words))
                for one in (await self.identity.sessions.of_account(account.id) if account else ())
            ],
            "allowed": await self.identity.families.allowed(account.id) if account else [],
        }  # fmt: skip
        return self.show(request, "account_desk.html", values, 422 if problem else 200)

    async def _asked(self, sent: dict[str, str]) -> Account | None:
        """Return the account that a form names, by its id or what its owner types."""
        try:
            if sent.get("account"):
                return await self.identity.accounts.get(str(uuid.UUID(sent["account"])))
        except ValueError:
            return None
        return await self.identity.accounts.by_login(sent["login"]) if sent.get("login") else None

    async def _act(self, request: Request, account: Account, act: str) -> bool:
        """Act on an account; False when it is not in the state for it any more."""
        who = caller_of(request)
        async with self.identity.database.transaction() as connection:
            if act in _STATES and not await self._moved(connection, account.id, act):
                return False
            if act != "let-in":
                await self.identity.sessions.end_all(connection, account.id)
            event = SecurityEvent(_HAPPENINGS[act], who.account, who.session, detail=f"account {account.id}")
            await self.identity.events.record(connection, event)
        return True

    async def _moved(self, connection: Connection, account: str, act: str) -> bool:
        before, after = _STATES[act]
        return await self.identity.accounts.move_state(connection, account, before, after)
