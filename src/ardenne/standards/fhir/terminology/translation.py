"""ConceptMap/$translate (FHIR R4, with the parameter names of R5 as well)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ardenne.standards.fhir.terminology import versions
from ardenne.standards.fhir.terminology.concepts import Json, canonical, dicts, text_of, value_of
from ardenne.standards.fhir.terminology.messages import refusal
from ardenne.standards.fhir.terminology.parameters import Inputs, answer, stated
from ardenne.standards.fhir.terminology.scope import MOST_NESTED
from ardenne.standards.fhir.terminology.source import Layers, Resources, Source

# FHIR R5, "Mapping between ConceptMap.group.element.target.equivalence and relationship".
_EQUIVALENCE: Final = {
    "related-to": "relatedto", "equivalent": "equivalent", "source-is-narrower-than-target": "wider",
    "source-is-broader-than-target": "narrower", "not-related-to": "disjoint",
}  # fmt: skip
_RELATIONSHIP: Final = {
    "relatedto": "related-to", "equivalent": "equivalent", "equal": "equivalent",
    "wider": "source-is-narrower-than-target", "subsumes": "source-is-narrower-than-target",
    "narrower": "source-is-broader-than-target", "specializes": "source-is-broader-than-target",
    "inexact": "related-to", "unmatched": "not-related-to", "disjoint": "not-related-to",
}  # fmt: skip
_NEW_NAMES: Final = (
    "sourceCode", "sourceCoding", "sourceCodeableConcept", "sourceSystem", "sourceScope",
    "targetCode", "targetCoding", "targetCodeableConcept", "targetSystem", "targetScope",
)  # fmt: skip


class Question(NamedTuple):
    """What is to be translated, and into what."""

    codes: tuple[tuple[str, str], ...]
    """system ("" for any) and code"""
    source_system: str
    target_system: str
    source_scope: str
    target_scope: str
    backward: bool
    names_both: bool
    """whether the answer tells source and target of each match (R5, by target code)"""
    depends_on: tuple[Json, ...]


class Match(NamedTuple):
    """One translation."""

    concept_map: Json
    source: Json
    target: Json
    equivalence: str
    relationship: str
    details: Json
    """the map's element target: dependsOn, product, comment"""

    @property
    def counts(self) -> bool:
        """Whether it says what the code is, and not what it is not."""
        return self.relationship != "not-related-to"


def translate(source: Source, parameters: Json, concept_map: Json | None = None, *, header: str = "") -> Json:
    """The Parameters that answer $translate. Raises TerminologyError."""
    inputs = Inputs(parameters, header)
    sent = inputs.resources("tx-resource") + inputs.resources("conceptMap")
    if sent:
        source = Layers(Resources(sent), source)
    question = _question(inputs)
    maps = list(_maps(source, inputs, concept_map, question))
    matches = [match for each in maps for match in _matches(source, each, question, 0)]
    matches = _distinct(matches)
    good = any(each.counts for each in matches)
    new = any(inputs.has(name) for name in _NEW_NAMES)
    message = "" if good else _reason(maps, matches)
    return answer(
        {"name": "result", "valueBoolean": good},
        stated("message", "String", message),
        *(_told(each, question, new) for each in matches),
    )


def _question(inputs: Inputs) -> Question:
    backward = inputs.flag("reverse") is True
    by_target = any(inputs.has(n) for n in ("targetCode", "targetCoding", "targetCodeableConcept"))
    source_system = inputs.text("sourceSystem", "system")
    target_system = inputs.text("targetSystem", "targetsystem")
    concept = inputs.object("codeableConcept", "sourceCodeableConcept", "targetCodeableConcept")
    coding = inputs.object("coding", "sourceCoding", "targetCoding")
    stated_codings = dicts(concept.get("coding")) if concept else [coding] if coding else []
    codes = [(text_of(each.get("system")), text_of(each.get("code"))) for each in stated_codings]
    code = inputs.text("code", "sourceCode", "targetCode")
    if code:
        codes.append((target_system if by_target else source_system, code))
    codes = [pair for pair in codes if pair[1]]
    if not codes:
        raise refusal(
            "parameter-missing", "give a code with its system, a coding or a codeableConcept to translate"
        )
    if backward:
        target_system, source_system = "", target_system
    elif not by_target:
        source_system = ""
    return Question(
        tuple(codes),
        source_system,
        "" if by_target else target_system,
        inputs.text("source", "sourceScope"),
        inputs.text("target", "targetScope"),
        backward or by_target,
        by_target,
        tuple(_dependencies(inputs)),
    )


