"""A client of the SOAP doors for tests, written from the standard: its own envelopes, its own reading of answers."""

from __future__ import annotations

import uuid
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from lxml import etree

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.soap.door import Callers
from ardenne.kernel.soap.xua import XuaTrust
from ardenne.kernel.testing import BASE, TestNode
from ardenne.services.record.exchange.doors import SharingDoors
from ardenne.services.record.exchange.objects import Place

PLACE = Place("1.3.6.1.4.1.21367.42")
NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "rim": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0",
    "rs": "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0",
    "x": "urn:ihe:iti:xds-b:2007",
}
ACTIONS = {
    "query": ("/xds/registry", "urn:ihe:iti:2007:RegistryStoredQuery"),
    "register": ("/xds/registry", "urn:ihe:iti:2007:RegisterDocumentSet-b"),
    "update": ("/xds/registry", "urn:ihe:iti:2010:UpdateDocumentSet"),
    "on-demand": ("/xds/registry", "urn:ihe:iti:2010:RegisterOnDemandDocumentEntry"),
    "delete": ("/xds/registry", "urn:ihe:iti:2010:DeleteDocumentSet"),
    "provide": ("/xds/repository", "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"),
    "retrieve": ("/xds/repository", "urn:ihe:iti:2007:RetrieveDocumentSet"),
    "remove": ("/xds/repository", "urn:ihe:iti:2017:RemoveDocuments"),
    "cross-query": ("/xca", "urn:ihe:iti:2007:CrossGatewayQuery"),
    "cross-retrieve": ("/xca", "urn:ihe:iti:2007:CrossGatewayRetrieve"),
}


class Told:
    """An answer as a client reads it."""

    def __init__(self, response: Response) -> None:
        self.status_code = response.status
        self.headers = dict(response.headers)
        kind = self.headers["content-type"]
        self.parts: dict[str, bytes] = {}
        data = response.body
        if kind.startswith("multipart/"):
            mail = message_from_bytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + data, policy=HTTP)
            first, *others = list(mail.iter_parts())  # type: ignore[attr-defined]
            data = first.get_payload(decode=True)
            self.parts = {str(one["content-id"]).strip("<>"): one.get_payload(decode=True) for one in others}
        self.root = etree.fromstring(data)

    @property
    def status(self) -> str:
        """Success, Failure, PartialSuccess, or Fault."""
        if self.all("//s:Fault"):
            return "Fault"
        return str(self.all("//@status[contains(., 'ResponseStatusType')]")[0]).rpartition(":")[2]

    @property
    def codes(self) -> list[str]:
        return [str(one) for one in self.all("//rs:RegistryError/@errorCode")]

    @property
    def text(self) -> str:
        return " ".join(str(one) for one in self.all("//rs:RegistryError/@codeContext | //s:Text/text()"))

    def all(self, path: str) -> list[Any]:
        return list(self.root.xpath(path, namespaces=NS))

    def count(self, name: str) -> int:
        """How many Documents, SubmissionSets, Folders, Associations or ObjectRefs the answer lists."""
        paths = {
            "Documents": "//rim:ExtrinsicObject",
            "Associations": "//rim:Association",
            "ObjectRefs": "//rim:RegistryObjectList/rim:ObjectRef",
            "SubmissionSets": "//rim:RegistryPackage[rim:Classification/@classificationNode='urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd']",
            "Folders": "//rim:RegistryPackage[rim:Classification/@classificationNode='urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2']",
        }
        return len(self.all(paths[name]))

    def slot(self, name: str) -> list[str]:
        return [
            str(one) for one in self.all(f"//rim:ExtrinsicObject/rim:Slot[@name='{name}']//rim:Value/text()")
        ]


