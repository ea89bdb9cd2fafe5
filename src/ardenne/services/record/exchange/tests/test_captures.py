"""Messages captured elsewhere are answered: with what is here, or with the precise reason why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from ardenne.kernel.testing import TestNode
from ardenne.services.record.exchange.tests.client import NS, SoapClient

pytestmark = pytest.mark.corpus


@pytest.fixture
def client(filing_node: TestNode) -> SoapClient:
    for system, value in (("urn:oid:1.3.6.1.4.1.21367.2017.2.5.45", "7e1c6e78-58f1-4a43-ae88-0d5a5c4ab43e"),):
        body = {"resourceType": "Patient", "identifier": [{"system": system, "value": value}]}
        assert filing_node.call("POST", "Patient", body).status == 201
    return SoapClient(filing_node)


def without_assertion(data: bytes) -> bytes:
    """The assertions of the captures have long expired, and their issuers are not trusted here."""
    root = etree.fromstring(data)
    for one in root.iter("{*}Security"):
        one.getparent().remove(one)  # type: ignore[union-attr]
    return etree.tostring(root)


def test_captured_query(client: SoapClient, corpus: Path) -> None:
    data = (corpus / "documents/soap/epd/iti-18_request_raw.xml").read_bytes()
    told = client.post("/xds/registry", "application/soap+xml", data)
    assert (told.status, told.status_code) == ("Fault", 401)
    assert "no issuer that this node trusts" in told.text
    told = client.post("/xds/registry", "application/soap+xml", without_assertion(data))
    assert (told.status, told.count("ObjectRefs")) == ("Success", 0)
    relates = told.root.xpath(
        "//a:RelatesTo/text()", namespaces={"a": "http://www.w3.org/2005/08/addressing"}
    )
    assert relates == ["urn:uuid:31D7E4B5-C117-481E-9EE1-F32849E81BF8"]


def test_captured_retrieve(client: SoapClient, corpus: Path) -> None:
    data = (corpus / "documents/soap/epd/iti-43_request_raw.xml").read_bytes()
    told = client.post("/xds/repository", "application/soap+xml", without_assertion(data))
    assert (told.status, set(told.codes)) == ("Failure", {"XDSUnknownRepositoryId"})


def test_captured_submission(client: SoapClient, corpus: Path) -> None:
    raw = (corpus / "documents/soap/epd/iti-41_request_raw.http").read_bytes()
    # the capture was edited by hand: its head names another boundary than its body, and a prefix is not declared
    body = raw[raw.index(b"--uuid:") :]
    body = body.replace(b"<wsse:Security>", b'<wsse:Security xmlns:wsse="urn:x">')
    start, end = body.index(b"<wsse:Security"), body.index(b"</wsse:Security>") + len(b"</wsse:Security>")
    body = body[:start] + body[end:]
    boundary = body[2 : body.index(b"\n")].strip().decode()
    body += f"\r\n--{boundary}--\r\n".encode()  # the capture ends before its last boundary
    kind = f'multipart/related; boundary="{boundary}"; start="<root.message@cxf.apache.org>"; type="application/xop+xml"'
    told = client.post("/xds/repository", kind, body)
    patient = etree.fromstring(
        body[body.index(b"<soap:Envelope") - 2 : body.index(b"</soap:Envelope>") + 16].strip()
    )
    scheme = "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"
    (value,) = patient.xpath(
        f"//rim:ExternalIdentifier[@identificationScheme='{scheme}']/@value", namespaces=NS
    )
    number, _, rest = str(value).partition("^^^")
    assert told.codes == ["XDSUnknownPatientId"], (told.status, told.text)
    body_ = {
        "resourceType": "Patient",
        "identifier": [{"system": f"urn:oid:{rest.split('&')[1]}", "value": number}],
    }
    assert client.node.call("POST", "Patient", body_).status == 201
    told = client.post("/xds/repository", kind, body)
    assert told.status == "Success", told.text


@pytest.mark.parametrize("name", ["xca-query-ps", "xca-query-ep", "xca-retrieve-ps", "xca-retrieve-ep"])
def test_queries_of_a_national_contact_point(client: SoapClient, corpus: Path, name: str) -> None:
    text = (corpus / f"documents/soap/ncp/{name}.template.xml").read_text()
    root = etree.fromstring(text.encode())
    if etree.QName(root).localname != "Envelope":
        (body,) = [one for one in root.iter() if etree.QName(one).localname.endswith("Request")][:1]
        told = client.send("cross-query" if "query" in name else "cross-retrieve", etree.tostring(body))
    else:
        told = client.post("/xca", "application/soap+xml", without_assertion(text.encode()))
    assert told.status in ("Success", "Failure"), told.text


def test_messages_that_are_none(client: SoapClient, corpus: Path) -> None:
    cases = {
        b"": "empty",
        b"<a/>": "no SOAP 1.2",
        b'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"/>': "SOAP 1.1",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>': "document type",
    }
    for data, reason in cases.items():
        told = client.post("/xds/registry", "application/soap+xml", data)
        assert told.status == "Fault"
        assert reason in told.text, told.text
    told = client.post("/xds/registry", 'multipart/related; boundary="x"', b"--x\r\n\r\ncut")
    assert (told.status, told.status_code) == ("Fault", 400)
    for path in sorted((corpus / "documents/soap/ncp").glob("openncp_soap_header*.xml")):
        told = client.post("/xds/registry", "application/soap+xml", path.read_bytes())
        assert told.status == "Fault", path.name


def test_messages_for_other_actors_get_a_fault_that_names_what_is_taken(
    client: SoapClient, corpus: Path
) -> None:
    """Requests to an assertion provider, and to the client side of a contact point: this node is neither."""
    folder = corpus / "documents/soap"
    names = [
        "epd/getxassertion_request_raw.xml",
        *(f"ncp/{one.name}" for one in sorted((folder / "ncp").glob("client-*.xml"))),
    ]
    assert len(names) == 8
    for name in names:
        root = etree.fromstring((folder / name).read_bytes())
        if etree.QName(root).localname != "Envelope":
            envelope = etree.Element(f"{{{NS['s']}}}Envelope")
            etree.SubElement(envelope, f"{{{NS['s']}}}Body").append(root)
            root = envelope
        told = client.post("/xds/registry", "application/soap+xml", without_assertion(etree.tostring(root)))
        assert (told.status, told.status_code) == ("Fault", 400), name
        assert "is not known at this address; there are urn:ihe:iti:2007:RegistryStoredQuery" in told.text, (
            name,
            told.text,
        )


def test_answers_that_come_as_requests(client: SoapClient, corpus: Path) -> None:
    for path in sorted((corpus / "documents/soap/epd").glob("*_response_raw.xml")):
        told = client.post("/xds/registry", "application/soap+xml", without_assertion(path.read_bytes()))
        assert (
            told.status == "Fault" and told.status_code in (400, 500) and "tell the operator" not in told.text
        ), path.name
