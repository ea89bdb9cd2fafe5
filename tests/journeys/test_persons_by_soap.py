"""Another system asks the running node over SOAP: who is this, and which numbers has the person?"""

from __future__ import annotations

import urllib.request

import pytest
from lxml import etree
from tests.journeys.conftest import Site

from ardenne.services.mpi.tests.v3_client import NS, born, cross, find, name

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("open")]


def ask(site: Site, path: str, message: str, action: str) -> etree._Element:
    """Post a message in an envelope of its own and return the answer."""
    envelope = (
        f'<s:Envelope xmlns:s="{NS["s"]}" xmlns:a="{NS["a"]}"><s:Header><a:Action>{action}</a:Action>'
        f"<a:MessageID>urn:uuid:1</a:MessageID></s:Header><s:Body>{message}</s:Body></s:Envelope>"
    ).encode()
    request = urllib.request.Request(
        f"{site.address}{path}", envelope, {"content-type": "application/soap+xml; charset=UTF-8"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return etree.fromstring(answer.read())


def test_a_hospital_finds_a_person_and_the_other_numbers(site: Site) -> None:
    (entry,) = site.fhir("Patient?name=Schmitz&given=Anne")["entry"]
    patient = entry["resource"]
    question = find(name("Schmitz", "Anne") + born(patient["birthDate"].replace("-", "")))
    found = ask(site, "/pdq/v3", question, "urn:hl7-org:v3:PRPA_IN201305UV02")
    own = found.xpath("//h:patient/h:id", namespaces=NS)[0]
    assert own.get("extension") == patient["id"]
    answer = ask(
        site, "/pix/v3", cross(own.get("extension"), own.get("root")), "urn:hl7-org:v3:PRPA_IN201309UV02"
    )
    numbers = answer.xpath("//h:patient/h:id/@extension", namespaces=NS)
    assert {one["value"] for one in patient["identifier"]} <= set(numbers)
    gateway = "urn:hl7-org:v3:PRPA_IN201305UV02:CrossGatewayPatientDiscovery"
    assert ask(site, "/xcpd", question, gateway).xpath("//h:queryResponseCode/@code", namespaces=NS) == ["OK"]
