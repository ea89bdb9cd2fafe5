"""What a caller wants to have validated: one coding, or several with the same meaning."""

from __future__ import annotations

from typing import NamedTuple

from ardenne.standards.fhir.terminology import versions
from ardenne.standards.fhir.terminology.concepts import Json, dicts, text_of
from ardenne.standards.fhir.terminology.parameters import Inputs


class Coding(NamedTuple):
    """A coding, and how findings name its parts."""

    system: str
    version: str
    code: str
    display: str
    place: str = ""
    """"Coding", "CodeableConcept.coding[0]", or "" for single parameters"""

    def part(self, name: str) -> str:
        """The place of one of its elements."""
        return f"{self.place}.{name}" if self.place else name

    @property
    def whole(self) -> str:
        """The place of the coding itself."""
        return self.place or "code"

    @property
    def label(self) -> str:
        """How messages name it: system|version#code ('display')."""
        system = f"{self.system}|{self.version}" if self.version else self.system
        shown = f" ('{self.display}')" if self.display else ""
        return f"{system}#{self.code}{shown}"


class Asked(NamedTuple):
    """The codings of a request."""

    codings: tuple[Coding, ...]
    concept: Json | None
    """the CodeableConcept that they come from"""
    infers: bool
    """whether the system is to be found out"""


def asked(inputs: Inputs, system: str = "") -> Asked | None:
    """What the parameters ask about; None when they hold no code.

    `system` is the code system that the operation is called on.
    """
    concept = inputs.object("codeableConcept")
    if concept is not None:
        codings = tuple(
            _coding(each, f"CodeableConcept.coding[{place}]", system)
            for place, each in enumerate(dicts(concept.get("coding")))
        )
        return Asked(codings, concept, False)
    coding = inputs.object("coding")
    if coding is not None:
        return Asked((_coding(coding, "Coding", system),), None, False)
    code = inputs.text("code")
    named, version = versions.split(inputs.text("system"))
    infers = inputs.flag("inferSystem") is True
    if not code or not (named or system or infers):
        return None
    version = inputs.text("systemVersion") or version
    single = Coding(named or system, version, code, inputs.text("display"))
    return Asked((single,), None, infers and not named)


def _coding(stated: Json, place: str, system: str) -> Coding:
    return Coding(
        text_of(stated.get("system")) or system,
        text_of(stated.get("version")),
        text_of(stated.get("code")),
        text_of(stated.get("display")),
        place,
    )
