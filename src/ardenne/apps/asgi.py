"""The ASGI application of a worker process: the FHIR door and the pages."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import orjson

from ardenne import __version__
from ardenne.apps import messages
from ardenne.apps.composition import registry
from ardenne.apps.doorkeeper import Doorkeeper, bare_request
from ardenne.apps.instantiated import promised
from ardenne.apps.pages import pages_application
from ardenne.apps.patients import FhirPatients
from ardenne.kernel.audit.door import AuditDoor
from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.audit.runner import JournalRunner
from ardenne.kernel.audit.security import JournalEvents
from ardenne.kernel.background import repeat
from ardenne.kernel.exports.operations import BulkExport
from ardenne.kernel.exports.runner import ExportRunner
from ardenne.kernel.exports.store import ExportJobs
from ardenne.kernel.http import cors, mutual_tls
from ardenne.kernel.http.asgi import Receive, RequestRefused, Scope, Send, read_request, send_response
from ardenne.kernel.http.certificates import Shown
from ardenne.kernel.http.faults import report
from ardenne.kernel.http.message import ClientCertificate, Request, Response
from ardenne.kernel.http.tls import client_context, tls_context
from ardenne.kernel.identity import loopback
from ardenne.kernel.identity.caller import ANONYMOUS
from ardenne.kernel.identity.errors import Unauthenticated
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.identity.oauth import metadata
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.imports.operations import BulkImport
from ardenne.kernel.imports.runner import ImportRunner
from ardenne.kernel.imports.store import ImportJobs
from ardenne.kernel.imports.work import Task
from ardenne.kernel.indexing.operations import IndexOperations
from ardenne.kernel.indexing.runner import IndexRunner
from ardenne.kernel.indexing.words import WordRunner
from ardenne.kernel.mail import mail_server
from ardenne.kernel.policy.matrix import shipped
from ardenne.kernel.policy.service import PolicyService
from ardenne.kernel.rest import answers
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import ALL
from ardenne.kernel.rest.profile_rules import read_rules
from ardenne.kernel.rest.router import Router
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import WORKER_VARIABLE, Settings, decode
from ardenne.kernel.soap import xua
from ardenne.kernel.soap.door import Callers
from ardenne.kernel.store import frequency
from ardenne.kernel.store.database import Database, DatabaseUnavailable
from ardenne.kernel.store.labelling import label_some
from ardenne.kernel.store.reindexing import Reindexing
from ardenne.kernel.store.resources import Resources
from ardenne.kernel.subscriptions import websocket
from ardenne.kernel.subscriptions.node import Subscriptions, rules_of
from ardenne.services.authorisations.casework import Casework
from ardenne.services.consent.objecting import Objections
from ardenne.services.consent.projection import project
from ardenne.services.consent.runner import ConsentRunner
from ardenne.services.messaging.doors import opening as mail_doors
from ardenne.services.mpi import crossing, soap_doors
from ardenne.services.mpi.adopting import PersonRunner, Projection
from ardenne.services.mpi.api import PersonOperations
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.nightly import NightlySearch
from ardenne.services.mpi.soap_doors import PersonDoors
from ardenne.services.mpi.telling import receivers
from ardenne.services.mpi.telling.runner import TellingRunner
from ardenne.services.mpi.v3_own import Own
from ardenne.services.notices.sending import NoticeRunner, of_document
from ardenne.services.record import summary_operation
from ardenne.services.record.exchange import doors
from ardenne.services.record.exchange.doors import SharingDoors
from ardenne.services.record.exchange.mhd import generating, parameters
from ardenne.services.record.exchange.mhd.publishing import Publishing
from ardenne.services.record.exchange.objects import Place
from ardenne.services.record.extracting import FactRunner
from ardenne.services.record.feeds import counting
from ardenne.services.record.feeds import messages as feed_messages
from ardenne.services.record.feeds.replaying import ReplayRunner
from ardenne.services.record.feeds.watching import Watcher
from ardenne.services.vaccination.campaigns.drawing import CampaignRunner
from ardenne.services.vaccination.extract import CoverageRunner
from ardenne.services.vaccination.operations import VaccinationOperations
from ardenne.services.vaccination.schedules import of_jurisdiction

_DISCARD_SECONDS = 3600.0
"""How often files of contents are looked for that a killed process did not remove."""
_STATISTICS_SECONDS = 600.0
"""How often a worker takes over what the planner's statistics say of frequent tokens."""
_PUBLIC = ("/fhir/metadata", "/static/")
_SMART_CONFIGURATION = "/fhir/.well-known/smart-configuration"
_ANY_ORIGIN = (("access-control-allow-origin", "*"), ("cache-control", "public, max-age=300"))
_ENDING = ("/account", "/sign-out", "/oauth/revoke", "/oauth/end-session")
"""Addresses of acts that end sessions or tokens."""
_PR_SET_PDEATHSIG = 1
_BARE = Response(200, b"x" * 2048, (("content-type", "text/plain"),))


