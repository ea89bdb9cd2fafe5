"""Read persons, organisations and devices of a CDA header."""

from __future__ import annotations

import msgspec
from lxml import etree

from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda import elements as el
from ardenne.standards.timestamps import Timestamp


class Organization(msgspec.Struct, frozen=True):
    identifiers: tuple[dt.Identifier, ...] = ()
    name: str = ""
    telecoms: tuple[dt.Telecom, ...] = ()
    addresses: tuple[dt.Address, ...] = ()


class Party(msgspec.Struct, frozen=True):
    """Somebody in a role: author, performer, authenticator. A device has `device` instead of names."""

    identifiers: tuple[dt.Identifier, ...] = ()
    names: tuple[dt.Name, ...] = ()
    role: dt.Code | None = None
    device: str = ""
    organization: Organization | None = None
    telecoms: tuple[dt.Telecom, ...] = ()
    addresses: tuple[dt.Address, ...] = ()
    time: Timestamp | None = None

    @property
    def wording(self) -> str:
        """The name to show: of the person, else the device, else the organisation."""
        person = self.names[0].wording if self.names else ""
        return person or self.device or (self.organization.name if self.organization else "")


class Guardian(msgspec.Struct, frozen=True):
    identifiers: tuple[dt.Identifier, ...] = ()
    names: tuple[dt.Name, ...] = ()
    organization: str = ""
    relation: dt.Code | None = None
    telecoms: tuple[dt.Telecom, ...] = ()
    addresses: tuple[dt.Address, ...] = ()


class Patient(msgspec.Struct, frozen=True):
    """The record target. All identifiers and names as written, in order."""

    identifiers: tuple[dt.Identifier, ...] = ()
    names: tuple[dt.Name, ...] = ()
    gender: dt.Code | None = None
    birth_time: Timestamp | None = None
    deceased: Timestamp | bool | None = None
    marital_status: dt.Code | None = None
    languages: tuple[str, ...] = ()
    addresses: tuple[dt.Address, ...] = ()
    telecoms: tuple[dt.Telecom, ...] = ()
    guardians: tuple[Guardian, ...] = ()
    provider: Organization | None = None


def _uses(element: etree._Element) -> tuple[str, ...]:
    return tuple(el.attribute(element, "use").split())


def _parts(element: etree._Element, *names: str) -> tuple[str, ...]:
    found = (el.squeeze(el.content(part)) for name in names for part in el.children(element, name))
    return tuple(text for text in found if text)


def names(element: etree._Element | None, tag: str = "name") -> tuple[dt.Name, ...]:
    """The names that say something; the birth name (qualifier BR) is kept apart."""
    read = []
    for name in el.children(element, tag):
        families = el.children(name, "family")
        birth = [f for f in families if "BR" in el.attribute(f, "qualifier").split()]
        own = [f for f in families if f not in birth]
        found = dt.Name(
            use=_uses(name),
            family=_texts(own),
            given=_parts(name, "given"),
            prefix=_parts(name, "prefix"),
            suffix=_parts(name, "suffix"),
            birth_family=_texts(birth),
            text="" if len(name) else el.squeeze(el.content(name)),
        )
        if found.wording or found.birth_family:
            read.append(found)
    return tuple(read)


def _texts(found: list[etree._Element]) -> tuple[str, ...]:
    return tuple(text for part in found if (text := el.squeeze(el.content(part))))


def addresses(element: etree._Element | None) -> tuple[dt.Address, ...]:
    read = []
    for found in el.children(element, "addr"):
        if el.attribute(found, "nullFlavor"):
            continue
        house = " ".join(_parts(found, "houseNumber", "streetName", "streetNameBase"))
        lines = (*_parts(found, "streetAddressLine"), *((house,) if house else ()))
        city, state = (" ".join(_parts(found, name)) for name in ("city", "state"))
        postal, country = (" ".join(_parts(found, name)) for name in ("postalCode", "country"))
        text = "" if len(found) else el.squeeze(el.content(found))
        if lines or city or state or postal or country or text:
            read.append(dt.Address(_uses(found), lines, city, state, postal, country, text))
    return tuple(read)


def telecoms(element: etree._Element | None) -> tuple[dt.Telecom, ...]:
    return tuple(
        dt.Telecom(value, _uses(found))
        for found in el.children(element, "telecom")
        if (value := el.attribute(found, "value")) and not value.endswith(":")
    )


def organization(element: etree._Element | None) -> Organization | None:
    if element is None:
        return None
    found = Organization(
        identifiers=el.identifiers(element),
        name=next((n.wording for n in names(element)), ""),
        telecoms=telecoms(element),
        addresses=addresses(element),
    )
    return found if found.identifiers or found.name else None


def party(
    role: etree._Element | None, reading: el.Reading, time: etree._Element | None = None
) -> Party | None:
    """An assignedAuthor or assignedEntity element (`role`), with the time of the participation."""
    if role is None:
        return None
    device = el.child(role, "assignedAuthoringDevice")
    named = (el.child(device, name) for name in ("softwareName", "manufacturerModelName"))
    spoken = (
        el.squeeze(el.content(found)) or el.attribute(found, "displayName")
        for found in named
        if found is not None
    )
    return Party(
        identifiers=el.identifiers(role),
        names=names(el.child(role, "assignedPerson")),
        role=el.code(el.child(role, "code"), reading),
        device=next((text for text in spoken if text), ""),
        organization=organization(el.child(role, "representedOrganization")),
        telecoms=telecoms(role),
        addresses=addresses(role),
        time=el.moment(time, reading),
    )


def authors(element: etree._Element, reading: el.Reading) -> tuple[Party, ...]:
    found = (
        party(el.child(author, "assignedAuthor"), reading, el.child(author, "time"))
        for author in el.children(element, "author")
    )
    return tuple(one for one in found if one and (one.wording or one.identifiers))


def patient(role: etree._Element, reading: el.Reading) -> Patient:
    """The patientRole element."""
    person = el.child(role, "patient")
    return Patient(
        identifiers=el.identifiers(role),
        names=names(person),
        gender=el.code(el.child(person, "administrativeGenderCode"), reading),
        birth_time=el.moment(el.child(person, "birthTime"), reading),
        deceased=_deceased(person, reading),
        marital_status=el.code(el.child(person, "maritalStatusCode"), reading),
        languages=tuple(
            code
            for spoken in el.children(person, "languageCommunication")
            if (code := el.attribute(el.child(spoken, "languageCode"), "code"))
        ),
        addresses=addresses(role),
        telecoms=telecoms(role),
        guardians=tuple(_guardian(found, reading) for found in el.children(person, "guardian")),
        provider=organization(el.child(role, "providerOrganization")),
    )


def _deceased(person: etree._Element | None, reading: el.Reading) -> Timestamp | bool | None:
    """The SDTC extension deceasedInd and deceasedTime, as used by C-CDA and several countries."""
    for found in person if person is not None else ():
        if el.local(found) == "deceasedTime":
            return el.moment(found, reading)
    for found in person if person is not None else ():
        if el.local(found) == "deceasedInd" and el.attribute(found, "value"):
            return el.attribute(found, "value") == "true"
    return None


def _guardian(found: etree._Element, reading: el.Reading) -> Guardian:
    body = organization(el.child(found, "guardianOrganization"))
    return Guardian(
        identifiers=el.identifiers(found),
        names=names(el.child(found, "guardianPerson")),
        organization=body.name if body else "",
        relation=el.code(el.child(found, "code"), reading),
        telecoms=telecoms(found),
        addresses=addresses(found),
    )
