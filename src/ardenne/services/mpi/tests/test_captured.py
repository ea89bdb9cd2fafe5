"""Messages about persons that were captured elsewhere, and XCPD of the NIST toolkit, over the doors."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from lxml import etree

from ardenne.kernel.http.message import Request
from ardenne.kernel.testing import BASE, TestNode
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.tests.persons import patient, register
from ardenne.services.mpi.tests.v3_client import Told, V3Client

pytestmark = pytest.mark.corpus
DISCOVERY = "urn:hl7-org:v3:PRPA_IN201305UV02:CrossGatewayPatientDiscovery"


@pytest.fixture
def doors(index_node: TestNode) -> V3Client:
    """A node that knows Chip Moore, born on 7 November 1984."""
    index = Index()
    moore = patient(
        "M1", name=[{"family": "Moore", "given": ["Chip"]}], gender="male", birthDate="1984-11-07"
    )
    index_node.run(register(index_node, index, moore))
    return V3Client(index_node, index)


def post(doors: V3Client, path: str, data: bytes) -> Told:
    """Post an envelope as it was captured, without its assertion: that has expired, and nobody here trusts its issuer."""
    root = etree.fromstring(data)
    for one in list(root.iter("{*}Security")):
        one.getparent().remove(one)  # type: ignore[union-attr]
    head = {"content-type": "application/soap+xml"}
    request = Request("POST", path, "", head, etree.tostring(root), BASE, "127.0.0.1")
    return Told(doors.node.run(doors.doors.answer(request)))


def test_the_captures_of_the_swiss_record(doors: V3Client, corpus: Path) -> None:
    folder = corpus / "documents/soap/epd"
    fed = post(doors, "/pix/v3", (folder / "iti-44_request_raw.xml").read_bytes())
    assert fed.codes[0] == "CA"
    crossed = post(doors, "/pix/v3", (folder / "iti-45_request_raw.xml").read_bytes())
    # the person whom the capture asks about is another one than it feeds
    assert crossed.codes[0] in ("AA", "AE") and (
        crossed.numbers or crossed.places or crossed.codes[1] == "NF"
    )
    asked = (folder / "iti-47_request_raw.xml").read_bytes()
    unknown = post(doors, "/pdq/v3", asked)
    assert unknown.codes[0] == "AE" and "otherIDsScopingOrganization" in unknown.places[0]
    systems = ("1.1.1.2.2", "1.3.6.1.4.1.21367.2017.2.5.93", "2.16.756.5.30.1.127.3.10.3")
    numbers = [
        {"system": f"urn:oid:{one}", "value": "08242eb8-dd47-4298-8d2f-25d60114f137"} for one in systems
    ]
    known = patient("C1", name=[{"family": "Capture", "given": ["Ida"]}], birthDate="1961-02-03")
    known["identifier"] += numbers
    doors.node.run(register(doors.node, Index(), known))
    found = post(doors, "/pdq/v3", asked)
    assert found.codes == ("AA", "OK")
    assert {root for root, _number in found.numbers} | {root for root, _number, _null in found.others} >= set(
        systems[1:]
    )


def test_the_discovery_of_a_national_connector(doors: V3Client, corpus: Path) -> None:
    text = (corpus / "documents/soap/ncp/xcpd-request.template.xml").read_text()
    text = text.replace("{{hcp-assertion|safe}}", "")
    text = re.sub(r"\{\{[^}]*\}\}", lambda _found: f"urn:uuid:{uuid.uuid4()}", text)
    told = post(doors, "/xcpd", text.encode())
    assert told.codes[0] in ("AA", "AE") and not told.all("//s:Fault")
    assert told.numbers == []


# The toolkit writes the birth date as 19849711: there is no month 97. Read as 7 November 1984.
XCPD = {
    "test1_findpatient_dob_gender_name": ("AA", "OK", 1),
    "findpatient_dob_gender_name/test1_findpatient_dob_gender_name": ("AA", "OK", 1),
    # without birth date: more is asked for
    "test2_findpatient_gender_name_failure": ("AE", "AE", 0),
    # a woman of this name and date is not known
    "test3_findpatient_dob_gender_name_failure": ("AA", "NF", 0),
    "findpatient_dob_gender_name_failure/test3_findpatient_dob_gender_name_failure": ("AA", "NF", 0),
}


@pytest.mark.parametrize("name", XCPD)
def test_discovery_of_the_toolkit(doors: V3Client, corpus: Path, name: str) -> None:
    text = (corpus / f"documents/xds/nist/15500/{name}.xml").read_text()
    wrong = doors.send(text, DISCOVERY, "/xcpd") if "19849711" in text else None
    assert wrong is None or (wrong.codes[0] == "AE" and wrong.places), (
        "a month 97 must be refused with its place"
    )
    told = doors.send(text.replace("19849711", "19841107"), DISCOVERY, "/xcpd")
    acknowledged, found, persons = XCPD[name]
    assert (told.codes, len(told.numbers)) == ((acknowledged, found), persons)