class Application:
    """Answers HTTP requests of one worker process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._router: Router | None = None
        self._pages: Any = None
        self._doorkeeper: Doorkeeper | None = None
        self._database: Database | None = None
        self._background: list[asyncio.Future[None]] = []
        self._shown = Shown(settings.mutual_tls_proxies, settings.mutual_tls_authorities)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            raise RuntimeError(f"no {scope['type']} here")

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                for task in self._background:
                    task.cancel()
                if self._database is not None:
                    await self._database.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _watchers(self, service: FhirService) -> list[asyncio.Future[None]]:
        """Begin to watch the folder that an operator names; none without."""
        if not self.settings.watch:
            return []
        return [asyncio.ensure_future(Watcher(service, Path(self.settings.watch).expanduser()).run())]

    def start(self) -> None:
        """Make what the worker needs; called inside its event loop."""
        self._database = Database(self.settings.database, self.settings.connections)
        service = self._node(self._database)
        index = service.registry.get(Index)
        assert service.policy is not None and isinstance(service.resources, Resources)
        persons, person_runner = PersonOperations(index), PersonRunner(index.matcher, self._database)
        jobs = ExportJobs(self._database)
        self._exports = ExportRunner(jobs, self.settings.data_folder / "exports", service.policy)
        self._subscriptions = Subscriptions(service, self.settings)
        indexing = Reindexing(self._database)
        task = _import_task(self.settings)
        imports = ImportJobs(self._database)
        importing = ImportRunner(imports, task, self.settings.data_folder / "imports")
        operations = {
            **ALL,
            **BulkImport(imports, importing, task.places).operations(),
            **IndexOperations(indexing).operations(),
            **BulkExport(jobs, self._exports).operations(),
            **persons.operations(),
            **self._subscriptions.operations.operations(),
            **generating.OPERATIONS,
            **feed_messages.OPERATIONS,
            **summary_operation.OPERATIONS,
            **VaccinationOperations(self.settings).operations(),
        }
        publishing = Publishing(Place(self.settings.community))
        self._router = Router(
            service,
            operations,
            {"AuditEvent": AuditDoor(self.settings.base_url or self.settings.host).answer},
            {
                ("PUT", "Patient"): persons.feed,
                ("POST", ""): publishing.bundle,
                ("POST", "DocumentReference"): publishing.simplified,
            },
            tuple(promised()),
        )
        self._background = [
            asyncio.ensure_future(importing.run()),
            asyncio.ensure_future(IndexRunner(indexing).run()),
            asyncio.ensure_future(person_runner.run()),
            asyncio.ensure_future(person_runner.run_groups()),
            *self._runners(service, index),
        ]
        events = Objections(JournalEvents(), service.resources, Accounts(self._database))
        identity = Identity(self._database, self.settings, events)
        self._background.append(asyncio.ensure_future(identity.run()))
        self._doorkeeper = Doorkeeper(self.settings, identity)
        self._recent = identity.recent
        content = orjson.dumps(metadata.smart(identity.issuer))
        self._smart = Response(200, content, (("content-type", "application/json"), *_ANY_ORIGIN))
        audience = self.settings.xua_audience or identity.issuer
        keeper = self._doorkeeper
        database, own = service.database, Own(self.settings.community).patients

        async def person(authority: str, number: str) -> str:
            return await crossing.numbered(database, own, f"urn:oid:{authority}", number)

        trust = xua.trust(self.settings.xua_issuers, audience, person)
        callers = Callers(service, trust, keeper.sender, keeper.admit)
        sharing = SharingDoors(service, Place(self.settings.community), callers)
        persons_by_soap = PersonDoors(service, index, self.settings.community, callers)
        self._soap = dict.fromkeys(doors.PATHS, sharing.answer)
        self._soap |= dict.fromkeys(soap_doors.PATHS, persons_by_soap.answer)
        patients = FhirPatients(self._router)
        casework = Casework(service, identity)
        self._background.append(asyncio.ensure_future(casework.keep_current()))
        self._pages = pages_application(self.settings, service, identity, patients, casework)

    def _node(self, database: Database) -> FhirService:
        """Return the node's service: its rules, its policy, and what follows from a write in the same transaction."""
        base = f"{self.settings.base_url}/fhir" if self.settings.base_url else ""
        contents = self.settings.data_folder / "contents"
        rules = read_rules(self.settings.required_profiles, self.settings.declared_profiles)
        service = FhirService(database, contents, base, self.settings.time_zone, rules)
        service.registry = registry()
        service.policy = PolicyService(database, Journal(database), shipped(self.settings.jurisdiction))
        assert isinstance(service.resources, Resources)
        service.resources.projections["Consent"] = project
        service.resources.projections["DocumentReference"] = of_document
        service.resources.projections["Patient"] = Projection(service.registry.get(Index).matcher)
        return service

    def _runners(self, service: FhirService, index: Index) -> list[asyncio.Future[None]]:
        """Begin what works in the background beside the requests."""
        database = service.database
        assert service.policy is not None
        schedule = of_jurisdiction(self.settings.jurisdiction).schedule
        return [
            asyncio.ensure_future(self._exports.run()),
            asyncio.ensure_future(WordRunner(database).run()),
            asyncio.ensure_future(repeat(lambda: frequency.learn(database), _STATISTICS_SECONDS)),
            asyncio.ensure_future(self._subscriptions.runner.run()),
            asyncio.ensure_future(self._journal_runner().run()),
            asyncio.ensure_future(service.policy.keep_current()),
            asyncio.ensure_future(ConsentRunner(database).run()),
            asyncio.ensure_future(_label_all(database)),
            asyncio.ensure_future(self._nightly_search().run()),
            asyncio.ensure_future(_listen(self.settings, service, index)),
            *self._mutual_tls(),
            *self._telling(service),
            asyncio.ensure_future(parameters.keep(service)),
            asyncio.ensure_future(FactRunner(service).run()),
            asyncio.ensure_future(ReplayRunner(service).run()),
            asyncio.ensure_future(counting.run(database)),
            *self._watchers(service),
            asyncio.ensure_future(mail_doors.listen(self.settings, service)),
            asyncio.ensure_future(repeat(lambda: mail_doors.purge(service), mail_doors.PURGE_SECONDS)),
            asyncio.ensure_future(repeat(service.blobs.discard, _DISCARD_SECONDS)),
            asyncio.ensure_future(self._notices().run()),
            asyncio.ensure_future(CampaignRunner(service, schedule).run()),
            asyncio.ensure_future(CoverageRunner(service, self.settings.data_folder, schedule).run()),
        ]

    def _mutual_tls(self) -> list[asyncio.Future[None]]:
        """Begin the port where whoever calls shows a certificate; none without a setting."""
        settings = self.settings
        if not settings.mutual_tls_port:
            return []
        files = (settings.mutual_tls_certificate, settings.mutual_tls_key, settings.mutual_tls_authorities)
        tls = tls_context(*(Path(one).expanduser() for one in files))
        return [asyncio.ensure_future(mutual_tls.run(self, settings.host, settings.mutual_tls_port, tls))]

    def _telling(self, service: FhirService) -> list[asyncio.Future[None]]:
        """Begin to tell other systems of changed numbers; without a table only those of before are forgotten."""
        settings = self.settings
        found = (
            receivers.read(Path(settings.person_receivers).expanduser()) if settings.person_receivers else []
        )
        tls = client_context(settings.mutual_tls_certificate, settings.mutual_tls_key) if found else None
        sender = settings.community
        # the operator's own table: wherever it points may be called
        rules = rules_of(settings)._replace(hosts=frozenset(), loopback=True)
        runner = TellingRunner(service, found, sender, rules, tls)
        return [asyncio.ensure_future(runner.run())]

    def _notices(self) -> NoticeRunner:
        assert self._database is not None
        settings = self.settings
        base = settings.base_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
        return NoticeRunner(self._database, mail_server(settings), base)

    def _nightly_search(self) -> NightlySearch:
        assert self._database is not None
        settings = self.settings
        return NightlySearch(
            self._database, settings.database, settings.duplicate_search_hour, settings.time_zone
        )

    def _journal_runner(self) -> JournalRunner:
        assert self._database is not None
        settings = self.settings
        return JournalRunner(
            self._database,
            settings.data_folder,
            settings.journal_seal_minutes,
            settings.journal_retention_days,
        )

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            shown = self._shown.of(scope)
            if scope["path"] in self._soap:
                request = await self._read(scope, receive, shown)
                await send_response(request, await self._soap[scope["path"]](request), send)
                return
            is_fhir = (scope["path"] + "/").startswith("/fhir/")
            if is_fhir or scope["path"].startswith("/health"):
                request = await self._read(scope, receive, shown)
                await send_response(request, await self._answer(request), send)
                return
            request = bare_request(scope, self.settings.base_url)._replace(certificate=shown)
            assert self._doorkeeper is not None
            answer = await self._doorkeeper.page(request, scope)
            if answer is not None:
                await send_response(None, answer, send)
                return
            await self._pages(scope, receive, self._forgetting(scope, send))
        except RequestRefused as error:
            found = refuse(error.status, "invalid", str(error), "request")
            await send_response(None, answers.error(found), send)

    async def _read(self, scope: Scope, receive: Receive, shown: ClientCertificate | None) -> Request:
        request = await read_request(scope, receive, self.settings.body_limit, self.settings.base_url)
        return request._replace(certificate=shown)

    def _forgetting(self, scope: Scope, send: Send) -> Send:
        """Return a sender that forgets remembered callers before the answer to an act that ends sessions or tokens.

        The database tells the other workers; this one must not answer from memory what it has just ended.
        """
        if scope["method"] != "POST" or not scope["path"].startswith(_ENDING):
            return send

        async def forgetting(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self._recent.forget_all()
            await send(message)

        return forgetting

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        # a binding token vouches for the caller; only the open mode looks at the address too
        refused = scope["path"] != websocket.PATH
        if self.settings.open:
            refused = refused or bool(loopback.refusal(bare_request(scope)))
        if refused:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._subscriptions.websockets.serve(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.path == "/health/bare":
            return _BARE
        if request.path == "/health":
            return await self._health()
        foreign = cors.is_allowed(request, self.settings.cors_origins)
        if foreign and cors.preflight(request):
            return cors.with_headers(request, Response(204))
        response = await self._fhir(request, foreign)
        return cors.with_headers(request, response) if foreign else response

    async def _fhir(self, request: Request, foreign: bool) -> Response:
        assert self._router is not None and self._doorkeeper is not None
        if request.path == _SMART_CONFIGURATION and request.method in ("GET", "HEAD"):
            return self._smart
        caller = ANONYMOUS
        if not request.path.startswith(_PUBLIC):
            try:
                caller = await self._doorkeeper.caller(request, foreign)
            except Unauthenticated as error:
                code = "login" if error.status == 401 else "forbidden"
                answer = answers.error(refuse(error.status, code, error.message, "access"))
                header = error.www_authenticate
                return answer.with_headers(("www-authenticate", header)) if header else answer
        return await self._router.answer(request._replace(caller=caller))

    async def _health(self) -> Response:
        assert self._database is not None
        try:
            await self._database.fetch("select 1")
        except DatabaseUnavailable:
            body = orjson.dumps({"status": "unavailable", "database": "down", "version": __version__})
            return Response(503, body, (("content-type", "application/json"),))
        body = orjson.dumps({"status": "ok", "database": "up", "version": __version__})
        return Response(200, body, (("content-type", "application/json"),))


async def _listen(settings: Settings, service: FhirService, index: Index) -> None:
    try:
        await messages.listen(settings, service, index)
    except Exception as error:
        report(error)


async def _label_all(database: Database) -> None:
    """Label what an older version wrote; on a node without such rows this ends at once."""
    try:
        while await label_some(database):
            continue
    except DatabaseUnavailable:
        return
    except Exception as error:
        report(error)


def _import_task(settings: Settings) -> Task:
    hosts = (name.strip().lower() for name in settings.import_hosts.split(","))
    return Task(
        settings.database,
        str(settings.data_folder / "contents"),
        folder=str(Path(settings.import_folder).expanduser()) if settings.import_folder else "",
        hosts=[name for name in hosts if name],
        required_profiles=settings.required_profiles,
        declared_profiles=settings.declared_profiles,
    )


def _die_with_parent() -> None:
    """Ask Linux to end this worker when its supervisor is killed, so that the port becomes free."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _application() -> Application:
    text = os.environ.get(WORKER_VARIABLE)
    if text is None:
        raise RuntimeError("start the server with 'ardenne serve'")
    _die_with_parent()
    return Application(decode(text))


def __getattr__(name: str) -> Any:
    if name == "app":
        return _application()
    raise AttributeError(name)
