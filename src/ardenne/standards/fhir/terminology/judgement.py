"""What is found out about one coding during a validation."""

from __future__ import annotations

from ardenne.standards.fhir.terminology import languages as tongues
from ardenne.standards.fhir.terminology.asked import Coding
from ardenne.standards.fhir.terminology.concepts import (
    Concept,
    Json,
    canonical,
    dicts,
    standards_status,
    text_of,
    value_of,
)
from ardenne.standards.fhir.terminology.languages import Languages
from ardenne.standards.fhir.terminology.messages import Finding, finding
from ardenne.standards.fhir.terminology.names import check_display, names_of
from ardenne.standards.fhir.terminology.system import System

_DEPRECATED = "http://hl7.org/fhir/StructureDefinition/valueset-deprecated"


class Judgement:
    """Findings about one coding, and the concept that it means."""

    def __init__(self, coding: Coding) -> None:
        self.coding = coding
        self.findings: list[Finding] = []
        self.system: System | None = None
        self.concept: Concept | None = None
        self.stated: Json = {}
        """what the value set says about the code"""
        self.member = False
        self.undecided = False
        """whether something unknown kept the question open"""
        self.unknown: list[tuple[str, str]] = []
        """parameter and canonical of code systems that are not known"""

    def say(self, identifier: str, *words: object, place: str = "", severity: str = "") -> None:
        """Add a finding."""
        self.findings.append(finding(identifier, *words, place=place, severity=severity))

    def meet(self, system: System, concept: Concept, stated: Json) -> None:
        """Remember the concept that the coding means."""
        self.system, self.concept, self.stated = system, concept, stated

    def display(self, languages: Languages) -> str:
        """The name to show for the concept."""
        if self.concept is None or self.system is None:
            return ""
        chosen = tongues.choose(self.concept, self.system.language, languages)
        own = text_of(self.stated.get("display"))
        return own if own and chosen.designation is None else chosen.text

    def check_concept(self, languages: Languages, lenient: bool, abstract: bool | None) -> None:
        """Say what is to be said about the concept itself: case, display, status."""
        system, concept, coding = self.system, self.concept, self.coding
        if system is None or concept is None:
            return
        if concept.code != coding.code:
            name = canonical(system.url, system.version)
            self.say("CODE_CASE_DIFFERENCE", coding.code, concept.code, name, place=coding.part("code"))
        if coding.display:
            code = f"{system.url}#{concept.code}"
            names = names_of(concept, system.language, self.stated)
            place = coding.part("display")
            self.findings += check_display(coding.display, code, names, languages, place, lenient)
        if concept.abstract and abstract is False:
            self.say("ABSTRACT_CODE_NOT_ALLOWED", system.url, concept.code, place=coding.part("code"))
        self._check_status(concept)

    def _check_status(self, concept: Concept) -> None:
        if concept.inactive:
            status = concept.status or "inactive"
            told = status if status == "inactive" else f"{status} and inactive"
            self.say("INACTIVE_CONCEPT_FOUND", concept.code, told, place=self.coding.whole)
        elif concept.status == "deprecated":
            self.say("DEPRECATED_CONCEPT_FOUND", concept.code, place=self.coding.part("code"))

    def check_standing(self, value_set: str) -> None:
        """Say when the value set itself marks the code as one to give up."""
        extensions = dicts(self.stated.get("extension"))
        marked = any(e.get("url") == _DEPRECATED and value_of(e) in (True, "true") for e in extensions)
        status = "deprecated" if marked else standards_status(extensions)
        if self.system is not None and status in ("deprecated", "withdrawn"):
            words = (self.coding.code, self.system.url, value_set, status)
            self.say("CONCEPT_DEPRECATED_IN_VALUESET", *words, place=self.coding.part("code"))
