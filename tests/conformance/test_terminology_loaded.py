"""Loaded code systems answer like any code system: the same filters, names and hierarchies, by the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ardenne.apps.terminology_loading import command
from ardenne.kernel.terminology import writing
from ardenne.kernel.terminology.loaders import LOADERS, Files, Options
from ardenne.kernel.terminology.loaders.model import Item, Name, Release, described
from ardenne.kernel.terminology.tests import samples
from ardenne.kernel.testing import TestNode
from ardenne.standards.fhir.terminology import ListedSystem

Json = dict[str, Any]
URL = "http://example.org/big"


def release(version: str = "1") -> Release:
    """root > (a > (a1, a2), b > (b1, a2)); a1 is retired; names in German."""
    items = {
        "root": Item("root", "Root", abstract=True),
        "a": Item("a", "Apple", parents=["root"], properties={"color": ["red"], "size": ["big"]}),
        "a1": Item("a1", "Old apple", parents=["a"], inactive=True, status="retired"),
        "a2": Item("a2", "Pear-apple", parents=["a", "b"], properties={"color": ["green", "red"]}),
        "b": Item("b", "Pear", parents=["root"], names=[Name("Birne", "de"), Name("Poire", "fr")]),
        "b1": Item("b1", "100% pear_juice", parents=["b"], definition="To drink"),
    }
    properties = described({"color": "string", "size": "code"})
    return Release(URL, version, "Fruit", "", "en", "", True, properties, items)


def as_resource(found: Release) -> Json:
    """The same code system as a CodeSystem resource."""
    concepts = []
    for item in found.items.values():
        held: list[Json] = [{"code": "parent", "valueCode": parent} for parent in item.parents]
        held += [
            {"code": name, "valueString": value}
            for name, values in item.properties.items()
            for value in values
        ]
        held += [{"code": "notSelectable", "valueBoolean": True}] if item.abstract else []
        held += [{"code": "status", "valueCode": item.status}] if item.status else []
        names = [{"language": name.language, "value": name.value} for name in item.names]
        concept: Json = {"code": item.code, "display": item.display, "definition": item.definition}
        concept |= {"property": held, "designation": names}
        concepts.append({name: value for name, value in concept.items() if value})
    return {
        "resourceType": "CodeSystem", "url": URL, "version": found.version, "language": "en",
        "content": "complete", "status": "active", "property": found.properties, "concept": concepts,
    }  # fmt: skip


@pytest.fixture
def loaded(node: TestNode) -> Iterator[TestNode]:
    writing.write(node.dsn, release())
    yield node
    for url, version, *_rest in writing.listed(node.dsn):
        writing.remove(node.dsn, url, version)


def value_set(*filters: tuple[str, str, str], **more: Any) -> Json:
    include: Json = {"system": URL, **more}
    if filters:
        include["filter"] = [{"property": p, "op": op, "value": value} for p, op, value in filters]
    return {
        "resourceType": "ValueSet",
        "url": "urn:vs",
        "status": "active",
        "compose": {"include": [include]},
    }


def expansion(node: TestNode, asked: Json, **given: Any) -> Json:
    entries: list[Json] = [{"name": "valueSet", "resource": asked}]
    kinds = {bool: "Boolean", int: "Integer"}
    entries += [{"name": name, f"value{kinds.get(type(v), 'String')}": v} for name, v in given.items()]
    answer = node.call("POST", "ValueSet/$expand", {"resourceType": "Parameters", "parameter": entries})
    assert answer.status == 200, answer.json
    found: Json = answer.json["expansion"]
    return found


def codes(found: Json) -> list[str]:
    return [each["code"] for each in found.get("contains", [])]


FILTERS = [
    [("concept", "is-a", "a")],
    [("concept", "descendent-of", "b")],
    [("concept", "is-not-a", "a")],
    [("concept", "child-of", "root")],
    [("concept", "descendent-leaf", "root")],
    [("concept", "generalizes", "a2")],
    [("concept", "in", "a, b")],
    [("concept", "not-in", "a,b")],
    [("concept", "is-a", "nothing")],
    [("color", "=", "red")],
    [("color", "in", "green,blue")],
    [("color", "not-in", "red")],
    [("color", "exists", "true")],
    [("size", "exists", "false")],
    [("status", "=", "retired")],
    [("inactive", "=", "true")],
    [("notSelectable", "=", "true")],
    [("definition", "exists", "true")],
    [("display", "regex", ".*[pP]ear.*")],
    [("color", "regex", "g.*n")],
    [("concept", "is-a", "b"), ("color", "=", "red")],
    [],
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_the_same_filters_as_on_a_resource(loaded: TestNode, filters: list[tuple[str, str, str]]) -> None:
    """The resource, read by the engine in memory, is the yardstick."""
    node = loaded
    assert node.call("PUT", "CodeSystem/twin", as_resource(release("2")) | {"id": "twin"}).status == 201
    flat = {"excludeNested": True}
    by_database = expansion(node, value_set(*filters, version="1"), **flat)
    in_memory = expansion(node, value_set(*filters, version="2"), **flat)
    assert sorted(codes(by_database)) == sorted(codes(in_memory))
    paged = expansion(node, value_set(*filters, version="1"), count=2, offset=1)
    assert (paged["total"], codes(paged)) == (by_database["total"], codes(by_database)[1:3])
    assert ListedSystem(as_resource(release())).url == URL


def test_pages_and_text(loaded: TestNode) -> None:
    everything = value_set()
    whole = codes(expansion(loaded, everything, excludeNested=True))
    assert whole == ["root", "a", "a1", "a2", "b", "b1"]
    pages = [expansion(loaded, everything, count=2, offset=start) for start in (0, 2, 4)]
    assert [code for page in pages for code in codes(page)] == whole
    assert {page["total"] for page in pages} == {6}
    assert codes(expansion(loaded, everything, filter="birn", count=5)) == ["b"]
    assert codes(expansion(loaded, everything, filter="100% pear_", count=5)) == ["b1"]
    assert codes(expansion(loaded, everything, filter="apple pear", count=5)) == ["a2"]
    active = expansion(loaded, everything, activeOnly=True, count=10)
    assert (active["total"], "a1" in codes(active)) == (5, False)


def test_names_properties_and_kin(loaded: TestNode) -> None:
    german = expansion(loaded, value_set(concept=[{"code": "b"}, {"code": "zz"}]), displayLanguage="de")
    assert [each["display"] for each in german["contains"]] == ["Birne"]
    found = loaded.call("GET", f"CodeSystem/$lookup?system={URL}&code=a2").json["parameter"]
    parts = [{p["name"]: list(p.values())[1] for p in e["part"]} for e in found if e["name"] == "property"]
    held = {(each["code"], each["value"]) for each in parts}
    assert held == {
        ("inactive", False), ("parent", "a"), ("parent", "b"), ("color", "green"), ("color", "red"),
    }  # fmt: skip
    for one, other, expected in (
        ("root", "a2", "subsumes"),
        ("b1", "b", "subsumed-by"),
        ("a", "b", "not-subsumed"),
    ):
        answer = loaded.call("GET", f"CodeSystem/$subsumes?system={URL}&codeA={one}&codeB={other}").json
        assert answer["parameter"][0]["valueCode"] == expected


def test_validation_search_and_supplements(loaded: TestNode) -> None:
    asked = f"CodeSystem/$validate-code?url={URL}&code=a&display=Apfel"
    assert loaded.call("GET", asked).json["parameter"][0]["valueBoolean"] is False
    supplement = {
        "resourceType": "CodeSystem", "id": "more", "url": "urn:more", "status": "active",
        "content": "supplement", "supplements": URL,
        "concept": [{"code": "a", "designation": [{"language": "de", "value": "Apfel"}]}],
    }  # fmt: skip
    loaded.call("PUT", "CodeSystem/more", supplement)
    more = loaded.call("GET", asked + "&useSupplement=urn:more").json
    assert more["parameter"][0]["valueBoolean"] is True
    for code in ("a", "a2", "b1"):
        observation = {
            "resourceType": "Observation", "id": code, "status": "final",
            "code": {"coding": [{"system": URL, "code": code}]},
        }  # fmt: skip
        loaded.call("PUT", f"Observation/{code}", observation)
    assert set(loaded.call("GET", f"Observation?code:below={URL}|b").ids) == {"a2", "b1"}


def test_a_new_load_replaces_the_old_one_and_counts_at_once(loaded: TestNode) -> None:
    address = f"CodeSystem/$validate-code?url={URL}&code=c"
    assert loaded.call("GET", address).json["parameter"][0]["valueBoolean"] is False
    renewed = release()
    renewed.items["c"] = Item("c", "Cherry")
    assert writing.write(loaded.dsn, renewed) == 7
    assert loaded.call("GET", address).json["parameter"][0]["valueBoolean"] is True
    assert [row[3] for row in writing.listed(loaded.dsn)] == [7]


def test_codes_without_case_and_units_with_names(loaded: TestNode, tmp_path: Path) -> None:
    loinc = LOADERS["loinc"](Files(samples.loinc(tmp_path)), Options())
    writing.write(loaded.dsn, loinc._replace(items={**loinc.items, "ABC-1": Item("ABC-1", "Abc")}))
    found = loaded.call("GET", "CodeSystem/$validate-code?url=http://loinc.org&code=abc-1").json
    told = {entry["name"]: list(entry.values())[1] for entry in found["parameter"]}
    assert (told["result"], told["normalized-code"]) == (True, "ABC-1")
    writing.write(loaded.dsn, LOADERS["ucum"](Files(samples.ucum(tmp_path)), Options()))
    for code, display in (("m", "meter"), ("mg/dL", "mg/dL")):
        unit = loaded.call("GET", f"CodeSystem/$lookup?system=http://unitsofmeasure.org&code={code}").json
        assert {"name": "display", "valueString": display} in unit["parameter"]


def test_implicit_value_sets_of_snomed(loaded: TestNode, tmp_path: Path) -> None:
    writing.write(loaded.dsn, LOADERS["snomed"](Files(samples.snomed(tmp_path)), Options()))
    address = "ValueSet/$expand?url=http://snomed.info/sct%3Ffhir_vs"
    assert loaded.call("GET", address + "&count=0").json["expansion"]["total"] == 6
    below = loaded.call("GET", f"{address}=isa/{samples.BODY}&count=9").json["expansion"]
    assert set(codes(below)) == {samples.BODY, samples.FEVER, samples.HIGH_FEVER}


def test_the_command(loaded: TestNode, tmp_path: Path) -> None:
    node = ["--database", loaded.dsn]

    def run(*arguments: str) -> str:
        return CliRunner().invoke(command, [*arguments, *node]).output

    path = str(samples.atc(tmp_path))
    assert run("load", "atc", path, "--version", "2024") == (
        "loaded http://www.whocc.no/atc version 2024: 5 concepts\n"
    )
    assert "http://www.whocc.no/atc|2024" in run("list")
    assert "no column 'code'" in run("load", "csv", str(_wrong(tmp_path)), "--url", "urn:x")
    assert (
        run("remove", "http://www.whocc.no/atc", "--version", "2024") == "removed http://www.whocc.no/atc\n"
    )
    assert "is not loaded" in run("remove", "http://www.whocc.no/atc", "--version", "2024")


def _wrong(folder: Path) -> Path:
    path = folder / "wrong.csv"
    path.write_text("x\n1\n")
    return path