def _dependencies(inputs: Inputs) -> Iterator[Json]:
    for entry in inputs.entries:
        if entry["name"] in ("dependency", "dependsOn"):
            parts = {text_of(part.get("name")): part for part in dicts(entry.get("part"))}
            for part in parts.values():
                value = value_of(part)
                if part.get("name") in ("element", "attribute", "property") and isinstance(value, str):
                    concept = value_of(parts.get("concept", parts.get("value", {})))
                    yield {"property": value, "value": concept}


def _maps(source: Source, inputs: Inputs, concept_map: Json | None, question: Question) -> Iterator[Json]:
    if concept_map is not None:
        yield concept_map
        return
    url, version = versions.split(inputs.text("url"))
    version = inputs.text("conceptMapVersion") or version
    if url:
        yield _named_map(source, url, version)
        return
    for each in source.concept_maps():
        if _suits(question.source_scope, each, "source") and _suits(question.target_scope, each, "target"):
            yield each


def _named_map(source: Source, url: str, version: str) -> Json:
    fitting = [
        each
        for each in source.concept_maps()
        if each.get("url") == url and versions.matches(version, text_of(each.get("version")))
    ]
    if not fitting:
        raise refusal("map-unknown", canonical(url, version))
    return max(fitting, key=lambda each: versions.order(text_of(each.get("version"))))


def _suits(scope: str, concept_map: Json, side: str) -> bool:
    """Whether a map is for the value set that the caller names."""
    if not scope:
        return True
    names = (f"{side}Uri", f"{side}Canonical", f"{side}ScopeUri", f"{side}ScopeCanonical", f"{side}Reference")
    found = [text_of(concept_map.get(name)) for name in names]
    wanted, version = versions.split(scope)
    for each in filter(None, found):
        url, own = versions.split(each)
        if url == wanted and (not version or not own or own == version):
            return True
    return False


def _matches(source: Source, concept_map: Json, question: Question, depth: int) -> Iterator[Match]:
    for group in dicts(concept_map.get("group")):
        one, other = text_of(group.get("source")), text_of(group.get("target"))
        if question.source_system and one and question.source_system != one:
            continue
        if question.target_system and other and question.target_system != other:
            continue
        for system, code in question.codes:
            own = other if question.backward else one
            if system and own and versions.split(own)[0] != system:
                continue
            yield from _in_group(source, concept_map, group, question, code, depth)


def _in_group(
    source: Source, concept_map: Json, group: Json, question: Question, code: str, depth: int
) -> Iterator[Match]:
    mapped = False
    for element in dicts(group.get("element")):
        if not question.backward and element.get("code") != code:
            continue
        mapped = mapped or not question.backward
        for target in dicts(element.get("target")):
            if question.backward and target.get("code") != code:
                continue
            if not _depends(target, question.depends_on):
                continue
            yield _match(concept_map, group, element, target)
        if element.get("noMap") is True:
            mapped = True
    if not mapped and not question.backward:
        yield from _unmapped(source, concept_map, group, question, code, depth)


def _match(concept_map: Json, group: Json, element: Json, target: Json) -> Match:
    equivalence = text_of(target.get("equivalence"))
    relationship = text_of(target.get("relationship"))
    if not equivalence:
        equivalence = _EQUIVALENCE.get(relationship, "relatedto")
    if not relationship:
        relationship = _RELATIONSHIP.get(equivalence, "related-to")
    return Match(
        concept_map,
        _coding(group, "source", element),
        _coding(group, "target", target),
        equivalence,
        relationship,
        target,
    )


