"""Accounts: who somebody is, in which roles, with which mandates; and the caller that follows from it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ardenne.kernel.identity.caller import Caller, Kind, Mandate, Purpose

LEVELS = ("low", "substantial", "high")
"""Levels of assurance of Regulation (EU) 910/2014 (eIDAS), article 8, weakest first."""
_NEVER = float("inf")


class Role(msgspec.Struct, frozen=True):
    """One role of a professional or officer. ``directory`` is the PractitionerRole, ``id`` ours."""

    id: str
    profession: str
    practitioner: str = ""
    directory: str = ""
    organisation: str = ""
    organisation_name: str = ""
    principal: str = ""


class HeldMandate(msgspec.Struct, frozen=True):
    """A mandate as it is kept: whose record, who holds it, from when until when (None: open)."""

    id: str
    patient: str
    role: str
    full: bool
    begins: datetime
    ends: datetime | None = None
    holder: str = ""
    holder_name: str = ""


class Account(msgspec.Struct, frozen=True):
    """An account. ``state``: invited (a letter is under way), active, objected, closed."""

    id: str
    login: str
    kind: Kind
    name: str
    patient: str = ""
    state: str = "active"
    development: bool = False
    roles: tuple[Role, ...] = ()
    mandates: tuple[HeldMandate, ...] = ()

    def role(self, chosen: str) -> Role | None:
        """Return the chosen role; without a choice the only one. None: there is none, or one must be chosen."""
        for one in self.roles:
            if one.id == chosen:
                return one
        return self.roles[0] if not chosen and len(self.roles) == 1 else None


class Presence(msgspec.Struct, frozen=True):
    """By which means an account is here: a session of our pages, or an access token."""

    role: str = ""
    level: str = ""
    session: str = ""
    client: str = ""
    scopes: tuple[str, ...] | None = None
    purpose: str = ""
    context: str = ""


def caller(account: Account, presence: Presence, now: datetime) -> Caller:
    """Return the caller that an account is at a moment, by the means it uses."""
    role = account.role(presence.role) or Role("", "")
    purpose = Purpose(presence.purpose) if presence.purpose else usual_purpose(account.kind, role.profession)
    held = tuple(
        Mandate(one.patient, one.role, one.full)
        for one in account.mandates
        if one.begins <= now and (one.ends is None or now < one.ends)
    )
    return Caller(
        account.kind, account.id, account.name, account.patient, held, role.practitioner, role.directory,
        role.profession, role.organisation, role.principal, purpose, presence.scopes, presence.context,
        presence.session, presence.client, presence.level,
    )  # fmt: skip


def holds_until(account: Account, now: datetime) -> float:
    """Return when a mandate next begins or ends (seconds since 1970): until then the caller stays the same."""
    moments = [one.begins for one in account.mandates] + [one.ends for one in account.mandates if one.ends]
    return min((moment.timestamp() for moment in moments if moment > now), default=_NEVER)


_OFFICES = {
    "public-health": Purpose.PUBLIC_HEALTH,
    "payer": Purpose.PAYMENT,
    "identity": Purpose.ADMINISTRATION,
    "auditor": Purpose.ADMINISTRATION,
    "operator": Purpose.ADMINISTRATION,
    "data-protection": Purpose.ADMINISTRATION,
    "policy": Purpose.ADMINISTRATION,
    "registers": Purpose.ADMINISTRATION,
}


def usual_purpose(kind: Kind, profession: str) -> Purpose:
    """Return the purpose of somebody who names none."""
    if kind is Kind.CITIZEN:
        return Purpose.PATIENT
    return _OFFICES.get(profession, Purpose.TREATMENT)


def purposes(kind: Kind, profession: str) -> frozenset[Purpose]:
    """Return the purposes that somebody may name (IUA, ITI-71); the policy decides what each opens."""
    if kind is Kind.CITIZEN:
        return frozenset({Purpose.PATIENT})
    if kind is Kind.PROFESSIONAL:
        return frozenset({Purpose.TREATMENT, Purpose.EMERGENCY, Purpose.ADMINISTRATION, Purpose.PAYMENT})
    if kind is Kind.SOFTWARE:
        return frozenset(Purpose) - {Purpose.EMERGENCY, Purpose.PATIENT}
    return frozenset({usual_purpose(kind, profession), Purpose.ADMINISTRATION})
