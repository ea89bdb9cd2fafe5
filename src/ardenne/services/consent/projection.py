"""A written Consent takes effect at once: its directives are put into the policy in the same transaction."""

from __future__ import annotations

import logging

from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import Kind, State
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.store.change import Outcome
from ardenne.kernel.store.database import Connection
from ardenne.services.consent import rules, store
from ardenne.services.consent.rules import ConsentError, Directive, What

_LOGGER = logging.getLogger("ardenne.consent")


async def project(connection: Connection, done: Outcome) -> None:
    """Apply all Consents of the patient whose Consent was written. Raises RestError when one cannot be enforced."""
    owner = await policy.owner_of(connection, done.change.self_hash)
    for patient in {owner, done.change.patient} - {None}:
        assert patient is not None
        await apply(connection, patient)


async def apply(connection: Connection, patient: int, *, lenient: bool = False) -> None:
    """Make the policy say what the Consents of a patient (hash) say.

    Raises RestError for one that cannot be enforced; ``lenient`` leaves it out.
    """
    patient_id = await policy.patient_id(connection, patient)
    if patient_id is None:
        return
    await policy.know(connection, patient_id)
    # whoever writes a Consent of the same patient now waits, and then sees this one
    await policy.lock(connection, patient)
    await policy.forget_consents(connection, patient)
    state, emergency, research, new_level = State.OPEN, 1, True, 0
    for consent_id, _updated, consent in await store.consents(connection, patient):
        try:
            found = rules.directives(consent)
        except ConsentError as error:
            if lenient:
                _LOGGER.error("a Consent that was loaded in bulk cannot be enforced; it stays without effect")
                continue
            raise refuse(422, "business-rule", str(error), "consent", "Consent.provision") from None
        for one in found:
            match one.what:
                case What.CLOSE:
                    state = max(state, State.CLOSED)
                case What.OPPOSE:
                    state = State.OPPOSED
                case What.EMERGENCY:
                    emergency = min(emergency, one.level)
                case What.RESEARCH:
                    research = False
                case What.NEW:
                    new_level = max(new_level, one.level)
                case _:
                    await _party(connection, patient_id, one, f"Consent/{consent_id}")
    await policy.set_record(
        connection, patient_id, state=int(state), emergency_level=emergency, research=research,
        new_level=new_level,
    )  # fmt: skip
    await policy.keep_passed_on_within(connection, patient)
    await policy.settled(connection, patient)


async def _party(connection: Connection, patient_id: str, one: Directive, source: str) -> None:
    if one.what is What.GRANT:
        await policy.grant(
            connection, patient_id, one.party, Kind.PATIENT, one.level, one.span, source,
            may_pass_on=one.may_pass_on,
        )  # fmt: skip
    else:
        await policy.exclude(connection, patient_id, one.party, one.span, source, one.document)
