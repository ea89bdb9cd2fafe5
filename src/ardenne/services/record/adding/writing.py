"""Filing what somebody adds by hand: the policy decides first, then it is filed like every document."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.clauses import Act
from ardenne.kernel.policy.decide import Decision
from ardenne.kernel.policy.imagined import imagined
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.types import NUMBERS
from ardenne.services.record import filing
from ardenne.services.record.adding import form, report
from ardenne.services.record.adding.form import AddingError, Asked
from ardenne.standards.fhir.json import dump, parse
from ardenne.standards.fhir.labels import Category
from ardenne.standards.recognition import recognise
from ardenne.standards.refusal import Refusal

Json = dict[str, Any]
_BY_HAND = frozenset({"pdf", "text", "image"})
_DOCUMENT = NUMBERS["DocumentReference"]


async def may_add(service: FhirService, patient_id: str, category: Category) -> Decision:
    """Return the decision about adding a document of a category to a record."""
    assert service.policy is not None
    standing = service.policy.standing(service.caller)
    return await service.policy.decide(standing, imagined(patient_id, category), Act.CREATE, _DOCUMENT)


async def kinds(service: FhirService, patient_id: str) -> list[str]:
    """Return the kinds of document that the caller may add to a record."""
    mine = [name for name in form.KINDS if (name == form.OWN) == (service.caller.kind is Kind.CITIZEN)]
    return [name for name in mine if (await may_add(service, patient_id, form.KINDS[name].category)).permit]


async def add_file(
    service: FhirService, patient_id: str, asked: Asked, data: bytes, name: str, language: str
) -> str:
    """Add a PDF, text or picture; return the document's id. Raises AddingError, AccessRefused."""
    if not data or len(data) > form.LARGEST:
        raise AddingError("size")
    about = form.description(asked, patient_id, _author(service), service.caller.name, language)
    found = recognise(data, name, about, zone=service.zone)
    if isinstance(found, Refusal):
        raise AddingError("file", f"{found.found}. {found.mend}")
    if found.kind not in _BY_HAND:
        raise AddingError("format", found.kind)
    return await _file(service, patient_id, asked, data, name, about)


async def add_report(
    service: FhirService, patient_id: str, asked: Asked, names: Mapping[str, str], language: str
) -> str:
    """Add a report that was written on the page; return the document's id. Raises AddingError, AccessRefused."""
    if not asked.sections:
        raise AddingError("empty")
    patient = await _resource(service, f"Patient/{patient_id}")
    author = await _resource(service, _author(service))
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = report.document(asked, patient, author, names, moment, language, uuid.uuid4())
    return await _file(service, patient_id, asked, dump(made), "report.json", None)


async def _file(
    service: FhirService, patient_id: str, asked: Asked, data: bytes, name: str, about: Json | None
) -> str:
    decision = await may_add(service, patient_id, form.KINDS[asked.kind].category)
    if not decision.permit:
        raise AccessRefused(decision)
    if not await policy.is_open(service.database, patient_id):
        raise AddingError("closed")
    platform = service.as_platform(service.caller, service.trace.address if service.trace else "")
    try:
        filed = await filing.file(platform, data, name, about, person=patient_id)
    finally:
        await platform.finish()
    if filed.outcome == "refused":
        raise AddingError("file", "; ".join(issue.message for issue in filed.issues[:3]))
    return filed.document_id


async def _resource(service: FhirService, reference: str) -> Json:
    kind, _, resource_id = reference.partition("/")
    stored = await service.resources.read(kind, resource_id)
    if stored is None or stored.body is None:
        raise AddingError("author")
    return parse(stored.body)


def _author(service: FhirService) -> str:
    caller = service.caller
    if caller.kind is Kind.CITIZEN:
        return f"Patient/{caller.patient}"
    if not caller.practitioner:
        raise AddingError("author")
    return f"Practitioner/{caller.practitioner}"
