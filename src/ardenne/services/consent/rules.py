"""What a FHIR Consent says, as directives; and the Consent of a directive (pure).

Source: R4 Consent; IHE Privacy Consent on FHIR (PCF) 1.1: Basic (the root provision alone), Intermediate
(period, actor, purpose, data) and Advanced (security labels) consents.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from ardenne.standards.fhir import dates

Json = dict[str, Any]

SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
CATEGORY = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ACTION = "http://terminology.hl7.org/CodeSystem/consentaction"
TEMPLATE = "https://ardenne.health/consent/"
LEVELS = {"N": 0, "R": 1, "V": 2}
"""Codes of confidentiality, as the levels of documents (standards.fhir.labels.Level)."""
_NEW = "collect"
"""The action of a provision about what is newly written (Swiss template 203)."""
_DISCLOSE = "disclose"
"""The action of a permission that its holder may give to others (Swiss template 304)."""
_EMERGENCY = frozenset({"ETREAT", "BTG"})
_RESEARCH = frozenset({"HRESCH", "CLINTRCH"})
_PARTIES = ("Practitioner/", "PractitionerRole/", "Organization/")
ALWAYS = (dates.MIN_US, dates.MAX_US)


class What(StrEnum):
    """The kinds of directive."""

    GRANT = "grant"
    EXCLUDE = "exclude"
    CLOSE = "close"
    OPPOSE = "oppose"
    EMERGENCY = "emergency"
    RESEARCH = "research"
    NEW = "new"


class Directive(NamedTuple):
    """One thing that a person allows or forbids.

    ``party``: the reference of whom it is about; ``level``: highest confidentiality (0 normal, 1 restricted;
    -1 for an emergency that opens nothing; of ``NEW`` the least one of what others write, up to 2 secret);
    ``span``: microseconds since 1970, half open; ``document``: the one resource that an exclusion is about;
    ``may_pass_on``: whether the party may let others look.
    """

    what: What
    party: str = ""
    level: int = 0
    span: tuple[int, int] = ALWAYS
    document: str = ""
    may_pass_on: bool = False


class ConsentError(ValueError):
    """The Consent says something that cannot be enforced; the message says what and how to mend it."""


def patient_of(consent: Json) -> str:
    """Return the id of the patient whose Consent it is, empty when it names none of this server."""
    reference = str((consent.get("patient") or {}).get("reference", ""))
    kind, _, name = reference.partition("/")
    return name if kind == "Patient" and "/" not in name else ""


def directives(consent: Json) -> list[Directive]:
    """Return what a Consent says; nothing when it is not active. Raises ConsentError."""
    if consent.get("status") != "active" or not isinstance(consent.get("provision"), dict):
        return []
    template = template_of(consent)
    root: Json = consent["provision"]
    found = list(_of_provision(root, _span(root, ALWAYS), root.get("type", ""), template, nested=False))
    for inner in root.get("provision", []):
        if inner.get("provision"):
            raise ConsentError(
                "provisions within provisions of a Consent are not read: put them beside each other"
            )
        kind = inner.get("type") or ("permit" if root.get("type") == "deny" else "deny")
        found += _of_provision(inner, _span(inner, _span(root, ALWAYS)), kind, template, nested=True)
    return found


def template_of(consent: Json) -> str:
    """Return the template that a Consent was made from, empty for one of another system."""
    for policy in consent.get("policy", []):
        uri = str(policy.get("uri", ""))
        if uri.startswith(TEMPLATE):
            return uri.removeprefix(TEMPLATE).partition("|")[0]
    return ""


def _of_provision(
    provision: Json, span: tuple[int, int], kind: str, template: str, *, nested: bool
) -> Iterator[Directive]:
    purposes = {str(code.get("code", "")) for code in provision.get("purpose", [])}
    parties = [_party(actor) for actor in provision.get("actor", [])]
    level = 1 if any(label.get("code") in ("R", "V") for label in provision.get("securityLabel", [])) else 0
    documents = [str(one.get("reference", {}).get("reference", "")) for one in provision.get("data", [])]
    actions = {
        str(code.get("code", ""))
        for action in provision.get("action", [])
        for code in action.get("coding", [])
    }
    if actions == {_NEW} and kind == "permit" and not parties:
        codes = [str(one.get("code", "")) for one in provision.get("securityLabel", [])]
        least = max((LEVELS[code] for code in codes if code in LEVELS), default=0)
        yield Directive(What.NEW, level=least, span=span)
        return
    if purposes & _RESEARCH:
        if kind == "deny":
            yield Directive(What.RESEARCH, span=span)
        return
    if purposes & _EMERGENCY and not parties:
        yield Directive(What.EMERGENCY, level=-1 if kind == "deny" else level, span=span)
        return
    for party in parties:
        if kind == "permit":
            yield Directive(What.GRANT, party, level, span, may_pass_on=_DISCLOSE in actions)
        else:
            for document in documents or [""]:
                yield Directive(What.EXCLUDE, party, 0, span, document)
    if not parties and not nested and kind == "deny" and not documents:
        yield Directive(What.OPPOSE if template == "oppose-record" else What.CLOSE, span=span)
    if documents and not parties:
        raise ConsentError(
            "a provision about documents names nobody: add Consent.provision.actor, or label the document"
        )


def _party(actor: Json) -> str:
    reference = str((actor.get("reference") or {}).get("reference", ""))
    found = "/".join(reference.rsplit("/", 2)[-2:])
    if not found.startswith(_PARTIES):
        raise ConsentError(
            "Consent.provision.actor.reference is a Practitioner, a PractitionerRole or an Organization of this server"
        )
    return found


def _span(provision: Json, within: tuple[int, int]) -> tuple[int, int]:
    period = provision.get("period") or {}
    try:
        start = dates.span(period["start"])[0] if "start" in period else within[0]
        end = dates.span(period["end"])[1] if "end" in period else within[1]
    except ValueError as error:
        raise ConsentError(f"Consent.provision.period: {error}") from None
    return max(start, within[0]), min(end, within[1])


def consent(
    template: str, version: int, patient: str, text: str, language: str, moment: str, *, party: str = "",
    end: str = "", performer: str = "",
) -> Json:  # fmt: skip
    """Return the Consent of a template.

    ``text`` in ``language`` is what the person was shown; ``end`` a FHIR date; ``performer`` the reference of
    who gave it, when that is not the patient.
    """
    patient_reference = {"reference": f"Patient/{patient}"}
    found: Json = {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": SCOPE, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": CATEGORY, "code": "IDSCL" if party else "INFA"}]}],
        "patient": patient_reference,
        "dateTime": moment,
        "performer": [{"reference": performer} if performer else patient_reference],
        "policy": [{"uri": f"{TEMPLATE}{template}|{version}"}],
        "sourceAttachment": {"contentType": "text/plain", "language": language, "title": text},
        "provision": _provision(template, party, end),
    }
    return found


def _action(code: str) -> Json:
    return {"coding": [{"system": ACTION, "code": code}]}


def _provision(template: str, party: str, end: str) -> Json:
    actor = {
        "role": {"coding": [{"system": PARTICIPATION, "code": "IRCP"}]},
        "reference": {"reference": party},
    }
    period = {"period": {"end": end}} if end else {}
    match template:
        case "close-record" | "oppose-record":
            return {"type": "deny", **period}
        case "grant-normal":
            return {"type": "permit", "actor": [actor], **period}
        case "grant-restricted":
            label = {"system": CONFIDENTIALITY, "code": "R"}
            return {"type": "permit", "actor": [actor], "securityLabel": [label], **period}
        case "delegate-normal" | "delegate-restricted":
            code = "R" if template == "delegate-restricted" else "N"
            return {
                "type": "permit", "actor": [actor], "action": [_action("access"), _action(_DISCLOSE)],
                "securityLabel": [{"system": CONFIDENTIALITY, "code": code}], **period,
            }  # fmt: skip
        case "new-restricted" | "new-secret":
            code = "V" if template == "new-secret" else "R"
            label = {"system": CONFIDENTIALITY, "code": code}
            return {"type": "permit", "action": [_action(_NEW)], "securityLabel": [label]}
        case "exclude":
            return {"type": "deny", "actor": [actor], **period}
        case "emergency-none":
            return {"type": "deny", "purpose": [{"system": REASON, "code": "ETREAT"}]}
        case "emergency-normal":
            label = {"system": CONFIDENTIALITY, "code": "N"}
            return {
                "type": "permit", "purpose": [{"system": REASON, "code": "ETREAT"}], "securityLabel": [label]
            }  # fmt: skip
        case "research-no":
            return {"type": "deny", "purpose": [{"system": REASON, "code": "HRESCH"}]}
    raise ConsentError(f"there is no consent template '{template[:40]}'")
