"""What ships equals the official R4 tables: every column of 7,675 elements and 1,400 parameters."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ardenne.standards.fhir import definitions

ROOT = Path(__file__).resolve().parents[6]
CORPUS = Path(os.environ.get("ARDENNE_CORPUS") or ROOT.parent / "shared/data")
TABLES = CORPUS / "conformance/definitions-r4"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not TABLES.is_dir(), reason=f"no official tables in {TABLES} (set ARDENNE_CORPUS)"),
]


def rows(name: str) -> Iterator[dict[str, str]]:
    csv.field_size_limit(1_000_000)
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def published_elements() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in (
        *definitions.RESOURCE_TYPES,
        "Resource",
        "DomainResource",
        *definitions.COMPLEX_TYPES,
        *definitions.PRIMITIVE_TYPES,
    ):
        published = definitions.structure_definition(name)
        assert published is not None, name
        for element in published["snapshot"]["element"]:
            yield published["kind"], element


def test_published_elements_equal_the_table() -> None:
    shipped = {}
    for kind, element in published_elements():
        binding = element.get("binding", {})
        shipped[element["path"]] = {
            "kind": kind,
            "path": element["path"],
            "min": str(element["min"]),
            "max": element["max"],
            "types": "|".join(sorted({t["code"] for t in element.get("type", [])})),
            "binding": binding.get("strength", ""),
            "value set": binding.get("valueSet", ""),
            "content reference": element.get("contentReference", ""),
            "constraints": " ".join(c["key"] for c in element.get("constraint", [])),
        }
    assert shipped == {row["path"]: row for row in rows("elements.tsv")}


def test_compiled_elements_equal_the_table() -> None:
    count = 0
    for row in rows("elements.tsv"):
        count += 1
        found = next(e for e in all_by_type(row["path"].partition(".")[0]) if e.path == row["path"])
        types = row["types"].split("|") if row["types"] else []
        plain = [t for t in types if not t.startswith("http://hl7.org/fhirpath/System.")]
        assert str(found.min) == row["min"]
        assert ("*" if found.max is None else str(found.max)) == row["max"]
        assert sorted(set(found.types)) == plain or (not plain and len(found.types) == len(types) == 1)
        assert found.strength == row["binding"]
        assert found.binding == row["value set"].partition("|")[0]
        assert found.content == row["content reference"].removeprefix("#")
        assert " ".join(c.key for c in found.constraints) == row["constraints"]
    assert count == 7675


_BY_TYPE: dict[str, list[definitions.Element]] = {}


def all_by_type(name: str) -> list[definitions.Element]:
    if name not in _BY_TYPE:
        _BY_TYPE[name] = list(definitions.all_elements(name))
    return _BY_TYPE[name]


def test_published_search_parameters_equal_the_table() -> None:
    shipped = {}
    for url in definitions.urls("SearchParameter"):
        published = definitions.search_parameter(url)
        assert published is not None
        shipped[url] = {
            "url": url,
            "code": published["code"],
            "base": "|".join(published.get("base", [])),
            "type": published["type"],
            "expression": published.get("expression", ""),
            "target": "|".join(published.get("target", [])),
            "modifier": "|".join(published.get("modifier", [])),
            "comparator": "|".join(published.get("comparator", [])),
            "components": ";".join(
                f"{c['definition']}~{c['expression']}" for c in published.get("component", [])
            ),
        }
    assert shipped == {row["url"]: row for row in rows("search-parameters.tsv")}


def test_every_official_parameter_serves_its_bases() -> None:
    for row in rows("search-parameters.tsv"):
        if "/example" in row["url"]:  # published as examples of the resource, not for use
            continue
        for base in filter(None, row["base"].split("|")):
            found = definitions.search_parameters(base)[row["code"]]
            assert found.url == row["url"]
            assert found.type == row["type"]
            assert "|".join(found.targets) == row["target"]
            assert set(found.expression.split(" | ")) <= set(row["expression"].split(" | ")) | {""}
            assert bool(found.expression) == bool(row["expression"]), row["url"]
