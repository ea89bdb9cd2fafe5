"""The rules of ITI-65 about a Bundle by itself (pure): which entries, which elements, size and hash (IHE MHD 4.2, 3.65)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from functools import lru_cache
from importlib import resources
from typing import Any

from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.xds import codings
from ardenne.standards.xds.errors import Code

Json = dict[str, Any]

_EXTENSIONS = {"sourceId": codings.SOURCE_ID, "designationType": codings.DESIGNATION}
KINDS = frozenset({"List", "DocumentReference", "Binary", "Patient"})
EMPTY_HASH = "2jmj7l5rSw0yVb/vlWAYkK/YBwk="
_FHIR = ("application/fhir+json", "application/fhir+xml")


def problem(kind: str, path: str, text: str, code: Code) -> Issue:
    """Return an error as MHD asks for it: with the code of XDS that machines know (MHD 4.2, 3.65.4.1.3)."""
    return Issue("error", kind, path, text, code.value, code.value)


def is_submission(profiles: list[str]) -> bool:
    """Tell whether a transaction Bundle asks to be taken as ITI-65."""
    return any("MHD" in profile and "ProvideBundle" in profile for profile in profiles)


def strictness(profiles: list[str]) -> str:
    """Return which rules a Bundle promises to keep: ``minimal`` or ``comprehensive``."""
    asked = [profile for profile in profiles if "ProvideBundle" in profile]
    return "comprehensive" if any("Comprehensive" in profile for profile in asked) else "minimal"


def list_kind(resource: Json) -> str:
    """Return ``submissionset`` or ``folder``, empty for another List."""
    codes = [str(coding.get("code", "")) for coding in resource.get("code", {}).get("coding", [])]
    return next((code for code in codes if code in ("submissionset", "folder")), "")


def check(resources_: list[Json], level: str) -> list[Issue]:
    """Return what is wrong with the resources of a submission, each with its place in the Bundle."""
    issues: list[Issue] = []
    sets = [
        one for one in resources_ if one.get("resourceType") == "List" and list_kind(one) == "submissionset"
    ]
    if len(sets) != 1:
        text = f"there are {len(sets)} submission sets: send one List of code submissionset"
        issues.append(problem("required", "Bundle.entry", text, Code.METADATA))
    if not any(one.get("resourceType") == "DocumentReference" for one in resources_):
        text = "there is no DocumentReference: send at least one"
        issues.append(problem("required", "Bundle.entry", text, Code.MISSING_METADATA))
    for place, one in enumerate(resources_):
        issues += _resource(one, f"Bundle.entry[{place}].resource", level)
    return issues


def _resource(found: Json, place: str, level: str) -> list[Issue]:
    kind = str(found.get("resourceType", ""))
    if kind not in KINDS:
        text = f"a {kind} is no part of a submission of documents: send it by itself"
        return [problem("not-supported", place, text, Code.METADATA)]
    if kind in ("Binary", "Patient"):
        return []
    if kind == "List":
        kind = list_kind(found)
        if not kind:
            text = "the List is neither a submission set nor a folder: give it that code"
            return [problem("value", f"{place}.code", text, Code.METADATA)]
    issues = []
    for resource, profile, path, mend in _table():
        if resource == kind and (profile == "minimal" or profile == level) and not _has(found, path):
            text = f"{path} is missing: {mend}"
            issues.append(problem("required", f"{place}.{path}", text, Code.METADATA))
    return issues


def _has(found: Any, path: str) -> bool:
    first, _, rest = path.partition(".")
    if first == "extension":
        return any(one.get("url") == _EXTENSIONS[rest] for one in found.get("extension", []))
    value = found.get(first)
    if not rest:
        return bool(value)
    values = value if isinstance(value, list) else [value]
    return any(isinstance(one, dict) and _has(one, rest) for one in values)


@lru_cache(maxsize=1)
def _table() -> list[list[str]]:
    text = (resources.files(__package__) / "required.tsv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [line.split("\t") for line in lines[1:]]


def content(binary: Json, place: str) -> tuple[bytes, list[Issue]]:
    """Return the bytes of a Binary."""
    try:
        return base64.b64decode("".join(str(binary.get("data", "")).split()), validate=True), []
    except binascii.Error:
        return b"", [problem("value", f"{place}.data", "data is not base64", Code.MISSING_DOCUMENT)]


def fits(attachment: Json, data: bytes, place: str) -> list[Issue]:
    """Return what of size and hash does not fit the content. FHIR documents are sent without both."""
    kind = str(attachment.get("contentType", "")).partition(";")[0]
    if kind in _FHIR and "hash" not in attachment and "size" not in attachment:
        return []
    issues = []
    if "size" in attachment and attachment["size"] != len(data):
        text = f"size says {attachment['size']}, the content has {len(data)} bytes"
        issues.append(problem("value", f"{place}.size", text, Code.REPOSITORY_METADATA))
    digest = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    if "hash" in attachment and attachment["hash"] != digest:
        text = (
            "hash is not the SHA-1 of the content in base64: it was changed on its way, or the hash is wrong"
        )
        issues.append(problem("value", f"{place}.hash", text, Code.REPOSITORY_METADATA))
    return issues


def is_delayed(attachment: Json) -> bool:
    """Tell whether a document is assembled later: size 0 and the hash of nothing (MHD 4.2, 3.65.4.1.2)."""
    return attachment.get("size") == 0 and attachment.get("hash") == EMPTY_HASH
