"""What the HL7 v3 faces have in common: the node's names, the call, errors by the rule that they break."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from ardenne.kernel.rest.service import FhirService
from ardenne.services.mpi.index import Index
from ardenne.standards.hl7v3.wrapper import Acknowledged, Detail, Head, Id, Party
from ardenne.standards.refusal import Refused


class Own(NamedTuple):
    """The OIDs of the node."""

    community: str

    @property
    def party(self) -> Party:
        """The node as sender of answers: its home community."""
        return Party(Id(self.community), Id(self.community))

    @property
    def patients(self) -> str:
        """The domain of its Patient ids (the same as in document sharing)."""
        return f"urn:oid:{self.community}.2"


class Call(NamedTuple):
    """One message: the node as its sender may see it, and what was sent."""

    service: FhirService
    persons: Index
    own: Own
    body: etree._Element
    head: Head


def wrong(error: Refused, code: str) -> Acknowledged:
    """Return the acknowledgement of a message that cannot be read: required things missing (101), or wrong (102)."""
    found = error.refusal
    condition = "101" if found.rule == "v3-required" else "102"
    return Acknowledged(code, [Detail(f"{found.found}. {found.mend}", found.where, condition)])
