"""Sign-in by password and code, passkey, outside provider, or the one click of a demonstration; sign-out; activation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ardenne.kernel.identity import cookies, passwords
from ardenne.kernel.identity.accounts import LEVELS, Account
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.events import Happening, SecurityEvent
from ardenne.kernel.identity.oauth.key_sets import is_loopback
from ardenne.kernel.identity.origins import local_path
from ardenne.kernel.identity.outside import Known, OutsideError
from ardenne.kernel.identity.passkeys import parsed
from ardenne.kernel.identity.signing_in import SecondFactor, Signed, Slow
from ardenne.services.accounts import wording
from ardenne.services.accounts.authorize import AuthorizePages
from ardenne.services.accounts.page import LINK_COOKIE, Page, device, form, go
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import address_of

_OUTSIDE_COOKIE = "outside"


class SignInPages(Page):
    """The pages before anybody is signed in."""

    def __init__(self, authorize: AuthorizePages, renderer: Renderer) -> None:
        super().__init__(authorize.identity, renderer)
        self._authorize = authorize
        authorize.ask_to_sign_in = self._page

    def routes(self) -> list[Route]:
        """Return the addresses of the pages."""
        return [
            Route("/sign-in", self.ask),
            Route("/sign-in", self.password, methods=["POST"]),
            Route("/sign-in/one-click", self.one_click, methods=["POST"]),
            Route("/sign-in/code", self.code, methods=["POST"]),
            Route("/sign-in/passkey/question", self.passkey_question, methods=["POST"]),
            Route("/sign-in/passkey", self.passkey, methods=["POST"]),
            Route("/sign-in/outside", self.outside),
            Route("/sign-in/outside/answer", self.outside_answer),
            Route("/sign-in/lost", self.lost, methods=["GET", "POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
            Route("/oauth/end-session", self.ask_to_sign_out, methods=["GET", "POST"]),
            Route("/activate", self.activation),
            Route("/activate", self.activate, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Show the ways to sign in."""
        return await self._page(request, next_=local_path(request.query_params.get("next", "/")))

    async def _page(
        self, request: Request, problem: str = "", next_: str = "/", pending: str = "", status: int = 200
    ) -> Response:
        words = self.renderer.words(request)
        groups: dict[str, list[tuple[Account, str]]] = {}
        if self._one_click_here(request):
            for one in await self.identity.accounts.development():
                if one.kind is not Kind.SOFTWARE:
                    roles = ", ".join(
                        " – ".join(
                            filter(None, (wording.profession(role.profession, words), role.organisation_name))
                        )
                        for role in one.roles
                    )
                    groups.setdefault(wording.kind(one.kind.value, words), []).append((one, roles))
        outside = self.identity.outside
        values = {
            "problem": problem, "next": next_, "request": pending, "groups": groups,
            "outside": (outside.provider.name or outside.provider.issuer) if outside else "",
            "return_to": f"{request.url.path}?next={next_}",
        }  # fmt: skip
        return self.show(request, "sign_in.html", values, status)

    def _one_click_here(self, request: Request) -> bool:
        """The one click is for the machine on which a demonstration runs."""
        forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip"))
        return self.identity.development and is_loopback(address_of(request)) and not forwarded

    async def password(self, request: Request) -> Response:
        """Check login and password."""
        sent = await form(request)
        where = (local_path(sent.get("next", "/")), sent.get("request", "")[:100])
        label = device(request.headers.get("user-agent", ""))
        try:
            outcome = await self.identity.signing_in.by_password(
                sent.get("login", ""), sent.get("password", ""), address_of(request), label
            )
        except Slow as slow:
            return await self._slow(request, slow, *where)
        if outcome is None:
            problem = self.words(request).text("Login and password do not fit together.")
            if not self.identity.development:
                problem = self.words(request).text("That did not fit, or this account needs a second factor.")
            return await self._page(request, problem, *where, status=422)
        if isinstance(outcome, SecondFactor):
            values = {"pending": outcome.pending, "next": where[0], "request": where[1], "problem": ""}
            return self.show(request, "code.html", values)
        return await self._go_on(request, outcome, *where)

    async def code(self, request: Request) -> Response:
        """Check a one-time code after the password."""
        sent = await form(request)
        where = (local_path(sent.get("next", "/")), sent.get("request", "")[:100])
        pending = sent.get("pending", "")[:100]
        try:
            signed = await self.identity.signing_in.by_second_factor(
                pending, sent.get("code", ""), address_of(request)
            )
        except Slow as slow:
            return await self._slow(request, slow, *where)
        if signed is None:
            problem = self.words(request).text("The code does not fit or was used. Wait for the next one.")
            values = {"pending": pending, "next": where[0], "request": where[1], "problem": problem}
            return self.show(request, "code.html", values, 422)
        return await self._go_on(request, signed, *where)

    async def one_click(self, request: Request) -> Response:
        """Sign in as an invented person."""
        sent = await form(request)
        where = (local_path(sent.get("next", "/")), sent.get("request", "")[:100])
        signed = None
        if self._one_click_here(request):
            label = device(request.headers.get("user-agent", ""))
            signed = await self.identity.signing_in.by_one_click(sent.get("login", ""), label)
        if signed is None:
            problem = self.words(request).text("There is no such login in this demonstration.")
            return await self._page(request, problem, *where, status=422)
        return await self._go_on(request, signed, *where)

    async def _slow(self, request: Request, slow: Slow, next_: str, pending: str) -> Response:
        problem = self.words(request).text("Too many tries from here. Wait {n} seconds.", n=slow.seconds)
        response = await self._page(request, problem, next_, pending, 429)
        response.headers["retry-after"] = str(slow.seconds)
        return response

    async def _go_on(self, request: Request, signed: Signed, next_: str, pending: str) -> Response:
        if pending:
            response = await self._authorize.after_sign_in(request, pending, signed)
            self.hand_out(request, response, signed)
            return response
        return self.signed_in(request, signed, next_)

    async def passkey_question(self, request: Request) -> Response:
        """Tell the browser what to ask the passkey."""
        return _data(await self.identity.passkeys.question(self.base(request)))

    async def passkey(self, request: Request) -> Response:
        """Check a passkey's answer; the page goes on by itself."""
        try:
            sent = parsed(await request.body())
        except ValueError:
            return _data({"problem": "not readable"}, 400)
        account_id = await self.identity.passkeys.answered(
            str(sent.get("attempt", "")), sent["answer"], self.base(request)
        )
        account = await self.identity.accounts.get(account_id) if account_id else None
        if account is None or account.state != "active":
            return _data({"problem": "refused"}, 403)
        label = device(request.headers.get("user-agent", ""))
        signed = await self.identity.signing_in.begin(account, "substantial", label, "passkey")
        response = _data({"next": local_path(str(sent.get("next", "/")))})
        self.hand_out(request, response, signed)
        return response

    async def outside(self, request: Request) -> Response:
        """Send the person to the outside provider."""
        if self.identity.outside is None:
            return self.problem(request, self.words(request).text("No outside provider is set up here."), 404)
        next_ = local_path(request.query_params.get("next", "/"))
        try:
            address, secret = await self.identity.outside.address(self.base(request), next_)
        except OutsideError:
            return self.problem(
                request, self.words(request).text("The provider does not answer. Try again later."), 502
            )
        response = go(address)
        secure = self.base(request).startswith("https://")
        response.set_cookie(
            _OUTSIDE_COOKIE, secret, max_age=600, path="/sign-in/outside", httponly=True, secure=secure,
            samesite="lax",
        )  # fmt: skip
        return response

    async def outside_answer(self, request: Request) -> Response:
        """Take the outside provider's answer."""
        outside = self.identity.outside
        if outside is None:
            return self.problem(request, self.words(request).text("No outside provider is set up here."), 404)
        secret = request.cookies.get(_OUTSIDE_COOKIE, "")
        try:
            known = await outside.answered(dict(request.query_params), secret)
        except OutsideError:
            message = self.words(request).text("The provider's answer cannot be used. Begin again.")
            return self.problem(request, message, 403)
        account = await self.identity.accounts.by_link(known.issuer, known.subject)
        reader = await self.account(request) if account is None else None
        if reader is not None:
            return await self._ask_to_link(request, known, reader[1])
        if account is None or account.state != "active":
            message = self.words(request).text(
                "The provider knows you, but no account here is linked to you. Sign in another way first, "
                "then link it under My account."
            )
            return self.problem(request, message, 403)
        level = known.acr.rpartition("/")[2]
        label = device(request.headers.get("user-agent", ""))
        signed = await self.identity.signing_in.begin(
            account, level if level in LEVELS else "low", label, "outside provider"
        )
        response = self.signed_in(request, signed, known.next)
        response.delete_cookie(_OUTSIDE_COOKIE, path="/sign-in/outside")
        return response

    async def _ask_to_link(self, request: Request, known: Known, reader: Account) -> Response:
        """Somebody who is signed in came back from the provider: the page asks before the two are linked."""
        content = {"issuer": known.issuer, "subject": known.subject}
        secret = await self.identity.sessions.pend("link", content, timedelta(minutes=10), reader.id)
        response = go("/account/link")
        secure = self.base(request).startswith("https://")
        response.set_cookie(
            LINK_COOKIE,
            secret,
            max_age=600,
            path="/account/link",
            httponly=True,
            secure=secure,
            samesite="strict",
        )
        response.delete_cookie(_OUTSIDE_COOKIE, path="/sign-in/outside")
        return response

    async def sign_out(self, request: Request) -> Response:
        """End this session."""
        found = await self.account(request)
        if found is not None:
            async with self.identity.database.transaction() as connection:
                await self.identity.sessions.end(connection, found[0].session, found[1].id)
                event = SecurityEvent(Happening.SIGNED_OUT, found[1].id, found[0].session)
                await self.identity.events.record(connection, event)
        response = go("/sign-in")
        response.headers.append("set-cookie", cookies.setting(self.base(request), ""))
        response.headers["clear-site-data"] = '"cache"'
        return response

    async def ask_to_sign_out(self, request: Request) -> Response:
        """Ask the person whom an application wants to sign out (OpenID Connect RP-Initiated Logout 1.0).

        Nobody is signed out without a word of their own, and nobody is sent on to another site.
        """
        return self.show(request, "sign_out.html", {})

    async def lost(self, request: Request) -> Response:
        """Ask for a letter when nothing else works; the answer is the same whether the login exists or not."""
        if request.method == "GET":
            return self.show(request, "lost.html", {"asked": False, "problem": ""})
        login = (await form(request)).get("login", "")
        try:
            await self.identity.signing_in.ask_letter(login, address_of(request))
        except Slow as slow:
            problem = self.words(request).text("Too many tries from here. Wait {n} seconds.", n=slow.seconds)
            return self.show(request, "lost.html", {"asked": False, "problem": problem}, 429)
        return self.show(request, "lost.html", {"asked": True, "problem": ""})

    async def activation(self, request: Request) -> Response:
        """Ask for the code of the letter."""
        return self.show(request, "activate.html", {"problem": "", "done": "", "login": ""})

    async def activate(self, request: Request) -> Response:
        """Use the code: activate with a first password, or object."""
        sent = await form(request)
        login, code = sent.get("login", "").strip(), sent.get("code", "")
        values: dict[str, Any] = {"problem": "", "done": "", "login": login[:200]}
        signing_in, address = self.identity.signing_in, address_of(request)
        wrong = self.words(request).text("Login and code do not fit, or the code has run out or was used.")
        try:
            if sent.get("act") == "object":
                if await signing_in.object(login, code, address):
                    values["done"] = "objected"
                    return self.show(request, "activate.html", values)
                return self.show(request, "activate.html", values | {"problem": wrong}, 422)
            weak = passwords.problem(sent.get("password", ""), login.lower())
            if weak:
                return self.show(
                    request, "activate.html", values | {"problem": self._weak(request, weak)}, 422
                )
            account = await signing_in.activate(login, code, sent["password"], address)
        except Slow as slow:
            problem = self.words(request).text("Too many tries from here. Wait {n} seconds.", n=slow.seconds)
            return self.show(request, "activate.html", values | {"problem": problem}, 429)
        if account is None:
            return self.show(request, "activate.html", values | {"problem": wrong}, 422)
        label = device(request.headers.get("user-agent", ""))
        signed = await signing_in.begin(account, "low", label, "activation")
        return self.signed_in(request, signed, "/account")

    def _weak(self, request: Request, reason: str) -> str:
        if reason == "short":
            return self.words(request).text("The password needs at least {n} signs.", n=passwords.SHORTEST)
        if reason == "long":
            return self.words(request).text("The password has at most {n} signs.", n=passwords.LONGEST)
        return self.words(request).text(
            "That password is easy to guess: choose several words that do not belong together."
        )


def _data(content: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(content, status, {"cache-control": "no-store", "x-content-type-options": "nosniff"})
