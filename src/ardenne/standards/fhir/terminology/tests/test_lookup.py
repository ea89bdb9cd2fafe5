"""$lookup, $subsumes and $translate."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.standards.fhir.terminology import Published, TerminologyError, lookup, subsumes, translate

from .samples import ANIMALS, parameters, source, told

Json = dict[str, Any]


def parts(answer: Json, name: str) -> list[dict[str, Any]]:
    found = []
    for entry in answer["parameter"]:
        if entry["name"] == name:
            found.append({
                part["name"]: next(v for k, v in part.items() if k != "name") for part in entry["part"]
            })  # fmt: skip
    return found


def test_lookup_tells_names_properties_and_neighbours() -> None:
    found = lookup(source(), parameters(system=ANIMALS, code="mammal"))
    assert (told(found, "display"), told(found, "name"), told(found, "version")) == (
        "Mammal",
        "Animals",
        "1.0.0",
    )
    properties = {(each["code"], each["value"]) for each in parts(found, "property")}
    assert properties == {("parent", "animal"), ("child", "cat"), ("child", "dog"), ("inactive", False)}
    cat = lookup(source(), parameters(system=ANIMALS, code="cat", displayLanguage="fr"))
    assert (told(cat, "display"), told(cat, "definition")) == ("Chat", "A small hunter")
    assert {each["value"] for each in parts(cat, "designation")} >= {"Cat", "Katze", "Chat", "Felis catus"}


def test_lookup_gives_only_the_properties_that_are_asked_for() -> None:
    found = lookup(source(), parameters(system=ANIMALS, code="cat", property="legs"))
    assert [(each["code"], each["value"]) for each in parts(found, "property")] == [("legs", 4)]
    assert parts(found, "designation") == []
    german = lookup(source(), parameters(system=ANIMALS, code="cat", property="lang.de"))
    assert [each["value"] for each in parts(german, "designation")] == ["Katze"]


def test_lookup_of_what_is_not_there() -> None:
    for given in ({"code": "dragon", "system": ANIMALS}, {"code": "cat", "system": "urn:nowhere"}):
        with pytest.raises(TerminologyError):
            lookup(source(), parameters(**given))


def test_a_code_system_that_r4_publishes() -> None:
    """From http://hl7.org/fhir/R4/codesystem-administrative-gender.html."""
    system = "http://hl7.org/fhir/administrative-gender"
    assert told(lookup(Published(), parameters(system=system, code="other")), "display") == "Other"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("animal", "cat", "subsumes"),
        ("cat", "animal", "subsumed-by"),
        ("cat", "cat", "equivalent"),
        ("cat", "dog", "not-subsumed"),
    ],
)
def test_subsumes(one: str, other: str, expected: str) -> None:
    given = parameters(system=ANIMALS, codeA=one, codeB=other)
    assert told(subsumes(source(), given), "outcome") == expected
    codings = parameters(codingA={"system": ANIMALS, "code": one}, codingB={"system": ANIMALS, "code": other})
    assert told(subsumes(source(), codings), "outcome") == expected


def concept_map(name: str, unmapped: Json | None = None, *elements: Json) -> Json:
    group: Json = {"source": ANIMALS, "target": "urn:pets", "element": list(elements)}
    if unmapped:
        group["unmapped"] = unmapped
    return {"resourceType": "ConceptMap", "url": f"urn:map:{name}", "status": "active", "group": [group]}


def mapped(code: str, target: str, equivalence: str = "equivalent", **more: Any) -> Json:
    return {"code": code, "target": [{"code": target, "equivalence": equivalence, **more}]}


def translations(answer: Json) -> list[tuple[str, str]]:
    return [(each["concept"]["code"], each["equivalence"]) for each in parts(answer, "match")]


def test_translation_there_and_back() -> None:
    known = source(concept_map("a", None, mapped("cat", "kitty"), mapped("dog", "puppy", "wider")))
    found = translate(known, parameters(system=ANIMALS, code="dog", targetsystem="urn:pets"))
    assert (told(found, "result"), translations(found)) == (True, [("puppy", "wider")])
    assert parts(found, "match")[0]["source"] == "urn:map:a"
    back = translate(known, parameters(system="urn:pets", code="kitty", reverse=True))
    assert translations(back) == [("cat", "equivalent")]
    nothing = translate(known, parameters(system=ANIMALS, code="bird"))
    assert (told(nothing, "result"), bool(told(nothing, "message"))) == (False, True)


def test_what_is_not_mapped() -> None:
    fixed = source(concept_map("a", {"mode": "fixed", "code": "some-pet"}, mapped("cat", "kitty")))
    assert translations(translate(fixed, parameters(system=ANIMALS, code="bird"))) == [
        ("some-pet", "relatedto")
    ]
    same = source(concept_map("a", {"mode": "provided"}, mapped("cat", "kitty")))
    assert translations(translate(same, parameters(system=ANIMALS, code="bird"))) == [("bird", "equal")]
    second = concept_map("b", None, mapped("bird", "tweety"))
    other = source(concept_map("a", {"mode": "other-map", "url": "urn:map:b"}), second)
    found = translate(other, parameters(url="urn:map:a", system=ANIMALS, code="bird"))
    assert translations(found) == [("tweety", "equivalent")]


def test_maps_that_name_each_other_are_refused() -> None:
    circle = [
        concept_map("a", {"mode": "other-map", "url": "urn:map:b"}),
        concept_map("b", {"mode": "other-map", "url": "urn:map:a"}),
    ]
    with pytest.raises(TerminologyError, match="nested deeper"):
        translate(source(*circle), parameters(url="urn:map:a", system=ANIMALS, code="cat"))


def test_a_denial_is_no_translation() -> None:
    known = source(concept_map("a", None, mapped("cat", "puppy", "disjoint")))
    found = translate(known, parameters(system=ANIMALS, code="cat"))
    assert (told(found, "result"), translations(found)) == (False, [("puppy", "disjoint")])


def test_dependencies_choose_among_targets() -> None:
    def target(code: str, size: str) -> Json:
        depends = [{"property": "urn:size", "value": size}]
        return {"code": code, "equivalence": "equivalent", "dependsOn": depends}

    known = source(
        concept_map("a", None, {"code": "cat", "target": [target("kitty", "small"), target("lion", "big")]})
    )
    asked = parameters(system=ANIMALS, code="cat")
    assert len(translations(translate(known, asked))) == 2
    size = {"name": "concept", "valueCodeableConcept": {"coding": [{"code": "big"}]}}
    asked["parameter"].append(
        {"name": "dependency", "part": [{"name": "element", "valueUri": "urn:size"}, size]}
    )
    assert translations(translate(known, asked)) == [("lion", "equivalent")]