class SoapClient:
    """Calls the doors of a test node without a network."""

    def __init__(self, node: TestNode, trust: XuaTrust | None = None) -> None:
        self.node = node

        async def authenticate(request: Request) -> Caller:
            return node.caller

        callers = Callers(node.service, trust or XuaTrust([], ""), authenticate)
        self.doors = SharingDoors(node.service, PLACE, callers)

    def send(
        self, name: str, body: str | bytes, contents: dict[str, bytes] | None = None, header: str = ""
    ) -> Told:
        """Send one request; ``contents`` go as XOP parts, named by Content-ID."""
        path, action = ACTIONS[name]
        text = body.decode() if isinstance(body, bytes) else body
        text = text[text.index("?>") + 2 :] if text.lstrip().startswith("<?xml") else text
        envelope = (
            f'<s:Envelope xmlns:s="{NS["s"]}" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>'
            f'<a:Action s:mustUnderstand="1">{action}</a:Action><a:MessageID>urn:uuid:{uuid.uuid4()}</a:MessageID>'
            f"{header}</s:Header><s:Body>{text}</s:Body></s:Envelope>"
        ).encode()
        if contents is None:
            return self.post(path, "application/soap+xml", envelope)
        parts = [
            b'--b\r\ncontent-type: application/xop+xml; type="application/soap+xml"\r\ncontent-id: <root>\r\n\r\n',
            envelope,
        ]
        for cid, content in contents.items():
            parts += [f"\r\n--b\r\ncontent-id: <{cid}>\r\n\r\n".encode(), content]
        parts.append(b"\r\n--b--\r\n")
        kind = 'multipart/related; boundary="b"; type="application/xop+xml"; start="<root>"; start-info="application/soap+xml"'
        return self.post(path, kind, b"".join(parts))

    def post(self, path: str, content_type: str, data: bytes) -> Told:
        """Post bytes as they are."""
        request = Request("POST", path, "", {"content-type": content_type}, data, BASE, "127.0.0.1")
        return Told(self.node.run(self.doors.answer(request)))

    def provide(self, objects: str, contents: dict[str, bytes]) -> Told:
        """Send a RegistryObjectList and documents by the ids of their entries (ITI-41)."""
        documents = "".join(
            f'<x:Document id="{name}"><i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:{name}"/></x:Document>'
            for name in contents
        )
        body = (
            f'<x:ProvideAndRegisterDocumentSetRequest xmlns:x="{NS["x"]}">{submit(objects)}{documents}'
            "</x:ProvideAndRegisterDocumentSetRequest>"
        )
        return self.send("provide", body, contents)

    def retrieve(self, unique_id: str, repository: str = PLACE.repository, name: str = "retrieve") -> Told:
        body = (
            f'<x:RetrieveDocumentSetRequest xmlns:x="{NS["x"]}"><x:DocumentRequest>'
            f"<x:RepositoryUniqueId>{repository}</x:RepositoryUniqueId><x:DocumentUniqueId>{unique_id}</x:DocumentUniqueId>"
            "</x:DocumentRequest></x:RetrieveDocumentSetRequest>"
        )
        return self.send(name, body)

    def ask(self, query: str, leaves: bool = True, name: str = "query", **values: str | list[str]) -> Told:
        """Send a stored query; values are written as they stand (with their apostrophes)."""
        slots = "".join(
            f'<rim:Slot name="${slot}"><rim:ValueList>'
            + "".join(
                f"<rim:Value>{one.replace('&', '&amp;')}</rim:Value>"
                for one in ([text] if isinstance(text, str) else text)
            )
            + "</rim:ValueList></rim:Slot>"
            for slot, text in values.items()
        )
        kind = "LeafClass" if leaves else "ObjectRef"
        return self.send(
            name,
            f'<q:AdhocQueryRequest xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" xmlns:rim="{NS["rim"]}">'
            f'<q:ResponseOption returnType="{kind}"/><rim:AdhocQuery id="urn:uuid:{query}">{slots}</rim:AdhocQuery></q:AdhocQueryRequest>',
        )


def submit(objects: str) -> str:
    """Return a SubmitObjectsRequest."""
    return (
        '<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0">'
        f'<rim:RegistryObjectList xmlns:rim="{NS["rim"]}">{objects}</rim:RegistryObjectList></lcm:SubmitObjectsRequest>'
    )
