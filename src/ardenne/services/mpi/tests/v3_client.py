"""A client of the HL7 v3 doors for tests, written from the standard: its own envelopes, its own reading of answers."""

from __future__ import annotations

import uuid
from typing import Any

from lxml import etree

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.soap.door import Callers
from ardenne.kernel.soap.xua import XuaTrust
from ardenne.kernel.testing import BASE, TestNode
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.soap_doors import PersonDoors

COMMUNITY = "1.3.6.1.4.1.21367.42"
NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "h": "urn:hl7-org:v3",
    "a": "http://www.w3.org/2005/08/addressing",
}
DOORS = {
    "PRPA_IN201301UV02": "/pix/v3", "PRPA_IN201302UV02": "/pix/v3", "PRPA_IN201304UV02": "/pix/v3",
    "PRPA_IN201309UV02": "/pix/v3", "PRPA_IN201305UV02": "/pdq/v3", "QUQI_IN000003UV01": "/pdq/v3",
    "QUQI_IN000003UV01_Cancel": "/pdq/v3",
}  # fmt: skip


class Told:
    """An answer as a client reads it."""

    def __init__(self, response: Response) -> None:
        self.status = response.status
        self.root = etree.fromstring(response.body)
        bodies = self.all("/s:Envelope/s:Body/*")
        self.message = bodies[0]
        self.action = self.one("//a:Action/text()")

    def all(self, path: str) -> list[Any]:
        return list(self.root.xpath(path, namespaces=NS))

    def one(self, path: str) -> str:
        return str(next(iter(self.all(path)), ""))

    @property
    def codes(self) -> tuple[str, str]:
        """Code of the acknowledgement and of the query."""
        return self.one("//h:acknowledgement/h:typeCode/@code"), self.one("//h:queryResponseCode/@code")

    @property
    def places(self) -> list[str]:
        return [str(one) for one in self.all("//h:acknowledgementDetail/h:location/text()")]

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """Ids of the patients, as root and extension."""
        return [(one.get("root"), one.get("extension")) for one in self.all("//h:patient/h:id")]

    @property
    def others(self) -> list[tuple[str, str, str]]:
        """Other ids: scoping organisation, extension, null flavour."""
        return [
            (
                one.find("h:scopingOrganization/h:id", NS).get("root"),
                one.find("h:id", NS).get("extension", ""),
                one.find("h:id", NS).get("nullFlavor", ""),
            )
            for one in self.all("//h:asOtherIDs")
        ]

    @property
    def counts(self) -> list[int]:
        """Total, current, remaining."""
        names = ("resultTotalQuantity", "resultCurrentQuantity", "resultRemainingQuantity")
        return [int(self.one(f"//h:queryAck/h:{name}/@value")) for name in names]


class V3Client:
    """Calls the doors of a test node without a network."""

    def __init__(self, node: TestNode, index: Index) -> None:
        self.node = node

        async def authenticate(request: Request) -> Caller:
            return node.caller

        callers = Callers(node.service, XuaTrust([], ""), authenticate)
        self.doors = PersonDoors(node.service, index, COMMUNITY, callers)

    def send(self, message: str | bytes, action: str = "", path: str = "") -> Told:
        """Send one message as it stands."""
        root = etree.fromstring(message.encode() if isinstance(message, str) else message)
        name = etree.QName(root).localname
        envelope = etree.fromstring(
            f'<s:Envelope xmlns:s="{NS["s"]}" xmlns:a="{NS["a"]}"><s:Header><a:Action s:mustUnderstand="1">'
            f"{action or f'urn:hl7-org:v3:{name}'}</a:Action><a:MessageID>urn:uuid:{uuid.uuid4()}</a:MessageID>"
            "</s:Header><s:Body/></s:Envelope>"
        )
        envelope[1].append(root)
        head = {"content-type": "application/soap+xml"}
        data = etree.tostring(envelope)
        request = Request("POST", path or DOORS[name], "", head, data, BASE, "127.0.0.1")
        return Told(self.node.run(self.doors.answer(request)))

    def discover(self, parameters: str) -> Told:
        """Ask as the gateway of another community."""
        action = "urn:hl7-org:v3:PRPA_IN201305UV02:CrossGatewayPatientDiscovery"
        return self.send(find(parameters), action, "/xcpd")


