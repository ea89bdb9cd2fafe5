"""Running the test plans of the NIST XDS toolkit: their metadata is ebRIM 2.1 with symbols, which become ebRIM 3.0."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from lxml import etree

from ardenne.services.record.exchange.tests.client import SoapClient, Told

_UNIQUE = {
    "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
    "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
    "urn:uuid:75df8f67-9973-4fbe-a900-df66cefecc5a",
}
_PATIENT = {
    "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
    "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
    "urn:uuid:f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a",
}
_OIDS = itertools.count(1)
CONTENT = b"This is my document.\n"


@dataclass
class Outcome:
    """What became of the steps of a test."""

    failures: list[str] = field(default_factory=list)
    steps: int = 0


@dataclass
class Runner:
    """Runs steps in order and keeps what they report. ``patients``: the values of $patientid$ and its kin."""

    client: SoapClient
    patients: dict[str, str]
    uids: dict[tuple[str, str], str] = field(default_factory=dict)
    uuids: dict[tuple[str, str], str] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)

    def run(self, folder: Path, sections: list[str]) -> Outcome:
        """Run the sections of a test, each a folder with a testplan."""
        outcome = Outcome()
        for section in sections:
            plan = etree.parse(folder / section / "testplan.xml").getroot()
            for step in plan.iter("TestStep"):
                transaction = next((one for one in step if one.tag.endswith("Transaction")), None)
                if transaction is None or transaction.tag in (
                    "NullTransaction",
                    "PatientIdentityFeedTransaction",
                ):
                    continue
                outcome.steps += 1
                told = self._send(folder / section, section, transaction)
                outcome.failures += [f"{section}: {text}" for text in _wrong(step, transaction, told)]
        return outcome

    def _send(self, folder: Path, section: str, transaction: etree._Element) -> Told:
        text = (folder / str(transaction.findtext("MetadataFile"))).read_text()
        for use in transaction.iter("UseId"):
            kind = self.uuids if use.get("section") == "AssignedUuids" else self.uids
            key = (str(use.get("testdir", section)).removeprefix("../"), str(use.get("id")))
            symbol = str(use.get("symbol"))
            value = kind.get(key) or self.extra.get(symbol) or self.patients.get(symbol, "")
            text = text.replace(str(use.get("symbol")), value)
        for use in transaction.iter("UseReport"):
            name = str(use.get("reportName"))
            value = self.reports.get(f"{use.get('section')}.{name}") or self.reports.get(name, "")
            if value:
                text = text.replace(str(use.get("useAs")), value)
        for symbol, value in {**self.patients, **self.extra}.items():
            text = text.replace(symbol, value)
        if transaction.tag == "StoredQueryTransaction":
            told = self.client.send("query", text)
            found = told.slot("repositoryUniqueId")
            self.reports["repuid"] = found[0] if found else ""
            return told
        if transaction.tag == "RetrieveTransaction":
            return self.client.send("retrieve", text)
        objects = self._objects(text, section, transaction)
        if transaction.tag == "RegisterTransaction":
            return self.client.send("register", _submit(objects))
        ids = [str(one.get("id")) for one in transaction.iter("Document")]
        return self.client.provide(objects, dict.fromkeys(ids, CONTENT))

    def _objects(self, text: str, section: str, transaction: etree._Element) -> str:
        root = etree.fromstring(_ebrim3(text).encode())
        kept = {str(one.get("id")) for one in transaction.iter("NoAssignUids")}
        for one in root.iter("{*}ExternalIdentifier"):
            owner = str(one.getparent().get("id"))  # type: ignore[union-attr]
            if one.get("identificationScheme") in _UNIQUE and owner not in kept:
                one.set("value", f"1.3.6.1.4.1.21367.42.{next(_OIDS)}")
            if one.get("identificationScheme") in _UNIQUE:
                self.uids[section, owner] = str(one.get("value"))
                kind = "docid" if "ExtrinsicObject" in str(one.getparent().tag) else "ssuid"  # type: ignore[union-attr]
                if kind == "ssuid" and "96fdda7c" in str(one.get("identificationScheme")):
                    self.reports[f"{section}.ssuid"] = str(one.get("value"))
                if kind == "docid":
                    self.reports[f"{section}.{owner}_uid"] = str(one.get("value"))
        if transaction.find("NoPatientId") is None:
            for one in root.iter("{*}ExternalIdentifier"):
                if one.get("identificationScheme") in _PATIENT:
                    one.set("value", self.patients["$patientid$"].replace("&amp;", "&"))
        inner = "".join(
            etree.tostring(one, encoding="unicode") for one in root.iter("{*}RegistryObjectList").__next__()
        )
        # symbols become UUIDs here, so that later steps can name what was submitted
        for name in sorted(
            {str(one.get("id")) for one in root.iter("{*}ExtrinsicObject", "{*}RegistryPackage")}
        ):
            if not name.startswith("urn:") and transaction.tag == "RegisterTransaction":
                assigned = f"urn:uuid:{uuid4()}"
                self.uuids[section, name] = assigned
                if name.startswith("Document"):
                    self.reports[f"{section}.docid"] = assigned
                inner = re.sub(rf'"{name}"', f'"{assigned}"', inner)
        return inner


def _submit(objects: str) -> str:
    return (
        '<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0">'
        f'<rim:RegistryObjectList xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">{objects}'
        "</rim:RegistryObjectList></lcm:SubmitObjectsRequest>"
    )


def _ebrim3(text: str) -> str:
    text = text[text.index("?>") + 2 :] if text.lstrip().startswith("<?xml") else text
    text = text.replace(
        "urn:oasis:names:tc:ebxml-regrep:rim:xsd:2.1", "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
    )
    text = text.replace(
        "urn:oasis:names:tc:ebxml-regrep:registry:xsd:2.1", "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
    )
    return text.replace("LeafRegistryObjectList", "RegistryObjectList").strip()


def _wrong(step: etree._Element, transaction: etree._Element, told: Told) -> list[str]:
    found = []
    expected = step.findtext("ExpectedStatus")
    if told.status != expected:
        found.append(f"{told.status} instead of {expected}: {told.codes} {told.text}")
    code = step.findtext("ExpectedErrorMessage") or step.findtext("ExpectedErrorCode")
    if code and code not in told.codes:
        found.append(f"{told.codes} instead of {code}")
    contents = transaction.find("ExpectedContents")
    for one in contents if contents is not None else ():
        found += _contents(one, told)
    return found


def _contents(one: etree._Element, told: Told) -> list[str]:
    status = "urn:oasis:names:tc:ebxml-regrep:StatusType:"
    match one.tag:
        case "SSwithOneDoc":
            counts = {"SubmissionSets": 1, "Documents": 1}
        case "SSwithOneDocOneFol":
            counts = {"SubmissionSets": 1, "Documents": 1, "Folders": 1}
        case "DocApp" | "DocDep":
            wanted = status + ("Approved" if one.tag == "DocApp" else "Deprecated")
            seen = [str(value) for value in told.all("//rim:ExtrinsicObject/@status")]
            return [] if seen and set(seen) == {wanted} else [f"status {seen}"]
        case "None":
            counts = {"ObjectRefs": 0, "Documents": 0}
        case _:
            counts = {str(one.tag): int(str(one.get("count")))}
    return [
        f"{told.count(name)} {name} instead of {count}"
        for name, count in counts.items()
        if told.count(name) != count
    ]
