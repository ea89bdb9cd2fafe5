"""Every sample document filed on one node has the outcome that stands in `corpus_outcomes.tsv`.

Columns: path, outcome, rules (why refused, or what was left out), the patient's name here, type and date of
the document here, resources stored. Patient, type and date of what is filed are also checked against
the table beside `standards.recognition`, which was made from the files by other means.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.record import display, filing, reading
from ardenne.standards import recognition

TABLE = Path(__file__).with_name("corpus_outcomes.tsv")
RECOGNISED = Path(str(recognition.__file__)).parent / "tests" / "corpus.tsv"
KINDS = ("cda/", "fhir/", "hl7v2/", "kmehr/")

pytestmark = pytest.mark.corpus


def paths(folder: Path) -> list[str]:
    found = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if path.startswith(KINDS))


def outcomes(node: TestNode, folder: Path) -> list[list[str]]:
    async def all_of_them() -> list[list[str]]:
        return [await outcome(node, folder, path) for path in paths(folder)]

    return node.run(all_of_them())


async def outcome(node: TestNode, folder: Path, path: str) -> list[str]:
    service = node.service
    filed = await filing.file(service, (folder / path).read_bytes(), path)
    rules = " ".join(dict.fromkeys(issue.rule for issue in filed.issues))
    person: dict[str, Any] = {}
    document: dict[str, Any] = {}
    if filed.patient_id:
        person = await reading.patient(service, filed.patient_id) or {}
    if filed.document_id and filed.outcome == "filed":
        document = await reading.one(service, filed.patient_id, "DocumentReference", filed.document_id) or {}
    kind = next((one["code"] for one in document.get("type", {}).get("coding", [])), "")
    date = document["content"][0]["attachment"].get("creation", "") if document else ""
    return [path, filed.outcome, rules, display.person(person), kind, date, str(filed.stored)]


def test_every_sample_document_has_its_outcome(filing_node: TestNode, corpus: Path) -> None:
    expected = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]]
    found = outcomes(filing_node, corpus / "documents")
    assert found == expected
    recognised = {
        line.split("\t")[0]: line.split("\t") for line in RECOGNISED.read_text(encoding="utf-8").splitlines()
    }
    for path, state, _rules, _name, kind, date, _stored in found:
        said = recognised[path]
        if said[1] == "refused":
            assert state == "refused", path
        elif date:
            assert kind == said[4], path
            assert date.startswith(said[5][:10]), path


def test_refusals_tell_a_vendor_where_and_how_to_mend(filing_node: TestNode, corpus: Path) -> None:
    folder = corpus / "documents"
    for path in paths(folder):
        filed = filing_node.run(filing.file(filing_node.service, (folder / path).read_bytes(), path))
        if filed.outcome == "refused":
            for issue in filed.issues:
                assert issue.rule and len(issue.message) > 20, path
