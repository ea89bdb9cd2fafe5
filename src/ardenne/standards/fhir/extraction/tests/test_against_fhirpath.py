"""Extraction agrees with FHIRPath: every parameter of R4, on the examples of the suites and on Synthea records.

The expressions are evaluated as they are published; the values that they reach are turned into search values
here, independently of the generated code.
"""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ardenne.standards.fhir import json
from ardenne.standards.fhir.dates import span
from ardenne.standards.fhir.definitions import SearchParameter, search_parameters
from ardenne.standards.fhir.extraction import Values, alias, extract
from ardenne.standards.fhir.json import FhirSyntaxError
from ardenne.standards.fhir.path import Element, Helpers, compile_typed
from ardenne.standards.fhir.validator import validate

ROOT = Path(__file__).resolve().parents[6]
CORPUS = Path(os.environ.get("ARDENNE_CORPUS") or ROOT.parent / "shared/data")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no sample documents in {CORPUS} (set ARDENNE_CORPUS)"),
]

Rows = set[tuple[Any, ...]]


def by_type(reference: str) -> dict[str, Any] | None:
    """What resolve() needs for `resolve() is Patient`: a resource of the type that the literal says."""
    parts = reference.partition("/_history/")[0].split("/")
    return {"resourceType": parts[-2]} if len(parts) > 1 else None


def reached(resource: dict[str, Any], parameter: SearchParameter) -> list[Any]:
    expression = compile_typed(parameter.expression, lenient_as=True)
    found = expression.items(resource, helpers=Helpers(resolver=by_type))
    inner = []
    for item in found:
        if isinstance(item, Element) and item.type.name == "Extension":
            inner.extend(compile_typed("value").items(item.value, "Extension"))
        else:
            inner.append(item)
    return inner


def expected(resource: dict[str, Any], parameter: SearchParameter) -> Rows:
    rows: Rows = set()
    for item in reached(resource, parameter):
        value, kind = (
            (item.value, item.type.name) if isinstance(item, Element) else (item, type(item).__name__)
        )
        if value is not None:
            rows |= set(CONVERT[parameter.type](value, kind))
    return rows


def token(value: Any, kind: str) -> Iterator[tuple[Any, ...]]:
    match kind:
        case "boolean" | "bool":
            yield ("true" if value else "false",)
        case "CodeableConcept":
            for coding in value.get("coding", []):
                yield from token(coding, "Coding")
        case "Coding":
            if "code" in value or "system" in value:
                yield (value.get("code", ""),)
        case "Identifier" | "ContactPoint":
            if "value" in value or (kind == "Identifier" and "system" in value):
                yield (value.get("value", ""),)
        case _ if isinstance(value, str):
            yield (value,)


def string(value: Any, kind: str) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, str):
        yield (value,)
    elif kind in ("HumanName", "Address"):
        for key, part in value.items():
            if key in ("use", "type", "period", "extension", "id"):
                continue
            for text in part if isinstance(part, list) else [part]:
                if isinstance(text, str):
                    yield (text,)


def dates(value: Any, kind: str) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, str):
        yield span(value)
    elif kind == "Period" and "start" in value:
        yield (span(value["start"])[0], span(value["end"])[1] if "end" in value else None)


def quantity(value: Any, kind: str) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict) and "value" in value and "comparator" not in value:
        yield (float(value["value"]), value.get("code", value.get("currency", "")))


def reference(value: Any, kind: str) -> Iterator[tuple[Any, ...]]:
    literal = value.get("reference", "") if isinstance(value, dict) else value
    if literal and not literal.startswith("#"):
        yield (literal.partition("/_history/")[0],)


def uri(value: Any, kind: str) -> Iterator[tuple[Any, ...]]:
    yield (value,)


def number(value: Any, kind: str) -> Iterator[tuple[Any, ...]]:
    if not isinstance(value, dict):
        yield (float(value),)


CONVERT = {
    "token": token, "string": string, "date": dates, "quantity": quantity, "reference": reference,
    "uri": uri, "number": number,
}  # fmt: skip


def extracted(values: Values, resource_type: str, parameter: SearchParameter) -> Rows:
    """The extracted rows of a parameter in the form of `expected`, by way of its aliases."""
    rows: Rows = set()
    for code, target in alias(resource_type, parameter.code):
        match parameter.type:
            case "token":
                rows |= {(row[2],) for row in values.tokens if row[0] == code}
            case "string":
                rows |= {row[1:] for row in values.strings if row[0] == code}
            case "date":
                rows |= {_dated(row) for row in values.dates if row[0] == code}
            case "quantity":
                rows |= {(row[1], row[4]) for row in values.quantities if row[0] == code and row[1] == row[2]}
            case "reference":
                found = [row[1] for row in values.references if row[0] == code]
                rows |= {(literal,) for literal in found if not target or f"{target}/" in literal}
            case "uri":
                rows |= {row[1:] for row in values.uris if row[0] == code}
            case "number":
                rows |= {(row[1],) for row in values.numbers if row[0] == code and row[1] == row[2]}
    return rows


def _dated(row: tuple[str, int, int]) -> tuple[Any, ...]:
    return row[1], (row[2] if row[2] < span("9999")[1] else None)


def compare(resource: dict[str, Any]) -> int:
    """Compare all parameters; the number of those that found something."""
    kind = resource["resourceType"]
    values = extract(resource)
    met = 0
    for code, parameter in search_parameters(kind).items():
        if not parameter.expression or parameter.type in ("composite", "special") or kind == "Bundle":
            continue
        wanted = expected(resource, parameter)
        got = extracted(values, kind, parameter)
        if parameter.type == "date":  # Timings and open starts are worked out in test_extraction
            got, wanted = {row for row in got if row in wanted}, wanted
        assert got == wanted, (kind, resource.get("id"), code)
        met += bool(wanted)
    return met


def test_examples_of_the_suites() -> None:
    met = 0
    for folder in ("fhirpath-r4", "validator-r4"):
        for path in sorted((CORPUS / "conformance" / folder).rglob("*.json")):
            try:
                resource = json.parse(path.read_bytes())
            except FhirSyntaxError:
                continue
            if "resourceType" in resource and not validate(resource):
                met += compare(resource)
    assert met >= 1000


def test_synthea_records() -> None:
    met = count = 0
    for path in sorted((CORPUS / "synthea").glob("*bundles*.ndjson.gz")):
        with gzip.open(path) as lines:
            for entry in json.parse(next(lines))["entry"]:
                count += 1
                met += compare(entry["resource"])
    assert count >= 500
    assert met >= 5000
