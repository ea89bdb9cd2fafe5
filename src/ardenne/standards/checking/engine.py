"""From the bytes of a file to findings: encoding first, then recognition, then the rules of its format."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import msgspec

from ardenne.standards import fhir
from ardenne.standards.checking import cda_rules, places
from ardenne.standards.fhir import validator
from ardenne.standards.recognition import Recognised, recognise
from ardenne.standards.refusal import Refusal, Refused
from ardenne.standards.xml import hardened

RULES = "2026.11 (FHIR R4 4.0.1; CDA R2; HL7 v2.3 to 2.8; KMEHR 1.43)"
_BOMS = {b"\xef\xbb\xbf": "UTF-8", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong. ``path`` is in the format's own notation, ``line`` counts from 1 (0: unknown)."""

    severity: str
    """"error": the door refuses it; "warning": it is taken; "information"."""
    rule: str
    found: str
    mend: str
    path: str = ""
    line: int = 0


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a file, of which kind it is, and by which rules."""

    kind: str
    rules: str
    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """Whether the door takes the file."""
        return all(one.severity != "error" for one in self.findings)


def check(
    data: bytes,
    name: str = "",
    sidecar: Mapping[str, Any] | None = None,
    *,
    zone: datetime.tzinfo | None = None,
) -> Verdict:
    """Check one file. Never raises for bad content."""
    findings = _encoding(data)
    found = recognise(data, name, sidecar, zone=zone)
    if isinstance(found, Refusal):
        return Verdict(kind="", rules=RULES, findings=(*findings, *_refused(data, found)))
    findings += [_of(note, "warning") for note in found.notes]
    findings += _fhir(data, found)
    if found.kind == "cda":
        findings += _cda(data)
    for place, part in enumerate(found.parts, 1):
        inner = check(part, f"{name}#{place}", zone=zone)
        findings += [
            msgspec.structs.replace(one, path=f"message {place}: {one.path}") for one in inner.findings
        ]
    return Verdict(kind=found.kind, rules=RULES, findings=tuple(findings))


def _encoding(data: bytes) -> list[Finding]:
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            return [
                Finding(
                    severity="information",
                    rule="byte-order-mark",
                    found=f"the file begins with the byte order mark of {encoding}",
                    mend="Save it as UTF-8 without byte order mark: other systems stumble over it",
                    line=1,
                )
            ]
    return []


def _refused(data: bytes, refusal: Refusal) -> list[Finding]:
    """Return the refusal and, of a CDA document, everything else that its rules find at once."""
    findings = [_of(refusal, "error")]
    if b"ClinicalDocument" in data[:4000]:
        known = {refusal.rule}
        findings += [one for one in _cda(data) if one.rule not in known]
    return findings


def _of(refusal: Refusal, severity: str) -> Finding:
    return Finding(
        severity=severity,
        rule=refusal.rule,
        found=refusal.found,
        mend=refusal.mend,
        path=refusal.where,
        line=refusal.line,
    )


def _fhir(data: bytes, found: Recognised) -> list[Finding]:
    """Return what the FHIR validator finds: of a JSON file with the line of each place."""
    if not found.kind.startswith("fhir-"):
        return []
    findings: list[Finding] = []
    for number, text in _texts(data, found):
        resource = fhir.json.parse(text)
        lines = places.Lines(text)
        for issue in validator.validate(resource):
            severity = "error" if issue.failed else issue.severity
            sentence, _, mend = issue.message.partition(". " if ". " in issue.message else ": ")
            findings.append(
                Finding(
                    severity=severity,
                    rule=issue.rule or issue.code,
                    found=sentence,
                    mend=mend or "Correct the element at this path",
                    path=issue.path,
                    line=number or lines.of(issue.path),
                )
            )
    return findings


def _texts(data: bytes, found: Recognised) -> list[tuple[int, bytes]]:
    """Return the JSON texts in a file, each with its line where the file has one resource a line."""
    plain = data.removeprefix(b"\xef\xbb\xbf")
    if found.kind == "fhir-ndjson":
        lines = enumerate(plain.splitlines(), 1)
        return [(number, line) for number, line in lines if line.strip()]
    if plain.lstrip().startswith(b"{"):
        return [(0, plain)]
    return [(0, fhir.json.dump(found.resource))] if found.resource is not None else []


def _cda(data: bytes) -> list[Finding]:
    try:
        root = hardened.parse(data)
    except Refused:
        return []
    return [
        Finding(
            severity=rule.severity, rule=rule.name, found=rule.found, mend=rule.mend, path=path, line=line
        )
        for rule, path, line in cda_rules.broken(root)
    ]
