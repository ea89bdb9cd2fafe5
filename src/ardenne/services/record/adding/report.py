"""A report written on the page, as a FHIR document that any other system can read (pure).

R4, chapter Documents: Composition first, then what it refers to. Section codes: LOINC.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from html import escape
from typing import Any

from ardenne.services.record.adding.form import KINDS, LEVELS, SECTIONS, Asked

Json = dict[str, Any]
_SECTION_CODES = {"reason": "29299-5", "findings": "29545-1", "assessment": "51848-0", "plan": "18776-5"}
_LOINC = "http://loinc.org"


def document(
    asked: Asked,
    patient: Json,
    author: Json,
    names: Mapping[str, str],
    moment: str,
    language: str,
    number: uuid.UUID,
) -> Json:
    """Return the Bundle of a report.

    ``names``: titles of the sections and of the kind in the language of the report; ``moment``: an instant.
    """
    subject = {"reference": f"Patient/{patient['id']}"}
    writer = {"reference": f"{author['resourceType']}/{author['id']}"}
    composition: Json = {
        "resourceType": "Composition",
        "id": str(number),
        "language": language,
        "status": "final",
        "type": {
            "coding": [{"system": _LOINC, "code": KINDS[asked.kind].loinc}],
            "text": names.get(asked.kind, asked.kind),
        },
        "subject": subject,
        "date": moment,
        "author": [writer],
        "title": asked.title,
        "confidentiality": LEVELS[asked.level],
        "section": [
            _section(name, names[name], asked.sections[name]) for name in SECTIONS if name in asked.sections
        ],
    }
    resources = (composition, patient, author)
    return {
        "resourceType": "Bundle",
        "type": "document",
        "language": language,
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{number}"},
        "timestamp": moment,
        "entry": [
            {"fullUrl": f"urn:ardenne:{one['resourceType']}/{one['id']}", "resource": one}
            for one in resources
        ],
    }


def _section(name: str, title: str, text: str) -> Json:
    lines = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())
    return {
        "title": title,
        "code": {"coding": [{"system": _LOINC, "code": _SECTION_CODES[name]}]},
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{lines}</div>',
        },
    }
