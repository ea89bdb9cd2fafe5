"""Metadata of document sharing as values: documents, submission sets, folders, associations (ITI TF-3 4.1, 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from ardenne.standards.xds import names
from ardenne.standards.xds.names import Kind


class Coded(NamedTuple):
    """A code in a coding scheme, usually an OID, with its words."""

    code: str
    scheme: str
    display: str = ""


class Author(msgspec.Struct, frozen=True):
    """Who wrote: HL7 v2 strings (XCN, XON, role, specialty, XTN) by the name of their slot."""

    slots: Mapping[str, tuple[str, ...]] = {}

    @property
    def person(self) -> str:
        """The person as XCN, empty when none is named."""
        return next(iter(self.slots.get("authorPerson", ())), "")


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """A document entry, a submission set or a folder.

    ``id`` is the entryUUID (``urn:uuid:…``), or a symbol such as Document01 in a submission. ``slots`` hold every
    attribute that ebRIM writes as a slot, known or not; ``codes`` the coded attributes by name; ``identifiers``
    patientId, uniqueId and sourceId.
    """

    kind: Kind
    id: str
    slots: Mapping[str, tuple[str, ...]] = {}
    codes: Mapping[str, tuple[Coded, ...]] = {}
    identifiers: Mapping[str, str] = {}
    authors: tuple[Author, ...] = ()
    title: str = ""
    comments: str = ""
    status: str = names.APPROVED
    object_type: str = names.STABLE
    mime_type: str = ""
    home: str = ""
    logical_id: str = ""
    version: str = ""
    line: int = 0

    def slot(self, name: str) -> str:
        """Return the first value of a slot, empty when there is none."""
        return next(iter(self.slots.get(name, ())), "")

    @property
    def patient_id(self) -> str:
        return self.identifiers.get("patientId", "")

    @property
    def unique_id(self) -> str:
        return self.identifiers.get("uniqueId", "")


class Association(msgspec.Struct, frozen=True, kw_only=True):
    """A link between two objects, by their ids."""

    id: str
    type: str
    source: str
    target: str
    slots: Mapping[str, tuple[str, ...]] = {}
    documentation: tuple[Coded, ...] = ()
    status: str = names.APPROVED
    line: int = 0

    def slot(self, name: str) -> str:
        """Return the first value of a slot, empty when there is none."""
        return next(iter(self.slots.get(name, ())), "")


class Submission(msgspec.Struct, frozen=True):
    """What one SubmitObjectsRequest holds."""

    objects: tuple[Metadata, ...]
    associations: tuple[Association, ...]

    def of(self, kind: Kind) -> list[Metadata]:
        """Return the objects of a kind, in order."""
        return [one for one in self.objects if one.kind is kind]


class PatientId(NamedTuple):
    """A patient's number in a domain (CX: ``number^^^&oid&ISO``)."""

    number: str
    domain: str

    def text(self) -> str:
        """Return it as CX."""
        return f"{self.number}^^^&{self.domain}&ISO"


def patient_id(text: str) -> PatientId | None:
    """Return the number and the OID of its domain; None when the text is no CX with an OID (ITI TF-3 4.2.3.1.7)."""
    number, separator, rest = text.partition("^^^")
    parts = rest.partition("^")[0].split("&")
    if not separator or not number or len(parts) != 3 or parts[2] != "ISO" or not parts[1]:
        return None
    return PatientId(number, parts[1])
