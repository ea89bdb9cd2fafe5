"""A change of one resource, and what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from enum import IntEnum
from time import time_ns
from typing import Any, NamedTuple

import msgspec

from ardenne.kernel.store import contents, custom, hashing
from ardenne.kernel.store.body import Body, compact, compose
from ardenne.kernel.store.containing import Contained
from ardenne.kernel.store.contents import Content
from ardenne.kernel.store.index import CONTAINS, EMPTY, IndexRow, build
from ardenne.kernel.store.types import NUMBERS
from ardenne.standards.fhir import extraction, labels
from ardenne.standards.fhir.json import dump, parse, parse_exact


class Mode(IntEnum):
    """What a change asks for (the numbers of the SQL function write_resource)."""

    CREATE = 1
    PUT = 2
    UPDATE = 3
    DELETE = 4
    PUT_UNLESS_SAME = 5


class Method(IntEnum):
    """How a version came into being, as the history tells it."""

    POST = 1
    PUT = 2
    PATCH = 3
    DELETE = 4


class Status(IntEnum):
    """What became of a change."""

    CREATED = 0
    UPDATED = 1
    UNCHANGED = 2
    DELETED = 3
    VERSION_CONFLICT = 10
    ID_IN_USE = 11
    NOT_FOUND = 12
    GONE = 13

    @property
    def done(self) -> bool:
        """Whether the store now holds what was asked for."""
        return self < Status.VERSION_CONFLICT


class RowLabel(NamedTuple):
    """What access rules look at, as the columns of a row hold it (standards.fhir.labels)."""

    category: int
    level: int
    embargo: int
    withheld: bool
    authors: tuple[int, ...]


UNLABELLED = RowLabel(0, 0, 0, False, ())


def label_of(resource: dict[str, Any]) -> RowLabel:
    """Return the label of a parsed resource, its authors as hashes."""
    found = labels.label(resource)
    authors = tuple(hashing.reference(author) for author in found.authors)
    return RowLabel(found.category, found.level, found.embargo, found.from_representatives, authors)


class Change(NamedTuple):
    """One resource to write or delete."""

    mode: Mode
    method: Method
    resource_type: str
    resource_id: str
    self_hash: int
    expected: int | None
    updated: int
    body: Body | None
    patient: int | None
    row: IndexRow
    label: RowLabel = UNLABELLED
    account: int = 0
    """Hash of the account that writes; a new resource remembers it as its creator."""
    journal: bytes | None = None
    """The line of the access journal that is written with the change."""
    action: int = 0
    labelling: bool = False
    """Whether the change touches the security labels alone."""
    custom: custom.Known = ()
    """The custom search parameters that the row was made with."""
    contained: tuple[Contained, ...] = ()
    """What it contains, to be searched by itself."""
    content: Content | None = None
    """The content that a Binary stands for; with its bytes when it is to be stored with the change."""

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments of write_resource in order."""
        row, body = self.row, self.body
        return (
            self.mode, self.expected, NUMBERS[self.resource_type], self.method, self.self_hash, self.resource_id,
            body.head if body else None, body.tail if body else None, self.updated, body.digest if body else 0,
            self.patient, row.low, row.high, row.tokens, row.hot, row.targets,
            row.string_keys, row.strings, row.date_keys, row.date_lows, row.date_highs,
            row.number_keys, row.number_lows, row.number_highs,
            row.number_units, row.number_codes, row.number_names,
            row.position_keys, row.latitudes, row.longitudes,
            *self.label[:-1], list(self.label.authors), self.account, self.journal, self.action,
        )  # fmt: skip


class Outcome(NamedTuple):
    """The answer to a change: what happened, and the version that now stands."""

    status: Status
    version: int
    updated: int
    change: Change

    def content(self) -> bytes:
        """Return the JSON that was stored. Only for a change that wrote a body."""
        assert self.change.body is not None
        return self.change.body.with_version(self.version)


