"""Tables that say what the codes of clinical statements mean; the data is in `data/*.json`.

Sources: C-CDA R2.1 companion guide, IHE PCC technical framework volume 2, the eHDSI/MyHealth@EU
templates, and the code system absent-unknown of the International Patient Summary.
"""

from __future__ import annotations

import functools
import importlib.resources

import msgspec

from ardenne.standards import naming
from ardenne.standards.cda import datatypes as dt

SNOMED = "http://snomed.info/sct"
ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
# The most specific first: a template that says allergy says more than one that says problem.
_PRECEDENCE = (
    "ignored",
    "allergy",
    "immunization",
    "prescription",
    "vital-sign",
    "social-history",
    "problem",
    "medication",
    "procedure",
    "result",
)


class Meanings(msgspec.Struct, frozen=True):
    """Contents of data/meanings.json; codes are keys."""

    absent: dict[str, dict[str, str]]
    generic: dict[str, dict[str, str]]
    allergy_types: dict[str, tuple[str, str]]
    severities: dict[str, str]
    criticalities: dict[str, str]
    clinical_statuses: dict[str, str]
    verifications: dict[str, str]


class Kinds(msgspec.Struct, frozen=True):
    """Contents of data/kinds.json: what an entry is, by its template or by its section's LOINC code."""

    templates: dict[str, str]
    sections: dict[str, str]


def _data(name: str) -> bytes:
    return (importlib.resources.files(__package__) / "data" / name).read_bytes()


@functools.cache
def meanings() -> Meanings:
    return msgspec.json.decode(_data("meanings.json"), type=Meanings)


@functools.cache
def _kinds() -> Kinds:
    return msgspec.json.decode(_data("kinds.json"), type=Kinds)


def template_kind(templates: tuple[str, ...]) -> str:
    """The kind of entry that the templates claim; "" when they are silent."""
    found = {_kinds().templates.get(template, "") for template in templates}
    return next((kind for kind in _PRECEDENCE if kind in found), "")


def section_kind(code: dt.Code | None) -> str:
    """The kind of entry that a section holds, by its LOINC code; "" when unknown."""
    return _kinds().sections.get(code.code, "") if code else ""


def absence(code: dt.Code | None) -> str:
    """ "known-absent" (none exists), "unknown" (no information), or "" for an ordinary code.

    A code of the absent-unknown system is never taken for a fact, even if it is misspelt.
    """
    for one in (code, *code.translations) if code else ():
        system = naming.code_system(one.system)
        found = meanings().absent.get(system, {}).get(one.code, "")
        if found:
            return found
        if system == ABSENT and one.code:
            return "unknown"
    return ""


def generic_absence(kind: str, *codes: dt.Code | None) -> str:
    """The absence code that the denial of a general term amounts to: "not: disease" is no-known-problems."""
    for code in codes:
        for one in (code, *code.translations) if code else ():
            found = meanings().generic[kind].get(one.code, "")
            if found and naming.code_system(one.system) == SNOMED:
                return found
    return ""
