"""Demonstration summaries of Belgian family doctors: KMEHR messages with a sumehr."""

from __future__ import annotations

from lxml import etree

from ardenne.apps.demo import facts
from ardenne.apps.demo.persons import Document, Person, professionals
from ardenne.standards.kmehr.read import NAMESPACE


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    found = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    found.text = text or None
    return found


def _date(parent: etree._Element, name: str, date: str) -> None:
    """A moment as precise as it is known."""
    kind = {4: "year", 7: "yearmonth"}.get(len(date), "date")
    _add(_add(parent, name), kind, date)


def sumehr(person: Person, document: Document) -> bytes:
    """The message as UTF-8 XML."""
    root = etree.Element(f"{{{NAMESPACE}}}kmehrmessage", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    number = facts.document_number(person, document)
    header = _add(root, "header")
    _add(_add(header, "standard"), "cd", "20161201", S="CD-STANDARD", SV="1.19")
    _add(header, "id", f"{professionals()[document.author].number[1]}.{number}", S="ID-KMEHR", SV="1.0")
    _moment(header, document)
    _party(_add(header, "sender"), document)
    _add(_add(_add(header, "recipient"), "hcparty"), "cd", "application", S="CD-HCPARTY", SV="1.10")
    folder = _add(root, "folder")
    _add(folder, "id", "1", S="ID-KMEHR", SV="1.0")
    _patient(_add(folder, "patient"), person)
    transaction = _add(folder, "transaction")
    _add(transaction, "id", "1", S="ID-KMEHR", SV="1.0")
    _add(transaction, "cd", "sumehr", S="CD-TRANSACTION", SV="1.5")
    _moment(transaction, document)
    _party(_add(transaction, "author"), document)
    _add(transaction, "iscomplete", "true")
    _add(transaction, "isvalidated", "true")
    _items(transaction, person, document)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _moment(parent: etree._Element, document: Document) -> None:
    _add(parent, "date", document.date[:10])
    _add(parent, "time", document.date[11:19])


def _party(parent: etree._Element, document: Document) -> None:
    author = professionals()[document.author]
    party = _add(parent, "hcparty")
    _add(party, "id", author.number[1], S="ID-HCPARTY", SV="1.0")
    _add(party, "cd", "persphysician", S="CD-HCPARTY", SV="1.10")
    _add(party, "firstname", author.given)
    _add(party, "familyname", author.family)


def _patient(parent: etree._Element, person: Person) -> None:
    _add(parent, "id", person.numbers["niss"], S="INSS", SV="1.0")
    for given in person.given:
        _add(parent, "firstname", given)
    _add(parent, "familyname", person.family)
    _add(_add(parent, "birthdate"), "date", person.birth)
    _add(_add(parent, "sex"), "cd", person.gender, S="CD-SEX", SV="1.1")
    address = _add(parent, "address")
    _add(address, "cd", "home", S="CD-ADDRESS", SV="1.1")
    _add(_add(address, "country"), "cd", person.country.lower(), S="CD-FED-COUNTRY", SV="1.1")
    _add(address, "zip", person.postal)
    _add(address, "city", person.city)
    _add(address, "street", person.line)
    _add(parent, "usuallanguage", person.language)


def _items(transaction: etree._Element, person: Person, document: Document) -> None:
    known = facts.known(person, document.date)
    for allergy in known.allergies:
        item = _item(transaction, "allergy", allergy.text, document.language)
        _date(item, "beginmoment", allergy.since)
        _state(item, "active")
    for problem in known.problems:
        item = _item(
            transaction, "healthcareelement", problem.text, document.language, ("ICD", "10", problem.code)
        )
        _date(item, "beginmoment", problem.since)
        if problem.until:
            _date(item, "endmoment", problem.until)
        _state(item, "inactive" if problem.until else "active")
    for vaccination in known.vaccinations:
        code = ("CD-ATC", "1.0", vaccination.code)
        item = _item(transaction, "vaccine", vaccination.text, document.language, code)
        _date(item, "beginmoment", vaccination.date)
        _state(item, "administrated")
    for medication in known.medications:
        code = ("CD-ATC", "1.0", medication.code)
        item = _item(transaction, "medication", medication.text, document.language, code)
        _date(item, "beginmoment", medication.start)
        _state(item, "prescribed")
        _add(_add(item, "posology"), "text", medication.dose, L=document.language)


def _item(
    transaction: etree._Element, kind: str, text: str, language: str, code: tuple[str, str, str] | None = None
) -> etree._Element:
    item = _add(transaction, "item")
    _add(item, "id", str(len(transaction)), S="ID-KMEHR", SV="1.0")
    _add(item, "cd", kind, S="CD-ITEM", SV="1.11")
    if code:
        _add(_add(item, "content"), "cd", code[2], S=code[0], SV=code[1])
    _add(_add(item, "content"), "text", text, L=language)
    return item


def _state(item: etree._Element, state: str) -> None:
    _add(_add(item, "lifecycle"), "cd", state, S="CD-LIFECYCLE", SV="1.9")
    _add(item, "isrelevant", "true")
