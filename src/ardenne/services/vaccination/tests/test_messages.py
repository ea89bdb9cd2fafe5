"""HL7 v2: a vaccination is kept once, taken back, and found again with its forecast."""

from __future__ import annotations

from ardenne.kernel.testing import TestNode
from ardenne.services.vaccination.messages import VaccinationMessages
from ardenne.standards.hl7v2 import er7

_PID = "PID|1||1980010145728^^^&1.3.182.2.4&ISO||Schmitz^Anne||20210310|F"


def vxu(day: str = "20210510", status: str = "CP", action: str = "A", pid: str = _PID) -> bytes:
    """Shape of an example of the CDC's guide 1.5, chapter 5, with invented content."""
    return (
        "MSH|^~\\&|PRACTICE|NORTH|ARDENNE|LU|20260301120000+0100||VXU^V04^VXU_V04|C1|P|2.5.1\r"
        f"{pid}\r"
        "ORC|RE||65930^NORTH\r"
        f"RXA|0|1|{day}|{day}|146^DTaP-IPV-Hib-HepB^CVX|0.5|mL^mL^UCUM||00^New immunization record^NIP001|"
        f"7824^Thill^Claude|||||W1|20271231|SNF^Sanofi^MVX|||{status}|{action}\r"
        "RXR|IM^Intramuscular^HL70162|LT^Left Thigh^HL70163\r"
    ).encode()


def qbp(profile: str, pid: str = "1980010145728^^^&1.3.182.2.4&ISO", name: str = "", born: str = "") -> bytes:
    return (
        "MSH|^~\\&|PRACTICE|NORTH|ARDENNE|LU|20260301120000+0100||QBP^Q11^QBP_Q11|C9|P|2.5.1\r"
        f"QPD|{profile}^Request^CDCPHINVS|T1|{pid}|{name}||{born}|F\rRCP|I|5^RD\r"
    ).encode()


def take(node: TestNode, data: bytes) -> tuple[str, er7.Message | None]:
    messages = VaccinationMessages(node.service, "lu")
    message = er7.read(data)
    handle = messages.takers()["VXU" if b"VXU" in data else "QBP^Q11"]
    taken = node.run(handle(message, data, "10.0.0.1"))
    return taken.code, er7.read(taken.answer) if taken.answer else None


def acts(node: TestNode) -> list[dict[str, object]]:
    return [entry["resource"] for entry in node.call("GET", "Immunization").entries("match")]


def test_a_vaccination_is_kept_once_corrected_and_taken_back(node: TestNode) -> None:
    for _ in range(2):
        assert take(node, vxu())[0] == "AA"
    (one,) = acts(node)
    assert one["lotNumber"] == "W1" and one["occurrenceDateTime"] == "2021-05-10"
    assert one["vaccineCode"]["coding"][0] == {  # type: ignore[index]
        "system": "http://hl7.org/fhir/sid/cvx", "code": "146", "display": "DTaP-IPV-Hib-HepB",
    }  # fmt: skip
    assert one["performer"] == [{"actor": {"display": "Claude Thill"}}]
    take(node, vxu("20210511"))
    (one,) = acts(node)
    assert one["occurrenceDateTime"] == "2021-05-11"
    take(node, vxu("20210511", action="D"))
    (one,) = acts(node)
    assert one["status"] == "entered-in-error"


def test_a_refusal_is_no_vaccination(node: TestNode) -> None:
    assert take(node, vxu(status="RE"))[0] == "AA"
    (one,) = acts(node)
    assert (one["status"], one["statusReason"]) == ("not-done", {"text": "refused"})


def test_what_cannot_be_kept_is_refused_with_its_place(node: TestNode) -> None:
    messages = VaccinationMessages(node.service, "lu")
    for wrong, place in ((vxu("soon"), "RXA-3"), (vxu().replace(b"146^DTaP-IPV-Hib-HepB^CVX", b""), "RXA-5")):
        taken = node.run(messages.update(er7.read(wrong), wrong, ""))
        assert (taken.code, taken.location) == ("AE", place)
    assert acts(node) == []


def test_history_and_forecast(node: TestNode) -> None:
    take(node, vxu())
    code, answer = take(node, qbp("Z34"))
    assert code == "AA" and answer is not None
    assert (answer.get("MSH-9.1"), answer.get("MSH-9.2"), answer.get("MSH-21.1")) == ("RSP", "K11", "Z32")
    assert (answer.get("QAK-1"), answer.get("QAK-2")) == ("T1", "OK")
    (given,) = answer.all("RXA")
    assert (given.get(3), given.get(5), given.get(5, 3), given.get(15)) == ("20210510", "146", "CVX", "W1")
    assert answer.all("OBX") == []
    _code, forecast = take(node, qbp("Z44", "", "Schmitz^Anne", "20210310"))
    assert forecast is not None and forecast.get("MSH-21.1") == "Z42"
    assert [one.get(5) for one in forecast.all("RXA")] == ["146", "998"]
    told = {(one.get(4), one.get(3)): one for one in forecast.all("OBX")}
    polio = next(
        group for (group, code), one in told.items() if code == "30979-9" and one.get(5, 2) == "Polio"
    )
    # the second dose: four weeks after the first, recommended at four months (Luxembourg)
    assert told[polio, "30980-7"].get(5) == "20210710"
    assert all(one.get(11) == "F" for one in told.values())


def test_nobody_and_somebody_else(node: TestNode) -> None:
    _code, answer = take(node, qbp("Z34"))
    assert answer is not None and (answer.get("QAK-2"), answer.get("MSH-21.1")) == ("NF", "Z33")
    for number in range(2):
        person = {
            "resourceType": "Patient",
            "id": f"t{number}",
            "name": [{"family": "Twin", "given": ["A"]}],
            "birthDate": "2020-02-02",
        }
        node.call("PUT", f"Patient/t{number}", person)
    _code, answer = take(node, qbp("Z34", "", "Twin^A", "20200202"))
    assert answer is not None and answer.get("MSH-21.1") == "Z31" and len(answer.all("PID")) == 2
    assert answer.all("RXA") == []
    assert take(node, qbp("Z99"))[0] == "AE"
