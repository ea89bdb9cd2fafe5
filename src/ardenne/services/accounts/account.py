"""My account: where I am signed in, how I sign in, in which role, which applications I allowed what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from ardenne.kernel.identity import cookies, passwords, totp
from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.identity.events import Happening, SecurityEvent
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.identity.passkeys import parsed
from ardenne.kernel.identity.signing_in import TOTP_PURPOSE, Slow
from ardenne.services.accounts import wording
from ardenne.services.accounts.authorize import Found, Patients
from ardenne.services.accounts.page import LINK_COOKIE, Page, device, form, go
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import address_of

Reader = tuple[Caller, Account]
Work = Callable[[Request, Reader], Awaitable[Response]]


class AccountPages(Page):
    """The pages of an account for its owner."""

    def __init__(self, identity: Identity, renderer: Renderer, patients: Patients) -> None:
        super().__init__(identity, renderer)
        self._patients = patients

    def routes(self) -> list[Route]:
        """Return the addresses of the pages."""
        return [
            Route("/mine", self.mine(self.records)),
            Route("/account", self.mine(self.overview)),
            Route("/account/link", self.mine(self.ask_link)),
            Route("/account/link", self.mine(self.link), methods=["POST"]),
            Route("/account/session", self.mine(self.end_session), methods=["POST"]),
            Route("/account/sign-out-everywhere", self.mine(self.end_all), methods=["POST"]),
            Route("/account/application", self.mine(self.forbid), methods=["POST"]),
            Route("/account/role", self.mine(self.roles)),
            Route("/account/role", self.mine(self.choose_role), methods=["POST"]),
            Route("/account/password", self.mine(self.password), methods=["POST"]),
            Route("/account/code", self.mine(self.code)),
            Route("/account/code", self.mine(self.confirm_code), methods=["POST"]),
            Route("/account/code/remove", self.mine(self.remove_code), methods=["POST"]),
            Route("/account/passkey/question", self.mine(self.passkey_question), methods=["POST"]),
            Route("/account/passkey", self.mine(self.passkey), methods=["POST"]),
            Route("/account/passkey/remove", self.mine(self.remove_passkey), methods=["POST"]),
        ]

    async def find(self, who: Caller, address: str, query: dict[str, str]) -> list[Found]:
        """Find patients as a reader may see them."""
        return await self._patients.find(who, address, query)

    def mine(self, page: Work) -> Callable[[Request], Awaitable[Response]]:
        """Return a page for somebody who is signed in; others are asked to sign in first."""

        async def answer(request: Request) -> Response:
            reader = await self.account(request)
            if reader is None:
                return go(f"/sign-in?next={request.url.path}" if request.method == "GET" else "/sign-in")
            return await page(request, reader)

        return answer

    async def records(self, request: Request, reader: Reader) -> Response:
        """Show the records of a citizen: the own one, and those of mandates."""
        who, account = reader
        ids = [
            one for one in dict.fromkeys((account.patient, *(held.patient for held in who.mandates))) if one
        ]
        found = await self._patients.find(who, address_of(request), {"_id": ",".join(ids)}) if ids else []
        words = self.words(request)
        mandates = {held.patient: wording.mandate(held.role, words) for held in who.mandates}
        ordered = sorted(found, key=lambda one: one.patient != account.patient)
        return self.show(
            request, "mine.html", {"records": ordered, "mandates": mandates, "own": account.patient}
        )

    async def overview(self, request: Request, reader: Reader, told: str = "") -> Response:
        """Show devices, means and applications."""
        who, account = reader
        words = self.words(request)
        code = await self.identity.credentials.totp(account.id)
        keys = await self.identity.credentials.passkeys(account.id)
        allowed = await self.identity.families.allowed(account.id)
        sessions = await self.identity.sessions.of_account(account.id)
        values = {
            "account": account, "here": who.session, "told": told,
            "sessions": [(one, wording.means(one.level, words)) for one in sessions],
            "code": bool(code and code.confirmed), "codes_left": await self.identity.credentials.recovery_codes_left(account.id),
            "passkeys": [(one, bytes_to_base64url(one.id)) for one in keys],
            "applications": [(one, [wording.scope(scope, words) for scope in one.scopes]) for one in allowed],
            "has_password": bool(await self.identity.credentials.password(account.id)),
            "roles": len(account.roles) > 1, "citizen": account.kind is Kind.CITIZEN,
            "links": await self.identity.accounts.links(account.id), "provider": self._provider(),
            "operator": who.kind is Kind.OFFICER and who.profession == "operator",
            "letters": who.kind is Kind.OFFICER and who.profession == "identity",
        }  # fmt: skip
        return self.show(request, "account.html", values)

    async def _tell(self, connection: Any, happening: Happening, who: Caller, detail: str = "") -> None:
        event = SecurityEvent(happening, who.account, who.session, detail=detail)
        await self.identity.events.record(connection, event)

    async def ask_link(self, request: Request, reader: Reader) -> Response:
        """Ask whether the account is to be linked to the outside provider from which the reader comes."""
        values = {"account": reader[1], "provider": self._provider()}
        return self.show(request, "link.html", values)

    async def link(self, request: Request, reader: Reader) -> Response:
        """Link the account to the provider, or end its link."""
        who, account = reader
        words, sent = self.words(request), await form(request)
        told = words.text("That took too long or was done before. Begin again with the provider.")
        if sent.get("act") == "unlink":
            async with self.identity.database.transaction() as connection:
                if await self.identity.accounts.unlink(connection, account.id, sent.get("issuer", "")):
                    await self._tell(connection, Happening.ACCOUNT_UNLINKED, who)
                    told = words.text("The provider cannot sign you in any more.")
            return await self.overview(request, reader, told)
        pending = await self.identity.sessions.take(request.cookies.get(LINK_COOKIE, ""), "link")
        if pending is not None and pending.account == account.id:
            issuer, subject = str(pending.content["issuer"]), str(pending.content["subject"])
            async with self.identity.database.transaction() as connection:
                if await self.identity.accounts.link(connection, issuer, subject, account.id):
                    await self._tell(connection, Happening.ACCOUNT_LINKED, who)
                    told = words.text("From now on the provider signs you in.")
        return await self.overview(request, reader, told)

    def _provider(self) -> str:
        outside = self.identity.outside
        return (outside.provider.name or outside.provider.issuer) if outside else ""

    async def end_session(self, request: Request, reader: Reader) -> Response:
        """End one session, on this device or another."""
        who, account = reader
        sent = await form(request)
        async with self.identity.database.transaction() as connection:
            ended = any(
                one.id == sent.get("session") for one in await self.identity.sessions.of_account(account.id)
            ) and await self.identity.sessions.end(connection, sent["session"], account.id)
            if ended:
                await self._tell(connection, Happening.SESSION_REVOKED, who)
        if sent.get("session") == who.session:
            return go("/sign-in")
        told = self.words(request).text("That device is signed out.") if ended else ""
        return await self.overview(request, reader, told)

    async def end_all(self, request: Request, reader: Reader) -> Response:
        """End every session and every token, here too."""
        who, account = reader
        async with self.identity.database.transaction() as connection:
            await self.identity.sessions.end_all(connection, account.id)
            await self._tell(connection, Happening.SIGNED_OUT_EVERYWHERE, who)
        response = go("/sign-in")
        response.headers.append("set-cookie", cookies.setting(self.base(request), ""))
        return response

    async def forbid(self, request: Request, reader: Reader) -> Response:
        """Take back what an application was allowed."""
        who, account = reader
        client = (await form(request)).get("client", "")
        async with self.identity.database.transaction() as connection:
            await self.identity.families.forbid(connection, account.id, client)
            event = SecurityEvent(Happening.TOKEN_REVOKED, account.id, who.session, client)
            await self.identity.events.record(connection, event)
        told = self.words(request).text("The application can do nothing for you any more.")
        return await self.overview(request, reader, told)

    async def roles(self, request: Request, reader: Reader) -> Response:
        """Show the roles of a professional with several."""
        words = self.words(request)
        rows = [(one, wording.profession(one.profession, words)) for one in reader[1].roles]
        return self.show(request, "roles.html", {"roles": rows, "current": reader[0]})

    async def choose_role(self, request: Request, reader: Reader) -> Response:
        """Work in a role from now on."""
        who, account = reader
        chosen = (await form(request)).get("role", "")
        if account.role(chosen) is None or not chosen:
            return self.problem(request, self.words(request).text("This role is not one of yours."))
        async with self.identity.database.transaction() as connection:
            await self.identity.sessions.choose_role(connection, who.session, chosen)
            await self._tell(connection, Happening.ROLE_CHOSEN, who)
        return go("/")

    async def password(self, request: Request, reader: Reader) -> Response:
        """Change the password; the old one, or a fresh code, is asked for."""
        who, account = reader
        sent = await form(request)
        words = self.words(request)
        kept = await self.identity.credentials.password(account.id)
        if not await passwords.matches(kept, sent.get("old", "")):
            return self.problem(
                request, words.text("The old password is not right. Nothing was changed."), 422
            )
        if passwords.problem(sent.get("new", ""), account.login):
            message = words.text("The password needs at least {n} signs.", n=passwords.SHORTEST)
            return self.problem(request, message, 422)
        async with self.identity.database.transaction() as connection:
            await self.identity.credentials.set_password(
                connection, account.id, passwords.hashed(sent["new"])
            )
            await self._tell(connection, Happening.CREDENTIAL_ADDED, who, "password")
        return await self.overview(request, reader, words.text("The password is changed."))

    async def code(self, request: Request, reader: Reader) -> Response:
        """Offer a secret for an authenticator app."""
        return await self._offer(request, reader[1], "")

    async def _offer(self, request: Request, account: Account, problem: str) -> Response:
        known = await self.identity.credentials.totp(account.id)
        if known is not None and known.confirmed:
            return self.show(request, "code_setup.html", {"confirmed": True, "problem": problem})
        if known is None or not problem:
            secret = totp.new_secret()
            sealed = self.identity.sealing.seal(secret, TOTP_PURPOSE)
            async with self.identity.database.transaction() as connection:
                await self.identity.credentials.propose_totp(connection, account.id, sealed)
        else:
            secret = self.identity.sealing.open(known.sealed, TOTP_PURPOSE)
        values = {
            "confirmed": False, "problem": problem, "written": totp.written(secret),
            "address": totp.address(secret, account.login, "Ardenne"), "recovery": [],
        }  # fmt: skip
        return self.show(request, "code_setup.html", values, 422 if problem else 200)

    async def confirm_code(self, request: Request, reader: Reader) -> Response:
        """Confirm the authenticator app by a code, and show the recovery codes once."""
        who, account = reader
        sent = await form(request)
        known = await self.identity.credentials.totp(account.id)
        if known is None or known.confirmed:
            return go("/account/code")
        try:
            right, recovery = await self._confirmed(request, who, account, sent.get("code", ""))
        except Slow as slow:
            message = self.words(request).text("Too many tries from here. Wait {n} seconds.", n=slow.seconds)
            return self.problem(request, message, 429)
        if not right:
            problem = self.words(request).text("The code does not fit or was used. Wait for the next one.")
            return await self._offer(request, account, problem)
        return self.show(request, "code_setup.html", {"confirmed": True, "problem": "", "recovery": recovery})

    async def _confirmed(
        self, request: Request, who: Caller, account: Account, code: str
    ) -> tuple[bool, list[str]]:
        async with self.identity.database.transaction() as connection:
            if not await self.identity.signing_in.code_is_right(connection, account.id, code):
                return False, []
            recovery = await self.identity.credentials.new_recovery_codes(connection, account.id)
            await self._tell(connection, Happening.CREDENTIAL_ADDED, who, "one-time code")
        return True, recovery

    async def remove_code(self, request: Request, reader: Reader) -> Response:
        """Remove the authenticator app; a code of it, or a recovery code, is asked for."""
        who, account = reader
        sent = await form(request)
        async with self.identity.database.transaction() as connection:
            right = await self.identity.signing_in.code_is_right(connection, account.id, sent.get("code", ""))
            if right:
                await self.identity.credentials.drop_totp(connection, account.id)
                await self._tell(connection, Happening.CREDENTIAL_REMOVED, who, "one-time code")
        words = self.words(request)
        if not right:
            return await self._offer(
                request, account, words.text("The code does not fit or was used. Wait for the next one.")
            )
        return await self.overview(request, reader, words.text("The authenticator app is removed."))

    async def passkey_question(self, request: Request, reader: Reader) -> Response:
        """Tell the browser how to make a passkey."""
        return _data(await self.identity.passkeys.enrolment(reader[1], self.base(request)))

    async def passkey(self, request: Request, reader: Reader) -> Response:
        """Keep the passkey that the browser made."""
        who, account = reader
        try:
            sent = parsed(await request.body())
        except ValueError:
            return _data({"problem": "not readable"}, 400)
        label = device(request.headers.get("user-agent", ""))
        made = await self.identity.passkeys.enrolled(
            str(sent.get("attempt", "")), sent["answer"], account, label, self.base(request)
        )
        if made is None:
            return _data({"problem": "refused"}, 403)
        async with self.identity.database.transaction() as connection:
            added = await self.identity.credentials.add_passkey(connection, account.id, made)
            await self._tell(connection, Happening.CREDENTIAL_ADDED, who, "passkey")
        return _data({"next": "/account"}) if added else _data({"problem": "refused"}, 409)

    async def remove_passkey(self, request: Request, reader: Reader) -> Response:
        """Remove a passkey."""
        who, account = reader
        try:
            credential = base64url_to_bytes((await form(request)).get("passkey", "")[:2_000])
        except ValueError:
            credential = b""
        async with self.identity.database.transaction() as connection:
            if await self.identity.credentials.drop_passkey(connection, account.id, credential):
                await self._tell(connection, Happening.CREDENTIAL_REMOVED, who, "passkey")
        return await self.overview(request, reader, self.words(request).text("The passkey is removed."))


def _data(content: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(content, status, {"cache-control": "no-store", "x-content-type-options": "nosniff"})
