"""The page on which somebody says where and of what to be told."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel import mail
from ardenne.kernel.identity import opaque
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.mail import MailError, MailServer
from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Database
from ardenne.services.notices import rules, store
from ardenne.services.notices.contract import KINDS
from ardenne.services.notices.store import Address
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import base_of, caller_of


class NoticePages:
    """The page of a citizen. ``base``: the configured address of the node."""

    def __init__(self, database: Database, renderer: Renderer, server: MailServer, base: str) -> None:
        self._database = database
        self._renderer = renderer
        self._server = server
        self._base = base

    def routes(self) -> list[Route]:
        """Return the address."""
        return [Route("/account/notices", self.page, methods=["GET", "POST"])]

    async def page(self, request: Request) -> Response:
        """My address and what I am told; a posted form asks for an address, confirms, changes or removes it."""
        caller, text = caller_of(request), self._renderer.words(request).text
        if caller.scopes is not None:
            return RedirectResponse("/sign-in", 303)  # an application's token changes no address
        if caller.kind is not Kind.CITIZEN or not caller.patient:
            message = text("Sign in as the person whose record it is.")
            return self._renderer.problem(request, text("This page is for patients"), message, 403)
        problem, email = "", ""
        if request.method == "POST":
            form = await request.form()
            email = str(form.get("email", ""))[:300]
            kinds = [kind for kind in KINDS if kind in form.getlist("kind")]
            problem = await self._act(
                request, caller, str(form.get("act", "")), email, kinds, str(form.get("code", ""))
            )
            if not problem:
                return RedirectResponse("/account/notices?done=1", 303)
        values = {
            "address": await store.address(self._database, caller.account), "problem": problem, "email": email,
            "sends": self._server.is_set, "done": "done" in request.query_params,
        }  # fmt: skip
        return self._renderer.page(request, "notices.html", values, 422 if problem else 200)

    async def _act(
        self, request: Request, caller: Caller, act: str, email: str, kinds: list[str], code: str
    ) -> str:
        """Do what a form asks; return the rule that it breaks."""
        now, language = datetime.now(UTC), self._renderer.words(request).language
        if act == "ask":
            return await self._ask(request, caller, rules.address(email), kinds, now)
        async with self._database.transaction() as connection:
            match act:
                case "confirm":
                    typed = opaque.digest("".join(code.split())[:20])
                    done = await store.confirm(connection, caller.account, typed, now, rules.CODE_ATTEMPTS)
                case "kinds":
                    done = await store.set_kinds(connection, caller.account, kinds, language)
                case "remove":
                    done = await store.remove(connection, caller.account)
                case _:
                    done = False
        return "" if done else "code" if act == "confirm" else "gone"

    async def _ask(
        self, request: Request, caller: Caller, email: str, kinds: list[str], now: datetime
    ) -> str:
        if not email:
            return "address"
        language = self._renderer.words(request).language
        code = f"{secrets.randbelow(10**6):06d}"
        message = rules.message("confirm", language, base_of(request, self._base), code)
        wanted = Address(email, language, kinds or list(KINDS), None)
        async with self._database.transaction() as connection:
            patient = hashing.self_hash("Patient", caller.patient)
            expires = now + rules.CODE_LIFE
            kept = opaque.digest(code)
            if not await store.ask(
                connection, caller.account, patient, wanted, kept, expires, rules.CODES_A_DAY
            ):
                return "many"
        try:
            await mail.send(self._server, email, message.subject, message.text)
        except MailError:
            return "server"
        return ""
