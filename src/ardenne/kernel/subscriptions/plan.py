"""What a Subscription asks for, understood once.

Two dialects: the classic one of R4 (criteria are a search) and the Subscriptions R5 Backport IG 1.1
(criteria name a topic; filters, payload content and limits stand in extensions).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.query import RESULT_PARAMETERS, Query, parse, read_pairs
from ardenne.kernel.subscriptions import topics
from ardenne.standards.fhir import dates
from ardenne.standards.fhir.definitions import RESOURCE_TYPES

Json = dict[str, Any]
_EXTENSIONS = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
_CHANNELS = ("rest-hook", "websocket", "email")
CONTENTS = ("empty", "id-only", "full-resource")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}: ?[\x20-\x7e]{0,4000}")
_RESERVED = frozenset(
    {"host", "content-length", "content-type", "connection", "transfer-encoding", "expect", "upgrade"}
)
_PAYLOADS = ("", "application/fhir+json", "application/json", "application/fhir+xml", "application/xml")
_ADDRESS = re.compile(r"(mailto:)?[^\s@<>,;:\"]{1,64}@[A-Za-z0-9.-]{1,255}")
_DEFAULT_TIMEOUT = 10
_LONGEST_TIMEOUT = 60
_DEFAULT_COUNT = 20
_LARGEST_COUNT = 1000


class PlanError(ValueError):
    """The Subscription asks for something that cannot be done; the message says what and how to mend it."""


class Plan(msgspec.Struct, frozen=True):
    """One Subscription, ready to be matched and delivered.

    ``topic`` is empty in the classic dialect. ``queries``: query strings that a resource must all
    match. ``heartbeat``, ``timeout``: seconds (heartbeat 0: none); ``max_count``: events in one message;
    ``end``: microseconds since 1970 UTC, or None.
    """

    resource_type: str
    queries: tuple[str, ...]
    channel: str
    endpoint: str = ""
    headers: tuple[str, ...] = ()
    payload: str = ""
    topic: str = ""
    content: str = "empty"
    heartbeat: int = 0
    timeout: int = _DEFAULT_TIMEOUT
    max_count: int = 1
    end: int | None = None

    @property
    def xml(self) -> bool:
        """Whether messages are written in XML."""
        return "xml" in self.payload


def read(resource: Json, base: str) -> Plan:
    """Return the plan of a Subscription. ``base``: the FHIR address of this node, empty when it varies.

    Raises PlanError.
    """
    channel = resource.get("channel", {})
    kind = channel.get("type", "")
    if kind not in _CHANNELS:
        raise PlanError(f"the channel '{kind[:40]}' is not served: use {', '.join(_CHANNELS)}")
    endpoint = channel.get("endpoint", "")
    payload = channel.get("payload", "").partition(";")[0].strip()
    if payload not in _PAYLOADS:
        raise PlanError(f"the payload '{payload[:60]}' is not written: use application/fhir+json or +xml")
    if kind == "email" and not _ADDRESS.fullmatch(endpoint):
        raise PlanError("the endpoint of an email channel is 'mailto:' and one address")
    if kind == "rest-hook" and not endpoint:
        raise PlanError("a rest-hook needs an endpoint: the address to call")
    criteria = resource.get("criteria", "")
    topic = criteria if topics.is_canonical(criteria) else ""
    if topic:
        resource_type, queries = _by_topic(resource, topic, base)
        content = _extension(channel.get("_payload"), "payload-content", "Code") or "empty"
    else:
        resource_type, query = _criterion(criteria)
        queries = (query,) if query else ()
        content = "full-resource" if payload else "empty"
    if content not in CONTENTS:
        raise PlanError(f"the payload content '{content}' is none of {', '.join(CONTENTS)}")
    return Plan(
        resource_type, queries, kind, endpoint.removeprefix("mailto:") if kind == "email" else endpoint,
        tuple(_headers(channel.get("header", []))), payload, topic, content,
        _number(channel, "heartbeat-period", 0, 1 << 31),
        _number(channel, "timeout", _DEFAULT_TIMEOUT, _LONGEST_TIMEOUT),
        _number(channel, "max-count", _DEFAULT_COUNT, _LARGEST_COUNT) if topic else 1,
        dates.span(resource["end"])[0] if "end" in resource else None,
    )  # fmt: skip


def query_of(text: str) -> Query:
    """Return the search of a criterion. Raises SearchError; parameters of the result are refused."""
    query = parse(read_pairs(text))
    for name, _value in query.pairs:
        if name.partition(":")[0] in RESULT_PARAMETERS:
            raise SearchError(name, "a criterion selects resources; it says nothing about a result")
    return query


def _by_topic(resource: Json, topic: str, base: str) -> tuple[str, tuple[str, ...]]:
    resource_type = topics.resource_type(topic, base)
    if not resource_type:
        raise PlanError(f"there is no topic '{topic[:200]}': there is one per type, {topics.EXAMPLE}")
    queries = []
    for found in _extensions(resource.get("_criteria"), "filter-criteria"):
        text = str(found.get("valueString", ""))
        name, mark, query = text.partition("?")
        if mark and name != resource_type:
            raise PlanError(f"the filter '{text[:100]}' is not one of {resource_type}, as the topic is")
        queries.append(query if mark else text)
    return resource_type, tuple(query for query in queries if query)


def _criterion(criteria: str) -> tuple[str, str]:
    name, _, query = criteria.partition("?")
    if name not in RESOURCE_TYPES:
        raise PlanError(
            f"the criteria '{criteria[:100]}' are neither a search such as Observation?code=… nor a topic"
        )
    return name, query


def _headers(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        if not _HEADER.fullmatch(line):
            raise PlanError("a channel header is not of the form 'Name: value'")
        name, _, value = line.partition(":")
        if name.lower() in _RESERVED:
            raise PlanError(f"the header '{name}' is set by this server")
        yield f"{name}: {value.strip()}"


def _extensions(holder: Json | None, name: str) -> list[Json]:
    found = (holder or {}).get("extension", [])
    return [one for one in found if one.get("url") == _EXTENSIONS + name]


def _extension(holder: Json | None, name: str, kind: str) -> Any:
    found = _extensions(holder, name)
    return found[0].get(f"value{kind}") if found else None


def _number(channel: Json, name: str, default: int, largest: int) -> int:
    for kind in ("UnsignedInt", "PositiveInt", "Integer"):
        found = _extension(channel, name, kind)
        if isinstance(found, int) and found > 0:
            return min(found, largest)
    return default
