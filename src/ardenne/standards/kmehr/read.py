"""Read a KMEHR message (Sumehr, medication scheme, reports) into values.

Source: the KMEHR standard of the Belgian eHealth platform, schema 1.x. Demanded are header id and
date, and one patient with a number or a name; items are taken generically, with codes and texts.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import re

import msgspec
from lxml import etree

from ardenne.standards.refusal import Refusal, Refused, excerpt
from ardenne.standards.xml import hardened
from ardenne.standards.xml.hardened import Limits, line_of

NAMESPACE = "http://www.ehealth.fgov.be/standards/kmehr/schema/v1"
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_PLAIN = frozenset({"id", "cd", "content", "text", "beginmoment", "endmoment", "lifecycle", "lnk"})


class Code(msgspec.Struct, frozen=True):
    """cd: `system` is the attribute S (CD-ITEM, ICPC, ICD, CD-DRUG-CNK …)."""

    system: str
    code: str
    display: str = ""


class Identifier(msgspec.Struct, frozen=True):
    """id: `system` is the attribute S (INSS, ID-PATIENT, ID-HCPARTY, LOCAL …)."""

    system: str
    value: str
    local: str = ""


class Moment(msgspec.Struct, frozen=True):
    """A date with, perhaps, a time of day; both as written."""

    date: str
    time: str = ""

    def fhir(self, zone: datetime.tzinfo | None = None) -> str:
        """FHIR dateTime; a time without zone is read in `zone`, or left out when that is None."""
        found = _TIME.fullmatch(self.time)
        if found is None or (not found[4] and zone is None):
            return self.date
        hour, minute, second = (int(found[part]) for part in (1, 2, 3))
        if found[4]:
            return f"{self.date}T{hour:02d}:{minute:02d}:{second:02d}{found[4]}"
        day = datetime.date.fromisoformat(self.date)
        moment = datetime.datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
        return moment.isoformat()


class Party(msgspec.Struct, frozen=True):
    """hcparty: a care giver, an organisation or a program, by its role code."""

    identifiers: tuple[Identifier, ...]
    roles: tuple[str, ...]
    first_name: str
    family_name: str
    name: str

    @property
    def wording(self) -> str:
        return " ".join(part for part in (self.first_name, self.family_name) if part) or self.name


class Patient(msgspec.Struct, frozen=True):
    identifiers: tuple[Identifier, ...]
    first_names: tuple[str, ...]
    family_name: str
    birth_date: str
    death_date: str
    sex: str
    language: str
    addresses: tuple[dict[str, str], ...]
    telecoms: tuple[tuple[str, str, str], ...]


class Item(msgspec.Struct, frozen=True):
    """One item: its kind (CD-ITEM), codes and texts of its contents, and everything else by element name."""

    kind: str
    codes: tuple[Code, ...]
    texts: tuple[str, ...]
    begin: str
    end: str
    lifecycle: str
    details: tuple[tuple[str, str], ...]


class Attachment(msgspec.Struct, frozen=True):
    media_type: str
    data: bytes


class Transaction(msgspec.Struct, frozen=True):
    """A transaction; its headings are dissolved, their titles kept with the items."""

    codes: tuple[Code, ...]
    identifiers: tuple[Identifier, ...]
    moment: Moment | None
    authors: tuple[Party, ...]
    version: str
    complete: bool
    validated: bool
    headings: tuple[tuple[str, tuple[Item, ...]], ...]
    texts: tuple[str, ...]
    attachments: tuple[Attachment, ...]

    @property
    def type(self) -> str:
        return next((one.code for one in self.codes if one.system == "CD-TRANSACTION"), "")


class Message(msgspec.Struct, frozen=True):
    identifier: str
    moment: Moment
    sender: tuple[Party, ...]
    patient: Patient
    transactions: tuple[Transaction, ...]
    language: str
    confidentiality: str
    notes: tuple[Refusal, ...]


def read(data: bytes, limits: Limits = Limits()) -> Message:  # noqa: B008 (frozen)
    """Read a message; raises Refused."""
    return interpret(hardened.parse(data, limits))


def interpret(root: etree._Element) -> Message:
    """Read a message that the hardened parser has parsed."""
    if root.tag != f"{{{NAMESPACE}}}kmehrmessage":
        raise Refused(
            rule="kmehr-root",
            found=f"the root element is <{excerpt(str(root.tag))}>",
            mend=f'A KMEHR message begins with <kmehrmessage xmlns="{NAMESPACE}">',
            line=line_of(root),
        )
    header = _child(root, "header")
    folders = _children(root, "folder")
    if header is None or len(folders) != 1:
        raise _refused(
            root, f"the message has {len(folders)} folders", "Send one folder: one patient", "folder"
        )
    identifier = next((one.value for one in _identifiers(header) if one.system == "ID-KMEHR"), "")
    if not identifier:
        raise _refused(header, "the header has no id", 'Add <id S="ID-KMEHR" SV="1.0">…</id>', "header/id")
    moment = _moment(header)
    if moment is None:
        raise _refused(
            header, "the header has no valid date", "Add <date>2024-01-31</date> and <time>", "header/date"
        )
    transactions = tuple(_transaction(one) for one in _children(folders[0], "transaction"))
    if not transactions:
        raise _refused(
            folders[0], "the message has no transaction", "Add a transaction", "folder/transaction"
        )
    patient = _patient(folders[0])
    notes: tuple[Refusal, ...] = ()
    return Message(
        identifier=identifier,
        moment=moment,
        sender=_parties(_child(header, "sender")),
        patient=patient,
        transactions=transactions,
        language=_language(folders[0]) or patient.language,
        confidentiality=_code(_child(header, "confidentiality"), "CD-CONFIDENTIALITY"),
        notes=notes,
    )


def _refused(element: etree._Element, found: str, mend: str, where: str) -> Refused:
    return Refused(
        rule="kmehr-header", found=found, mend=mend, where=f"/kmehrmessage/{where}", line=line_of(element)
    )


def _local(element: etree._Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _children(element: etree._Element | None, name: str) -> list[etree._Element]:
    return [] if element is None else element.findall(f"{{{NAMESPACE}}}{name}")


def _child(element: etree._Element | None, *names: str) -> etree._Element | None:
    for name in names:
        element = None if element is None else element.find(f"{{{NAMESPACE}}}{name}")
    return element


def _text(element: etree._Element | None, *names: str) -> str:
    found = _child(element, *names)
    return "" if found is None else _words(found)


def _words(element: etree._Element) -> str:
    return " ".join("".join(str(part) for part in element.itertext()).split())


def _identifiers(element: etree._Element | None) -> tuple[Identifier, ...]:
    found = ((one, _words(one)) for one in _children(element, "id"))
    return tuple(
        Identifier(str(one.get("S", "")), value, str(one.get("SL", ""))) for one, value in found if value
    )


def _codes(element: etree._Element | None) -> tuple[Code, ...]:
    found = ((one, _words(one)) for one in _children(element, "cd"))
    return tuple(Code(_system(one), value, str(one.get("DN", ""))) for one, value in found if value)


def _system(element: etree._Element) -> str:
    """The attribute S; a local system (S=LOCAL) is named by SL."""
    system = str(element.get("S", ""))
    return str(element.get("SL", "")) if system == "LOCAL" and element.get("SL") else system


def _code(element: etree._Element | None, system: str) -> str:
    return next((one.code for one in _codes(element) if one.system == system), "")


def _date(element: etree._Element | None, *names: str) -> str:
    """A valid ISO date; "" otherwise. Partial dates (year, yearmonth) stay partial."""
    found = _child(element, *names) if names else element
    written = _text(found, "date")[:10]
    if _DATE.fullmatch(written):
        try:
            return datetime.date.fromisoformat(written).isoformat()
        except ValueError:
            return ""
    partial = _text(found, "yearmonth")[:7] or _text(found, "year")[:4]
    return partial if re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]))?", partial, re.ASCII) else ""


def _moment(element: etree._Element) -> Moment | None:
    date = _date(element)
    return Moment(date, _text(element, "time")) if _DATE.fullmatch(date) else None


def _parties(element: etree._Element | None) -> tuple[Party, ...]:
    return tuple(
        Party(
            identifiers=_identifiers(one),
            roles=tuple(code.code for code in _codes(one) if code.system.startswith("CD-HCPARTY")),
            first_name=_text(one, "firstname"),
            family_name=_text(one, "familyname"),
            name=_text(one, "name"),
        )
        for one in _children(element, "hcparty")
    )


def _patient(folder: etree._Element) -> Patient:
    element = _child(folder, "patient")
    identifiers = _identifiers(element)
    family = _text(element, "familyname")
    if element is None or (not identifiers and not family):
        raise _refused(
            folder,
            "the message names no patient",
            'Add <patient><id S="INSS" SV="1.0">…</id><familyname>…',
            "folder/patient",
        )
    return Patient(
        identifiers=identifiers,
        first_names=tuple(_words(one) for one in _children(element, "firstname")),
        family_name=family,
        birth_date=_date(element, "birthdate"),
        death_date=_date(element, "deathdate"),
        sex=_code(_child(element, "sex"), "CD-SEX"),
        language=_text(element, "usuallanguage"),
        addresses=tuple(_address(one) for one in _children(element, "address")),
        telecoms=tuple(
            (_code(one, "CD-TELECOM"), _code(one, "CD-ADDRESS"), _text(one, "telecomnumber"))
            for one in _children(element, "telecom")
        ),
    )


def _address(element: etree._Element) -> dict[str, str]:
    names = ("street", "housenumber", "postboxnumber", "zip", "city", "district")
    found = {name: _text(element, name) for name in names}
    found["country"] = _code(_child(element, "country"), "CD-FED-COUNTRY").upper()
    found["use"] = _code(element, "CD-ADDRESS")
    return found


def _language(folder: etree._Element) -> str:
    """The language in which most texts are written (attribute L)."""
    seen: dict[str, int] = {}
    for element in folder.iter(f"{{{NAMESPACE}}}text"):
        if language := str(element.get("L", "")):
            seen[language] = seen.get(language, 0) + 1
    return max(seen, key=lambda one: seen[one]) if seen else ""


def _transaction(element: etree._Element) -> Transaction:
    loose = tuple(_item(one) for one in _children(element, "item"))
    headings = [("", loose)] if loose else []
    for heading in element.iter(f"{{{NAMESPACE}}}heading"):
        items = tuple(_item(one) for one in _children(heading, "item"))
        title = _text(heading, "text") or next((code.code for code in _codes(heading)), "")
        headings.append((title, items))
    attachments = (_attachment(one) for one in element.iter(f"{{{NAMESPACE}}}lnk"))
    return Transaction(
        codes=_codes(element),
        identifiers=_identifiers(element),
        moment=_moment(element),
        authors=_parties(_child(element, "author")),
        version=_text(element, "version"),
        complete=_text(element, "iscomplete") == "true",
        validated=_text(element, "isvalidated") == "true",
        headings=tuple(headings),
        texts=tuple(text for one in _children(element, "text") if (text := _words(one))),
        attachments=tuple(one for one in attachments if one),
    )


def _attachment(element: etree._Element) -> Attachment | None:
    """A link with its content inside; links to elsewhere are not followed."""
    try:
        data = base64.b64decode("".join(_words(element).split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Attachment(str(element.get("MEDIATYPE", "")) or "application/octet-stream", data) if data else None


def _item(element: etree._Element) -> Item:
    kind = _code(element, "CD-ITEM")
    codes = [one for one in _codes(element) if one.system != "CD-ITEM"]
    texts: list[str] = []
    details: list[tuple[str, str]] = []
    for content in _children(element, "content"):
        codes += _codes(content)
        for inner in content:
            name = _local(inner)
            if name in ("cd", "id"):
                continue
            if name == "text":
                texts.append(_words(inner))
            elif name in ("medicinalproduct", "substanceproduct"):
                codes += _product_codes(inner)
                texts += [_words(one) for one in inner if _local(one).endswith("name")]
            elif words := _spoken(inner):
                details.append((name, words))
    for inner in element:
        if _local(inner) not in _PLAIN and (words := _spoken(inner)):
            details.append((_local(inner), words))
    texts += [_words(one) for one in _children(element, "text")]
    return Item(
        kind=kind,
        codes=tuple(codes),
        texts=tuple(text for text in texts if text),
        begin=_date(element, "beginmoment"),
        end=_date(element, "endmoment"),
        lifecycle=_code(_child(element, "lifecycle"), "CD-LIFECYCLE"),
        details=tuple(details),
    )


def _product_codes(product: etree._Element) -> list[Code]:
    """Codes of a medicine: intendedcd and deliveredcd carry the same attributes as cd."""
    found = (one for one in product if _local(one) in ("intendedcd", "deliveredcd"))
    return [Code(_system(one), words, str(one.get("DN", ""))) for one in found if (words := _words(one))]


def _spoken(element: etree._Element) -> str:
    """All texts inside an element, each apart from the next."""
    parts = (" ".join(str(part).split()) for part in element.itertext())
    return " ".join(part for part in parts if part)
