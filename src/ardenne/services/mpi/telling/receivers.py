"""Who is told: a table of the operator (``person_receivers``), read when a worker starts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

_SCHEMES = {"mllp": "pix", "mllps": "pix", "http": "pmir", "https": "pmir"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,60}")
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_COLUMNS = ["name", "address", "domains"]


class ReceiversError(ValueError):
    """The table cannot be used; the message names line and rule."""


class Receiver(NamedTuple):
    """Somebody who is told. ``kind``: pix (HL7 v2 by MLLP) or pmir (FHIR message by HTTP).

    ``domains``: systems of the numbers that the receiver wants (``urn:oid:…``); empty: all.
    """

    name: str
    kind: str
    address: str
    domains: tuple[str, ...] = ()


def read(path: Path) -> list[Receiver]:
    """Return the receivers of a table (TSV: name, address, domains as OIDs). Raises ReceiversError."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ReceiversError(f"person_receivers: the table cannot be read: {error}") from None
    rows = [
        (number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")
    ]
    if not rows or rows[0][1].split("\t") != _COLUMNS:
        raise ReceiversError(
            f"person_receivers: the first line names the columns {', '.join(_COLUMNS)}, with tabs"
        )
    found = [_receiver(number, line.split("\t")) for number, line in rows[1:]]
    names = [one.name for one in found]
    if len(set(names)) < len(names):
        raise ReceiversError("person_receivers: a name stands there twice")
    return found


def _receiver(number: int, cells: Sequence[str]) -> Receiver:
    name, address, domains = (*(cell.strip() for cell in cells), "", "", "")[:3]
    parts = urlsplit(address)
    if not _NAME.fullmatch(name):
        raise ReceiversError(
            f"person_receivers, line {number}: '{name[:40]}' is no name: letters, digits, . - _"
        )
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ReceiversError(
            f"person_receivers, line {number}: the address begins with mllp://, mllps://, http:// or https://"
        )
    if _SCHEMES[parts.scheme] == "pix" and not parts.port:
        raise ReceiversError(f"person_receivers, line {number}: an MLLP address names its port")
    wrong = [one for one in domains.split() if not _OID.fullmatch(one)]
    if wrong:
        raise ReceiversError(f"person_receivers, line {number}: '{wrong[0][:40]}' is no OID")
    return Receiver(name, _SCHEMES[parts.scheme], address, tuple(f"urn:oid:{one}" for one in domains.split()))
