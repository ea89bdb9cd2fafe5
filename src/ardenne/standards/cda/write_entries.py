"""Write facts as clinical statements, by the templates of the International Patient Summary and C-CDA."""

from __future__ import annotations

from lxml import etree

from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda.elements import CDA
from ardenne.standards.cda.facts import (
    Allergy,
    Entry,
    Immunization,
    Medication,
    Problem,
    Procedure,
    Result,
)
from ardenne.standards.cda.statements import Product, ReferenceRange

XSI = "http://www.w3.org/2001/XMLSchema-instance"
_ABSENT = "2.16.840.1.113883.5.1150.1"
_SNOMED, _LOINC = "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.1"
_ACT_CODE = "2.16.840.1.113883.5.4"
_CLINICAL = "2.16.840.1.113883.4.642.4.1373"
_ALLERGY_TYPES = {
    ("allergy", "medication"): "416098002",
    ("intolerance", "medication"): "59037007",
    ("allergy", "food"): "414285001",
    ("intolerance", "food"): "235719002",
    ("allergy", "environment"): "426232007",
    ("allergy", ""): "419199007",
}
_SEVERITIES = {"mild": "255604002", "moderate": "6736007", "severe": "24484000"}


def entry(parent: etree._Element, fact: Entry, reference: str) -> None:
    """One entry element's content; `reference` points to its row in the narrative."""
    match fact:
        case Problem():
            _problem(_concern(parent, fact), fact, reference)
        case Allergy():
            _allergy(_concern(parent, fact), fact, reference)
        case Medication() | Immunization():
            _administration(parent, fact, reference)
        case Result():
            _result(parent, fact, reference)
        case Procedure():
            _procedure(parent, fact, reference)
        case _:
            raise TypeError(f"no clinical statement for {type(fact).__name__}")


def row_of(fact: Entry) -> tuple[str, str, str]:
    """What, when and detail in words, for the narrative."""
    what = fact.code.wording or fact.code.code if fact.code else fact.text
    ends = (
        [end.date() for end in (fact.time.point, fact.time.low, fact.time.high) if end] if fact.time else []
    )
    detail = ""
    if isinstance(fact, Result):
        ranges = " ".join(_range_words(one) for one in fact.ranges)
        detail = " ".join(part for part in (*(_words(value) for value in fact.values), ranges) if part)
    elif isinstance(fact, Allergy):
        detail = ", ".join(one.manifestation.wording for one in fact.reactions)
    elif isinstance(fact, Medication):
        detail = fact.text
    elif isinstance(fact, Immunization) and fact.product:
        detail = " ".join(part for part in (fact.product.name, fact.product.lot) if part)
    return what, " – ".join(ends), detail


def _words(value: dt.Value) -> str:
    match value:
        case dt.Quantity():
            return f"{value.value} {value.unit}".strip()
        case dt.Code():
            return value.wording or value.code
        case dt.Text():
            return value.text
    return ""


def _range_words(found: ReferenceRange) -> str:
    if not found.range:
        return f"({found.text})" if found.text else ""
    low, high = found.range.low, found.range.high
    if low and high:
        return f"({low.value} – {high.value})"
    return f"(> {low.value})" if low else f"(< {high.value})" if high else ""


def _add(
    parent: etree._Element, name: str, attributes: dict[str, str] | None = None, text: str = ""
) -> etree._Element:
    found = etree.SubElement(parent, f"{{{CDA}}}{name}", attributes or {})
    if text:
        found.text = text
    return found


def _code(parent: etree._Element, name: str, value: dt.Code | None, kind: str = "") -> etree._Element:
    """A coded element; a bare code is one of the absent-unknown system."""
    attributes = {f"{{{XSI}}}type": kind} if kind else {}
    if value is None or not (value.code or value.wording):
        return _add(parent, name, attributes | {"nullFlavor": "NI"})
    system = value.system or (_ABSENT if value.code.startswith("no-") else "")
    named = {"code": value.code, "codeSystem": system, "displayName": value.display}
    found = _add(parent, name, attributes | ({k: v for k, v in named.items() if v} or {"nullFlavor": "OTH"}))
    if value.text:
        _add(found, "originalText", text=value.text)
    for translation in value.translations:
        _code(found, "translation", translation)
    return found


def _identifiers(parent: etree._Element, fact: Entry) -> None:
    for one in fact.identifiers:
        _add(parent, "id", {"root": one.root} | ({"extension": one.extension} if one.extension else {}))


def _reference(parent: etree._Element, reference: str) -> None:
    _add(_add(parent, "text"), "reference", {"value": reference})


def _time(parent: etree._Element, fact: Entry, kind: str = "") -> None:
    if fact.time is None:
        return
    attributes = {f"{{{XSI}}}type": kind} if kind else {}
    if fact.time.point:
        _add(parent, "effectiveTime", {"value": fact.time.point.text})
        return
    found = _add(parent, "effectiveTime", attributes)
    for name, end in (("low", fact.time.low), ("high", fact.time.high)):
        if end:
            _add(found, name, {"value": end.text})


