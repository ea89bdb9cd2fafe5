"""Profiles at the door: what a resource must meet before it is stored.

A resource that declares a profile (meta.profile) which R4 or the node knows must meet it; the operator may also
require profiles of a type whatever it declares. Only the profile is judged here: structure was checked
before, and everything else that could be said is the matter of ``$validate``.
"""

from __future__ import annotations

from typing import Any

from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.rest.structures import structures
from ardenne.kernel.store.database import Connection
from ardenne.kernel.terminology.service import NodeSource
from ardenne.standards.fhir.outcome import Issue, failed
from ardenne.standards.fhir.profiles import Context, check_profiles
from ardenne.standards.fhir.terminology import Source, TerminologyCodes

Json = dict[str, Any]


async def enforce(service: FhirService, resource: Json, connection: Connection | None = None) -> None:
    """Raise RestError (422) with every problem unless the resource meets the profiles that it must meet.

    ``connection``: definitions are read in the caller's transaction.
    """
    profiles = service.profiles.of(resource)
    if not profiles:
        return

    def work(source: Source, node: NodeSource) -> list[Issue]:
        context = Context(structure=structures(node), codes=TerminologyCodes(source))
        return check_profiles(resource, profiles, context)

    issues = await service.terminology.run(work, connection)
    if failed(issues):
        raise RestError(422, issues)
