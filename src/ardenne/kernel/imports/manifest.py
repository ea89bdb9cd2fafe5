"""What an import asks for: a list of NDJSON files, each with the type of its resources.

Read from Parameters or from plain JSON with the same names: ``inputFormat``, ``inputSource``, ``input`` with
``type`` and ``url`` (the shape of the bulk import proposal of SMART, which HAPI takes too).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import orjson

from ardenne.standards.fhir.definitions import RESOURCE_TYPES

_FORMATS = frozenset({"", "application/fhir+ndjson", "application/ndjson", "ndjson"})
_KNOWN = frozenset({"inputFormat", "inputSource", "storageDetail", "input", "resourceType"})
_MOST_INPUTS = 10_000


class ManifestError(ValueError):
    """The request cannot be carried out; ``rule`` names the member that is wrong."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class Input(NamedTuple):
    """One file. ``resource_type``: what it holds, empty for any."""

    resource_type: str
    url: str


class Places(NamedTuple):
    """Where inputs may lie: under ``folder`` (None: nowhere on this machine), on ``hosts`` (host or host:port)."""

    folder: Path | None = None
    hosts: frozenset[str] = frozenset()

    def local(self, url: str) -> Path | None:
        """Return the file that an input names, None when it is on another machine. Raises ManifestError."""
        parts = urlsplit(url)
        if parts.scheme in ("http", "https"):
            return None
        if self.folder is None:
            raise ManifestError("url", "this node reads no files of its own: the operator sets import_folder")
        if parts.scheme not in ("", "file") or parts.netloc not in ("", "localhost"):
            raise ManifestError("url", f"'{url[:100]}' is neither a file of the import folder nor http(s)")
        root = self.folder.resolve()
        found = (root / unquote(parts.path).removeprefix(f"{root}/").lstrip("/")).resolve()
        if not found.is_relative_to(root):
            raise ManifestError("url", f"'{url[:100]}' lies outside of the import folder")
        return found

    def check(self, url: str) -> None:
        """Raise ManifestError unless an input may be read and, on this machine, is there."""
        found = self.local(url)
        if found is not None:
            if not found.is_file():
                raise ManifestError("url", f"there is no file '{url[:100]}' in the import folder")
            return
        parts = urlsplit(url)
        try:
            names = {parts.hostname or "", f"{parts.hostname}:{parts.port}"}
        except ValueError:
            names = {""}
        if parts.username is not None or not names & self.hosts:
            raise ManifestError(
                "url", f"the host of '{url[:100]}' is not among those that the operator allows (import_hosts)"
            )


def read(content: bytes, places: Places) -> list[Input]:
    """Return the inputs of a request. Raises ManifestError."""
    try:
        sent = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ManifestError("json", f"the content is no JSON: {error}") from None
    if not isinstance(sent, dict):
        raise ManifestError("json", "send Parameters, or an object with inputFormat and input")
    asked = _of_parameters(sent) if sent.get("resourceType") == "Parameters" else sent
    unknown = sorted(set(asked) - _KNOWN)
    if unknown:
        raise ManifestError(unknown[0][:40], f"$import does not know '{unknown[0][:40]}'")
    if asked.get("inputFormat", "") not in _FORMATS:
        raise ManifestError("inputFormat", "only application/fhir+ndjson is read")
    found = asked.get("input")
    if not isinstance(found, list) or not found or len(found) > _MOST_INPUTS:
        raise ManifestError("input", f"name 1 to {_MOST_INPUTS} inputs, each with type and url")
    inputs = [_input(one) for one in found]
    for one in inputs:
        places.check(one.url)
    return inputs


def _input(one: Any) -> Input:
    if not isinstance(one, dict) or not isinstance(one.get("url"), str) or not one["url"]:
        raise ManifestError("input", "each input needs a type and a url")
    kind = one.get("type", "")
    if kind and kind not in RESOURCE_TYPES:
        raise ManifestError("type", f"'{str(kind)[:40]}' is not a resource type of FHIR R4")
    return Input(kind, one["url"])


def _of_parameters(sent: dict[str, Any]) -> dict[str, Any]:
    """Return Parameters as the plain object of the same meaning."""
    asked: dict[str, Any] = {}
    for one in sent.get("parameter", []):
        name = str(one.get("name", ""))
        if name == "input":
            parts = {str(part.get("name")): _value(part) for part in one.get("part", [])}
            asked.setdefault("input", []).append(parts)
        elif "part" in one:
            asked[name] = {str(part.get("name")): _value(part) for part in one["part"]}
        else:
            asked[name] = _value(one)
    return asked


def _value(part: dict[str, Any]) -> Any:
    return next((value for name, value in part.items() if name.startswith("value")), None)
