"""A SOAP client that others wrote (zeep), made from the published schemas, understands the doors."""

from __future__ import annotations

from pathlib import Path

import pytest
import zeep
from lxml import etree
from requests import Response as HttpResponse
from zeep.transports import Transport
from zeep.wsa import WsAddressingPlugin

from ardenne.kernel.http.message import Request
from ardenne.kernel.testing import BASE
from ardenne.services.record.exchange.tests import samples
from ardenne.services.record.exchange.tests.client import SoapClient
from ardenne.services.record.exchange.tests.test_sharing import client

__all__ = ["client"]
pytestmark = pytest.mark.corpus

_SPACES = {
    "query": "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0",
    "lcm": "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0",
    "rs": "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0",
}
_OPERATIONS = {
    "Query": ("urn:ihe:iti:2007:RegistryStoredQuery", "query:AdhocQueryRequest", "query:AdhocQueryResponse"),
    "Register": ("urn:ihe:iti:2007:RegisterDocumentSet-b", "lcm:SubmitObjectsRequest", "rs:RegistryResponse"),
}


def description(schemas: Path, prefix: str = "") -> str:
    """Return a WSDL of the registry, as a vendor's tool would be given; ``prefix`` spoils its actions."""
    imports = "".join(
        f'<x:import namespace="{space}" schemaLocation="{schemas}/{name}.xsd"/>'
        for name, space in _SPACES.items()
    )
    messages, ports, binding = "", "", ""
    for name, (action, asked, told) in _OPERATIONS.items():
        action = f"{prefix}{action}"
        messages += f'<message name="{name}In"><part name="body" element="{asked}"/></message>'
        messages += f'<message name="{name}Out"><part name="body" element="{told}"/></message>'
        ports += (
            f'<operation name="{name}"><input message="t:{name}In" wsaw:Action="{action}"/>'
            f'<output message="t:{name}Out" wsaw:Action="{action}Response"/></operation>'
        )
        binding += (
            f'<operation name="{name}"><soap:operation soapAction="{action}"/><input><soap:body use="literal"/></input>'
            '<output><soap:body use="literal"/></output></operation>'
        )
    spaces = " ".join(f'xmlns:{name}="{space}"' for name, space in _SPACES.items())
    return (
        '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap12/" '
        'xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl" '
        f'xmlns:t="urn:test" {spaces} targetNamespace="urn:test"><types><x:schema>{imports}</x:schema></types>{messages}'
        f'<portType name="P">{ports}</portType><binding name="B" type="t:P">'
        f'<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>{binding}</binding>'
        '<service name="S"><port name="D" binding="t:B"><soap:address location="http://localhost:8080/xds/registry"/></port>'
        "</service></definitions>"
    )


class InProcess(Transport):
    """Brings what zeep sends to the door of a test node, without a network."""

    def __init__(self, client: SoapClient) -> None:
        super().__init__()
        self._client = client

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> HttpResponse:
        sent = {name.lower(): text for name, text in headers.items()}
        request = Request("POST", address.partition("8080")[2], "", sent, message, BASE, "127.0.0.1")
        answer = self._client.node.run(self._client.doors.answer(request))
        found = HttpResponse()
        found.status_code, found._content = answer.status, answer.body
        found.headers.update(dict(answer.headers))
        return found


def made(client: SoapClient, corpus: Path, folder: Path, prefix: str = "") -> zeep.Client:
    path = folder / "registry.wsdl"
    path.write_text(description(corpus / "documents/schema/xds/ebRS30", prefix))
    # zeep knows no substitution groups: objects of the registry come as elements
    lenient = zeep.Settings(strict=False)
    return zeep.Client(
        str(path), transport=InProcess(client), plugins=[WsAddressingPlugin()], settings=lenient
    )


def test_what_zeep_asks_is_answered_so_that_zeep_reads_it(
    client: SoapClient, corpus: Path, tmp_path: Path
) -> None:
    objects = samples.submission_set("1.8.1") + samples.entry("D", "1.8.1.1") + samples.member("D")
    assert client.provide(objects, {"D": b"Bonjour"}).status == "Success"
    service = made(client, corpus, tmp_path).service
    patient, status = samples.ONE.replace("&amp;", "&"), "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
    slots = [
        {"name": "$XDSDocumentEntryPatientId", "ValueList": {"_value_1": [{"Value": f"'{patient}'"}]}},
        {"name": "$XDSDocumentEntryStatus", "ValueList": {"_value_1": [{"Value": f"('{status}')"}]}},
    ]
    for returned, name in (("LeafClass", "ExtrinsicObject"), ("ObjectRef", "ObjectRef")):
        found = service.Query(
            ResponseOption={"returnType": returned},
            AdhocQuery={"id": "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d", "Slot": slots},
        )
        assert found.status.endswith("Success")
        assert [etree.QName(one).localname for one in found.RegistryObjectList._raw_elements] == [name]
    failed = service.Query(
        ResponseOption={"returnType": "LeafClass"},
        AdhocQuery={"id": "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d", "Slot": slots[:1]},
    )
    assert failed.status.endswith("Failure")
    assert [one.errorCode for one in failed.RegistryErrorList.RegistryError] == ["XDSStoredQueryMissingParam"]


def test_a_fault_is_one_for_zeep(client: SoapClient, corpus: Path, tmp_path: Path) -> None:
    service = made(client, corpus, tmp_path, "x").service
    with pytest.raises(zeep.exceptions.Fault) as refused:
        service.Query(ResponseOption={"returnType": "ObjectRef"}, AdhocQuery={"id": "urn:uuid:1"})
    assert "not known at this address" in str(refused.value)
