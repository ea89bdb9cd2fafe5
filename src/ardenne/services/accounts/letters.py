"""Activation letters: an identity officer invites a person, and prints the letter with the code."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.store_credentials import ACTIVATION_DAYS
from ardenne.services.accounts.account import AccountPages, Reader
from ardenne.services.accounts.page import Page, form
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import address_of

_LOGIN = re.compile(r"[a-z0-9][a-z0-9.\-_]{2,60}")


class LetterPages(Page):
    """The pages of an identity officer."""

    def __init__(self, account_pages: AccountPages, renderer: Renderer) -> None:
        super().__init__(account_pages.identity, renderer)
        self._account_pages = account_pages

    def routes(self) -> list[Route]:
        """Return the addresses."""
        mine = self._account_pages.mine
        return [
            Route("/letters", mine(self.ask)),
            Route("/letters", mine(self.write), methods=["POST"]),
        ]

    async def ask(self, request: Request, reader: Reader, problem: str = "") -> Response:
        """Ask whom to invite."""
        if not _is_identity_officer(reader):
            return self.problem(
                request, self.words(request).text("This page is for the identity office."), 403
            )
        values = {"problem": problem, "waiting": await self.identity.signing_in.letters.waiting()}
        return self.show(request, "letters.html", values, 422 if problem else 200)

    async def write(self, request: Request, reader: Reader) -> Response:
        """Make the account, or a new code for one that waits, and show the letter."""
        if not _is_identity_officer(reader):
            return self.problem(
                request, self.words(request).text("This page is for the identity office."), 403
            )
        sent = await form(request)
        if sent.get("account"):
            return await self._renew(request, reader, sent["account"])
        words = self.words(request)
        login = sent.get("login", "").strip().lower()
        if not _LOGIN.fullmatch(login):
            problem = words.text("A login has 3 to 60 signs: letters, digits, full stop, hyphen.")
            return await self.ask(request, reader, problem)
        patient = sent.get("patient", "").strip()
        found = (
            await self._account_pages.find(reader[0], address_of(request), {"_id": patient})
            if patient
            else []
        )
        if [one.patient for one in found] != [patient]:
            return await self.ask(
                request, reader, words.text("There is no such record, or you may not see it.")
            )
        known = await self.identity.accounts.of_patient(patient) or await self.identity.accounts.by_login(
            login
        )
        if known is not None and (
            known.state != "invited" or known.login != login or known.patient != patient
        ):
            return await self.ask(
                request, reader, words.text("This person has an account already, or the login is taken.")
            )
        account = known or Account(str(uuid.uuid4()), login, Kind.CITIZEN, found[0].name, patient, "invited")
        async with self.identity.database.transaction() as connection:
            if known is None:
                await self.identity.accounts.add(connection, account)
            code = await self.identity.credentials.new_activation(connection, account.id)
        return self._letter(request, account, code)

    async def _renew(self, request: Request, reader: Reader, account_id: str) -> Response:
        """Write the letter of somebody who asked because nothing else works."""
        waiting = {one[0] for one in await self.identity.signing_in.letters.waiting()}
        account = await self.identity.accounts.get(account_id) if account_id in waiting else None
        if account is None:
            problem = self.words(request).text("Nobody waits for this letter any more.")
            return await self.ask(request, reader, problem)
        async with self.identity.database.transaction() as connection:
            if not await self.identity.signing_in.letters.done(connection, account.id):
                problem = self.words(request).text("Nobody waits for this letter any more.")
                return await self.ask(request, reader, problem)
            code = await self.identity.credentials.new_activation(connection, account.id)
        return self._letter(request, account, code, renewed=True)

    def _letter(self, request: Request, account: Account, code: str, *, renewed: bool = False) -> Response:
        values = {
            "account": account, "code": code, "until": datetime.now(UTC) + timedelta(days=ACTIVATION_DAYS),
            "address": f"{self.base(request)}/activate", "days": ACTIVATION_DAYS, "today": datetime.now(UTC),
            "renewed": renewed,
        }  # fmt: skip
        return self.show(request, "letter.html", values)


def _is_identity_officer(reader: Reader) -> bool:
    return reader[0].kind is Kind.OFFICER and reader[0].profession == "identity"
