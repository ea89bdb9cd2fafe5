"""Value sets that need no resource: their URL says what they hold.

Source: FHIR R4, "Using SNOMED CT", "Using LOINC" and "Using UCUM", implicit value sets.
"""

from __future__ import annotations

import re
from typing import Final

from ardenne.standards.fhir.terminology.concepts import Json

_SNOMED: Final = re.compile(
    r"(?P<system>http://snomed\.info/sct)(?P<version>/[\d/a-z]+)?\?fhir_vs(?:=isa/(?P<code>\d{6,18}))?"
)
_WHOLE: Final = {
    "http://loinc.org/vs": "http://loinc.org",
    "http://unitsofmeasure.org/vs": "http://unitsofmeasure.org",
}
_LOINC_PART: Final = re.compile(r"http://loinc\.org/vs/(?P<code>LP\d+-\d)")


def implicit(url: str, version: str = "") -> Json | None:
    """The value set that a URL stands for; None when it stands for none."""
    include: Json
    if url in _WHOLE:
        include = {"system": _WHOLE[url]}
    elif match := _LOINC_PART.fullmatch(url):
        include = {"system": "http://loinc.org", "filter": [_is_a(match["code"])]}
    elif match := _SNOMED.fullmatch(url):
        include = {"system": match["system"]}
        if match["version"]:
            include["version"] = match["system"] + match["version"]
        if match["code"]:
            include["filter"] = [_is_a(match["code"])]
    else:
        return None
    if version:
        include["version"] = version
    return {"resourceType": "ValueSet", "url": url, "status": "active", "compose": {"include": [include]}}


def _is_a(code: str) -> Json:
    return {"property": "concept", "op": "is-a", "value": code}
