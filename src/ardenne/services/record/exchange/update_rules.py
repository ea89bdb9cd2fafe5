"""Updating metadata (ITI-57; ITI TF-2 3.57.4.1.3): new versions of objects and changes of status (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from ardenne.services.record.exchange.rules import Known
from ardenne.standards.xds import names
from ardenne.standards.xds.errors import Code, RegistryError
from ardenne.standards.xds.values import Association, Metadata, Submission

_PREVIOUS = "PreviousVersion"
_STATUSES = (names.APPROVED, names.DEPRECATED)


def versions(submission: Submission) -> dict[str, str]:
    """Return the objects that are new versions: their id and the number of the version that they follow."""
    return {
        link.target: link.slot(_PREVIOUS)
        for link in submission.associations
        if link.type == names.HAS_MEMBER and link.slot(_PREVIOUS)
    }


def against(found: Submission, known: Known, before: Mapping[str, Metadata]) -> list[RegistryError]:
    """Return why an update cannot be taken. ``before``: the newest version that each new one follows, by its id."""
    errors = []
    for link in found.associations:
        if link.type == names.UPDATE_STATUS:
            errors += _status(link, known)
    numbers = versions(found)
    for one in found.objects:
        if one.id in numbers:
            errors += _version(one, numbers[one.id], before.get(one.id))
    return errors


def _version(one: Metadata, previous: str, before: Metadata | None) -> list[RegistryError]:
    if before is None:
        text = "the new version names no object of this registry by its logical id (lid)"
        return [RegistryError(Code.METADATA_UPDATE, text, one.id)]
    if before.version != previous:
        text = f"the newest version is {before.version}, PreviousVersion says {previous[:10]}: read it again"
        return [RegistryError(Code.METADATA_VERSION, text, one.id)]
    if before.unique_id != one.unique_id or before.patient_id != one.patient_id:
        text = "an update changes neither uniqueId nor patientId: submit a new document for that"
        return [RegistryError(Code.METADATA_UPDATE, text, one.id)]
    if before.object_type != one.object_type:
        return [RegistryError(Code.METADATA_UPDATE, "an update does not change objectType", one.id)]
    return []


def _status(link: Association, known: Known) -> list[RegistryError]:
    target = known.objects.get(link.target)
    if link.slot("NewStatus") not in _STATUSES or not link.slot("OriginalStatus"):
        text = "UpdateAvailabilityStatus needs the slots OriginalStatus and NewStatus"
        return [RegistryError(Code.METADATA_UPDATE, text, link.id)]
    if target is not None and target.status != link.slot("OriginalStatus"):
        text = "OriginalStatus is not the status that the object has"
        return [RegistryError(Code.METADATA_UPDATE, text, link.id)]
    return []
