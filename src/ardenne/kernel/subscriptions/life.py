"""The status of a Subscription: every change of it is a version of the resource."""

from __future__ import annotations

from datetime import datetime

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Method, Mode
from ardenne.kernel.store.database import Connection
from ardenne.kernel.subscriptions import store
from ardenne.kernel.subscriptions.store import State
from ardenne.standards.fhir.json import dump, parse, parse_exact


async def move(
    service: FhirService, connection: Connection, state: State, status: str, now: datetime, reason: str = ""
) -> bool:
    """Write a status into the Subscription, with the reason of an error, in the caller's transaction.

    False: somebody wrote the Subscription meanwhile; it will be read anew.
    """
    found = await service.resources.read_in(connection, "Subscription", state.id)
    if found is None or found.body is None or found.version != state.version:
        return False
    resource = parse_exact(found.body)
    resource["status"] = status
    resource.pop("error", None)
    if reason:
        resource["error"] = reason
    content = dump(resource)
    asked = change.write(parse(content), content, state.id, Mode.UPDATE, Method.PUT, found.version)
    (done,) = await service.resources.write_in(connection, [asked])
    if not done.status.done:
        return False
    await store.set_status(connection, state.id, done.version, status, now)
    return True
