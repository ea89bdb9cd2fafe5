"""Names of naming systems: OIDs of HL7 version 3, table names of version 2 and KMEHR, and FHIR's URIs.

The tables are data (`data/*.json`); what is not in them still gets a stable URI.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
import urllib.parse

import msgspec

_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


class IdentifierSystem(msgspec.Struct, frozen=True, kw_only=True):
    """One naming system of persons' numbers: preferred FHIR URI, other names of it, how to write a value.

    `remove` holds the characters that people put between the digits and that are not part of the number;
    `type` is a code of http://terminology.hl7.org/CodeSystem/v2-0203 (NI national, SS social security …).
    """

    uri: str
    name: str
    country: str = ""
    type: str = ""
    also: tuple[str, ...] = ()
    remove: str = ""


@functools.cache
def _table(name: str) -> bytes:
    return (importlib.resources.files(__package__) / "data" / name).read_bytes()


@functools.cache
def _code_systems() -> dict[str, str]:
    return msgspec.json.decode(_table("code_systems.json"), type=dict[str, str])


@functools.cache
def _identifier_systems() -> dict[str, IdentifierSystem]:
    systems = msgspec.json.decode(_table("identifier_systems.json"), type=list[IdentifierSystem])
    return {name: system for system in systems for name in (system.uri, *system.also)}


def oid_or_uuid_uri(root: str) -> str:
    """`urn:oid:…` or `urn:uuid:…`, or "" when `root` is neither (HL7 v3 data types, UID)."""
    if _OID.fullmatch(root):
        return f"urn:oid:{root}"
    if _UUID.fullmatch(root):
        return f"urn:uuid:{root.lower()}"
    return ""


def code_system(name: str) -> str:
    """The FHIR URI of a code system known by OID, HL7 v2 table name (LN, I10, HL70078) or KMEHR name.

    A URI stays as it is; an unknown OID becomes urn:oid; anything else unknown gives "".
    """
    known = _code_systems().get(name) or _code_systems().get(name.removeprefix("urn:oid:"))
    if known:
        return known
    if name.startswith(("http://", "https://", "urn:")):
        return name
    return oid_or_uuid_uri(name)


def identifier_system(name: str) -> IdentifierSystem | None:
    """The entry of the table whose URI, OID or alias is `name`."""
    return _identifier_systems().get(name) or _identifier_systems().get(name.removeprefix("urn:oid:"))


def identifier(name: str, value: str) -> tuple[str, str]:
    """(system, value) in the preferred spelling: the same number from two formats becomes one identifier.

    `name` is an OID, a UUID or a URI; "" as system when it is none of these.
    """
    known = identifier_system(name)
    if known:
        return known.uri, value.strip().translate(str.maketrans("", "", known.remove))
    if name.startswith(("http://", "https://", "urn:")):
        return name, value.strip()
    return oid_or_uuid_uri(name), value.strip()


def local_system(*parts: str) -> str:
    """A stable URI for a domain that has no registered name: the names that its owner uses, joined.

    The same sender and the same namespace give the same URI, so that its numbers can be matched
    with each other, and with nobody else's.
    """
    named = [urllib.parse.quote(part.strip(), safe="") for part in parts if part.strip()]
    return ":".join(("urn:ardenne:local", *named)) if named else ""
