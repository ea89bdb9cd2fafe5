"""$validate-code on value sets and code systems."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.standards.fhir.terminology import TerminologyError, validate, validate_in_system, validate_many

from .samples import ANIMALS, animals, concept, details, of, parameters, source, told, value_set

Json = dict[str, Any]
MAMMALS = value_set("mammals", of(ANIMALS, ("concept", "is-a", "mammal")))


def coding(code: str, **more: str) -> Json:
    return {"system": ANIMALS, "code": code, **more}


def checked(asked: Json, *others: Json, **given: Any) -> Json:
    return validate(source(*others), parameters(valueSet=asked, **given))


def concept_of(*codings: Json) -> Json:
    entry = {"name": "codeableConcept", "valueCodeableConcept": {"coding": list(codings)}}
    return {"resourceType": "Parameters", "parameter": [{"name": "valueSet", "resource": MAMMALS}, entry]}


def test_members_and_others() -> None:
    good = checked(MAMMALS, coding=coding("cat"))
    assert (told(good, "result"), told(good, "display"), told(good, "version")) == (True, "Cat", "1.0.0")
    outside = checked(MAMMALS, coding=coding("penguin"))
    assert (told(outside, "result"), details(outside)) == (False, ["not-in-vs"])
    unknown = checked(MAMMALS, coding=coding("dragon"))
    assert details(unknown) == ["invalid-code", "not-in-vs"]
    foreign = checked(MAMMALS, code="cat", system="http://example.org/plants")
    assert details(foreign) == ["not-found", "not-in-vs"]
    assert told(foreign, "x-unknown-system") == "http://example.org/plants"


def test_places_say_which_part_of_the_question_is_meant() -> None:
    for given, place in (
        ({"code": "penguin", "system": ANIMALS}, "code"),
        ({"coding": coding("penguin")}, "Coding.code"),
    ):
        issue = told(checked(MAMMALS, **given), "issues")["issue"][0]
        assert issue["expression"] == [place]
    several = validate(source(), concept_of(coding("penguin"), coding("bird")))
    places = {each["expression"][0] for each in told(several, "issues")["issue"] if "expression" in each}
    assert places == {"CodeableConcept.coding[0].code", "CodeableConcept.coding[1].code"}


def test_one_good_coding_of_several_is_enough_unless_another_is_wrong() -> None:
    good = validate(source(), concept_of(coding("penguin"), coding("dog")))
    assert (told(good, "result"), told(good, "code")) == (True, "dog")
    assert details(good) == ["this-code-not-in-vs"]
    wrong = validate(source(), concept_of(coding("dog"), coding("dragon")))
    assert (told(wrong, "result"), details(wrong)) == (False, ["invalid-code", "this-code-not-in-vs"])
    none = validate(source(), concept_of(coding("penguin")))
    assert details(none) == ["not-in-vs", "this-code-not-in-vs"]


def test_displays_in_the_languages_that_are_asked_for() -> None:
    for display, language, good in (
        ("cat", "", True),
        ("Katze", "", True),
        ("Katze", "de", True),
        ("Cat", "de", False),
        ("Chien", "", False),
    ):
        given = {"displayLanguage": language} if language else {}
        answer = checked(MAMMALS, coding=coding("cat", display=display), **given)
        assert told(answer, "result") is good, (display, language)
    only_english = checked(MAMMALS, coding=coding("dog", display="Dog"), displayLanguage="de")
    assert (told(only_english, "result"), details(only_english)) == (True, ["invalid-display"])
    lenient = checked(MAMMALS, coding=coding("dog", display="Wolf"), lenient_display_validation=True)
    assert (told(lenient, "result"), details(lenient)) == (True, ["invalid-display"])
    blanks = checked(value_set("x", of()), animals("2", concept("great ape", "Great ape")),
                     coding=coding("great ape", display="Great  ape"))  # fmt: skip
    assert "Wrong whitespace" in told(blanks, "message")


def test_inactive_and_abstract_concepts() -> None:
    everything = value_set("all", of())
    retired = checked(everything, coding=coding("unicorn"))
    assert (told(retired, "result"), told(retired, "inactive"), told(retired, "status")) == (
        True,
        True,
        "retired",
    )
    refused = checked(everything, coding=coding("unicorn"), activeOnly=True)
    assert (told(refused, "result"), details(refused)) == (False, ["code-comment", "code-rule", "not-in-vs"])
    assert told(checked(everything, coding=coding("animal")), "result") is True
    concrete = checked(everything, coding=coding("animal"), abstract=False)
    assert (told(concrete, "result"), details(concrete)) == (False, ["code-rule"])


def test_the_system_is_inferred_only_where_it_is_clear() -> None:
    assert told(checked(MAMMALS, code="cat", inferSystem=True), "system") == ANIMALS
    assert details(checked(MAMMALS, code="penguin", inferSystem=True)) == ["cannot-infer", "not-in-vs"]
    twin = animals() | {"url": "http://example.org/pets"}
    both = value_set("x", of(), of("http://example.org/pets"))
    unclear = checked(both, twin, code="cat", inferSystem=True)
    assert "multiple matches" in told(unclear, "message")


def test_codes_without_case() -> None:
    relaxed = animals("2") | {"caseSensitive": False}
    answer = checked(value_set("x", of()), relaxed, coding=coding("CAT"))
    assert (told(answer, "result"), told(answer, "code"), told(answer, "normalized-code")) == (
        True,
        "CAT",
        "cat",
    )


def test_fragments_do_not_refuse_what_they_do_not_hold() -> None:
    part = animals("2") | {"content": "fragment"}
    answer = checked(value_set("x", of()), part, coding=coding("dragon"))
    assert (told(answer, "result"), details(answer)) == (True, ["invalid-code"])


def test_a_missing_import_is_told_and_a_missing_value_set_is_an_error() -> None:
    broken = value_set("x", {"valueSet": ["http://example.org/vs/nowhere"]})
    answer = checked(broken, coding=coding("cat"))
    assert (told(answer, "result"), details(answer)) == (False, ["not-found"])
    with pytest.raises(TerminologyError, match="could not be found"):
        validate(source(), parameters(url="http://example.org/vs/nowhere", coding=coding("cat")))


def test_contained_value_sets() -> None:
    inner = value_set("inner", of(concept=[{"code": "cat"}])) | {"id": "in"}
    outer = value_set("outer", {"valueSet": ["#in"]}, contained=[inner])
    assert told(checked(outer, coding=coding("cat")), "result") is True
    assert told(checked(outer, coding=coding("dog")), "result") is False


def test_code_systems() -> None:
    def in_system(**given: Any) -> Json:
        return validate_in_system(source(), parameters(**given))

    assert told(in_system(url=ANIMALS, code="cat"), "display") == "Cat"
    assert details(in_system(url=ANIMALS, code="dragon")) == ["invalid-code"]
    assert details(in_system(url=ANIMALS, code="cat", display="Tiger")) == ["invalid-display"]
    assert details(in_system(url=ANIMALS, version="9", code="cat")) == ["not-found"]
    own = {"resourceType": "CodeSystem", "url": "urn:x", "content": "complete", "concept": [{"code": "a"}]}
    assert told(in_system(codeSystem=own, code="a"), "result") is True


def test_batches_answer_each_question_by_itself() -> None:
    asked = parameters(valueSet=MAMMALS, displayLanguage="de")
    for code in ("cat", "penguin"):
        question = parameters(coding=coding(code))
        asked["parameter"].append({"name": "validation", "resource": question})
    asked["parameter"].append({"name": "validation", "resource": parameters(color="red")})
    answers = [entry["resource"] for entry in validate_many(source(), asked)["parameter"]]
    assert [told(each, "result") for each in answers[:2]] == [True, False]
    assert told(answers[0], "display") == "Katze"
    assert answers[2]["resourceType"] == "OperationOutcome"


def test_a_question_without_code_is_refused() -> None:
    with pytest.raises(TerminologyError, match="Unable to find code to validate"):
        checked(MAMMALS, code="cat")
