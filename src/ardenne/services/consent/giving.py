"""Giving, withdrawing and renewing consents, as the patient (or a representative) does on the pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from ardenne.kernel.rest import incoming
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse
from ardenne.kernel.store import change, hashing
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store.change import Change, Method, Mode
from ardenne.services.consent import rules
from ardenne.services.consent.templates import templates
from ardenne.standards.fhir.json import dump, parse_exact

Json = dict[str, Any]


class Given(NamedTuple):
    """A consent as the page shows it. ``party``: whom it is about, empty when nobody."""

    id: str
    template: str
    active: bool
    moment: str
    party: str
    end: str
    version: int


async def give(
    service: FhirService, patient_id: str, template: str, language: str, party: str = "", end: str = ""
) -> None:
    """Give a consent of a template. Raises RestError, AccessRefused, ConsentError."""
    found = templates().get(template)
    if found is None:
        raise rules.ConsentError(f"there is no consent template '{template[:40]}'")
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    caller = service.caller
    performer = f"Patient/{caller.patient}" if caller.patient and caller.patient != patient_id else ""
    made = rules.consent(
        template, found.version, patient_id, found.text(language), language, moment, party=party, end=end,
        performer=performer,
    )  # fmt: skip
    resource_id = change.new_id()
    await service.resources.write(_change({**made, "id": resource_id}, resource_id, Mode.CREATE, Method.POST))


async def set_active(service: FhirService, patient_id: str, consent_id: str, active: bool) -> bool:
    """Withdraw a consent, or give a withdrawn one again; False when it is not the patient's."""
    stored = await service.resources.read("Consent", consent_id)
    if stored is None or stored.body is None:
        return False
    resource = parse_exact(stored.body)
    if rules.patient_of(resource) != patient_id:
        return False
    resource["status"] = "active" if active else "inactive"
    done = await service.resources.write(
        _change(resource, consent_id, Mode.UPDATE, Method.PUT, stored.version)
    )
    return done.status.done


async def given(service: FhirService, patient_id: str) -> list[Given]:
    """Return the consents of a patient made from our templates, newest first."""
    owner = ask.OwnedBy((hashing.self_hash("Patient", patient_id),))
    query = parse([("_count", "200"), ("_sort", "-_lastUpdated"), ("_total", "none")])
    page = await service.searcher.search(["Consent"], query, within=owner)
    return [_given(parse_exact(row.body), row.version) for row in page.matches]


def _given(consent: Json, version: int) -> Given:
    provision: Json = consent.get("provision", {})
    actors = provision.get("actor", [])
    party = str(actors[0].get("reference", {}).get("reference", "")) if actors else ""
    return Given(
        consent["id"],
        rules.template_of(consent),
        consent.get("status") == "active",
        str(consent.get("meta", {}).get("lastUpdated", "")),
        party,
        str(provision.get("period", {}).get("end", "")),
        version,
    )


def _change(
    resource: Json, resource_id: str, mode: Mode, method: Method, expected: int | None = None
) -> Change:
    sent = incoming.read_resource(dump(resource), "Consent")
    return change.write(sent.resource, sent.content, resource_id, mode, method, expected)
