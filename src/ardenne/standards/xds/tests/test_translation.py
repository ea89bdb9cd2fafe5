"""Metadata come back from FHIR as they went in, whatever a source wrote; FHIR's own metadata can be shown as XDS."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ardenne.standards.fhir import validator
from ardenne.standards.xds import as_fhir, from_fhir, names, times
from ardenne.standards.xds.values import Author, Coded, Metadata

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
_OID = st.sampled_from(
    ["1.2.3", "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.96", "2.16.840.1.113883.5.25", "1.3.182.5.9"]
)
_SCHEME = st.one_of(
    _OID, st.sampled_from(["LOINC", "Connect-a-thon classCodes", "urn:oid:1.2.3", "http://loinc.org"])
)
_CODES = st.lists(
    st.builds(Coded, _TEXT, _SCHEME, st.one_of(st.just(""), _TEXT)), min_size=1, max_size=3
).map(tuple)
_TIMES = st.sampled_from(["2004", "200412", "20041223", "2004122308", "200412230800", "20041223080059"])
_SLOTS = st.fixed_dictionaries(
    {},
    optional={
        "creationTime": _TIMES.map(lambda text: (text,)),
        "serviceStartTime": _TIMES.map(lambda text: (text,)),
        "serviceStopTime": _TIMES.map(lambda text: (text,)),
        "languageCode": st.sampled_from([("fr-LU",), ("en-us",)]),
        "size": st.sampled_from([("0",), ("12",), ("0012",)]),
        "hash": st.sampled_from(
            [("da39a3ee5e6b4b0d3255bfef95601890afd80709",), ("DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",)]
        ),
        "sourcePatientId": st.sampled_from([("1^^^&1.2.3&ISO",), ("1^^^X&1.2.3&ISO",), ("odd",)]),
        "urn:ihe:iti:xds:2013:referenceIdList": st.sampled_from(
            [("1^^^&1.2&ISO^urn:x", "2^^^&1.2&ISO^urn:y")]
        ),
        "urn:own:slot": st.lists(_TEXT, min_size=1, max_size=3).map(tuple),
    },
)
_AUTHOR = st.dictionaries(
    st.sampled_from(["authorPerson", "authorInstitution", "authorRole", "authorSpecialty", "authorTelecommunication"]),
    st.lists(_TEXT, min_size=1, max_size=2).map(tuple), min_size=1,
).map(Author)  # fmt: skip
_DOCUMENT = st.builds(
    Metadata,
    kind=st.just(names.DOCUMENT),
    id=st.uuids().map(lambda one: one.urn),
    slots=_SLOTS,
    codes=st.dictionaries(st.sampled_from([*names.DOCUMENT.codes, "urn:uuid:own-scheme"]), _CODES),
    identifiers=st.fixed_dictionaries(
        {"uniqueId": st.sampled_from(["1.2.3", "1.2.3^4", "urn:uuid:x", "odd id", "2.25.1"])}
    ),
    authors=st.lists(_AUTHOR, max_size=2).map(tuple),
    title=st.one_of(st.just(""), _TEXT),
    comments=st.one_of(st.just(""), _TEXT),
    status=st.sampled_from([names.APPROVED, names.DEPRECATED]),
    object_type=st.sampled_from([names.STABLE, names.ON_DEMAND]),
    mime_type=st.sampled_from(["text/plain", "application/pdf"]),
    version=st.sampled_from(["1", "7"]),
)


@settings(max_examples=150, deadline=None)
@given(_DOCUMENT)
def test_a_document_entry_survives_fhir(found: Metadata) -> None:
    resource = as_fhir.resource(found, {"reference": "Patient/1"})
    assert [issue for issue in validator.validate(resource) if issue.failed] == []
    back = from_fhir.metadata(resource)
    assert dict(back.slots) == dict(found.slots)
    assert {name: codes for name, codes in back.codes.items() if codes} == dict(found.codes)
    for name in (
        "id",
        "identifiers",
        "authors",
        "title",
        "comments",
        "status",
        "object_type",
        "mime_type",
        "version",
    ):
        assert getattr(back, name) == getattr(found, name), name


def test_times_of_every_precision() -> None:
    cases = {
        "2004": "2004",
        "200412": "2004-12",
        "20041223": "2004-12-23",
        "200412230800": "2004-12-23T08:00:00Z",
    }
    assert {dtm: times.to_fhir(dtm) for dtm in cases} == cases
    assert times.from_fhir("2004-12-23T09:00:00+01:00") == "20041223080000"
    assert [times.is_dtm(text) for text in ("20051324", "200", "2005-01", "")] == [False] * 4
    assert times.span("200412") == ("20041201000000", "20041231235959")
