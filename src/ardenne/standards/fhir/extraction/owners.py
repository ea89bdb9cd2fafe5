"""Whom a resource is about, and when: the patient and the main date that storage sorts by."""

from functools import cache
from typing import Any

from ardenne.standards.fhir.definitions import compartment, search_parameters
from ardenne.standards.fhir.extraction.leaves import points_to
from ardenne.standards.fhir.extraction.paths import JsonPath, json_paths

Json = dict[str, Any]

# The parameter that says when the thing happened; types not named here have it as one of _USUAL.
_MAIN_DATE = {
    "AllergyIntolerance": "date",
    "ChargeItem": "occurrence",
    "Communication": "sent",
    "CommunicationRequest": "occurrence",
    "Condition": "onset-date",
    "DeviceRequest": "authored-on",
    "Goal": "start-date",
    "MedicationDispense": "whenhandedover",
    "MedicationRequest": "authoredon",
    "Provenance": "recorded",
    "ServiceRequest": "authored",
    "Task": "authored-on",
}
_USUAL = (
    "date", "effective", "effective-time", "occurrence", "started", "start", "collected", "identified",
    "authored", "authored-on", "created", "datewritten", "datetime", "issued", "timestamp", "period",
)  # fmt: skip

# Where several parameters lead to patients, these name the one that the resource is about.
_ABOUT = ("patient", "subject", "beneficiary", "individual")
# A person or a group has members, but is about none of them.
_NOBODY = frozenset({"Group", "Person"})


@cache
def main_date(resource_type: str) -> str | None:
    """The code of the main clinical date parameter; None when the type has none."""
    codes = search_parameters(resource_type)
    if resource_type in _MAIN_DATE:
        return _MAIN_DATE[resource_type]
    return next((code for code in _USUAL if code in codes and codes[code].type == "date"), None)


@cache
def owner_params(resource_type: str) -> tuple[str, ...]:
    """The reference parameters that say which Patient a resource is about; () for types about nobody.

    Of the Patient compartment's parameters (and `patient`, `subject` of types outside it) the one that
    names the subject of care, not authors and recipients.
    """
    if resource_type in _NOBODY or resource_type == "Patient":
        return ()
    members = compartment("Patient").get(resource_type, ())
    parameters = search_parameters(resource_type)
    allowed = [
        code
        for code in _ABOUT
        if code in parameters and (code in members or "Patient" in parameters[code].targets)
    ]
    return tuple(allowed[:1] or members[:1])


@cache
def _owner_paths(resource_type: str) -> tuple[JsonPath, ...]:
    parameters = search_parameters(resource_type)
    return tuple(
        path
        for code in owner_params(resource_type)
        for path in json_paths(resource_type, parameters[code].expression)
        if path.type == "Reference"
    )


def owner(resource: Json) -> str | None:
    """The reference to the Patient that a resource is about, as written but without version.

    A Patient is its own. None when it is about nobody, about something else, about several patients, or
    when the reference is to a contained resource.
    """
    resource_type = resource.get("resourceType")
    if type(resource_type) is not str:
        return None
    if resource_type == "Patient":
        return f"Patient/{resource['id']}" if "id" in resource else None
    try:
        paths = _owner_paths(resource_type)
    except KeyError:
        return None
    found = set()
    for path in paths:
        for reference in _values(resource, path):
            literal = reference.get("reference")
            if type(literal) is str and literal[:1] not in ("", "#") and points_to(reference, "Patient"):
                found.add(literal.partition("/_history/")[0])
    return found.pop() if len(found) == 1 else None


def _values(resource: Json, path: JsonPath) -> list[Json]:
    level = [resource]
    for segment in path.segments:
        values = [item[segment.key] for item in level if segment.key in item]
        if segment.many:
            values = [item for value in values if type(value) is list for item in value]
        level = [item for item in values if type(item) is dict]
    return level