def _negation(fact: Entry) -> dict[str, str]:
    return {"negationInd": "true"} if fact.absence == "refuted" else {}


def _concern(parent: etree._Element, fact: Entry) -> etree._Element:
    """The act around a problem or allergy; gives back its entryRelationship."""
    act = _add(parent, "act", {"classCode": "ACT", "moodCode": "EVN"})
    kind = "15" if isinstance(fact, Problem) else "16"
    _add(act, "templateId", {"root": f"1.3.6.1.4.1.12559.11.10.1.3.1.3.{kind}"})
    _code(act, "code", dt.Code("CONC", "2.16.840.1.113883.5.6"))
    _add(act, "statusCode", {"code": fact.status or "active"})
    return _add(act, "entryRelationship", {"typeCode": "SUBJ"})


def _remark(parent: etree._Element, loinc: str, value: dt.Code) -> None:
    relation = _add(parent, "entryRelationship", {"typeCode": "REFR"})
    inner = _add(relation, "observation", {"classCode": "OBS", "moodCode": "EVN"})
    _code(inner, "code", dt.Code(loinc, _LOINC))
    _add(inner, "statusCode", {"code": "completed"})
    _code(inner, "value", value, "CD")


def _problem(parent: etree._Element, fact: Problem, reference: str) -> None:
    found = _add(parent, "observation", {"classCode": "OBS", "moodCode": "EVN"} | _negation(fact))
    _add(found, "templateId", {"root": "1.3.6.1.4.1.12559.11.10.1.3.1.3.7"})
    _identifiers(found, fact)
    _code(found, "code", dt.Code("55607006", _SNOMED, "Problem"))
    _reference(found, reference)
    _add(found, "statusCode", {"code": "completed"})
    _time(found, fact)
    _code(found, "value", fact.code, "CD")
    if fact.clinical_status and not fact.absence:
        _remark(found, "33999-4", dt.Code(fact.clinical_status, _CLINICAL))
    if fact.severity:
        _severity(found, fact.severity)


def _severity(parent: etree._Element, value: dt.Code) -> None:
    relation = _add(parent, "entryRelationship", {"typeCode": "SUBJ", "inversionInd": "true"})
    inner = _add(relation, "observation", {"classCode": "OBS", "moodCode": "EVN"})
    _code(inner, "code", dt.Code("SEV", _ACT_CODE))
    _add(inner, "statusCode", {"code": "completed"})
    _code(inner, "value", value, "CD")


def _allergy(parent: etree._Element, fact: Allergy, reference: str) -> None:
    found = _add(parent, "observation", {"classCode": "OBS", "moodCode": "EVN"} | _negation(fact))
    _add(found, "templateId", {"root": "1.3.6.1.4.1.12559.11.10.1.3.1.3.17"})
    _identifiers(found, fact)
    kind = _ALLERGY_TYPES.get((fact.type, fact.category), "420134006")
    _code(found, "code", dt.Code(kind, _SNOMED))
    _reference(found, reference)
    _add(found, "statusCode", {"code": "completed"})
    _time(found, fact)
    if fact.absence in ("known-absent", "unknown"):
        _code(found, "value", fact.code, "CD")
        return
    role = _add(_add(found, "participant", {"typeCode": "CSM"}), "participantRole", {"classCode": "MANU"})
    _code(_add(role, "playingEntity", {"classCode": "MMAT"}), "code", fact.code)
    for reaction in fact.reactions:
        relation = _add(found, "entryRelationship", {"typeCode": "MFST"})
        inner = _add(relation, "observation", {"classCode": "OBS", "moodCode": "EVN"})
        _code(inner, "code", dt.Code("404684003", _SNOMED))
        _code(inner, "value", reaction.manifestation, "CD")
        if reaction.severity:
            _severity(inner, dt.Code(_SEVERITIES[reaction.severity], _SNOMED))
    if fact.clinical_status:
        _remark(found, "33999-4", dt.Code(fact.clinical_status, _CLINICAL))
    if fact.verification:
        _remark(found, "66455-7", dt.Code(fact.verification, "2.16.840.1.113883.4.642.4.1371"))
    if fact.criticality:
        _remark(found, "82606-5", dt.Code(fact.criticality, "2.16.840.1.113883.4.642.4.130"))


