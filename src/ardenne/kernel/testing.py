"""A node for tests: an embedded database and the FHIR door, called without a network."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import orjson

from ardenne.kernel.audit.door import AuditDoor
from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.http.message import Request
from ardenne.kernel.identity.caller import OPERATOR, Caller
from ardenne.kernel.migrations import KERNEL
from ardenne.kernel.policy.service import PolicyService
from ardenne.kernel.rest.operations import ALL
from ardenne.kernel.rest.router import Router
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.embedded import EmbeddedDatabase
from ardenne.kernel.store.migrate import migrate

BASE = "http://localhost:8080"
Result = TypeVar("Result")


class Answer(NamedTuple):
    """An answer with its content parsed."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def ids(self) -> list[str]:
        """Ids of the matches of a searchset."""
        return [entry["resource"]["id"] for entry in self.entries("match")]

    def entries(self, mode: str = "") -> list[dict[str, Any]]:
        """Entries of a Bundle, those of a search mode when one is named."""
        found = self.json.get("entry", [])
        return [entry for entry in found if not mode or entry.get("search", {}).get("mode") == mode]

    def link(self, relation: str) -> str:
        """The path and query of a link, relative to the FHIR base; empty when there is none."""
        for link in self.json["link"]:
            if link["relation"] == relation:
                return str(link["url"]).removeprefix(f"{BASE}/fhir/")
        return ""

    @property
    def problem(self) -> str:
        """The text of the first issue of an OperationOutcome."""
        return str(self.json["issue"][0]["details"]["text"])


class TestNode:
    """One database in a folder of its own, with an event loop to call it from plain tests."""

    __test__ = False

    def __init__(self, dsn: str = "") -> None:
        self._folder: Path | None = None
        self._embedded: EmbeddedDatabase | None = None
        if not dsn:
            self._folder = Path(tempfile.mkdtemp(prefix="ardenne-test-"))
            self._folder.chmod(0o711)
            self._embedded = EmbeddedDatabase(self._folder / "data")
            dsn = self._embedded.start()
        self.dsn = dsn
        migrate(dsn, KERNEL)
        self._loop = asyncio.new_event_loop()
        self.database = Database(dsn, 16)
        self.database.strict = True
        self.contents = Path(tempfile.mkdtemp(prefix="ardenne-contents-")) / "contents"
        self.content: object = None
        """What a test filled the node with, so that the next of its kind need not do it again."""
        self.caller: Caller = OPERATOR
        """Who calls the door in ``ask`` and ``call``."""
        self.service = FhirService(self.database, self.contents)
        self.service.policy = PolicyService(self.database, Journal(self.database))
        self._usual = Router(self.service, ALL, {"AuditEvent": AuditDoor("localhost").answer})
        self.router = self._usual
        """A test may put another door here; ``empty`` puts the usual one back."""

    def close(self) -> None:
        """Stop and remove everything."""
        self._loop.run_until_complete(self.database.close())
        self._loop.close()
        shutil.rmtree(self.contents.parent, ignore_errors=True)
        if self._embedded is not None and self._folder is not None:
            self._embedded.stop()
            shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine to its end."""
        return self._loop.run_until_complete(work)

    async def ask(
        self, method: str, address: str, content: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Call the FHIR door. ``address`` is relative to its base; ``content`` is bytes or JSON values."""
        path, _, query = address.partition("?")
        body = content if isinstance(content, bytes) else b"" if content is None else orjson.dumps(content)
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        request = Request(
            method, f"/fhir/{path}".rstrip("/"), query, sent, body, BASE, "127.0.0.1", self.caller
        )
        response = await self.router.answer(request)
        return Answer(response.status, dict(response.headers), response.body)

    def call(
        self, method: str, address: str, content: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Call the FHIR door and wait."""
        return self.run(self.ask(method, address, content, headers))

    def empty(self) -> None:
        """Remove every resource."""
        self.content = None
        self.caller, self.router = OPERATOR, self._usual
        self.service.resources.forget_texts()
        self.run(self._empty())

    async def _empty(self) -> None:
        from ardenne.kernel.store.emptying import empty

        await empty(self.database)
