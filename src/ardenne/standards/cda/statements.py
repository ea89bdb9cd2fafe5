"""Clinical statements (CDA R2, chapter 4.3.6): the entries of a section in one general shape.

All of act, observation, substanceAdministration, supply, procedure, encounter, organizer and
observationMedia; what they mean clinically is decided in `entries`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from lxml import etree

from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda import elements as el
from ardenne.standards.cda import parties
from ardenne.standards.xml.hardened import line_of

_KINDS = frozenset(
    {
        "act",
        "encounter",
        "observation",
        "observationMedia",
        "organizer",
        "procedure",
        "regionOfInterest",
        "substanceAdministration",
        "supply",
    }
)
_PHARMACY = ("urn:hl7-org:pharm", "urn:epsos-org:ep:medication")


class Product(msgspec.Struct, frozen=True):
    """What is given or supplied: code, brand name, lot, manufacturer, form and active ingredients.

    `generic` is the code of the kind of product (ATC) from the pharmacy extension.
    """

    code: dt.Code | None = None
    name: str = ""
    lot: str = ""
    manufacturer: str = ""
    form: dt.Code | None = None
    generic: dt.Code | None = None
    ingredients: tuple[Ingredient, ...] = ()


class Ingredient(msgspec.Struct, frozen=True):
    code: dt.Code | None
    name: str
    strength: dt.Ratio | None


class Schedule(msgspec.Struct, frozen=True):
    """How often a medicine is taken: every `period`, or at the events (ACM before breakfast, HS …)."""

    period: dt.Quantity | None = None
    events: tuple[str, ...] = ()


class Participant(msgspec.Struct, frozen=True):
    """Another thing or person that takes part: allergen (CSM), device (DEV) …"""

    type: str
    role: dt.Code | None
    code: dt.Code | None
    name: str
    identifiers: tuple[dt.Identifier, ...]


class ReferenceRange(msgspec.Struct, frozen=True):
    range: dt.Range | None
    text: str
    interpretation: dt.Code | None


class Related(msgspec.Struct, frozen=True):
    """An inner statement and how it relates: COMP, SUBJ, MFST, REFR, RSON, CAUS …"""

    type: str
    inverted: bool
    statement: Statement


class Statement(msgspec.Struct, frozen=True):
    """One clinical statement. `path` is its place: section and entry numbers from 1, as in "s2.e1.1".

    `anchor` is the XML ID by which the narrative refers to it.
    """

    kind: str
    path: str
    line: int
    anchor: str = ""
    mood: str = ""
    negated: bool = False
    null: str = ""
    templates: tuple[str, ...] = ()
    identifiers: tuple[dt.Identifier, ...] = ()
    code: dt.Code | None = None
    status: str = ""
    text: str = ""
    time: dt.Interval | None = None
    schedule: Schedule | None = None
    values: tuple[dt.Value, ...] = ()
    value_null: str = ""
    interpretation: tuple[dt.Code, ...] = ()
    ranges: tuple[ReferenceRange, ...] = ()
    method: dt.Code | None = None
    site: dt.Code | None = None
    route: dt.Code | None = None
    dose: dt.Quantity | dt.Range | None = None
    product: Product | None = None
    specimen: Participant | None = None
    participants: tuple[Participant, ...] = ()
    performers: tuple[parties.Party, ...] = ()
    authors: tuple[parties.Party, ...] = ()
    about_another: bool = False
    related: tuple[Related, ...] = ()

    def inner(self) -> Iterator[Statement]:
        """This statement and all below it, outermost first."""
        yield self
        for relation in self.related:
            yield from relation.statement.inner()


def of_entries(section: etree._Element, reading: el.Reading, path: str) -> tuple[Statement, ...]:
    """The statements of a section's entry elements."""
    found = []
    for number, entry in enumerate(el.children(section, "entry"), 1):
        for element in entry:
            if el.local(element) in _KINDS:
                found.append(statement(element, reading, f"{path}.e{number}"))
    return tuple(found)


def statement(element: etree._Element, reading: el.Reading, path: str) -> Statement:
    """Read one statement element and everything below it."""
    values = el.children(element, "value")
    read_values = (el.value(value, reading) for value in values)
    media = el.attachment(values[0]) if values and el.local(element) == "observationMedia" else None
    return Statement(
        kind=el.local(element),
        path=path,
        line=line_of(element),
        anchor=el.attribute(element, "ID"),
        mood=el.attribute(element, "moodCode"),
        negated=el.attribute(element, "negationInd") == "true",
        null=el.attribute(element, "nullFlavor"),
        templates=tuple(el.attribute(found, "root") for found in el.children(element, "templateId")),
        identifiers=el.identifiers(element),
        code=el.code(el.child(element, "code"), reading),
        status=el.attribute(el.child(element, "statusCode"), "code"),
        text=el.described(el.child(element, "text"), reading),
        time=_time(element, reading),
        schedule=_schedule(element, reading),
        values=(media,) if media else tuple(value for value in read_values if value is not None),
        value_null=next((null for value in values if (null := el.attribute(value, "nullFlavor"))), ""),
        interpretation=_codes(element, "interpretationCode", reading),
        ranges=tuple(_reference_range(found, reading) for found in el.children(element, "referenceRange")),
        method=el.code(el.child(element, "methodCode"), reading),
        site=el.code(el.child(element, "targetSiteCode"), reading)
        or el.code(el.child(element, "approachSiteCode"), reading),
        route=el.code(el.child(element, "routeCode"), reading),
        dose=_dose(el.child(element, "doseQuantity"), reading),
        product=_product(element, reading),
        specimen=_specimen(element, reading),
        participants=tuple(_participant(found, reading) for found in el.children(element, "participant")),
        performers=_performers(element, reading),
        authors=parties.authors(element, reading),
        about_another=el.child(element, "subject") is not None,
        related=_related(element, reading, path),
    )


