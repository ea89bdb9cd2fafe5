"""Opening both doors of a worker."""

from __future__ import annotations

import asyncio

from ardenne.kernel.http.faults import report
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.services.messaging import authority, store_members
from ardenne.services.messaging.doors.changes import Changes
from ardenne.services.messaging.doors.imap.session import ImapDoor
from ardenne.services.messaging.doors.signing_in import SigningIn
from ardenne.services.messaging.doors.smtp import SmtpDoor
from ardenne.services.messaging.doors.wire import Door

PURGE_SECONDS = 600.0


async def listen(settings: Settings, service: FhirService) -> None:
    """Serve mail programs until cancelled; nothing when no port is set."""
    if not settings.messaging_smtp_port and not settings.messaging_imap_port:
        return
    try:
        own = authority.of_node(settings).own
        tls = await asyncio.to_thread(authority.door_context, settings, own)
        host = settings.messaging_host or settings.host
        signing_in = SigningIn(service, settings.messaging_domain)
        changes = Changes(service.database)
        async with asyncio.TaskGroup() as group:
            if settings.messaging_smtp_port:
                smtp = Door(SmtpDoor(signing_in, settings.messaging_domain).converse)
                group.create_task(smtp.run(host, settings.messaging_smtp_port, tls))
            if settings.messaging_imap_port:
                group.create_task(changes.run())
                imap = Door(ImapDoor(signing_in, changes).converse)
                group.create_task(imap.run(host, settings.messaging_imap_port, tls))
    except Exception as error:
        report(error)


async def purge(service: FhirService) -> None:
    """Forget keyrings that were open in sessions that have ended."""
    await store_members.purge(service.database)
