"""Which profiles a resource must meet to be stored."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from ardenne.kernel.store import custom
from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.definitions import RESOURCE_TYPES

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


def _bare(url: str) -> str:
    return url.partition("|")[0]


@lru_cache(maxsize=1)
def _published_profiles() -> frozenset[str]:
    """The profiles that R4 itself publishes; the definitions of its types are met by every valid resource."""
    return frozenset(
        url for url in definitions.urls("StructureDefinition") if url.rpartition("/")[2] not in RESOURCE_TYPES
    )
