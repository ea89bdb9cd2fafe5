"""FHIR content in bulk: Bundles and NDJSON lines as changes of the store.

A Bundle is stored wholly or not at all. Entries keep their identity: an entry that a transaction
would create is stored under the UUID of its ``fullUrl``, so that loading a file twice changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from ardenne.kernel.rest import binary, entries, incoming, references
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Change, Method, Mode
from ardenne.services.record.documents import derived_id
from ardenne.standards.fhir.json import FhirSyntaxError, parse
from ardenne.standards.fhir.outcome import Issue

_UUID_URL = re.compile(r"urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")


class _Named(msgspec.Struct):
    """The members of a resource that name it."""

    resourceType: str = ""
    id: str = ""


_NAMED = msgspec.json.Decoder(_Named)


class Loaded(NamedTuple):
    """One unit (a Bundle or a line): its changes, or why it is refused."""

    changes: list[Change]
    issues: list[Issue]


def resource_change(content: bytes) -> Change:
    """Return the change that stores one resource under its own id. Raises RestError."""
    sent = incoming.read_resource(content)
    resource_id = sent.resource.get("id")
    if not resource_id:
        raise refuse(422, "required", "a resource that is loaded needs an id: give it one", "id", "id")
    return _change(sent.resource, sent.content, resource_id)


def _change(resource: dict[str, Any], content: bytes, resource_id: str) -> Change:
    if resource["resourceType"] == "Binary" and "data" in resource:
        return binary.keep(resource, resource_id, Mode.PUT_UNLESS_SAME, Method.PUT)
    return change.write(resource, content, resource_id, Mode.PUT_UNLESS_SAME, Method.PUT)


def load_line(line: bytes) -> Loaded:
    """Return what one NDJSON line (a resource or a Bundle to unpack) stores."""
    try:
        if is_packed_bundle(line):
            return Loaded(list(bundle_changes(line)), [])
        return Loaded([resource_change(line)], [])
    except RestError as error:
        return Loaded([], error.issues)


def is_packed_bundle(content: bytes) -> bool:
    """Tell whether the JSON is a Bundle of resources to store one by one (not a document)."""
    if b'"Bundle"' not in content:
        return False
    try:
        bundle = entries.DECODER.decode(content)
    except ValueError:
        return False
    return bundle.type in ("transaction", "batch", "collection", "searchset", "history") and bool(
        bundle.entry
    )


def bundle_changes(content: bytes, known_patient: str = "") -> Iterator[Change]:
    """Yield the changes of a Bundle's resources. Raises RestError when any of them is not valid.

    ``known_patient``: the id under which the only patient of the Bundle is known here; the resources
    are filed for that person, whose own data stay as they are when the sender has another id for them.
    """
    try:
        bundle = entries.DECODER.decode(content)
    except ValueError:
        raise _not_a_bundle(content) from None
    targets: dict[bytes, bytes] = {}
    identities: list[tuple[str, str]] = []
    foreign: set[int] = set()
    for place, entry in enumerate(bundle.entry):
        identity = _identity(entry, place, content)
        if known_patient and identity[0] == "Patient" and identity[1] != known_patient:
            targets["/".join(identity).encode()] = f"Patient/{known_patient}".encode()
            identity = ("Patient", known_patient)
            foreign.add(place)
        identities.append(identity)
        address = "/".join(identity).encode()
        if entry.full_url and entry.full_url.encode() != address:
            targets[entry.full_url.encode()] = address
    issues: list[Issue] = []
    found: list[Change] = []
    for place, (entry, (resource_type, resource_id)) in enumerate(zip(bundle.entry, identities, strict=True)):
        if place in foreign:
            continue
        raw = references.rewrite(bytes(entry.resource), targets)
        try:
            sent = incoming.read_resource(raw, resource_type)
            references.check_resolved(raw, lambda link: link.encode() in targets, f"Bundle.entry[{place}]")
        except RestError as error:
            issues += [_placed(issue, place) for issue in error.issues]
            continue
        found.append(_change(sent.resource, raw, resource_id))
    if issues:
        raise RestError(422, issues)
    yield from found


def document_changes(content: bytes, patient_id: str, digest: str, known: Mapping[int, str]) -> list[Change]:
    """Return the changes of a document Bundle's resources, under ids made of the document's hash.

    Its Patient is the person whom the document was filed under; entries that are ``known`` here (reference
    by place) are named and not stored anew. Raises RestError when a resource is not valid.
    """
    bundle = entries.DECODER.decode(content)
    targets: dict[bytes, bytes] = {}
    identities: list[tuple[str, str]] = []
    for place, entry in enumerate(bundle.entry):
        named = _NAMED.decode(bytes(entry.resource))
        link = entry.full_url or f"{named.resourceType}/{named.id or place}"
        own = derived_id(digest, link)
        identity = (named.resourceType, patient_id if named.resourceType == "Patient" else own)
        identities.append(identity)
        address = known.get(place, "/".join(identity)).encode()
        targets[link.encode()] = address
        if named.id:
            targets[f"{named.resourceType}/{named.id}".encode()] = address
    changes: list[Change] = []
    issues: list[Issue] = []
    for place, (entry, (resource_type, resource_id)) in enumerate(zip(bundle.entry, identities, strict=True)):
        if resource_type == "Patient" or place in known:
            continue
        raw = references.rewrite(bytes(entry.resource), targets)
        try:
            sent = incoming.read_resource(raw, resource_type)
        except RestError as error:
            issues += [_placed(issue, place) for issue in error.issues]
            continue
        changes.append(_change(sent.resource, raw, resource_id))
    if issues:
        raise RestError(422, issues)
    return changes


def _identity(entry: entries.Entry, place: int, content: bytes) -> tuple[str, str]:
    """Return type and id under which an entry is stored. Raises RestError.

    An entry that brings neither a UUID nor an id gets one made of the Bundle's bytes and its place.
    """
    try:
        named = _NAMED.decode(bytes(entry.resource)) if entry.resource else _Named()
    except ValueError:
        # look again, to say what is wrong and where
        read = incoming.read_resource(bytes(entry.resource))
        named = _Named(read.resource["resourceType"])
    resource_type, resource_id = named.resourceType, named.id
    uuid = _UUID_URL.fullmatch(entry.full_url)
    if uuid:
        return resource_type, uuid[1].lower()
    if resource_id:
        return resource_type, incoming.check_id(resource_id)
    if not resource_type:
        text = "an entry needs a resource with its resourceType"
        raise refuse(422, "required", text, "bundle-entry", f"Bundle.entry[{place}]")
    digest = hashlib.sha256(content).hexdigest()
    return resource_type, derived_id(digest, entry.full_url or str(place))


def _placed(issue: Issue, place: int) -> Issue:
    if issue.path.startswith("Bundle"):
        return issue
    path = f"Bundle.entry[{place}].resource" + (f".{issue.path}" if issue.path else "")
    return Issue(issue.severity, issue.code, path, issue.message, issue.rule)


def _not_a_bundle(content: bytes) -> RestError:
    try:
        parse(content)
    except FhirSyntaxError as error:
        return RestError(400, [error.issue])
    return refuse(400, "structure", "the content is not a Bundle as R4 defines it", "bundle", "Bundle")
