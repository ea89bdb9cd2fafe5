"""AuditEvent at the FHIR door: search (ITI-81) and read, answered from the journal.

A patient reads what happened with the own data (and a representative that of the person represented), a
professional what was done under the own account; auditors and the data protection officer read everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from ardenne.kernel.audit import store
from ardenne.kernel.audit.balp import PATTERNS, audit_event
from ardenne.kernel.audit.entries import Action
from ardenne.kernel.audit.store import Asked, Recorded
from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy.standing import account_hash
from ardenne.kernel.rest import answers, incoming
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import read_pairs
from ardenne.kernel.store import hashing
from ardenne.standards.fhir import dates
from ardenne.standards.fhir.extraction import owner
from ardenne.standards.fhir.json import dump

READS_ALL = frozenset({"auditor", "data-protection"})
_MAX = 500
_KNOWN = frozenset(
    {
        "_id", "_count", "_offset", "_sort", "_total", "_format", "_pretty", "_summary", "date", "patient",
        "patient.identifier", "entity", "agent", "agent-name", "address", "action", "subtype", "type", "outcome",
        "source", "site", "policy",
    }
)  # fmt: skip


def readable(caller: Caller) -> Asked | None:
    """Return which lines a caller may read; None: none at all."""
    match caller.kind:
        case Kind.OPERATOR:
            return Asked()
        case Kind.OFFICER if caller.profession in READS_ALL:
            return Asked()
        case Kind.CITIZEN:
            ids = [caller.patient, *(mandate.patient for mandate in caller.mandates if mandate.full)]
            return Asked(patients=[hashing.self_hash("Patient", one) for one in ids if one])
        case Kind.PROFESSIONAL | Kind.OFFICER | Kind.SOFTWARE:
            return Asked(accounts=[account_hash(caller.account)])
    return None


class AuditDoor:
    """Answers requests for AuditEvent. ``site`` names this server in the events."""

    def __init__(self, site: str) -> None:
        self.site = site

    async def answer(self, service: FhirService, request: Request, parts: Sequence[str]) -> Response:
        """Answer ``GET AuditEvent``, ``POST AuditEvent/_search`` and ``GET AuditEvent/id``. Raises RestError."""
        if request.method in ("GET", "HEAD") and len(parts) == 1:
            return await self._search(service, request, read_pairs(request.query))
        if request.method == "POST" and list(parts[1:]) == ["_search"]:
            pairs = read_pairs(request.query) + read_pairs(request.body.decode("utf-8", "replace"))
            return await self._search(service, request, pairs)
        if request.method in ("GET", "HEAD") and len(parts) == 2:
            return await self._read(service, request, parts[1])
        if request.method == "POST" and len(parts) == 1:
            return await self._record(service, request)
        raise refuse(
            405,
            "not-supported",
            "the journal is only read here: what happens is written by itself",
            "journal",
        )

    async def _read(self, service: FhirService, request: Request, line_id: str) -> Response:
        allowed = readable(request.caller)
        found = await store.one(service.database, line_id) if allowed is not None else None
        if found is None or allowed is None or not await self._may(service, found, allowed):
            raise refuse(404, "not-found", f"there is no AuditEvent/{line_id[:40]} that you may see")
        (event,) = await self._events(service, [found])
        self._note(service, "")
        return answers.resource(200, orjson.dumps(event))

    async def _record(self, service: FhirService, request: Request) -> Response:
        """Keep an AuditEvent that another system recorded (ITI-20, RESTful feed)."""
        caller = request.caller
        if caller.kind not in (Kind.SOFTWARE, Kind.OPERATOR) or service.policy is None:
            raise refuse(
                403, "forbidden", "only systems send AuditEvents: register yours as a client", "journal"
            )
        sent = incoming.read_resource(incoming.json_of(request), "AuditEvent")
        patient = owner(sent.resource)
        trace = service.trace or service.policy.trace(caller, request.client)
        line = trace.line(
            Action.EXTERNAL,
            hashing.reference(patient) if patient else None,
            [],
            "external",
            detail=dump(sent.resource).decode(),
        )
        await service.policy.journal.record([line])
        return answers.resource(201, sent.content)

    async def _may(self, service: FhirService, found: Recorded, allowed: Asked) -> bool:
        wanted = allowed._replace(since=found.at, until=found.at + 1)
        near = await store.find(service.database, wanted, _MAX)
        return any(one.id == found.id for one in near)

    async def _search(
        self, service: FhirService, request: Request, pairs: Sequence[tuple[str, str]]
    ) -> Response:
        allowed = readable(request.caller)
        if allowed is None:
            raise refuse(
                403, "forbidden", "the journal is for patients, professionals and auditors", "journal"
            )
        limit, offset = 50, 0
        wanted = allowed
        for name, value in pairs:
            base = name.partition(":")[0]
            if base not in _KNOWN:
                raise refuse(
                    400, "not-supported", f"AuditEvent has no parameter '{name[:40]}'", "search-parameter"
                )
            match base:
                case "_count":
                    limit = min(_number(value, name), _MAX)
                case "_offset":
                    offset = _number(value, name)
                case _:
                    wanted = _narrowed(wanted, base, value)
        found = await store.find(service.database, wanted, limit + 1, offset)
        total = await store.count(service.database, wanted)
        events = await self._events(service, found[:limit])
        self._note(service, urlencode(list(pairs)))
        return answers.resource(
            200, _bundle(request, events, total, pairs, offset + limit if len(found) > limit else None)
        )

    def _note(self, service: FhirService, query: str) -> None:
        if service.trace is not None:
            service.trace.note(Action.SEARCH, None, ["AuditEvent"], rule="journal", query=query)

    async def _events(self, service: FhirService, found: Sequence[Recorded]) -> list[dict[str, Any]]:
        ids = await store.patient_ids(service.database, [(one.lane, one.seq) for one in found])
        return [
            audit_event(
                one.id,
                one.version,
                one.entry,
                one.entry.patient or ids.get((one.lane, one.seq), ""),
                self.site,
            )
            for one in found
        ]


def _number(value: str, name: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise refuse(400, "value", f"{name} is not a whole number of 0 or more", name)
    return int(value)


def _narrowed(wanted: Asked, name: str, value: str) -> Asked:
    """Return what is asked for, narrowed by one parameter. Raises RestError."""
    match name:
        case "date":
            return _dated(wanted, value)
        case "patient":
            asked = {hashing.self_hash("Patient", _id(part, "Patient")) for part in value.split(",")}
            before = wanted.patients
            return wanted._replace(patients=sorted(asked if before is None else asked & set(before)))
        case "entity":
            return wanted._replace(resource="/".join(value.rsplit("/", 2)[-2:]))
        case "agent":
            if value.startswith("Organization/"):
                return wanted._replace(organisation=_id(value, "Organization"))
            return wanted._replace(practitioner=_id(value, "Practitioner"))
        case "address":
            return wanted._replace(address=value)
        case "outcome":
            return wanted._replace(
                outcomes=[_number(part.rpartition("|")[2], name) for part in value.split(",")]
            )
        case "action":
            kept = [int(action) for action, one in PATTERNS.items() if one.action in value.split(",")]
            return _only(wanted, kept)
        case "subtype":
            codes = {part.rpartition("|")[2] for part in value.split(",")}
            kept = [int(action) for action, one in PATTERNS.items() if one.interaction in codes]
            return _only(wanted, kept)
        case "type":
            rest = {int(action) for action in PATTERNS}
            asks_rest = value.rpartition("|")[2] == "rest"
            return _only(wanted, [int(one) for one in Action if (int(one) in rest) == asks_rest])
    return wanted


def _only(wanted: Asked, actions: list[int]) -> Asked:
    before = wanted.actions
    return wanted._replace(actions=actions if before is None else [one for one in actions if one in before])


def _dated(wanted: Asked, value: str) -> Asked:
    prefix = value[:2] if value[:2].isalpha() else "eq"
    try:
        low, high = dates.span(value.removeprefix(prefix).replace(" ", "+"))
    except ValueError as error:
        raise refuse(400, "value", str(error), "date") from None
    match prefix:
        case "ge" | "gt" | "sa":
            since = low if prefix == "ge" else high
            return wanted._replace(since=max(since, wanted.since or since))
        case "le" | "lt" | "eb":
            until = high if prefix == "le" else low
            return wanted._replace(until=min(until, wanted.until or until))
        case "eq":
            return wanted._replace(since=max(low, wanted.since or low), until=min(high, wanted.until or high))
    raise refuse(400, "not-supported", f"date has no prefix {prefix} here: use eq, ge, gt, le or lt", "date")


def _id(value: str, kind: str) -> str:
    path = urlsplit(value).path
    return path.rsplit("/", 1)[-1] if "/" in path else path.removeprefix(f"{kind}/")


def _bundle(
    request: Request,
    events: list[dict[str, Any]],
    total: int,
    pairs: Sequence[tuple[str, str]],
    following: int | None,
) -> bytes:
    base = f"{request.base}/fhir"
    links = [{"relation": "self", "url": f"{base}/AuditEvent?{urlencode(list(pairs))}"}]
    if following is not None:
        kept = [pair for pair in pairs if pair[0] != "_offset"] + [("_offset", str(following))]
        links.append({"relation": "next", "url": f"{base}/AuditEvent?{urlencode(kept)}"})
    entries = [
        {"fullUrl": f"{base}/AuditEvent/{event['id']}", "resource": event, "search": {"mode": "match"}}
        for event in events
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": total, "link": links}
    return orjson.dumps({**bundle, "entry": entries} if entries else bundle)
