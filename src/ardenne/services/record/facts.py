"""The structured facts of a recognised content as changes of the store (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ardenne.kernel.rest import incoming
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Change, Method, Mode
from ardenne.services.record import documents, loading
from ardenne.standards.fhir.json import dump
from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.recognition import Recognised
from ardenne.standards.refusal import Refusal


def changes(
    found: Recognised, patient_id: str, digest: str, late: Collection[str], known: Mapping[int, str]
) -> tuple[list[Change], list[Issue]]:
    """Return the changes of the structured facts, and what was left out because it is not valid.

    ``digest``: SHA-256 of the content, of which ids are made; ``late``: ids of facts that a newer message overtook;
    ``known``: references of those entries of a FHIR document whom the directory knows, by their place.
    """
    if found.kind == "fhir-document" and found.resource is not None:
        try:
            return loading.document_changes(dump(found.resource), patient_id, digest, known), []
        except RestError as error:
            return [], error.issues
    made: list[Change] = []
    notes = [issue(note) for note in found.notes]
    for resource, content in documents.facts(found, patient_id):
        if resource["resourceType"] == "Patient":
            continue
        if resource["id"] in late:
            notes.append(_overtaken(resource))
            continue
        try:
            incoming.check(resource)
        except RestError as error:
            notes += error.issues
            continue
        made.append(change.write(resource, content, resource["id"], Mode.PUT_UNLESS_SAME, Method.PUT))
    return made, notes


def issue(refusal: Refusal) -> Issue:
    """Return a refusal as an issue that says which rule failed, where, and how to mend it."""
    place = refusal.where + (f" (line {refusal.line})" if refusal.line else "")
    return Issue("error", "structure", place, f"{refusal.found}. {refusal.mend}", refusal.rule)


def _overtaken(resource: dict[str, Any]) -> Issue:
    text = "The message arrived after a newer one about the same result or visit, which stays."
    return Issue("information", "informational", str(resource["resourceType"]), text, "overtaken")
