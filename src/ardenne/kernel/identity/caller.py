"""Who asks: the one description of a caller that the door, the policy and the journal share."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What sort of caller it is. The policy has rules for each."""

    ANONYMOUS = "anonymous"
    CITIZEN = "citizen"
    """A person, for the own record and for those of ``mandates``."""
    PROFESSIONAL = "professional"
    """A health professional in one role of the directory, or somebody who works under such a role."""
    OFFICER = "officer"
    """Somebody of the agency or an authority; ``profession`` names the office."""
    SOFTWARE = "software"
    """A system account of an organisation (SMART Backend Services)."""
    OPERATOR = "operator"
    """The person at the machine itself, in the open mode of development."""


class Purpose(StrEnum):
    """Why a caller asks (HL7 v3 PurposeOfUse)."""

    TREATMENT = "TREAT"
    EMERGENCY = "ETREAT"
    ADMINISTRATION = "HOPERAT"
    PUBLIC_HEALTH = "PUBHLTH"
    RESEARCH = "HRESCH"
    PATIENT = "PATRQT"
    PAYMENT = "HPAYMT"


class Mandate(msgspec.Struct, frozen=True):
    """What a citizen may do for somebody else. ``role``: parent, guardian, assistant.

    ``patient`` is a Patient id; ``full`` allows acts (consent, filing), else only reading.
    """

    patient: str
    role: str
    full: bool = False


class Caller(msgspec.Struct, frozen=True, cache_hash=True):
    """Who asks, in which role, by which means. Ids are logical ids of FHIR resources; empty: none.

    ``account`` is the id of the account (uuid), ``name`` what people read in the journal.
    ``profession`` is the code of the profession group in the jurisdiction's matrix, or of an office.
    ``principal`` names the Practitioner under whose responsibility a secretary acts.
    ``scopes`` are the SMART scopes of an access token; None: a session in our own pages, which the
    policy alone limits. ``context`` is the patient of a launch (scopes ``patient/…``).
    ``session`` identifies the session or token for sign-out and journal; ``client`` the software.
    ``treats`` is the patient with whom the point of care vouches for a relation of treatment.
    ``certificate`` is the thumbprint of the certificate without which the token is worth nothing (RFC 8705).
    """

    kind: Kind
    account: str = ""
    name: str = ""
    patient: str = ""
    mandates: tuple[Mandate, ...] = ()
    practitioner: str = ""
    role: str = ""
    profession: str = ""
    organisation: str = ""
    principal: str = ""
    purpose: Purpose = Purpose.TREATMENT
    scopes: tuple[str, ...] | None = None
    context: str = ""
    session: str = ""
    client: str = ""
    level: str = ""
    certificate: str = ""
    treats: str = ""

    def acts_for(self, patient: str) -> bool:
        """Tell whether a citizen may decide for a patient: the own record, or one of a full mandate."""
        if self.kind is not Kind.CITIZEN or not patient:
            return False
        return patient == self.patient or any(one.patient == patient and one.full for one in self.mandates)


ANONYMOUS = Caller(Kind.ANONYMOUS)
OPERATOR = Caller(Kind.OPERATOR, "operator", "Operator of this machine")
