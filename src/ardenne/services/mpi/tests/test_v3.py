"""The HL7 v3 faces: answers exactly as IHE PIXV3, PDQV3 and XCPD ask, valid by the published schemas."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from lxml import etree

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.testing import TestNode
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.tests import v3_client as v3
from ardenne.services.mpi.tests.persons import MATRICULE, SOUTH, patient, register
from ardenne.services.mpi.tests.v3_client import COMMUNITY, Told, V3Client

OWN = f"{COMMUNITY}.2"
_CORPUS = Path(os.environ.get("ARDENNE_CORPUS", "../shared/data")) / "documents"
_LEA = (
    "<name><given>Léa</given><family>Hoffmann</family></name><administrativeGenderCode code='F'/>"
    "<birthTime value='19800101'/><addr><streetAddressLine>12 rue de l'Eau</streetAddressLine>"
    "<city>Esch-sur-Alzette</city><postalCode>4030</postalCode></addr>"
)
_PAUL = "<name><given>Paul</given><family>Hoffmann</family></name><administrativeGenderCode code='M'/><birthTime value='19991231'/>"


@lru_cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_CORPUS / "schema" / "hl7v3" / "multicacheschemas" / f"{name}.xsd"))


@pytest.fixture
def doors(index_node: TestNode) -> Iterator[V3Client]:
    """A node whose person of the north hospital is known in the south too."""
    index = Index()
    client = V3Client(index_node, index)
    known = patient("S9", SOUTH)
    known["identifier"].append({"system": MATRICULE, "value": "1980010145728"})
    index_node.run(register(index_node, index, known, sender="south"))
    assert client.send(v3.feed("N1", _LEA)).codes[0] == "CA"
    yield client


def test_a_feed_registers_and_is_acknowledged_once_it_is_durable(doors: V3Client) -> None:
    told = doors.send(v3.feed("N2", _PAUL))
    assert told.action == "urn:hl7-org:v3:MCCI_IN000002UV01" and told.codes[0] == "CA"
    again = doors.send(v3.feed("N2", _PAUL, "PRPA_IN201302UV02"))
    assert again.codes[0] == "CA"
    assert doors.send(v3.cross("N2")).codes == ("AA", "OK")


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (v3.feed("N3", "<birthTime value='yesterday'/>"), "birthTime"),
        (v3.feed("", _PAUL), "/id"),
        (v3.wrapped("PRPA_IN201301UV02", ""), "patient"),
        (v3.feed("N1", "<name>x</name>", "PRPA_IN201304UV02"), "replacementOf"),
    ],
)
def test_a_feed_that_cannot_be_read_is_refused_with_its_place(
    doors: V3Client, message: str, place: str
) -> None:
    told = doors.send(message)
    assert told.codes[0] == "CE" and place in told.places[0]
    assert told.one("//h:acknowledgementDetail/h:text/text()")


def _replacing(number: str) -> str:
    return (
        '<replacementOf typeCode="RPLC"><priorRegistration classCode="REG" moodCode="EVN"><statusCode code="obsolete"/>'
        '<subject1 typeCode="SBJ"><priorRegisteredRole classCode="PAT">'
        f'<id root="1.2.3.1" extension="{number}"/></priorRegisteredRole></subject1></priorRegistration></replacementOf>'
    )


def test_resolved_duplicates_become_one_person(doors: V3Client) -> None:
    doors.send(
        v3.feed("N5", "<name><given>Léa</given><family>Hoffmann</family></name><birthTime value='19800102'/>")
    )
    message = v3.feed("N1", "<name>Unknown</name>", "PRPA_IN201304UV02", _replacing("N5"))
    assert doors.send(message).codes[0] == "CA"
    told = doors.send(v3.find(v3.numbered("1.2.3.1", "N1")))
    assert told.counts == [1, 1, 0] and (
        told.one("//h:patientPerson/h:name/h:given/text()"),
        told.one("//h:patientPerson/h:name/h:family/text()"),
    ) == ("Léa", "Hoffmann")
    unknown = v3.feed("N1", "<name>Unknown</name>", "PRPA_IN201304UV02", _replacing("N99"))
    assert doors.send(unknown).codes[0] == "CE"


def test_pix_answers_the_other_numbers_and_never_the_one_asked(doors: V3Client) -> None:
    told = doors.send(v3.cross("N1"))
    assert told.action == "urn:hl7-org:v3:PRPA_IN201310UV02" and told.codes == ("AA", "OK")
    assert ("1.2.3.2", "S9") in told.numbers and ("1.3.182.4.4", "1980010145728") in told.numbers
    assert ("1.2.3.1", "N1") not in told.numbers
    assert told.one("//h:patientPerson/h:name/@nullFlavor") == "NA"
    assert doors.send(v3.cross("N1", sources=("1.2.3.2",))).numbers == [("1.2.3.2", "S9")]


def test_pix_of_a_person_without_number_in_the_wanted_domain_finds_nothing(doors: V3Client) -> None:
    doors.send(v3.feed("N2", _PAUL))
    told = doors.send(v3.cross("N2", sources=("1.2.3.2",)))
    assert told.codes == ("AA", "NF") and told.numbers == []


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (v3.cross("nobody"), "patientIdentifier/value/@extension"),
        (v3.cross("N1", "9.9.9"), "patientIdentifier/value/@root"),
        (v3.cross("N1", sources=("1.2.3.2", "9.9.9")), "dataSource[2]/value"),
    ],
)
def test_pix_errors_name_the_place(doors: V3Client, message: str, place: str) -> None:
    told = doors.send(message)
    assert told.codes == ("AE", "AE") and len(told.places) == 1
    assert told.places[0].endswith(place) and told.places[0].startswith("/PRPA_IN201309UV02/")
    assert told.one("//h:acknowledgementDetail/h:code/@code") == "204" and not told.all(
        "//h:registrationEvent"
    )


def test_pdq_answers_with_traits_degree_and_the_wanted_domains(doors: V3Client) -> None:
    asked = v3.name("Hoffmann", "Léa") + v3.born("19800101") + v3.wanted("1.2.3.2") + v3.wanted(OWN)
    told = doors.send(v3.find(asked))
    assert told.action == "urn:hl7-org:v3:PRPA_IN201306UV02" and told.codes == ("AA", "OK")
    ((root, person),) = told.numbers
    assert root == OWN and told.others == [("1.2.3.2", "S9", "")]
    assert told.one("//h:queryMatchObservation/h:value/@value") == "100"
    assert told.one("//h:birthTime/@value") == "19800101" and told.counts == [1, 1, 0]
    assert told.one("//h:queryByParameter/h:queryId/@root") == "1.2.8.7"
    assert doors.send(v3.cross(person, OWN, ("1.2.3.1",))).numbers == [("1.2.3.1", "N1")]


def test_pdq_says_where_a_person_has_no_number(doors: V3Client) -> None:
    doors.send(v3.feed("N2", _PAUL))
    told = doors.send(v3.find(v3.name("Hoffmann", "Paul") + v3.wanted("1.2.3.2")))
    assert told.others == [("1.2.3.2", "", "NA")]


def test_pdq_finds_nobody_or_says_what_is_wrong(doors: V3Client) -> None:
    nobody = doors.send(v3.find(v3.name("Nemo")))
    assert nobody.codes == ("AA", "NF") and nobody.counts == [0, 0, 0]
    strange = doors.send(v3.find(v3.name("Hoffmann") + v3.wanted("9.9.9")))
    assert strange.codes == ("AE", "AE") and strange.places[0].endswith(
        "otherIDsScopingOrganization[1]/value"
    )
    assert doors.send(v3.find("")).codes == ("AE", "QE")
    other = "<mothersMaidenName><value><family>Weis</family></value><semanticsText>Mother</semanticsText></mothersMaidenName>"
    unsearched = doors.send(v3.find(v3.name("Hoffmann") + other))
    assert unsearched.codes == ("AE", "QE") and "mothersMaidenName" in unsearched.places[0]
    least = doors.send(v3.find(v3.name("Hoff", "L") + v3.born("19800101"), degree=99))
    assert least.codes == ("AA", "NF")


def _crowd(doors: V3Client, many: int) -> None:
    for place in range(many):
        given = ("Ana", "Bob", "Carl", "Dora", "Emil")[place]
        person = f"<name><given>{given}</given><family>Krier</family></name><birthTime value='19{50 + place * 7}0{place + 1}15'/>"
        assert doors.send(v3.feed(f"K{place}", person)).codes[0] == "CA"


def test_an_answer_is_fetched_piece_by_piece_and_each_person_once(doors: V3Client) -> None:
    _crowd(doors, 5)
    first = doors.send(v3.find(v3.name("Krier"), quantity=2))
    second, third = doors.send(v3.go_on()), doors.send(v3.go_on(quantity=5))
    assert [one.counts for one in (first, second, third)] == [[5, 2, 3], [5, 2, 1], [5, 1, 0]]
    everybody = first.numbers + second.numbers + third.numbers
    assert len(set(everybody)) == len(everybody) == 5
    assert second.one("//h:queryByParameter//h:family/text()") == "Krier"
    after = doors.send(v3.go_on())
    assert after.codes == ("AA", "OK") and after.counts == [5, 0, 0]


def test_a_cancelled_answer_is_gone_and_nobody_else_goes_on(doors: V3Client) -> None:
    _crowd(doors, 3)
    doors.send(v3.find(v3.name("Krier"), quantity=1))
    mine = doors.node.caller
    doors.node.caller = Caller(Kind.SOFTWARE, "another", name="another", profession="platform")
    assert doors.send(v3.go_on()).codes == ("AE", "AE")
    doors.node.caller = mine
    stopped = doors.send(v3.go_on(state="aborted"))
    assert stopped.action == "urn:hl7-org:v3:MCCI_IN000002UV01" and stopped.codes[0] == "CA"
    assert doors.send(v3.go_on()).codes == ("AE", "AE")
    assert doors.send(v3.go_on(state="aborted")).codes[0] == "CE"


def test_a_gateway_learns_of_one_person_beyond_doubt(doors: V3Client) -> None:
    told = doors.discover(v3.numbered("1.3.182.4.4", "1980010145728"))
    assert told.action == "urn:hl7-org:v3:PRPA_IN201306UV02:CrossGatewayPatientDiscovery"
    assert told.codes == ("AA", "OK") and told.numbers[0][0] == OWN
    assert told.one("//h:custodian/h:assignedEntity/h:id/@root") == COMMUNITY
    traits = v3.name("Hoffmann", "Léa") + v3.born("19800101")
    address = "<patientAddress><value><streetAddressLine>12 rue de l'Eau</streetAddressLine><city>Esch-sur-Alzette</city><postalCode>4030</postalCode></value><semanticsText>Address</semanticsText></patientAddress>"
    assert doors.discover(traits + address).numbers == told.numbers


def test_a_gateway_is_asked_for_more_or_told_nothing(doors: V3Client) -> None:
    wrong = v3.numbered("1.3.182.4.4", "1980010145728") + v3.name("Muller", "Jos") + v3.born("19550505")
    assert doors.discover(wrong).codes == ("AA", "NF")
    assert doors.discover(v3.numbered("1.2.3.1", "nobody")).codes == ("AA", "NF")
    few = doors.discover(v3.name("Hoffmann"))
    assert few.codes == ("AE", "AE") and few.all("//h:detectedIssueManagement/h:code/@code") == [
        "AdditionalDemographicsRequested"
    ]
    twin = "<name><given>Léa</given><family>Hoffmann</family></name><birthTime value='19800101'/><addr><city>Wiltz</city><postalCode>9540</postalCode></addr>"
    doors.send(v3.feed("N6", twin))
    several = doors.discover(v3.name("Hoffmann", "Lea") + v3.born("19800101"))
    assert several.codes[0] == "AA" and len(several.numbers) <= 1


def test_locations_name_this_community_and_its_number(doors: V3Client) -> None:
    body = '<x:PatientLocationQueryRequest xmlns:x="urn:ihe:iti:xcpd:2009"><x:RequestedPatientId root="1.2.3.1" extension="{}"/></x:PatientLocationQueryRequest>'
    action = "urn:ihe:iti:2009:PatientLocationQuery"
    told = doors.send(body.format("N1"), action, "/xcpd")
    assert told.action == f"{action}Response"
    assert told.root.xpath("string(//*[local-name()='HomeCommunityId'])") == f"urn:oid:{COMMUNITY}"
    assert told.root.xpath("string(//*[local-name()='CorrespondingPatientId']/@root)") == OWN
    assert len(doors.send(body.format("nobody"), action, "/xcpd").message) == 0


def test_strangers_and_patients_learn_nothing(doors: V3Client) -> None:
    doors.node.caller = Caller(Kind.CITIZEN, "anne", patient="somebody")
    told = doors.send(v3.find(v3.name("Hoffmann", "Léa") + v3.born("19800101")))
    assert told.codes == ("AA", "NF") and told.numbers == []
    assert doors.send(v3.feed("N9", _PAUL)).all("//s:Fault")


def test_wrong_actions_and_hostile_envelopes_are_faults(doors: V3Client) -> None:
    assert doors.send(v3.cross("N1"), "urn:hl7-org:v3:PRPA_IN201305UV02", "/pdq/v3").all("//s:Fault")
    assert "not known" in doors.send(v3.cross("N1"), "urn:none", "/pix/v3").one("//s:Text/text()")
    assert doors.send("<x/>", "urn:hl7-org:v3:PRPA_IN201309UV02", "/pix/v3").all("//s:Fault")


@pytest.mark.corpus
@pytest.mark.skipif(not _CORPUS.exists(), reason="the sample documents are not here (ARDENNE_CORPUS)")
def test_answers_are_valid_by_the_published_schemas(doors: V3Client) -> None:
    _crowd(doors, 3)
    told: list[Told] = [
        doors.send(v3.feed("N2", _PAUL)), doors.send(v3.feed("", _PAUL)), doors.send(v3.cross("N1")),
        doors.send(v3.cross("nobody")), doors.send(v3.find(v3.name("Hoffmann") + v3.wanted("1.2.3.2"))),
        doors.send(v3.find(v3.name("Krier"), quantity=1)), doors.send(v3.go_on()), doors.send(v3.find("")),
        doors.send(v3.find(v3.name("Nemo"))), doors.discover(v3.name("Hoffmann")),
    ]  # fmt: skip
    for one in told:
        schema = _schema(etree.QName(one.message).localname)
        assert schema.validate(etree.fromstring(etree.tostring(one.message))), schema.error_log


@pytest.mark.corpus
@pytest.mark.skipif(not _CORPUS.exists(), reason="the sample documents are not here (ARDENNE_CORPUS)")
def test_every_sample_request_is_answered(doors: V3Client) -> None:
    seen = 0
    for path in sorted((_CORPUS / "hl7v3").glob("*.xml")):
        root = etree.parse(path).getroot()
        message = (
            root if root.tag.startswith("{urn:hl7-org:v3}") else next(root.iter("{urn:hl7-org:v3}*"), root)
        )
        if etree.QName(message).localname not in v3.DOORS:
            continue
        told = doors.send(etree.tostring(message))
        seen += 1
        assert not told.all("//s:Fault"), path.name
        assert told.codes[0] in ("CA", "AA") or told.all("//h:acknowledgementDetail/h:text"), path.name
    assert seen >= 10
