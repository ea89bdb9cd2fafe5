"""Every interaction and operation of the FHIR door, called as each kind of caller, answers as the table says."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]

LOGINS = {
    "own": "anne.schmitz", "other": "jean.weber", "related": "claude.thill", "unrelated": "rita.gomes",
    "identity": "identity", "operator": "operator", "software": "demo-backend",
}  # fmt: skip
PARAMETERS = {"resourceType": "Parameters", "parameter": [{"name": "x", "valueString": "x"}]}
META = {
    "resourceType": "Parameters",
    "parameter": [{"name": "meta", "valueMeta": {"tag": [{"code": "sweep"}]}}],
}


def rows() -> list[list[str]]:
    text = (Path(__file__).parent / "interactions.tsv").read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def call(
    site: Site, method: str, address: str, token: str, content: Any = None, kind: str = ""
) -> tuple[int, bytes]:
    body = (
        content
        if isinstance(content, bytes)
        else json.dumps(content).encode()
        if content is not None
        else None
    )
    headers = {"content-type": kind or "application/fhir+json", "accept": "application/fhir+json"}
    if address.endswith("/$export"):
        headers["prefer"] = "respond-async"
    request = urllib.request.Request(
        f"{site.address}/fhir/{address}".rstrip("/"), body, headers, method=method
    )
    if token:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as found:
            return found.status, found.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class Ward:
    """Anne's record in the demonstration, and a token of each kind of caller."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.tokens = {"anonymous": ""}
        for kind, login in LOGINS.items():
            command = [sys.executable, "-m", "ardenne.apps.cli", "token", "--minutes", "30"]
            command += ["--data", str(folder / "data"), "--user", login]
            self.tokens[kind] = subprocess.run(
                command, check=True, capture_output=True, text=True
            ).stdout.strip()
        self.patient = self._first("Patient")
        self.condition = self._first(f"Condition?patient={self.patient}")
        self.document = self._first(f"DocumentReference?patient={self.patient}")

    def _first(self, query: str) -> str:
        found = json.loads(call(self.site, "GET", query, self.tokens["own"])[1])
        return str(found["entry"][0]["resource"]["id"])

    def observed(self, interaction: str, kind: str) -> str:
        """Return the status, and for lists whether they hold anything of Anne: 200+ or 200-."""
        method, _, address = interaction.partition(" ")
        address, _, what = address.partition(" ")
        address = address.format(patient=self.patient, condition=self.condition, document=self.document)
        subject = {"reference": f"Patient/{self.patient}"}
        contents: dict[str, Any] = {
            "": None if method in ("GET", "DELETE") else PARAMETERS,
            "condition": {"resourceType": "Condition", "subject": subject},
            "stolen": {"resourceType": "Condition", "id": self.condition, "subject": subject},
            "patch": b'[{"op":"add","path":"/note","value":[{"text":"x"}]}]',
            "organization": {"resourceType": "Organization", "name": "Sweep"},
            "meta": META,
            "batch": self._bundle("batch", "GET", f"Condition/{self.condition}"),
            "transaction": self._bundle("transaction", "POST", "Condition", subject),
            "form": b"patient=" + self.patient.encode(),
            "query": {"query": f'{{ Condition(id: "{self.condition}") {{ id }} }}'},
            "validate": {"resourceType": "Patient", "active": True},
        }
        types = {"patch": "application/json-patch+json", "form": "application/x-www-form-urlencoded",
                 "query": "application/json"}  # fmt: skip
        status, body = call(
            self.site, method, address, self.tokens[kind], contents[what], types.get(what, "")
        )
        if what == "batch" and status == 200:
            return f"200>{json.loads(body)['entry'][0]['response']['status'][:3]}"
        asks = b'"self"' in body
        mine = self.condition.encode() in body or self.document.encode() in body
        if status == 200 and asks:
            found = json.loads(body).get("entry", [])
            held = any(
                f"Patient/{self.patient}" in json.dumps(one)
                or one.get("resource", {}).get("id") == self.patient
                for one in found
            )
            return "200+" if held else "200-"
        return f"{status}+" if status == 200 and what == "query" and mine else str(status)

    @staticmethod
    def _bundle(kind: str, method: str, url: str, subject: Any = None) -> dict[str, Any]:
        entry: dict[str, Any] = {"request": {"method": method, "url": url}}
        if subject is not None:
            entry["resource"] = {"resourceType": "Condition", "subject": subject}
        return {"resourceType": "Bundle", "type": kind, "entry": [entry]}


@pytest.fixture(scope="module")
def ward(guarded: tuple[Site, Path]) -> Ward:
    return Ward(*guarded)


def test_every_operation_has_a_row(ward: Ward) -> None:
    """The CapabilityStatement tells what there is; what the table lacks fails."""
    statement = json.loads(call(ward.site, "GET", "metadata", "")[1])["rest"][0]
    told = {one["name"] for one in statement["operation"]}
    told |= {one["name"] for resource in statement["resource"] for one in resource.get("operation", [])}
    named = {part.split(" ")[1].rpartition("$")[2].partition("?")[0] for part, *_ in rows() if "$" in part}
    assert told - named == set()


def test_interactions_answer_as_the_table_says(ward: Ward) -> None:
    head, *lines = rows()
    wrong = []
    for interaction, *expected in lines:
        for kind, wanted in zip(head[1:], expected, strict=True):
            found = ward.observed(interaction, kind)
            if found != wanted:
                wrong.append((interaction, kind, f"{found}, not {wanted}"))
    assert wrong == []
