"""What a registry accepts (ITI TF-2 3.42.4.1.3, TF-3 4.2.3): pure judgements about a submission."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from ardenne.standards.xds import names, times
from ardenne.standards.xds.errors import Code, RegistryError
from ardenne.standards.xds.values import Association, Metadata, Submission, patient_id

_TIMES = ("creationTime", "serviceStartTime", "serviceStopTime", "submissionTime", "lastUpdateTime")
_LINKS = names.RELATIONS | {names.HAS_MEMBER, names.UPDATE_STATUS, names.SUBMIT_ASSOCIATION}


class Known(NamedTuple):
    """What the registry holds about the objects that a submission names.

    ``objects``: by entryUUID; ``same``: objects that have one of the uniqueIds of the submission.
    """

    objects: Mapping[str, Metadata]
    same: Mapping[str, list[Metadata]]


def structure(found: Submission, provided: bool) -> list[RegistryError]:
    """Return what is wrong with a submission by itself. ``provided``: the contents came with it (ITI-41)."""
    errors: list[RegistryError] = []
    sets = found.of(names.SUBMISSION_SET)
    if len(sets) != 1:
        text = f"there are {len(sets)} submission sets: send exactly one"
        errors.append(RegistryError(Code.METADATA, text, "RegistryObjectList"))
    for one in found.objects:
        errors += _attributes(one, provided)
    for link in found.associations:
        errors += _link(link)
    if sets:
        errors += _membership(found, sets[0])
        errors += _one_patient(found, sets[0])
    return errors


def _attributes(found: Metadata, provided: bool) -> list[RegistryError]:
    errors = []

    def missing(name: str) -> None:
        text = f"{found.kind.name}.{name} is missing: it is required"
        errors.append(RegistryError(Code.METADATA, text, _place(found.id, found.line)))

    for name in found.kind.identifiers:
        if not found.identifiers.get(name):
            missing(name)
    on_demand = found.object_type == names.ON_DEMAND
    for name in found.kind.required_codes:
        if not found.codes.get(name):
            missing(name)
    required = list(found.kind.required_slots)
    if found.kind is names.DOCUMENT:
        if on_demand:
            required = ["languageCode", "sourcePatientId"]
        elif not provided:
            required += ["hash", "size", "repositoryUniqueId"]
        if not found.mime_type:
            missing("mimeType")
    for name in required:
        if not found.slot(name):
            missing(name)
    for name, codes in found.codes.items():
        for code in codes:
            if not code.code or not code.scheme:
                text = f"{found.kind.name}.{name} needs nodeRepresentation and a codingScheme"
                errors.append(RegistryError(Code.METADATA, text, _place(found.id, found.line)))
    for name in _TIMES:
        if found.slot(name) and not times.is_dtm(found.slot(name)):
            text = f"{found.kind.name}.{name} is no time as YYYYMMDDhhmmss (UTC)"
            errors.append(RegistryError(Code.METADATA, text, _place(found.id, found.line)))
    if found.patient_id and patient_id(found.patient_id) is None:
        text = f"{found.kind.name}.patientId is not written number^^^&oid&ISO"
        errors.append(RegistryError(Code.METADATA, text, _place(found.id, found.line)))
    return errors


def _link(found: Association) -> list[RegistryError]:
    place = _place(found.id, found.line)
    if found.type not in _LINKS:
        return [RegistryError(Code.METADATA, f"the associationType {found.type[:80]} is not known", place)]
    if not found.source or not found.target:
        return [RegistryError(Code.METADATA, "an association needs sourceObject and targetObject", place)]
    return []


def _membership(found: Submission, submission_set: Metadata) -> list[RegistryError]:
    """Every new document and folder is a member of the submission set (ITI TF-3 4.1.4.1)."""
    members = {
        link.target
        for link in found.associations
        if link.type == names.HAS_MEMBER and link.source == submission_set.id
    }
    return [
        RegistryError(
            Code.METADATA,
            f"{one.kind.name} {one.id[:60]} is no member of the submission set: add a HasMember association",
            _place(one.id, one.line),
        )
        for one in found.objects
        if one is not submission_set and one.id not in members
    ]


def _one_patient(found: Submission, submission_set: Metadata) -> list[RegistryError]:
    return [
        RegistryError(
            Code.PATIENT_MISMATCH,
            f"{one.kind.name}.patientId differs from that of the submission set",
            _place(one.id, one.line),
        )
        for one in found.objects
        if one.patient_id and one.patient_id != submission_set.patient_id
    ]


def resolved(found: Submission) -> Submission:
    """Return the submission with a UUID in place of every symbol (ITI TF-2 3.42.4.1.3.7)."""
    own = [*(one.id for one in found.objects), *(link.id for link in found.associations)]
    ids = {name: name.lower() if _is_urn(name) else f"urn:uuid:{uuid.uuid4()}" for name in own}
    objects = tuple(
        msgspec.structs.replace(one, id=ids[one.id], logical_id=one.logical_id or ids[one.id])
        for one in found.objects
    )
    links = tuple(
        msgspec.structs.replace(
            link,
            id=ids[link.id],
            source=ids.get(link.source, link.source),
            target=ids.get(link.target, link.target),
        )
        for link in found.associations
    )
    return Submission(objects, links)


def outside(found: Submission) -> list[str]:
    """Return the ids that associations name and that the submission does not hold."""
    own = {one.id for one in found.objects} | {link.id for link in found.associations}
    named = [end for link in found.associations for end in (link.source, link.target) if end not in own]
    return list(dict.fromkeys(named))


def against(found: Submission, known: Known) -> list[RegistryError]:
    """Return why the registry cannot take a submission beside what it holds."""
    errors = _duplicates(found, known)
    (submission_set,) = found.of(names.SUBMISSION_SET)
    own = {one.id: one for one in found.objects}
    links = {link.id for link in found.associations}
    for link in found.associations:
        place = _place(link.id, link.line)
        for end in (link.source, link.target):
            if end not in own and end not in links and end not in known.objects:
                text = f"there is no object {end[:60]} here: an association must name an existing one"
                errors.append(RegistryError(Code.UNRESOLVED, text, place))
        other = known.objects.get(link.target) or known.objects.get(link.source)
        reference = link.slot("SubmissionSetStatus") == "Reference"
        if other is not None and not reference and other.patient_id != submission_set.patient_id:
            text = "an association joins objects of two patients"
            errors.append(RegistryError(Code.PATIENT_MISMATCH, text, place))
            continue
        errors += _ends(link, own, known)
    return errors


def _ends(link: Association, own: Mapping[str, Metadata], known: Known) -> list[RegistryError]:
    place = _place(link.id, link.line)
    source, target = (own.get(end) or known.objects.get(end) for end in (link.source, link.target))
    if link.type in names.RELATIONS and target is not None and source is not None:
        if source.kind is not names.DOCUMENT or target.kind is not names.DOCUMENT:
            text = "only documents can replace, append, transform or sign each other"
            return [RegistryError(Code.METADATA, text, place)]
        if link.type not in (names.SIGNS, names.SNAPSHOT_OF) and target.status == names.DEPRECATED:
            text = "the document that is replaced, appended to or transformed is deprecated: use its newest version"
            return [RegistryError(Code.DEPRECATED, text, place)]
    if link.type == names.HAS_MEMBER and source is not None and source.kind is names.DOCUMENT:
        return [RegistryError(Code.METADATA, "a document has no members", place)]
    return []


def _duplicates(found: Submission, known: Known) -> list[RegistryError]:
    errors = []
    seen: dict[str, str] = {}
    for one in found.objects:
        place = _place(one.id, one.line)
        if one.id in known.objects:
            text = "the id is in use: submit a symbol or a new UUID"
            errors.append(RegistryError(Code.METADATA, text, place))
        if seen.setdefault(one.unique_id, one.id) != one.id:
            text = "a uniqueId stands twice in the submission"
            errors.append(RegistryError(Code.DUPLICATE, text, place))
        others = known.same.get(one.unique_id, [])
        hashes = {other.slot("hash").lower() for other in others} - {""}
        if others and {other.kind.name for other in (one, *others)} != {names.DOCUMENT.name}:
            text = f"{one.kind.name}.uniqueId is in use here: give every one its own"
            errors.append(RegistryError(Code.DUPLICATE, text, place))
        elif hashes - {one.slot("hash").lower()}:
            text = "a document of this uniqueId is here with another hash: a changed document needs a new uniqueId"
            errors.append(RegistryError(Code.HASH, text, place))
    return errors


def _is_urn(text: str) -> bool:
    try:
        return text.startswith("urn:uuid:") and bool(uuid.UUID(text.removeprefix("urn:uuid:")))
    except ValueError:
        return False


def _place(object_id: str, line: int) -> str:
    return f"{object_id} (line {line})" if line else object_id