def _administration(parent: etree._Element, fact: Medication | Immunization, reference: str) -> None:
    given = isinstance(fact, Immunization)
    prescribed = isinstance(fact, Medication) and fact.prescribed
    mood = "INT" if prescribed else "EVN"
    found = _add(
        parent, "substanceAdministration", {"classCode": "SBADM", "moodCode": mood} | _negation(fact)
    )
    kind = "19" if given else "2" if prescribed else "4"
    _add(found, "templateId", {"root": f"1.3.6.1.4.1.12559.11.10.1.3.1.3.{kind}"})
    _identifiers(found, fact)
    absent = fact.absence in ("known-absent", "unknown")
    if absent:
        _code(found, "code", fact.code)
    _reference(found, reference)
    _add(found, "statusCode", {"code": fact.status or ("completed" if given else "active")})
    _time(found, fact, "IVL_TS")
    if isinstance(fact, Medication):
        _schedule(found, fact)
    if fact.route:
        _code(found, "routeCode", fact.route)
    if isinstance(fact.dose, dt.Quantity):
        _quantity(found, "doseQuantity", fact.dose)
    made = _add(_add(found, "consumable"), "manufacturedProduct", {"classCode": "MANU"})
    material = _add(made, "manufacturedMaterial", {"nullFlavor": "NA"} if absent else None)
    if not absent:
        _product(material, made, fact.code, fact.product)
    if isinstance(fact, Immunization) and fact.dose_number:
        relation = _add(found, "entryRelationship", {"typeCode": "SUBJ"})
        inner = _add(relation, "observation", {"classCode": "OBS", "moodCode": "EVN"})
        _code(inner, "code", dt.Code("30973-2", _LOINC, "Dose number"))
        _add(inner, "value", {f"{{{XSI}}}type": "INT", "value": fact.dose_number})


def _product(
    material: etree._Element, made: etree._Element, code: dt.Code | None, product: Product | None
) -> None:
    _code(material, "code", code)
    if product and product.name:
        _add(material, "name", text=product.name)
    if product and product.lot:
        _add(material, "lotNumberText", text=product.lot)
    if product and product.manufacturer:
        _add(_add(made, "manufacturerOrganization"), "name", text=product.manufacturer)


def _schedule(parent: etree._Element, fact: Medication) -> None:
    if fact.schedule and fact.schedule.period:
        found = _add(parent, "effectiveTime", {f"{{{XSI}}}type": "PIVL_TS", "operator": "A"})
        _quantity(found, "period", fact.schedule.period)
    elif fact.schedule and fact.schedule.events:
        found = _add(parent, "effectiveTime", {f"{{{XSI}}}type": "EIVL_TS", "operator": "A"})
        _add(found, "event", {"code": fact.schedule.events[0]})


def _quantity(parent: etree._Element, name: str, value: dt.Quantity, kind: str = "") -> None:
    attributes = {f"{{{XSI}}}type": kind} if kind else {}
    _add(parent, name, attributes | {"value": value.value} | ({"unit": value.unit} if value.unit else {}))


def _value(parent: etree._Element, value: dt.Value) -> None:
    match value:
        case dt.Quantity():
            _quantity(parent, "value", value, "PQ")
        case dt.Code():
            _code(parent, "value", value, "CD")
        case dt.Text():
            _add(parent, "value", {f"{{{XSI}}}type": "ST"}, value.text)
        case _:
            raise TypeError(f"no value element for {type(value).__name__}")


def _result(parent: etree._Element, fact: Result, reference: str) -> None:
    if fact.panel:
        parent = _add(parent, "organizer", {"classCode": "BATTERY", "moodCode": "EVN"})
        _code(parent, "code", fact.panel)
        _add(parent, "statusCode", {"code": "completed"})
        parent = _add(parent, "component")
    found = _add(parent, "observation", {"classCode": "OBS", "moodCode": "EVN"})
    _identifiers(found, fact)
    _code(found, "code", fact.code)
    _reference(found, reference)
    _add(found, "statusCode", {"code": fact.status or "completed"})
    _time(found, fact)
    for value in fact.values:
        _value(found, value)
    for one in fact.interpretation:
        _code(found, "interpretationCode", one)
    for normal in fact.ranges:
        inner = _add(_add(found, "referenceRange"), "observationRange")
        if normal.text:
            _add(inner, "text", text=normal.text)
        if normal.range:
            bounds = _add(inner, "value", {f"{{{XSI}}}type": "IVL_PQ"})
            for name, end in (("low", normal.range.low), ("high", normal.range.high)):
                if end:
                    _quantity(bounds, name, end)


def _procedure(parent: etree._Element, fact: Procedure, reference: str) -> None:
    found = _add(parent, "procedure", {"classCode": "PROC", "moodCode": "EVN"} | _negation(fact))
    _add(found, "templateId", {"root": "1.3.6.1.4.1.12559.11.10.1.3.1.3.26"})
    _identifiers(found, fact)
    _code(found, "code", fact.code)
    _reference(found, reference)
    _add(found, "statusCode", {"code": fact.status or "completed"})
    _time(found, fact)
    if fact.site:
        _code(found, "targetSiteCode", fact.site)