def _coding(group: Json, side: str, stated_code: Json) -> Json:
    system, bar = versions.split(text_of(group.get(side)))
    version = text_of(group.get(f"{side}Version")) or bar
    coding: Json = {"system": system} if system else {}
    if version:
        coding["version"] = version
    for name in ("code", "display"):
        if text_of(stated_code.get(name)):
            coding[name] = stated_code[name]
    return coding


def _unmapped(
    source: Source, concept_map: Json, group: Json, question: Question, code: str, depth: int
) -> Iterator[Match]:
    unmapped = group.get("unmapped")
    if not isinstance(unmapped, dict):
        return
    match unmapped.get("mode"):
        case "fixed":
            yield _match(concept_map, group, {"code": code}, {"equivalence": "", **unmapped})
        case "provided" | "use-source-code":
            target = {"code": code, "equivalence": "", "relationship": text_of(unmapped.get("relationship"))}
            if not target["relationship"]:
                target["equivalence"] = "equal"
            yield _match(concept_map, group, {"code": code}, target)
        case "other-map":
            url, version = versions.split(text_of(unmapped.get("url")) or text_of(unmapped.get("otherMap")))
            if depth >= MOST_NESTED:
                raise refusal("too-deep", "concept map", MOST_NESTED)
            only = question._replace(codes=((text_of(group.get("source")), code),))
            yield from _matches(source, _named_map(source, url, version), only, depth + 1)


def _depends(target: Json, given: Iterable[Json]) -> bool:
    """Whether the conditions of a mapping are met, as far as the caller states them."""
    known = {each["property"]: each["value"] for each in given}
    for condition in dicts(target.get("dependsOn")):
        name = text_of(condition.get("property")) or text_of(condition.get("attribute"))
        if name not in known:
            continue
        wanted = condition.get("value", value_of(condition))
        found = known[name]
        if isinstance(found, dict):
            codings = dicts(found.get("coding")) or [found]
            if not any(wanted in (each.get("code"), each.get("display")) for each in codings):
                return False
        elif found != wanted:
            return False
    return True


def _distinct(matches: list[Match]) -> list[Match]:
    found: dict[tuple[str, str, str, str], Match] = {}
    for each in matches:
        key = (
            canonical(text_of(each.concept_map.get("url")), text_of(each.concept_map.get("version"))),
            repr(each.source),
            repr(each.target),
            each.relationship,
        )
        found.setdefault(key, each)
    return list(found.values())


def _told(match: Match, question: Question, new: bool) -> Json:
    concept_map = match.concept_map
    name = canonical(text_of(concept_map.get("url")), text_of(concept_map.get("version")))
    is_source = question.backward and not question.names_both
    parts = [
        {"name": "equivalence", "valueCode": match.equivalence},
        {"name": "relationship", "valueCode": match.relationship} if new else None,
        stated("concept", "Coding", match.source if is_source else match.target or None),
        {"name": "source", "valueCoding": match.source} if question.names_both else None,
        *(_dependency("dependsOn", each) for each in dicts(match.details.get("dependsOn"))),
        *(_dependency("product", each) for each in dicts(match.details.get("product"))),
        stated("originMap", "Canonical", name) if new else stated("source", "Uri", name),
    ]
    return {"name": "match", "part": [part for part in parts if part is not None]}


def _dependency(name: str, each: Json) -> Json:
    element = text_of(each.get("property")) or text_of(each.get("attribute"))
    coding: Json = {"code": text_of(each.get("value")) or str(value_of(each) or "")}
    for key in ("system", "display"):
        if text_of(each.get(key)):
            coding[key] = each[key]
    parts = [stated("element", "Uri", element), {"name": "concept", "valueCoding": coding}]
    return {"name": name, "part": [part for part in parts if part is not None]}


def _reason(maps: list[Json], matches: list[Match]) -> str:
    if not maps:
        return "no concept map is known here for this translation"
    if matches:
        return "the concept map says only what the code does not mean"
    return "the concept maps that are known here have no translation of the code"