def unknown_texts(changes: Sequence[Change], known: set[int]) -> tuple[list[int], list[str], list[int]]:
    """Return key, text and hash of the words that changes bring and ``known`` lacks, in one order for all writers."""
    fresh = {
        entry: shown for change in changes for entry, shown in change.row.texts.items() if shown not in known
    }
    ordered = sorted(fresh)
    return (
        [key for key, _text in ordered],
        [text for _key, text in ordered],
        [fresh[entry] for entry in ordered],
    )


def now() -> int:
    """Return the present as microseconds since 1970, cut to milliseconds as instants show it."""
    return time_ns() // 1_000_000 * 1000


def new_id() -> str:
    """Return a new server-assigned logical id."""
    return str(uuid.uuid4())


def write(
    resource: dict[str, Any],
    content: bytes,
    resource_id: str,
    mode: Mode,
    method: Method,
    expected: int | None = None,
) -> Change:
    """Return the change that stores ``resource`` (parsed) as ``content`` (its JSON) under an id."""
    resource_type = resource["resourceType"]
    updated = now()
    self_hash = hashing.self_hash(resource_type, resource_id)
    known = custom.current().of(resource_type)
    inner = _contained(resource, content)
    index = _index(resource, known, inner)
    if resource_type == "Patient":
        patient: int | None = self_hash
    else:
        owner = extraction.owner(resource)
        patient = hashing.reference(owner) if owner else None
    body = compose(resource_type, resource_id, content, updated)
    return Change(
        mode, method, resource_type, resource_id, self_hash, expected, updated, body, patient, index,
        label_of(resource), custom=known, contained=inner,
        content=contents.named(resource) if resource_type == "Binary" else None,
    )  # fmt: skip


def raised(change: Change, level: labels.Level) -> Change:
    """Return a change whose resource has at least a level of confidentiality, in its text, index and label."""
    if change.body is None or change.label.level >= level or change.resource_type == "Binary":
        # contents follow their document (Binary.securityContext)
        return change
    resource = labels.with_level(parse_exact(change.body.with_version(1)), level)
    content = dump(resource)
    made = write(parse(content), content, change.resource_id, change.mode, change.method, change.expected)
    return change._replace(
        updated=made.updated, body=made.body, row=made.row, label=made.label, custom=made.custom,
        contained=made.contained,
    )  # fmt: skip


def _index(resource: dict[str, Any], known: custom.Known, contained: Sequence[Contained] = ()) -> IndexRow:
    resource_type = resource["resourceType"]
    values = extraction.extract(resource)
    if known:
        extraction.extract_custom(resource, ((one.stored, one.parameter) for one in known), values)
    row = build(resource_type, values, extraction.main_date(resource_type))
    if contained:
        row.tokens.append(CONTAINS)
    for one in contained:
        row.texts |= one.row.texts
    return row


class _Containing(msgspec.Struct):
    """The contained resources of a JSON text, as written."""

    contained: list[msgspec.Raw] = []


_CONTAINING = msgspec.json.Decoder(_Containing)


def _contained(resource: dict[str, Any], content: bytes) -> tuple[Contained, ...]:
    if not resource.get("contained"):
        return ()
    found = []
    for inner, raw in zip(resource["contained"], _CONTAINING.decode(content).contained, strict=True):
        if inner.get("id"):
            row = _index(inner, custom.current().of(inner["resourceType"]))
            found.append(Contained(inner["resourceType"], inner["id"], compact(bytes(raw)), row))
    return tuple(found)


def indexed(change: Change, resource: dict[str, Any]) -> Change:
    """Return a change with its index made anew, with the custom parameters that are known now."""
    known = custom.current().of(change.resource_type)
    contained = tuple(
        one._replace(row=_index(inner, custom.current().of(one.resource_type)))
        for inner in resource.get("contained", ())
        for one in change.contained
        if one.local_id == inner.get("id")
    )
    return change._replace(row=_index(resource, known, contained), custom=known, contained=contained)


def delete(resource_type: str, resource_id: str, expected: int | None = None) -> Change:
    """Return the change that deletes a resource."""
    self_hash = hashing.self_hash(resource_type, resource_id)
    return Change(
        Mode.DELETE, Method.DELETE, resource_type, resource_id, self_hash, expected, now(), None, None, EMPTY
    )
