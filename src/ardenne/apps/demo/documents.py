"""Writes the documents of the invented persons into a folder; the same bytes every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ardenne.apps.demo import as_cda, as_described, as_fhir, as_hl7v2, as_kmehr, pdf
from ardenne.apps.demo.persons import Document, Person, persons


class Form(NamedTuple):
    """How a document is written: the ending of its file, and whether a description stands beside it."""

    ending: str
    write: Callable[[Person, Document], bytes]
    described: bool = False


FORMS = {
    "summary": Form("xml", as_cda.summary),
    "laboratory": Form("xml", as_cda.laboratory),
    "letter": Form("xml", as_cda.letter),
    "file": Form("xml", as_cda.file),
    "transaction": Form("json", as_fhir.transaction),
    "ips": Form("json", as_fhir.summary_json),
    "ips-xml": Form("xml", as_fhir.summary_xml),
    "ndjson": Form("ndjson", as_fhir.series),
    "oru": Form("hl7", as_hl7v2.results),
    "mdm": Form("hl7", as_hl7v2.document),
    "mdm-pdf": Form("hl7", as_hl7v2.file),
    "adt": Form("hl7", as_hl7v2.visit),
    "sumehr": Form("xml", as_kmehr.sumehr),
    "pdf": Form("pdf", as_described.portable, True),
    "text": Form("txt", as_described.text, True),
    "picture": Form("png", as_described.image, True),
}
_STRAY = "Résultats de Monsieur W., à classer."


def write_all(folder: Path) -> int:
    """Write every document under ``folder``, one folder a person; return the number of persons."""
    for person in persons():
        place = folder / person.key
        place.mkdir(parents=True, exist_ok=True)
        for number, document in enumerate(sorted(person.documents, key=lambda one: one.date), 1):
            form = FORMS[document.form]
            file = place / f"{number:02d}-{document.form}.{form.ending}"
            file.write_bytes(form.write(person, document))
            if form.described:
                file.with_name(file.name + ".json").write_bytes(as_described.description(person, document))
    _write_strays(folder / "strays")
    return len(persons())


def _write_strays(place: Path) -> None:
    """Two files that must be refused, so that the error desk has something to show."""
    place.mkdir(exist_ok=True)
    (place / "scan-without-description.pdf").write_bytes(pdf.write("Scan 0001", "", _STRAY, "20260310"))
    message = "MSH|^~\\&|DEMO|Laboratoire Alzette|ARDENNE||202603101015||ORU^R01^ORU_R01|0002|P|2.5.1\r"
    message += "OBR|1||77^LAB|26436-6^Laboratory studies^LN|||202603100800\r"
    (place / "results-without-patient.hl7").write_bytes(message.encode())