def _codes(element: etree._Element, name: str, reading: el.Reading) -> tuple[dt.Code, ...]:
    found = (el.code(inner, reading) for inner in el.children(element, name))
    return tuple(one for one in found if one and (one.code or one.wording))


def _related(element: etree._Element, reading: el.Reading, path: str) -> tuple[Related, ...]:
    found = []
    number = 0
    for relation in (*el.children(element, "entryRelationship"), *el.children(element, "component")):
        for inner in relation:
            if el.local(inner) in _KINDS:
                number += 1
                found.append(
                    Related(
                        type=el.attribute(relation, "typeCode") or "COMP",
                        inverted=el.attribute(relation, "inversionInd") == "true",
                        statement=statement(inner, reading, f"{path}.{number}"),
                    )
                )
    return tuple(found)


def _is_span(element: etree._Element) -> bool:
    """Whether an effectiveTime gives when (TS, IVL_TS) rather than how often (PIVL_TS, EIVL_TS)."""
    return el.type_name(element) in ("", "TS", "IVL_TS") and el.child(element, "period") is None


def _time(element: etree._Element, reading: el.Reading) -> dt.Interval | None:
    spans = [found for found in el.children(element, "effectiveTime") if _is_span(found)]
    return el.interval(spans[0], reading) if spans else None


def _schedule(element: etree._Element, reading: el.Reading) -> Schedule | None:
    for found in el.children(element, "effectiveTime"):
        if _is_span(found):
            continue
        period = el.quantity(el.child(found, "period"), reading)
        events = tuple(event for one in el.children(found, "event") if (event := el.attribute(one, "code")))
        if events or (period and period.value):
            return Schedule(period if period and period.value else None, events)
    return None


def _reference_range(element: etree._Element, reading: el.Reading) -> ReferenceRange:
    inner = el.child(element, "observationRange")
    found = el.child(inner, "value")
    return ReferenceRange(
        range=el.value_range(found, reading) if found is not None else None,
        text=el.described(el.child(inner, "text"), reading),
        interpretation=el.code(el.child(inner, "interpretationCode"), reading),
    )


def _dose(element: etree._Element | None, reading: el.Reading) -> dt.Quantity | dt.Range | None:
    if element is None:
        return None
    single = el.quantity(element, reading)
    return single if single and single.value else el.value_range(element, reading)


def _performers(element: etree._Element, reading: el.Reading) -> tuple[parties.Party, ...]:
    found = (
        parties.party(el.child(one, "assignedEntity"), reading, el.child(one, "time"))
        for one in el.children(element, "performer")
    )
    return tuple(one for one in found if one and (one.wording or one.identifiers))


def _participant(element: etree._Element, reading: el.Reading) -> Participant:
    role = el.child(element, "participantRole")
    entity = el.child(role, "playingEntity")
    if entity is None:
        entity = el.child(role, "playingDevice")
    return Participant(
        type=el.attribute(element, "typeCode"),
        role=el.code(el.child(role, "code"), reading),
        code=el.code(el.child(entity, "code"), reading),
        name=next((name.wording for name in parties.names(entity)), ""),
        identifiers=el.identifiers(role),
    )


def _specimen(element: etree._Element, reading: el.Reading) -> Participant | None:
    role = el.child(element, "specimen", "specimenRole")
    if role is None:
        return None
    entity = el.child(role, "specimenPlayingEntity")
    name = next((name.wording for name in parties.names(entity)), "")
    return Participant("SPC", None, el.code(el.child(entity, "code"), reading), name, el.identifiers(role))


def _product(element: etree._Element, reading: el.Reading) -> Product | None:
    made = el.child(element, "consumable", "manufacturedProduct")
    if made is None:
        made = el.child(element, "product", "manufacturedProduct")
    if made is None:
        return None
    material = el.child(made, "manufacturedMaterial")
    if material is None:
        material = el.child(made, "manufacturedLabeledDrug")
    maker = parties.organization(el.child(made, "manufacturerOrganization"))
    return Product(
        code=el.code(el.child(material, "code"), reading),
        name=next((name.wording for name in parties.names(material)), ""),
        lot=el.squeeze(el.content(lot)) if (lot := el.child(material, "lotNumberText")) is not None else "",
        manufacturer=maker.name if maker else "",
        form=el.code(_extension(material, "formCode"), reading),
        generic=el.code(
            _extension(
                _extension(_extension(material, "asSpecializedKind"), "generalizedMaterialKind"), "code"
            ),
            reading,
        ),
        ingredients=tuple(_ingredient(found, reading) for found in _extensions(material, "ingredient")),
    )


def _extensions(element: etree._Element | None, name: str) -> list[etree._Element]:
    """Children from the pharmacy extension of CDA, in its present and its older namespace."""
    return [
        found
        for found in (element if element is not None else ())
        if found.tag in (f"{{{space}}}{name}" for space in _PHARMACY)
    ]


def _extension(element: etree._Element | None, name: str) -> etree._Element | None:
    return next(iter(_extensions(element, name)), None)


def _ingredient(element: etree._Element, reading: el.Reading) -> Ingredient:
    substance = _extension(element, "ingredientSubstance")
    if substance is None:
        substance = _extension(element, "ingredient")
    strength = _extension(element, "quantity")
    named = _extension(substance, "name")
    return Ingredient(
        code=el.code(_extension(substance, "code"), reading),
        name=el.squeeze(el.content(named)) if named is not None else "",
        strength=el.ratio(strength, reading),
    )
