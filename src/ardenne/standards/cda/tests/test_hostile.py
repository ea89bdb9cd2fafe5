"""Damaged and hostile documents: refused with a reason or read, never anything else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ardenne.standards.cda import to_fhir
from ardenne.standards.cda.read import read
from ardenne.standards.cda.render import render
from ardenne.standards.refusal import Refused
from ardenne.standards.xml.hardened import Limits

CORPUS = Path(os.environ.get("ARDENNE_CORPUS", Path(__file__).parents[6] / "shared/data")) / "documents/cda"
SAMPLES = (
    "ehdsi-ps/ps-w7-ferreira.xml",
    "ehdsi-ps/ps-be-schuman-fr.xml",
    "ccda/discharge-summary-1.xml",
    "ihe/ihe-xdlab-2008.xml",
    "ihe/phmr-good.xml",
    "ccda-snippets/ccd.xml",
)
PIECES = st.sampled_from(
    [
        b"",
        b"<",
        b">",
        b"&",
        b'"',
        b"\x00",
        b"\xff\xfe",
        b"</section>",
        b"<section>",
        b'value="99999999"',
        b'nullFlavor="NI"',
        b'xsi:type="PQ"',
        b'value="NaN"',
        b'value="1e400"',
        b'root=""',
        b'extension=""',
        b'code=""',
        b"<!DOCTYPE x>",
        b"<entry><act/></entry>",
        b'negationInd="true"',
        b'ID="a"',
    ]
)


def survive(data: bytes) -> None:
    """Read, convert and show, or refuse."""
    try:
        document = read(data, Limits(size=1 << 22, depth=120, nodes=100_000))
    except Refused as refused:
        assert refused.refusal.mend
        return
    to_fhir.patient(document)
    to_fhir.resources(document, "Patient/p")
    assert "<script" not in render(document)


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the sample documents are not at {CORPUS}")
@pytest.mark.parametrize("sample", SAMPLES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), PIECES), min_size=1, max_size=4))
def test_mutated_documents(sample: str, cuts: list[tuple[float, int, bytes]]) -> None:
    data = (CORPUS / sample).read_bytes()
    for place, length, piece in cuts:
        start = int(place * len(data))
        data = data[:start] + piece + data[start + length :]
    survive(data)


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the sample documents are not at {CORPUS}")
@pytest.mark.parametrize("sample", SAMPLES)
@settings(max_examples=15, deadline=None)
@given(
    old=st.sampled_from(
        [b"value=", b"code=", b"<id ", b"xsi:type", b"extension=", b"moodCode", b"<low", b"root="]
    ),
    seed=st.integers(0, 40),
)
def test_documents_with_renamed_parts(sample: str, old: bytes, seed: int) -> None:
    parts = (CORPUS / sample).read_bytes().split(old)
    cut = seed % len(parts)
    survive(old.join(parts[:cut]) + b" x" + old.join(parts[cut:]))


def test_deep_sections_and_entries_are_refused_not_crashed() -> None:
    nested = "<component><section>" * 200 + "</section></component>" * 200
    with pytest.raises(Refused, match="xml-depth"):
        read(f'<ClinicalDocument xmlns="urn:hl7-org:v3">{nested}</ClinicalDocument>'.encode())


def test_many_references_to_one_long_text_cost_little() -> None:
    text = f'<paragraph ID="a">{"x" * 100_000}</paragraph>'
    entry = (
        '<entry><observation moodCode="EVN"><code code="1"><originalText><reference value="#a"/></originalText>'
        '</code><value xsi:type="ST">y</value></observation></entry>'
    )
    body = f'<component><structuredBody><component><section><code code="30954-2"/><text>{text}</text>{entry * 2000}'
    found = read(
        f"""<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
        <id root="1.2"/><code code="1"/><effectiveTime value="2024"/><recordTarget><patientRole><id root="1.2"/>
        </patientRole></recordTarget>{body}</section></component></structuredBody></component></ClinicalDocument>
        """.encode()
    )
    assert sum(len(str(one)) for one in to_fhir.resources(found, "Patient/p")) < 10_000_000
