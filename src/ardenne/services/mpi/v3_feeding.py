"""Feeds in HL7 v3 (IHE PIXV3 ITI-44): CA only once everything is committed."""

from __future__ import annotations

from lxml import etree

from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy import scoping
from ardenne.kernel.policy.decide import Decision
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest import conditional
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import groups
from ardenne.services.mpi import feeding
from ardenne.services.mpi.contract import Told
from ardenne.services.mpi.feeding import UnknownNumber, acting
from ardenne.services.mpi.v3_own import Call, wrong
from ardenne.standards import timestamps
from ardenne.standards.hl7v3 import answers, feeds
from ardenne.standards.hl7v3.feeds import Registration
from ardenne.standards.hl7v3.wrapper import Acknowledged, Detail
from ardenne.standards.refusal import Refused

_MAY_FEED = frozenset({Kind.SOFTWARE, Kind.OPERATOR})
_UNKNOWN = "the number is not known here: send its registration, then this message again"


async def feed(call: Call) -> etree._Element:
    """Register, bring up to date, or merge two numbers of a source. Raises AccessRefused."""
    caller = call.service.caller
    if caller.kind not in _MAY_FEED or not scoping.opens(caller, "Patient", "u"):
        raise AccessRefused(Decision(False, "scope"))
    try:
        found = feeds.read(call.body, call.head)
        told = Told(feeds.sender_of(call.head), timestamps.read(call.head.created).moment)
    except Refused as error:
        return answers.acknowledgement(call.head, call.own.party, wrong(error, "CE"))
    except ValueError as error:
        detail = Detail(f"creationTime is not a point in time: {error}", "/creationTime", "102")
        return answers.acknowledgement(call.head, call.own.party, Acknowledged("CE", [detail]))
    if told.sent is not None and told.sent.tzinfo is None:
        told = told._replace(sent=told.sent.replace(tzinfo=call.service.zone))
    acted = acting(call.service, caller)
    try:
        await conditional.retried(lambda: _settle(call, acted, found, told))
    except UnknownNumber as error:
        detail = Detail(_UNKNOWN, f"//id[@extension='{error}']" if str(error).isalnum() else "//id")
        return answers.acknowledgement(call.head, call.own.party, Acknowledged("CE", [detail]))
    finally:
        if acted is not call.service:
            await acted.finish()
    await groups.refresh(call.service.database)
    return answers.acknowledgement(call.head, call.own.party, Acknowledged("CA"))


async def _settle(call: Call, service: FhirService, found: Registration, told: Told) -> None:
    resolved = call.head.interaction == feeds.RESOLVED
    async with conditional.locked(service, call.persons.locks(found.patient)) as connection:
        await feeding.settle(
            call.persons,
            service,
            connection,
            found.patient,
            told,
            found.replaced,
            found.mother,
            known=resolved,
        )
