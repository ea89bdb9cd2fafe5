"""Snapshots: made from base and differential, they equal what R4 published for its own profiles."""

from typing import Any

import pytest

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.profiles import SnapshotError, snapshot
from ardenne.standards.fhir.profiles.context import published_structure

# Published snapshots that do not follow from base and differential, or follow in another spelling.
OTHERWISE = {
    "bp": "names the types of component.value[x] in place instead of in a slice",
    "catalog": "leaves out Composition.date of its base",
    "elementdefinition-de": "spells out the children of its extensions, which nothing changes",
    "familymemberhistory-genetic": "leaves out elements of its base",
    "provenance-relevant-history": "a binding of agent.type does not reach the slices",
}


def facts(element: dict[str, Any]) -> tuple[Any, ...]:
    types = sorted(entry["code"] for entry in element.get("type", []))
    stated = {key: value for key, value in element.items() if key.startswith(("fixed", "pattern"))}
    binding = element.get("binding", {}).get("valueSet")
    return element["id"], element.get("min"), element.get("max"), types, stated, binding


def test_all_published_profiles() -> None:
    different, equal = set(), 0
    for url in definitions.urls("StructureDefinition"):
        profile = definitions.structure_definition(url)
        assert profile is not None
        if profile.get("derivation") != "constraint" or "snapshot" not in profile:
            continue
        published = profile.pop("snapshot")["element"]
        made = snapshot(profile, published_structure)
        if list(map(facts, made)) == list(map(facts, published)):
            equal += 1
        else:
            different.add(url.rpartition("/")[2])
    assert different == set(OTHERWISE)
    assert equal == 434


def profile(*elements: dict[str, Any], base: str = "Observation") -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition",
        "url": "http://example.org/p",
        "type": base,
        "derivation": "constraint",
        "baseDefinition": f"http://hl7.org/fhir/StructureDefinition/{base}",
        "differential": {"element": list(elements)},
    }


def made(*elements: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {element["id"]: element for element in snapshot(profile(*elements), published_structure)}


def test_changes_lie_over_the_base() -> None:
    element = made({"path": "Observation.subject", "min": 1, "short": "who"})["Observation.subject"]
    assert (element["min"], element["max"], element["short"]) == (1, "1", "who")
    assert element["type"][0]["code"] == "Reference"


def test_constraints_are_added_not_replaced() -> None:
    rule = {"key": "x-1", "severity": "error", "human": "x", "expression": "true"}
    element = made({"path": "Observation", "constraint": [rule]})["Observation"]
    assert {entry["key"] for entry in element["constraint"]} >= {"obs-6", "obs-7", "x-1"}


def test_types_are_opened_where_a_path_goes_into_them() -> None:
    elements = made({"path": "Observation.code.coding.system", "min": 1})
    assert elements["Observation.code.coding.system"]["min"] == 1
    assert "Observation.code.text" in elements
    assert "Observation.component.code.coding" not in elements


def test_a_shortcut_of_a_choice_is_a_slice_by_type() -> None:
    elements = made(
        {"path": "Observation.valueQuantity", "min": 1}, {"path": "Observation.valueQuantity.unit", "min": 1}
    )
    assert elements["Observation.value[x]:valueQuantity"]["min"] == 1
    assert [t["code"] for t in elements["Observation.value[x]"]["type"]] == ["Quantity"]
    assert elements["Observation.value[x]:valueQuantity.unit"]["min"] == 1


def test_reused_content_is_opened() -> None:
    elements = made({"path": "Observation.component.referenceRange.low", "min": 1})
    assert elements["Observation.component.referenceRange.low"]["min"] == 1


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("Observation.nothing", "no element"),
        ("Observation.valueBla", "no element"),
        ("Observation..code", "leaves a name out"),
        ("Observation.", "leaves a name out"),
        ("Patient.name", "does not start with Observation"),
        ("Observation.value[x].unit", "several types"),
    ],
)
def test_what_does_not_fit_is_refused(path: str, reason: str) -> None:
    with pytest.raises(SnapshotError, match=reason):
        made({"path": path, "min": 1})


def test_bases_must_be_known_and_not_circular() -> None:
    with pytest.raises(SnapshotError, match="not known here"):
        snapshot({**profile(), "baseDefinition": "http://example.org/none"}, published_structure)
    circle = {"url": "http://example.org/a", "baseDefinition": "http://example.org/a", "differential": {}}
    with pytest.raises(SnapshotError, match="based on itself"):
        snapshot(circle, lambda url: circle)
