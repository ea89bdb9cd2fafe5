"""A line of the journal as a FHIR AuditEvent (IHE Basic Audit Log Patterns 1.1; pure).

Reads, queries and writes follow the patterns Read, Query, Create, Update, Delete and their Patient kinds;
refusals follow R4, Security, "Access Denied"; what has no pattern is a security event of the DICOM vocabulary.
"""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.audit.entries import Action, Entry
from ardenne.kernel.store.body import instant

Json = dict[str, Any]

_PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
_TYPES = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_INTERACTION = "http://hl7.org/fhir/restful-interaction"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_BALP_ENTITY = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
ACCOUNT = "https://ardenne.health/account"
RULE = "https://ardenne.health/policy/rule"
PROFESSION = "https://ardenne.health/fhir/CodeSystem/profession"


class Pattern(NamedTuple):
    """How an action is told: profile name, interaction, AuditEvent.action, which side the client is on."""

    profile: str
    interaction: str
    action: str
    client_is_source: bool


PATTERNS = {
    Action.READ: Pattern("Read", "read", "R", False),
    Action.VREAD: Pattern("Read", "vread", "R", False),
    Action.HISTORY: Pattern("", "history", "R", False),
    Action.SEARCH: Pattern("Query", "search-type", "E", True),
    Action.CREATE: Pattern("Create", "create", "C", True),
    Action.UPDATE: Pattern("Update", "update", "U", True),
    Action.LABEL: Pattern("Update", "update", "U", True),
    Action.DELETE: Pattern("Delete", "delete", "D", True),
    Action.OPERATION: Pattern("", "operation", "E", True),
    Action.EXPORT: Pattern("", "operation", "R", False),
}
_DICOM_EVENTS = {
    Action.SIGN_IN: ("110114", "User Authentication", "110122", "Login"),
    Action.SIGN_IN_FAILED: ("110114", "User Authentication", "110122", "Login"),
    Action.SIGN_OUT: ("110114", "User Authentication", "110123", "Logout"),
    Action.TOKEN: ("110114", "User Authentication", "110122", "Login"),
    Action.ACCOUNT: ("110113", "Security Alert", "110136", "Security Roles Changed"),
    Action.CONSENT: ("110113", "Security Alert", "110137", "User security Attributes Changed"),
    Action.RELATION: ("110113", "Security Alert", "110136", "Security Roles Changed"),
    Action.BREAK_GLASS: ("110113", "Security Alert", "110127", "Emergency Override Started"),
    Action.MATRIX: ("110113", "Security Alert", "110129", "Security Configuration"),
}


def audit_event(line_id: str, version: int, entry: Entry, patient: str, site: str) -> Json:
    """Return the AuditEvent of a line. ``patient`` is the Patient id; ``site`` names this server."""
    action = Action(entry.action)
    if action is Action.EXTERNAL:
        return {**orjson.loads(entry.detail), "id": line_id}
    pattern = PATTERNS.get(action)
    event: Json = {"resourceType": "AuditEvent", "id": line_id}
    if pattern is not None and pattern.profile and entry.outcome == 0:
        event["meta"] = {"profile": [f"{_PROFILE}{'Patient' if patient else ''}{pattern.profile}"]}
    if pattern is not None:
        event["type"] = _coding(_TYPES, "rest", "Restful Operation")
        event["subtype"] = [_coding(_INTERACTION, pattern.interaction)]
        event["action"] = pattern.action
    else:
        code, display, sub, sub_display = _DICOM_EVENTS.get(
            action, ("110113", "Security Alert", "110141", "Audit Recording Started")
        )
        event["type"] = _coding(_DICOM, code, display)
        event["subtype"] = [_coding(_DICOM, sub, sub_display)] if action in _DICOM_EVENTS else []
        event["action"] = "E"
    event["recorded"] = instant(entry.at)
    event["outcome"] = str(entry.outcome)
    if entry.outcome or entry.detail:
        event["outcomeDesc"] = "; ".join(filter(None, (entry.rule if entry.outcome else "", entry.detail)))
    if entry.purpose:
        event["purposeOfEvent"] = [{"coding": [_coding(_REASON, entry.purpose)]}]
    event["agent"] = _agents(entry, pattern, site)
    event["source"] = {
        "site": site,
        "observer": {"display": site},
        "type": [
            _coding("http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server")
        ],
    }
    event["entity"] = _entities(entry, version, patient)
    return {name: value for name, value in event.items() if value not in ([], "")}


def _agents(entry: Entry, pattern: Pattern | None, site: str) -> list[Json]:
    source, destination = ("110153", "Source Role ID"), ("110152", "Destination Role ID")
    client_is_source = pattern is None or pattern.client_is_source
    client, server = (source, destination) if client_is_source else (destination, source)
    user: Json = {
        "type": _concept(_coding(_PARTICIPATION, "IRCP", "information recipient")),
        "who": _who(entry),
        "name": entry.name,
        "requestor": True,
    }
    if entry.profession:
        user["role"] = [_concept(_coding(PROFESSION, entry.profession))]
    if entry.purpose:
        user["purposeOfUse"] = [_concept(_coding(_REASON, entry.purpose))]
    if entry.session:
        user["policy"] = [f"urn:ardenne:session:{entry.session}"]
    agents = [
        {
            "type": _concept(_coding(_DICOM, *client)),
            "who": {"identifier": {"value": entry.client or "ardenne"}},
            "requestor": False,
            "network": {"address": entry.address or "unknown", "type": "2"},
        },
        {
            "type": _concept(_coding(_DICOM, *server)),
            "who": {"display": site},
            "requestor": False,
            "network": {"address": site, "type": "1"},
        },
        {name: value for name, value in user.items() if value != ""},
    ]
    if entry.organisation:
        provider = _coding(
            "http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV", "healthcare provider"
        )
        who = {"reference": f"Organization/{entry.organisation}"}
        agents.append({"type": _concept(provider), "who": who, "requestor": False})
    return agents


def _who(entry: Entry) -> Json:
    if entry.practitioner:
        return {"reference": f"Practitioner/{entry.practitioner}", "display": entry.name}
    return {"identifier": {"system": ACCOUNT, "value": entry.account or "unknown"}, "display": entry.name}


def _entities(entry: Entry, version: int, patient: str) -> list[Json]:
    found: list[Json] = []
    if patient:
        found.append(
            {
                "what": {"reference": f"Patient/{patient}"},
                "type": _coding(_ENTITY, "1", "Person"),
                "role": _coding(_ROLE, "1", "Patient"),
            }
        )
    if entry.query:
        found.append(
            {
                "type": _coding(_ENTITY, "2", "System Object"),
                "role": _coding(_ROLE, "24", "Query"),
                "query": base64.b64encode(entry.query.encode()).decode(),
            }
        )
    for reference in entry.resources:
        target = f"{reference}/_history/{version}" if version else reference
        found.append(
            {
                "what": {"reference": target},
                "type": _coding(_ENTITY, "2", "System Object"),
                "role": _coding(_ROLE, "4", "Domain Resource"),
            }
        )
    if entry.rule:
        rule = {"identifier": {"system": RULE, "value": entry.rule}}
        found.append({"what": rule, "role": _coding(_ROLE, "13", "Security Resource")})
    if entry.request:
        found.append(
            {
                "what": {"identifier": {"value": entry.request}},
                "type": _coding(_BALP_ENTITY, "XrequestId"),
            }
        )
    return found


def _coding(system: str, code: str, display: str = "") -> Json:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def _concept(coding: Json) -> Json:
    return {"coding": [coding]}