def wrapped(interaction: str, content: str) -> str:
    """Return a message with its transmission wrapper, as a hospital writes it."""
    return (
        f'<{interaction} xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ITSVersion="XML_1.0">'
        f'<id root="{uuid.uuid4()}"/><creationTime value="20260102120000+0000"/>'
        f'<interactionId root="2.16.840.1.113883.1.6" extension="{interaction}"/><processingCode code="P"/>'
        '<processingModeCode code="T"/><acceptAckCode code="AL"/>'
        '<receiver typeCode="RCV"><device classCode="DEV" determinerCode="INSTANCE"><id root="1.2.9"/></device></receiver>'
        '<sender typeCode="SND"><device classCode="DEV" determinerCode="INSTANCE"><id root="1.2.8"/></device></sender>'
        f'<controlActProcess classCode="CACT" moodCode="EVN"><code code="{interaction.replace("_IN", "_TE")}"/>'
        f"{content}</controlActProcess></{interaction}>"
    )


def feed(number: str, person: str, interaction: str = "PRPA_IN201301UV02", after: str = "") -> str:
    """Return a feed of one person, whose number stands in the domain of the north hospital."""
    return wrapped(
        interaction,
        '<subject typeCode="SUBJ"><registrationEvent classCode="REG" moodCode="EVN"><id nullFlavor="NA"/>'
        '<statusCode code="active"/><subject1 typeCode="SBJ"><patient classCode="PAT">'
        f'<id root="1.2.3.1" extension="{number}"/><statusCode code="active"/>'
        f'<patientPerson classCode="PSN" determinerCode="INSTANCE">{person}</patientPerson>'
        '<providerOrganization classCode="ORG" determinerCode="INSTANCE"><id root="1.2.3.1"/>'
        '<contactParty classCode="CON"/></providerOrganization></patient></subject1>'
        '<custodian typeCode="CST"><assignedEntity classCode="ASSIGNED"><id root="1.2.3.1"/></assignedEntity>'
        f"</custodian>{after}</registrationEvent></subject>",
    )


def find(parameters: str, quantity: int = 0, degree: int = 0, query: str = "1.2.8.7") -> str:
    """Return a question for persons."""
    many = f'<initialQuantity value="{quantity}"/>' if quantity else ""
    least = (
        '<matchCriterionList><minimumDegreeMatch><value xsi:type="INT" '
        f'value="{degree}"/><semanticsText>Degree</semanticsText></minimumDegreeMatch></matchCriterionList>'
        if degree
        else ""
    )
    return wrapped(
        "PRPA_IN201305UV02",
        f'<queryByParameter><queryId root="{query}" extension="1"/><statusCode code="new"/>'
        f'<responseModalityCode code="R"/><responsePriorityCode code="I"/>{many}{least}'
        f"<parameterList>{parameters}</parameterList></queryByParameter>",
    )


def cross(number: str, root: str = "1.2.3.1", sources: tuple[str, ...] = ()) -> str:
    """Return a question for the other numbers of a person."""
    wanted = "".join(
        f'<dataSource><value root="{one}"/><semanticsText>DataSource.id</semanticsText></dataSource>'
        for one in sources
    )
    return wrapped(
        "PRPA_IN201309UV02",
        '<queryByParameter><queryId root="1.2.8.7" extension="2"/><statusCode code="new"/><responsePriorityCode code="I"/>'
        f'<parameterList>{wanted}<patientIdentifier><value root="{root}" extension="{number}"/>'
        "<semanticsText>Patient.id</semanticsText></patientIdentifier></parameterList></queryByParameter>",
    )


def go_on(query: str = "1.2.8.7", state: str = "waitContinuedQueryResponse", quantity: int = 0) -> str:
    """Return the message that asks for more of an answer, or ends it."""
    many = f'<continuationQuantity value="{quantity}"/>' if quantity else ""
    name = "QUQI_IN000003UV01_Cancel" if state == "aborted" else "QUQI_IN000003UV01"
    return wrapped(
        name,
        f'<queryContinuation><queryId root="{query}" extension="1"/>{many}<statusCode code="{state}"/></queryContinuation>',
    )


def name(family: str, given: str = "") -> str:
    """Return the parameter for a name."""
    first = f"<given>{given}</given>" if given else ""
    return f"<livingSubjectName><value>{first}<family>{family}</family></value><semanticsText>Name</semanticsText></livingSubjectName>"


def born(day: str) -> str:
    """Return the parameter for a birth date."""
    return f'<livingSubjectBirthTime><value value="{day}"/><semanticsText>Birth</semanticsText></livingSubjectBirthTime>'


def numbered(root: str, extension: str) -> str:
    """Return the parameter for a number."""
    return f'<livingSubjectId><value root="{root}" extension="{extension}"/><semanticsText>Id</semanticsText></livingSubjectId>'


def wanted(root: str) -> str:
    """Return the parameter for a domain whose numbers are wanted."""
    return f'<otherIDsScopingOrganization><value root="{root}"/><semanticsText>Other</semanticsText></otherIDsScopingOrganization>'
