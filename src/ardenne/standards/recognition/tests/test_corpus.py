"""Every sample document has the outcome that stands in `corpus.tsv`.

The table was checked against the files by other means (plain XPath, JSON and text search); it is the
statement of what is right, not a recording. Columns: path, kind or "refused", patient's name, first
identifier, type code, date; for a refusal the rule in place of the last four.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ardenne.standards.fhir.validator import validate
from ardenne.standards.recognition import Recognised, recognise

CORPUS = Path(os.environ.get("ARDENNE_CORPUS", Path(__file__).parents[6] / "shared/data")) / "documents"
TABLE = Path(__file__).with_name("corpus.tsv")
LEFT_OUT = ("schema/", "schematron/", "MANIFEST.tsv")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the sample documents are not at {CORPUS}"),
]


def outcome(path: str) -> str:
    found = recognise((CORPUS / path).read_bytes(), path.rsplit("/", 1)[-1])
    if not isinstance(found, Recognised):
        return f"{path}\trefused\t{found.rule}"
    patient = found.patient or {}
    name: dict[str, Any] = next(iter(patient.get("name", [])), {})
    words = name.get("text") or " ".join([*name.get("given", []), name.get("family", "")]).strip()
    number = next((f"{one.get('system', '')}|{one['value']}" for one in patient.get("identifier", [])), "")
    kind = next((one["code"] for one in (found.type or {}).get("coding", [])), found.event)
    return "\t".join((path, found.kind, words, number or found.patient_reference, kind, found.date))


def paths() -> list[str]:
    found = (str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*") if path.is_file())
    return sorted(path for path in found if not path.startswith(LEFT_OUT))


def test_every_file_has_its_outcome() -> None:
    expected = TABLE.read_text(encoding="utf-8").splitlines()[1:]
    assert [outcome(path) for path in paths()] == expected


def test_refusals_say_where_what_and_how_to_mend() -> None:
    for path in paths():
        found = recognise((CORPUS / path).read_bytes(), path)
        if not isinstance(found, Recognised):
            assert found.found and found.mend, path
            assert found.where or found.line or found.rule in ("format", "description-missing"), path


def test_every_structured_fact_is_valid_fhir() -> None:
    problems = []
    for path in paths():
        found = recognise((CORPUS / path).read_bytes(), path)
        if isinstance(found, Recognised) and not found.kind.startswith("fhir"):
            for resource in (found.patient, *found.resources):
                issues = validate(resource) if resource else []
                problems += [(path, issue.path, issue.message) for issue in issues if issue.failed]
    assert problems == []
