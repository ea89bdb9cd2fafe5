"""$expand: what belongs to a value set, and how it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.standards.fhir.terminology import TerminologyError, expand

from .samples import ANIMALS, animals, codes, concept, of, parameters, source, value_set

Json = dict[str, Any]


def expanded(asked: Json, *others: Json, **given: Any) -> Json:
    return expand(source(*others), parameters(valueSet=asked, **given))


def test_the_hierarchy_is_shown_unless_it_is_refused_or_paged() -> None:
    everything = value_set("all", of())
    top = expanded(everything)["expansion"]["contains"]
    assert [each["code"] for each in top] == ["animal", "unicorn"]
    assert [each["code"] for each in top[0]["contains"]] == ["mammal", "bird"]
    for flat in ({"excludeNested": True}, {"count": 10}, {"offset": 1}):
        found = expanded(everything, **flat)["expansion"]["contains"]
        assert not any("contains" in each for each in found)


def test_children_of_what_is_left_out_stand_under_the_next_ancestor() -> None:
    leaves = value_set("x", of(ANIMALS, ("concept", "not-in", "mammal")))
    top = expanded(leaves)["expansion"]["contains"]
    assert [each["code"] for each in top[0]["contains"]] == ["cat", "dog", "bird"]


def test_abstract_and_inactive_concepts_are_marked() -> None:
    found = expanded(value_set("all", of()), excludeNested=True)["expansion"]
    marked = {each["code"]: each for each in found["contains"]}
    assert marked["animal"]["abstract"] is True
    assert marked["unicorn"]["inactive"] is True
    assert marked["unicorn"]["property"] == [{"code": "status", "valueCode": "retired"}]
    assert not {"abstract", "inactive"} & set(marked["cat"])


@pytest.mark.parametrize("how", ["parameter", "definition"])
def test_inactive_concepts_can_be_left_out(how: str) -> None:
    asked = value_set("all", of(), inactive=False) if how == "definition" else value_set("all", of())
    given = {"activeOnly": True} if how == "parameter" else {}
    assert "unicorn" not in codes(expanded(asked, **given))


def test_pages_together_are_the_whole() -> None:
    everything = value_set("all", of())
    whole = codes(expanded(everything, excludeNested=True))
    pages = [expanded(everything, offset=start, count=3) for start in (0, 3, 6)]
    assert [code for page in pages for code in codes(page)] == whole
    assert {page["expansion"]["total"] for page in pages} == {len(whole)} == {7}
    assert "contains" not in expanded(everything, count=0)["expansion"]


def test_includes_are_united_imports_intersect_and_excludes_take_away() -> None:
    mammals = value_set("mammals", of(ANIMALS, ("concept", "is-a", "mammal")))
    four = value_set("four", of(ANIMALS, ("legs", "=", "4")))
    both = {"valueSet": [mammals["url"], four["url"]]}
    assert codes(expanded(value_set("x", both), mammals, four)) == ["cat", "dog"]
    united = value_set("x", {"valueSet": [mammals["url"]]}, {"valueSet": [four["url"]]})
    assert codes(expanded(united, mammals, four)) == ["mammal", "cat", "dog", "unicorn"]
    narrowed = value_set("x", of(valueSet=[four["url"]]), exclude=[of(concept=[{"code": "dog"}])])
    assert codes(expanded(narrowed, four)) == ["cat", "unicorn"]


def test_listed_codes_keep_their_own_names_and_unknown_ones_are_left_out() -> None:
    listed = of(concept=[{"code": "dog", "display": "Good boy"}, {"code": "dragon"}])
    found = expanded(value_set("x", listed))["expansion"]["contains"]
    assert [(each["code"], each["display"]) for each in found] == [("dog", "Good boy")]


def test_text_filters_need_every_word_in_any_name() -> None:
    everything = value_set("all", of())
    assert codes(expanded(everything, filter="katz")) == ["cat"]
    assert codes(expanded(everything, filter="CATUS felis")) == ["cat"]
    assert codes(expanded(everything, filter="felis dog")) == []


def test_languages_choose_the_display_and_designations_are_shown_on_request() -> None:
    only_cat = value_set("x", of(concept=[{"code": "cat"}, {"code": "dog"}]))

    def shown(**given: Any) -> list[str | None]:
        return [each.get("display") for each in expanded(only_cat, **given)["expansion"]["contains"]]

    assert shown() == ["Cat", "Dog"]
    assert shown(displayLanguage="de-CH") == ["Katze", "Dog"]
    assert shown(displayLanguage="nl, fr;q=0.5, de;q=0.2") == ["Chat", "Dog"]
    assert shown(displayLanguage="de, *;q=0") == ["Katze", None]
    cats = expanded(only_cat, displayLanguage="de", includeDesignations=True)["expansion"]["contains"][0]
    assert [each["value"] for each in cats["designation"]] == ["Cat", "Chat", "Felis catus"]
    french = expanded(only_cat, designation="urn:ietf:bcp:47|fr")["expansion"]["contains"][0]
    assert [each["value"] for each in french["designation"]] == ["Chat"]


def test_the_value_set_and_the_header_ask_for_languages_too() -> None:
    cats = value_set("x", of(concept=[{"code": "cat"}]))
    asked = parameters(valueSet=cats)
    assert expand(source(), asked, header="fr")["expansion"]["contains"][0]["display"] == "Chat"
    german = parameters(valueSet=cats | {"language": "de"})
    assert expand(source(), german, header="fr")["expansion"]["contains"][0]["display"] == "Katze"


def test_properties_on_request_with_their_definition() -> None:
    found = expanded(value_set("x", of(concept=[{"code": "cat"}])), property="habitat")["expansion"]
    assert found["property"] == [{"code": "habitat", "uri": "http://example.org/habitat"}]
    assert found["contains"][0]["property"] == [{"code": "habitat", "valueCode": "land"}]


def test_versions_wildcards_and_rules() -> None:
    newer = animals("1.10.0", concept("yeti"))
    for stated, given, expected in (
        ({}, {}, "1.10.0"),
        ({"version": "1.0.x"}, {}, "1.0.0"),
        ({"version": "1.x.x"}, {}, "1.10.0"),
        ({}, {"system_version": f"{ANIMALS}|1.0.0"}, "1.0.0"),
        ({"version": "1.10.0"}, {"system_version": f"{ANIMALS}|1.0.0"}, "1.10.0"),
        ({"version": "1.10.0"}, {"force_system_version": f"{ANIMALS}|1.0.*"}, "1.0.0"),
    ):
        found = expanded(value_set("x", of(**stated)), newer, **given)["expansion"]
        used = [each["valueUri"] for each in found["parameter"] if each["name"] == "used-codesystem"]
        assert used == [f"{ANIMALS}|{expected}"]
    with pytest.raises(TerminologyError, match="not allowed"):
        expanded(value_set("x", of(version="1.10.0")), newer, check_system_version=f"{ANIMALS}|1.0.x")


def test_supplements_add_names_and_missing_ones_are_an_error() -> None:
    supplement = {
        "resourceType": "CodeSystem", "url": "http://example.org/dutch", "version": "2", "status": "active",
        "content": "supplement", "supplements": ANIMALS,
        "concept": [{"code": "cat", "designation": [{"language": "nl", "value": "Kat"}]}],
    }  # fmt: skip
    cats = value_set("x", of(concept=[{"code": "cat"}]))
    given = {"useSupplement": "http://example.org/dutch", "displayLanguage": "nl"}
    found = expanded(cats, supplement, **given)["expansion"]
    assert found["contains"][0]["display"] == "Kat"
    assert {"name": "used-supplement", "valueUri": "http://example.org/dutch|2"} in found["parameter"]
    with pytest.raises(TerminologyError, match="Required supplement not found"):
        expanded(cats, **given)


def test_a_value_set_that_is_only_an_expansion_counts_with_its_codes() -> None:
    known = {"resourceType": "ValueSet", "url": "http://example.org/vs/known", "status": "active"}
    known["expansion"] = {"contains": [{"system": ANIMALS, "code": "cat", "contains": [  # type: ignore[assignment]
        {"system": ANIMALS, "code": "dog"}]}]}  # fmt: skip
    assert codes(expanded(value_set("x", {"valueSet": [known["url"]]}), known)) == ["cat", "dog"]


def test_too_many_codes_ask_for_a_page() -> None:
    with pytest.raises(TerminologyError, match="offset, count"):
        expand(source(), parameters(valueSet=value_set("all", of())), limit=6)
    assert len(codes(expand(source(), parameters(valueSet=value_set("all", of()), count=2), limit=6))) == 2


def test_a_code_system_can_be_left_out_of_the_expansion() -> None:
    pets = animals() | {"url": "urn:pets"}
    both = value_set("x", of(concept=[{"code": "cat"}]), of("urn:pets", ("concept", "is-a", "bird")))
    assert codes(expanded(both, pets, exclude_system=ANIMALS)) == ["bird", "penguin"]


def test_a_property_that_is_declared_to_mean_something_else_makes_nothing_abstract() -> None:
    other = animals("2", concept("x", notSelectable=True))
    other["property"] = [{"code": "notSelectable", "uri": "urn:other", "type": "boolean"}]
    found = expanded(value_set("x", of(version="2", concept=[{"code": "x"}])), other)["expansion"]
    assert "abstract" not in found["contains"][0]


def test_versions_of_imported_value_sets_can_be_chosen() -> None:
    old = value_set("inner", of(concept=[{"code": "cat"}]), version="1")
    new = value_set("inner", of(concept=[{"code": "dog"}]), version="2")
    outer = value_set("outer", {"valueSet": [old["url"]]})
    assert codes(expanded(outer, old, new)) == ["dog"]
    pinned = expanded(outer, old, new, default_valueset_version=f"{old['url']}|1")
    assert codes(pinned) == ["cat"]
    assert {"name": "used-valueset", "valueUri": f"{old['url']}|1"} in pinned["expansion"]["parameter"]
    with pytest.raises(TerminologyError, match="could not be found"):
        expanded(outer, old, new, default_valueset_version=f"{old['url']}|3")
