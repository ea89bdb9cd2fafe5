"""Profiles at the door: what a resource must meet before it is stored.

A resource that declares a profile (meta.profile) which R4 or the node knows must meet it; the operator may also
require profiles of a type whatever it declares. Only the profile is judged here: structure was checked
before, and everything else that could be said is the matter of ``$validate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.structures import structures
from ardenne.kernel.store import custom
from ardenne.kernel.store.database import Connection
from ardenne.kernel.terminology.service import NodeSource
from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.outcome import Issue, failed
from ardenne.standards.fhir.profiles import Context, check_profiles
from ardenne.standards.fhir.terminology import Source, TerminologyCodes

if TYPE_CHECKING:
    from ardenne.kernel.rest.service import FhirService

Json = dict[str, Any]


class ProfileRules(NamedTuple):
    """``required``: profiles that every resource of a type must meet. ``declared``: whether those that a
    resource itself names are enforced."""

    required: Mapping[str, tuple[str, ...]] = {}
    declared: bool = True

    def of(self, resource: Json) -> tuple[str, ...]:
        """Return the profiles that a resource must meet."""
        found = self.required.get(resource["resourceType"], ())
        meta = resource.get("meta")
        named = meta.get("profile", ()) if self.declared and meta else ()
        if not named:
            return found
        stored = custom.current().profiles
        known = [
            url for url in named if url and (_bare(url) in stored or _bare(url) in _published_profiles())
        ]
        return tuple(dict.fromkeys((*found, *known)))


AS_DECLARED = ProfileRules()


def read_rules(required: str, declared: bool) -> ProfileRules:
    """Return the rules of a setting ``Type=URL`` with commas between them. Raises ValueError."""
    found: dict[str, tuple[str, ...]] = {}
    for part in required.split(","):
        if not part.strip():
            continue
        name, _, url = part.strip().partition("=")
        if name not in RESOURCE_TYPES or ":" not in url:
            raise ValueError(f"'{part.strip()[:80]}' is not of the form Type=URL of a profile")
        found[name] = (*found.get(name, ()), url)
    return ProfileRules(found, declared)


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


def _bare(url: str) -> str:
    return url.partition("|")[0]


@lru_cache(maxsize=1)
def _published_profiles() -> frozenset[str]:
    """The profiles that R4 itself publishes; the definitions of its types are met by every valid resource."""
    return frozenset(
        url for url in definitions.urls("StructureDefinition") if url.rpartition("/")[2] not in RESOURCE_TYPES
    )
