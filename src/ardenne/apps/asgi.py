"""The ASGI application of a worker process: the FHIR door and the pages."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Any

import orjson

from ardenne import __version__
from ardenne.apps.pages import pages_application
from ardenne.kernel.audit.door import AuditDoor
from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.audit.runner import JournalRunner
from ardenne.kernel.exports.operations import BulkExport
from ardenne.kernel.exports.runner import ExportRunner
from ardenne.kernel.exports.store import ExportJobs
from ardenne.kernel.http import cors
from ardenne.kernel.http.asgi import Receive, RequestRefused, Scope, Send, read_request, send_response
from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.identity import loopback
from ardenne.kernel.identity.caller import OPERATOR
from ardenne.kernel.imports.operations import BulkImport
from ardenne.kernel.imports.runner import ImportRunner
from ardenne.kernel.imports.store import ImportJobs
from ardenne.kernel.imports.work import Task
from ardenne.kernel.indexing.operations import IndexOperations
from ardenne.kernel.indexing.runner import IndexRunner
from ardenne.kernel.policy.matrix import shipped
from ardenne.kernel.policy.service import PolicyService
from ardenne.kernel.rest import answers
from ardenne.kernel.rest.enforcement import read_rules
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import ALL
from ardenne.kernel.rest.router import Router
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings, decode
from ardenne.kernel.store.database import Database, DatabaseUnavailable
from ardenne.kernel.store.reindexing import Reindexing
from ardenne.kernel.store.resources import Resources
from ardenne.kernel.subscriptions import websocket
from ardenne.kernel.subscriptions.node import Subscriptions
from ardenne.services.consent.projection import project

SETTINGS_VARIABLE = "ARDENNE_WORKER_SETTINGS"
_PUBLIC = ("/health", "/fhir/metadata", "/static/")
_PR_SET_PDEATHSIG = 1
_BARE = Response(200, b"x" * 2048, (("content-type", "text/plain"),))


class Application:
    """Answers HTTP requests of one worker process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._router: Router | None = None
        self._pages: Any = None
        self._database: Database | None = None
        self._background: list[asyncio.Future[None]] = []

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

    def start(self) -> None:
        """Make what the worker needs; called inside its event loop."""
        self._database = Database(self.settings.database, self.settings.connections)
        base = f"{self.settings.base_url}/fhir" if self.settings.base_url else ""
        contents = self.settings.data_folder / "contents"
        rules = read_rules(self.settings.required_profiles, self.settings.declared_profiles)
        service = FhirService(self._database, contents, base, self.settings.time_zone, rules)
        matrix = shipped(self.settings.jurisdiction)
        service.policy = PolicyService(self._database, Journal(self._database), matrix)
        assert isinstance(service.resources, Resources)
        service.resources.projections["Consent"] = project
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
            **self._subscriptions.operations.operations(),
        }
        self._router = Router(
            service,
            operations,
            {"AuditEvent": AuditDoor(self.settings.base_url or self.settings.host).answer},
        )
        self._background = [
            asyncio.ensure_future(self._exports.run()),
            asyncio.ensure_future(importing.run()),
            asyncio.ensure_future(IndexRunner(indexing).run()),
            asyncio.ensure_future(self._subscriptions.runner.run()),
            asyncio.ensure_future(self._journal_runner().run()),
            asyncio.ensure_future(service.policy.keep_current()),
        ]
        self._pages = pages_application(self.settings, service)

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
            is_fhir = (scope["path"] + "/").startswith("/fhir/")
            if is_fhir or scope["path"].startswith("/health"):
                request = await read_request(scope, receive, self.settings.body_limit, self.settings.base_url)
                await send_response(request, await self._answer(request), send)
                return
            refused = self._refused(_bare_request(scope))
            if refused:
                await send_response(
                    None, Response(403, refused.encode(), (("content-type", "text/plain"),)), send
                )
                return
            scope.setdefault("state", {})["caller"] = OPERATOR
            await self._pages(scope, receive, send)
        except RequestRefused as error:
            found = refuse(error.status, "invalid", str(error), "request")
            await send_response(None, answers.error(found), send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != websocket.PATH or self._refused(_bare_request(scope)):
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
        refused = self._refused(request, foreign)
        if refused:
            return answers.error(refuse(403, "forbidden", refused, "access"))
        assert self._router is not None
        response = await self._router.answer(request._replace(caller=OPERATOR))
        return cors.with_headers(request, response) if foreign else response

    def _refused(self, request: Request, foreign: bool = False) -> str:
        if request.path.startswith(_PUBLIC):
            return ""
        if self.settings.open:
            return loopback.refusal(request, foreign)
        return "sign-in is not part of this version yet: start with --open on your own machine"

    async def _health(self) -> Response:
        assert self._database is not None
        try:
            await self._database.fetch("select 1")
        except DatabaseUnavailable:
            body = orjson.dumps({"status": "unavailable", "database": "down", "version": __version__})
            return Response(503, body, (("content-type", "application/json"),))
        body = orjson.dumps({"status": "ok", "database": "up", "version": __version__})
        return Response(200, body, (("content-type", "application/json"),))


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


def _bare_request(scope: Scope) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    client = scope.get("client") or ("", 0)
    return Request(scope.get("method", "GET"), scope["path"], "", headers, b"", "", client[0])


def _die_with_parent() -> None:
    """Ask Linux to end this worker when its supervisor is killed, so that the port becomes free."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _application() -> Application:
    text = os.environ.get(SETTINGS_VARIABLE)
    if text is None:
        raise RuntimeError("start the server with 'ardenne serve'")
    _die_with_parent()
    return Application(decode(text))


def __getattr__(name: str) -> Any:
    if name == "app":
        return _application()
    raise AttributeError(name)
