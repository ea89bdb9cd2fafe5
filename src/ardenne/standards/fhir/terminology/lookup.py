"""CodeSystem/$lookup and $subsumes (FHIR R4)."""

from __future__ import annotations

from ardenne.standards.fhir.terminology import languages as tongues
from ardenne.standards.fhir.terminology import versions
from ardenne.standards.fhir.terminology.concepts import (
    PREFERRED,
    Concept,
    Designation,
    Json,
    text_of,
    value_of,
)
from ardenne.standards.fhir.terminology.listed import ListedSystem
from ardenne.standards.fhir.terminology.messages import TerminologyError, refusal
from ardenne.standards.fhir.terminology.parameters import Inputs, answer, stated
from ardenne.standards.fhir.terminology.scope import Scope, unknown_system
from ardenne.standards.fhir.terminology.source import Source
from ardenne.standards.fhir.terminology.system import System

_STANDARD = frozenset({"url", "name", "system", "version", "display", "definition", "abstract", "code"})


def lookup(source: Source, parameters: Json, code_system: Json | None = None, *, header: str = "") -> Json:
    """The Parameters that answer $lookup: what is known about one concept. Raises TerminologyError."""
    inputs = Inputs(parameters, header)
    scope = Scope(source, inputs)
    coding = inputs.object("coding") or {}
    code = text_of(coding.get("code")) or inputs.text("code")
    if not code:
        raise refusal("parameter-missing", "name a code with its system, or give a coding")
    system = _system(scope, inputs, coding, code_system)
    concept = system.find(code)
    if concept is None:
        kind = "Unknown_Code_in_Version" if system.version else "Unknown_Code_in"
        raise refusal(kind, code, system.url, system.version)
    wanted = inputs.texts("property")
    languages = inputs.languages()
    name = text_of(system.header.get("title")) or system.url
    chosen = tongues.choose(concept, system.language, languages)
    entries = [
        stated("name", "String", text_of(system.header.get("name")) or name),
        stated("version", "String", system.version),
        {"name": "display", "valueString": chosen.text or concept.display or concept.code},
        stated("code", "Code", concept.code),
        stated("system", "Uri", system.url),
        stated("definition", "String", concept.definition),
        {"name": "abstract", "valueBoolean": concept.abstract},
        *_designations(system, concept, wanted),
        *_properties(system, concept, wanted),
        *(stated("used-supplement", "Canonical", each) for each in system.supplements),
    ]
    return answer(*entries)


def subsumes(source: Source, parameters: Json, code_system: Json | None = None, *, header: str = "") -> Json:
    """The Parameters that answer $subsumes: equivalent, subsumes, subsumed-by or not-subsumed.

    Raises TerminologyError.
    """
    inputs = Inputs(parameters, header)
    scope = Scope(source, inputs)
    codings = [inputs.object("codingA") or {}, inputs.object("codingB") or {}]
    codes = [
        text_of(coding.get("code")) or inputs.text(name)
        for coding, name in zip(codings, ("codeA", "codeB"), strict=True)
    ]
    if not all(codes):
        raise refusal("parameter-missing", "give codeA and codeB with their system, or codingA and codingB")
    named = {text_of(coding.get("system")) for coding in codings} - {""}
    if len(named) > 1:
        raise refusal("parameter-wrong", "both codes must come from the same code system")
    system = _system(scope, inputs, codings[0] or codings[1], code_system)
    found = [system.find(code) for code in codes]
    for code, each in zip(codes, found, strict=True):
        if each is None:
            kind = "Unknown_Code_in_Version" if system.version else "Unknown_Code_in"
            raise refusal(kind, code, system.url, system.version)
    one, other = (each.code for each in found if each is not None)
    result = "not-subsumed"
    if one == other:
        result = "equivalent"
    elif system.subsumes(one, other):
        result = "subsumes"
    elif system.subsumes(other, one):
        result = "subsumed-by"
    return answer({"name": "outcome", "valueCode": result})


def _system(scope: Scope, inputs: Inputs, coding: Json, code_system: Json | None) -> System:
    """The code system that is asked about. Raises TerminologyError."""
    if code_system is not None and "concept" in code_system:
        return ListedSystem(code_system)
    stated_url = text_of(code_system.get("url")) if code_system is not None else ""
    url, bar = versions.split(
        stated_url or text_of(coding.get("system")) or inputs.text("system") or inputs.text("url")
    )
    if not url:
        raise refusal("parameter-missing", "name the code system (system)")
    version = text_of(coding.get("version")) or inputs.text("version") or bar
    choice = scope.choose(url, version, version)
    if choice.system is None:
        raise TerminologyError(unknown_system(scope, url, choice.version))
    if choice.is_refused:
        raise refusal("VALUESET_VERSION_CHECK", choice.system.version, url, choice.expected)
    if choice.system.content == "not-present":
        raise refusal("no-content", url, choice.system.content)
    return choice.system


def _designations(system: System, concept: Concept, wanted: list[str]) -> list[Json]:
    languages = {name.removeprefix("lang.").lower() for name in wanted if name.startswith("lang.")}
    everything = not wanted or "*" in wanted or "designation" in wanted
    if not everything and not languages:
        return []
    names = [Designation(concept.display, system.language, PREFERRED)] if concept.display else []
    names += concept.designations
    return [_designation(each) for each in names if everything or each.language.lower() in languages]


def _designation(each: Designation) -> Json:
    parts = [
        stated("language", "Code", each.language),
        stated("use", "Coding", each.use),
        stated("value", "String", each.value),
        stated("source", "Canonical", each.source),
    ]
    return {"name": "designation", "part": [part for part in parts if part is not None]}


def _properties(system: System, concept: Concept, wanted: list[str]) -> list[Json]:
    everything = not wanted or "*" in wanted

    def asked(name: str) -> bool:
        return everything or name in wanted

    found: list[Json] = []
    if asked("inactive"):
        found.append(_property("inactive", "Boolean", concept.inactive))
    for name, codes in (("parent", concept.parents), ("child", system.children(concept.code))):
        for code in codes if asked(name) else ():
            other = system.find(code)
            found.append(_property(name, "Code", code, other.display if other else ""))
    for held in concept.properties:
        name = text_of(held.get("code"))
        if name in _STANDARD or name in ("inactive", "parent", "child") or not asked(name):
            continue
        kind = next((key[5:] for key in held if key.startswith("value")), "")
        if kind:
            found.append(_property(name, kind, value_of(held)))
    return found


def _property(name: str, kind: str, value: object, description: str = "") -> Json:
    parts: list[Json | None] = [
        {"name": "code", "valueCode": name},
        {"name": "value", f"value{kind}": value},
        stated("description", "String", description),
    ]
    return {"name": "property", "part": [part for part in parts if part is not None]}
