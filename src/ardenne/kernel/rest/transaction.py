"""A transaction: all of its entries or none.

Order (R4, 3.1.0.11.2): deletes, creates, updates and patches, then reads. All locks on criteria are
taken first and in one order, all rows are written in one order: two transactions cannot wait for
each other. Reads see what the transaction wrote.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, binary, conditional, incoming, patching, references
from ardenne.kernel.rest.enforcement import enforce
from ardenne.kernel.rest.entries import Entry, entry_request
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.incoming import Incoming
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import read_pairs
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Change, Method, Mode, Status
from ardenne.kernel.store.database import Connection
from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.outcome import Issue

Dispatch = Callable[[Request], Awaitable[Response]]


class Step(NamedTuple):
    """One entry: where it stands, what it asks, and the resource that it will touch."""

    place: int
    entry: Entry
    request: Request
    resource_type: str
    resource_id: str
    """Empty when the server or a search decides."""
    criteria: str
    existing: tuple[str, int] | None = None

    @property
    def address(self) -> str:
        return f"{self.resource_type}/{self.resource_id}"


class Transaction:
    """One transaction Bundle on its way."""

    def __init__(self, service: FhirService, request: Request, dispatch: Dispatch) -> None:
        self._service = service
        self._request = request
        self._dispatch = dispatch

    async def run(self, entries: Sequence[Entry]) -> list[Response]:
        """Return the answers in the order of the entries. Raises RestError, and then nothing is written."""
        steps = [
            self._step(place, entry, entry_request(self._request, entry))
            for place, entry in enumerate(entries)
            if entry.request is not None
        ]
        links = {text for step in steps for text in references.conditional(step.request.body)}
        locks = {conditional.lock_name(step.resource_type, step.criteria) for step in steps if step.criteria}
        locks |= {conditional.lock_name(*_criteria_of(link)) for link in links}
        reads = [step for step in steps if step.request.method in ("GET", "HEAD")]
        writes = [step for step in steps if step.request.method not in ("GET", "HEAD")]

        async def attempt() -> dict[int, Response]:
            async with conditional.locked(self._service, locks) as connection:
                return await self._write(writes, links, connection)

        answered = await conditional.retried(attempt) if writes else {}
        for step in reads:
            try:
                answered[step.place] = await self._dispatch(step.request)
            except RestError as error:
                answered[step.place] = answers.error(error)
        return [answered[step.place] for step in steps]

    def _step(self, place: int, entry: Entry, request: Request) -> Step:
        parts = request.path.removeprefix("/fhir/").split("/")
        if request.method in ("GET", "HEAD"):
            return Step(place, entry, request, "", "", "")
        where = f"Bundle.entry[{place}].request.url"
        resource_type = parts[0]
        if resource_type not in RESOURCE_TYPES:
            raise refuse(
                400, "not-supported", f"'{resource_type[:60]}' is not a resource type", "resource-type", where
            )
        if request.method == "POST":
            if len(parts) > 1 and parts[1]:
                raise refuse(
                    400, "not-supported", "a POST in a transaction creates: its url is the type", "url", where
                )
            criteria = request.header("if-none-exist").rpartition("?")[2]
            return Step(place, entry, request, resource_type, "" if criteria else change.new_id(), criteria)
        if len(parts) == 1 and request.query:
            return Step(place, entry, request, resource_type, "", request.query)
        if len(parts) != 2:
            raise refuse(400, "invalid", "the url is neither Type/id nor Type?criteria", "url", where)
        return Step(place, entry, request, resource_type, incoming.check_id(parts[1]), "")

    async def _write(self, steps: list[Step], links: set[str], connection: Connection) -> dict[int, Response]:
        found = [await self._find(step, connection) for step in steps]
        self._refuse_overlap(found)
        targets = self._targets(found)
        for link in links:
            match = await conditional.only_match(self._service, *_criteria_of(link), connection)
            if match is None:
                raise refuse(
                    412, "not-found", f"the conditional reference {link} matches nothing", "reference"
                )
            targets[link.encode()] = f"{link.partition('?')[0]}/{match[0]}".encode()
        changes: list[Change] = []
        places: list[int] = []
        answered: dict[int, Response] = {}
        for step in found:
            if step.request.method == "POST" and step.existing:
                answered[step.place] = self._kept(step)
                continue
            if step.request.method == "DELETE" and step.criteria and not step.existing:
                answered[step.place] = Response(204)
                continue
            changes.append(await self._change(step, targets, connection))
            places.append(step.place)
        for place, done in zip(
            places, await self._service.resources.write_in(connection, changes), strict=True
        ):
            gone = done.status in (Status.GONE, Status.NOT_FOUND) and done.change.body is None
            if not done.status.done and not gone:
                raise _at(place, answers.problem(done))
            request = self._request
            answered[place] = Response(204) if gone else answers.written(request, done)
        return answered

    async def _find(self, step: Step, connection: Connection) -> Step:
        """Settle the id of a conditional entry."""
        if not step.criteria:
            return step
        try:
            match = await conditional.only_match(self._service, step.resource_type, step.criteria, connection)
        except RestError as error:
            raise _at(step.place, error) from None
        if match is not None:
            return step._replace(resource_id=match[0], existing=match)
        if step.request.method == "DELETE":
            return step
        if step.request.method == "PATCH":
            raise _at(step.place, refuse(404, "not-found", "the criteria of the patch match nothing", "url"))
        return step._replace(resource_id=change.new_id())

    def _refuse_overlap(self, steps: list[Step]) -> None:
        seen: dict[str, int] = {}
        for step in steps:
            if not step.resource_id or (step.request.method == "POST" and step.existing):
                continue
            before = seen.setdefault(step.address, step.place)
            if before != step.place:
                raise refuse(
                    400, "invalid", f"entries {before} and {step.place} both write {step.address}: keep one of them",
                    "bdl-7", f"Bundle.entry[{step.place}]",
                )  # fmt: skip

    def _targets(self, steps: list[Step]) -> dict[bytes, bytes]:
        targets: dict[bytes, bytes] = {}
        for step in steps:
            full_url, address = step.entry.full_url, step.address
            if not full_url or not step.resource_id or step.request.method == "DELETE":
                continue
            if full_url.encode() in targets and targets[full_url.encode()] != address.encode():
                raise refuse(
                    400, "invalid", f"the fullUrl {full_url} stands on two entries", "bdl-7",
                    f"Bundle.entry[{step.place}].fullUrl",
                )  # fmt: skip
            targets[full_url.encode()] = address.encode()
            own = "/".join(full_url.rsplit("/", 2)[-2:])
            if full_url.startswith("http") and own.partition("/")[0] == step.resource_type:
                # relative references are relative to the fullUrl's server
                targets.setdefault(own.encode(), address.encode())
        return {old: new for old, new in targets.items() if old != new}

    def _kept(self, step: Step) -> Response:
        assert step.existing is not None
        resource_id, version = step.existing
        place = f"{self._request.base}/fhir/{step.resource_type}/{resource_id}/_history/{version}"
        return Response(200, b"", (("location", place), ("etag", f'W/"{version}"')))

    async def _change(self, step: Step, targets: dict[bytes, bytes], connection: Connection) -> Change:
        request = step.request
        try:
            expected = answers.expected_version(request)
            if request.method == "DELETE":
                return change.delete(step.resource_type, step.resource_id, expected)
            if request.method == "PATCH":
                return await patching.plan(
                    self._service, request, step.resource_type, step.resource_id, connection, targets
                )
            content = references.rewrite(incoming.json_of(request), targets)
            sent = incoming.read_resource(content, step.resource_type)
            await enforce(self._service, sent.resource, connection)
            references.check_resolved(
                content, lambda link: link.encode() in targets, f"Bundle.entry[{step.place}]"
            )
            return self._put(step, sent, expected)
        except RestError as error:
            raise _at(step.place, error) from None

    def _put(self, step: Step, sent: Incoming, expected: int | None) -> Change:
        if step.resource_type == "Binary":
            mode = Mode.CREATE if step.request.method == "POST" else Mode.PUT
            resource = {**sent.resource, "id": step.resource_id}
            owner = binary.owner_of(self._service.caller)
            return binary.keep(resource, step.resource_id, mode, Method.PUT, expected, owner)
        if step.request.method == "POST":
            return change.write(sent.resource, sent.content, step.resource_id, Mode.CREATE, Method.POST)
        given = sent.resource.get("id")
        if step.criteria and not step.existing:
            resource_id = given or step.resource_id
            return change.write(sent.resource, sent.content, resource_id, Mode.PUT, Method.PUT, expected)
        if given != step.resource_id and not (step.criteria and not given):
            text = f"the content has the id '{given}', the entry asks for '{step.resource_id}'"
            raise refuse(400, "invalid", f"{text}: both must be the same", "id", "id")
        return change.write(sent.resource, sent.content, step.resource_id, Mode.PUT, Method.PUT, expected)


def _criteria_of(link: str) -> tuple[str, str]:
    resource_type, _, criteria = link.partition("?")
    if resource_type not in RESOURCE_TYPES or not read_pairs(criteria):
        raise refuse(
            400, "invalid", f"'{link[:80]}' is not a conditional reference Type?criteria", "reference"
        )
    return resource_type, criteria


def _at(place: int, error: RestError) -> RestError:
    """Return the error with the entry's place before each path."""
    issues = []
    for issue in error.issues:
        if not issue.path.startswith("Bundle"):
            path = f"Bundle.entry[{place}]"
            if issue.path:
                path += f".resource.{issue.path}"
            issue = Issue(issue.severity, issue.code, path, issue.message, issue.rule)
        issues.append(issue)
    return RestError(error.status, issues)
