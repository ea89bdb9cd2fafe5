"""Demonstration documents as files that do not say whose they are, with the description beside them."""

from __future__ import annotations

from typing import Any

import orjson

from ardenne.apps.demo import facts, pdf, picture
from ardenne.apps.demo.persons import Document, Person, professionals


def description(person: Person, document: Document) -> bytes:
    """The sidecar (see `ardenne.standards.recognition.described`)."""
    author = professionals()[document.author]
    system, number = author.number
    about: dict[str, Any] = {
        "patient": {
            "identifiers": [
                {"system": facts.SYSTEMS[name].oid, "value": value} for name, value in person.numbers.items()
            ],
            "family": person.family,
            "given": list(person.given),
            "birthDate": person.birth,
            "gender": person.gender,
        },
        "type": {"system": facts.LOINC, "code": document.type},
        "date": document.date,
        "author": {
            "name": author.wording,
            "identifier": {"system": facts.SYSTEMS[system].oid, "value": number},
            "organization": author.organization,
        },
        "title": document.title,
        "language": document.language,
        "confidentiality": document.confidentiality,
        "identifier": {
            "system": f"urn:oid:{facts.EXAMPLES}.2",
            "value": facts.document_number(person, document),
        },
    }
    return orjson.dumps(about, option=orjson.OPT_INDENT_2)


def portable(person: Person, document: Document) -> bytes:
    """The text as PDF."""
    author = professionals()[document.author]
    head = f"{person.full_name} - {person.birth} - {author.wording}, {author.organization}"
    return pdf.write(document.title, head, document.text, facts.plain(document.date)[:8])


def text(person: Person, document: Document) -> bytes:
    """The text with its title."""
    return f"{document.title}\n\n{document.text.strip()}\n".encode()


def image(person: Person, document: Document) -> bytes:
    """An electrocardiogram."""
    return picture.electrocardiogram()
