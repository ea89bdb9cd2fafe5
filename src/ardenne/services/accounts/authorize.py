"""What an application may do: the authorisation endpoint, the choice of a record, consent; launching applications."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ardenne.kernel.identity.access_tokens import Family
from ardenne.kernel.identity.accounts import Account, Presence, Role, caller, purposes, usual_purpose
from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.identity.errors import OAuthError
from ardenne.kernel.identity.events import Happening, SecurityEvent
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.identity.oauth.authorization import Answerable, Asked, answer_address
from ardenne.kernel.identity.origins import origin_of
from ardenne.kernel.identity.signing_in import Signed
from ardenne.kernel.identity.store_families import REFRESH, Client
from ardenne.kernel.identity.store_sessions import LONGEST
from ardenne.services.accounts import wording
from ardenne.services.accounts.page import Page, form, go, pairs
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import address_of

_MINUTES = 15
_LAUNCH_MINUTES = 5


class Found(NamedTuple):
    """A record that can be chosen: Patient id, name, birth date (FHIR)."""

    patient: str
    name: str
    birth_date: str = ""


class Patients(Protocol):
    """Finds patients as a caller may see them."""

    async def find(self, caller: Caller, address: str, query: dict[str, str]) -> list[Found]:
        """Return at most twenty patients; ``query`` are FHIR search parameters of Patient."""
        ...


class AuthorizePages(Page):
    """The authorisation endpoint and its pages."""

    ask_to_sign_in: Callable[..., Awaitable[Response]]

    def __init__(self, identity: Identity, renderer: Renderer, patients: Patients) -> None:
        super().__init__(identity, renderer)
        self._patients = patients

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/oauth/authorize", self.authorize, methods=["GET", "POST"]),
            Route("/oauth/consent", self.consent, methods=["POST"]),
            Route("/launch/{patient}", self.launches),
            Route("/launch/{patient}", self.launch, methods=["POST"]),
        ]

    async def authorize(self, request: Request) -> Response:
        """Take an authorisation request; ask the person to sign in and to agree, unless that was done."""
        sent = await pairs(request) if request.method == "POST" else request.query_params.multi_items()
        try:
            asked, client = await self.identity.authorization.read(sent, self.base(request))
        except OAuthError as error:
            message = self.words(request).text(
                "The application asked in a way that is not allowed: {why}", why=error.message
            )
            return self.problem(request, message)
        except Answerable as refused:
            return go(refused.address)
        reader = await self.account(request)
        if reader is None or asked.prompt == "login":
            if asked.prompt == "none":
                return self._refused(asked, "login_required")
            asked = msgspec.structs.replace(asked, prompt="")
            return await self.ask_to_sign_in(request, pending=await self._keep(asked))
        _caller, account = reader
        if await self._agreed_before(asked, account):
            return go(await self._give(request, asked, reader, asked.scopes, account.patient, ""))
        if asked.prompt == "none":
            return self._refused(asked, "interaction_required")
        return await self._ask(request, asked, client, reader, await self._keep(asked))

    def _refused(self, asked: Asked, error: str) -> Response:
        return go(answer_address(asked.redirect_uri, self.identity.issuer, asked.state, {"error": error}))

    async def _keep(self, asked: Asked) -> str:
        content = msgspec.to_builtins(asked)
        return await self.identity.sessions.pend("authorization", content, timedelta(minutes=_MINUTES))

    async def _agreed_before(self, asked: Asked, account: Account) -> bool:
        """Tell whether nothing needs to be asked: agreed before, and no record to choose."""
        if asked.prompt or asked.launch or asked.purpose:
            return False
        if _needs_record(asked) and (account.kind is not Kind.CITIZEN or account.mandates):
            return False
        before = await self.identity.families.consent(account.id, asked.client)
        return before is not None and set(asked.scopes) <= set(before)

    async def after_sign_in(self, request: Request, pending: str, signed: Signed) -> Response:
        """Go on with an authorisation request after the sign-in that it needed."""
        account = signed.account
        role = account.roles[0].id if len(account.roles) == 1 else ""
        presence = Presence(role, "", signed.session)
        return await self._resume(request, pending, (caller(account, presence, datetime.now(UTC)), account))

    async def _resume(
        self,
        request: Request,
        pending: str,
        reader: tuple[Caller, Account],
        query: dict[str, str] | None = None,
    ) -> Response:
        found = await self.identity.sessions.pending(pending, "authorization")
        asked = msgspec.convert(found.content, Asked) if found else None
        client = await self.identity.families.client(asked.client) if asked else None
        if asked is None or client is None:
            return self.problem(
                request, self.words(request).text("This took too long. Begin again in the application.")
            )
        return await self._ask(request, asked, client, reader, pending, query)

    async def _ask(
        self,
        request: Request,
        asked: Asked,
        client: Client,
        reader: tuple[Caller, Account],
        pending: str,
        query: dict[str, str] | None = None,
    ) -> Response:
        """Show what the application wants, and the records to choose from."""
        who, account = reader
        words = self.renderer.words(request)
        launched = await self._launched(asked, account)
        records: list[Found] = []
        if _needs_record(asked) and not launched.get("patient"):
            records = await self._records(request, who, account, query)
        values = {
            "client": client, "pending": pending, "account": account,
            "scopes": [(one, wording.scope(one, words)) for one in asked.scopes],
            "offline": "offline_access" in asked.scopes,
            "needs_record": _needs_record(asked) and not launched.get("patient"),
            "records": records, "searches": account.kind is not Kind.CITIZEN, "query": query or {},
            "roles": [(one.id, _role_words(one, words)) for one in account.roles], "role": account.role(""),
            "host": origin_of(asked.redirect_uri),
        }  # fmt: skip
        return self.show(request, "consent.html", values, form_action=origin_of(asked.redirect_uri))

    async def _records(
        self, request: Request, who: Caller, account: Account, query: dict[str, str] | None
    ) -> list[Found]:
        address = address_of(request)
        if account.kind is Kind.CITIZEN:
            ids = [
                one
                for one in dict.fromkeys((account.patient, *(held.patient for held in who.mandates)))
                if one
            ]
            found = await self._patients.find(who, address, {"_id": ",".join(ids)})
            return sorted(found, key=lambda one: one.patient != account.patient)
        wanted = {name: value for name, value in (query or {}).items() if value}
        return await self._patients.find(who, address, wanted) if wanted else []

    async def consent(self, request: Request) -> Response:
        """Take the person's answer."""
        reader = await self.account(request)
        sent = await pairs(request)
        values = dict(sent)
        pending = values.get("pending", "")[:100]
        if reader is None:
            return await self.ask_to_sign_in(request, pending=pending)
        if values.get("act") == "find":
            query = {name: values.get(name, "").strip()[:100] for name in ("name", "birthdate", "identifier")}
            return await self._resume(request, pending, reader, query)
        found = await self.identity.sessions.take(pending, "authorization")
        if found is None:
            return self.problem(
                request, self.words(request).text("This took too long. Begin again in the application.")
            )
        asked = msgspec.convert(found.content, Asked)
        if values.get("act") != "allow":
            return self._refused(asked, "access_denied")
        kept = {value for name, value in sent if name == "scope"}
        scopes = tuple(one for one in asked.scopes if one in kept)
        if not scopes:
            return self._refused(asked, "access_denied")
        address = address_of(request)
        launched = await self._launched(asked, reader[1])
        patient = str(launched.get("patient", ""))
        if not patient and _needs_record(asked):
            patient = values.get("patient", "")
            seen = await self._patients.find(reader[0], address, {"_id": patient}) if patient else []
            if [one.patient for one in seen] != [patient] or "," in patient:
                return self._refused(asked, "access_denied")
        try:
            target = await self._give(
                request,
                asked,
                reader,
                scopes,
                patient,
                str(launched.get("encounter", "")),
                values.get("role", ""),
            )
        except OAuthError as error:
            return self._refused(asked, error.error)
        return go(target)

    async def _launched(self, asked: Asked, account: Account) -> dict[str, Any]:
        """Return the context in which our pages opened the application (EHR launch)."""
        if not asked.launch:
            return {}
        found = await self.identity.sessions.pending(asked.launch, "launch")
        fits = (
            found is not None and found.account == account.id and found.content.get("client") == asked.client
        )
        return found.content if found is not None and fits else {}

    async def _give(
        self,
        request: Request,
        asked: Asked,
        reader: tuple[Caller, Account],
        scopes: tuple[str, ...],
        patient: str,
        encounter: str,
        chosen: str = "",
    ) -> str:
        """Begin the token family and return the address that carries the code. Raises OAuthError."""
        who, account = reader
        session = await self.identity.sessions.of_account(account.id)
        level = next((one.level for one in session if one.id == who.session), "low")
        current = next(
            (one for one in account.roles if one.directory == who.role and one.profession == who.profession),
            None,
        )
        role = account.role(chosen) or current or Role("", "")
        if account.roles and not role.id:
            raise OAuthError("access_denied", "a role must be chosen")
        purpose = Purpose(asked.purpose) if asked.purpose else usual_purpose(account.kind, role.profession)
        if purpose not in purposes(account.kind, role.profession):
            raise OAuthError("access_denied", "this account may not act for this purpose")
        keeps = _needs_record(asked) or asked.launch
        family = Family(
            "", asked.client, account.id, role.id, scopes, purpose.value, patient if keeps else "", encounter,
            level, "", "" if "offline_access" in scopes else who.session,
        )  # fmt: skip
        families = self.identity.families
        async with self.identity.database.transaction() as connection:
            await families.allow(connection, account.id, asked.client, scopes)
            lasting = REFRESH if "offline_access" in scopes else LONGEST
            family = await families.begin(connection, family, lasting)
            code = await families.add_code(
                connection, family.id, asked.redirect_uri, asked.challenge, asked.nonce
            )
            event = SecurityEvent(
                Happening.APPLICATION_ALLOWED, account.id, family.id, asked.client, family.patient
            )
            await self.identity.events.record(connection, event)
        return answer_address(asked.redirect_uri, self.identity.issuer, asked.state, {"code": code})

    async def launches(self, request: Request) -> Response:
        """Show the applications that can be opened on a record."""
        reader = await self.account(request)
        patient = request.path_params["patient"]
        if reader is None or not await self._may_see(request, reader[0], patient):
            return self.problem(
                request, self.words(request).text("There is no such record, or you may not see it."), 404
            )
        clients = [one for one in await self.identity.families.clients() if one.launch_uri]
        origins = " ".join(dict.fromkeys(origin_of(one.launch_uri) for one in clients))
        return self.show(
            request, "launch.html", {"clients": clients, "patient": patient}, form_action=origins
        )

    async def launch(self, request: Request) -> Response:
        """Open an application on a record (SMART EHR launch)."""
        reader = await self.account(request)
        patient, sent = request.path_params["patient"], await form(request)
        client = await self.identity.families.client(sent.get("client", ""))
        if reader is None or client is None or not client.launch_uri:
            return self.problem(request, self.words(request).text("There is no such application."), 404)
        if not await self._may_see(request, reader[0], patient):
            return self.problem(
                request, self.words(request).text("There is no such record, or you may not see it."), 404
            )
        content = {"client": client.id, "patient": patient, "encounter": sent.get("encounter", "")[:64]}
        lasting = timedelta(minutes=_LAUNCH_MINUTES)
        launch = await self.identity.sessions.pend("launch", content, lasting, reader[1].id)
        joint = "&" if "?" in client.launch_uri else "?"
        return go(f"{client.launch_uri}{joint}iss={self.identity.issuer}/fhir&launch={launch}")

    async def _may_see(self, request: Request, who: Caller, patient: str) -> bool:
        address = address_of(request)
        found = await self._patients.find(who, address, {"_id": patient})
        return [one.patient for one in found] == [patient]


def _needs_record(asked: Asked) -> bool:
    return any(one.startswith("patient/") or one == "launch/patient" for one in asked.scopes)


def _role_words(role: Role, words: Any) -> str:
    return " – ".join(filter(None, (wording.profession(role.profession, words), role.organisation_name)))
