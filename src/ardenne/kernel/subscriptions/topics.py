"""The topics of this node: one per resource type, for its creates, updates and deletes.

The canonical of a topic is ``<FHIR address>/SubscriptionTopic/<Type>-change``.
"""

from __future__ import annotations

import re

from ardenne.standards.fhir.definitions import RESOURCE_TYPES

EXAMPLE = "such as <FHIR address>/SubscriptionTopic/Observation-change"
_CANONICAL = re.compile(r"(https?://.+)/SubscriptionTopic/([A-Za-z]+)-change(?:\|.*)?", re.IGNORECASE)
_BY_LOWER = {name.lower(): name for name in RESOURCE_TYPES}


def is_canonical(criteria: str) -> bool:
    """Tell whether criteria name a topic rather than a search."""
    return criteria.startswith(("http://", "https://", "urn:"))


def resource_type(topic: str, base: str) -> str:
    """Return the resource type whose changes a topic tells, empty when there is no such topic.

    ``base`` empty: the node has no address of its own and takes the one by which it was called.
    """
    found = _CANONICAL.fullmatch(topic)
    if found is None or (base and found[1] != base):
        return ""
    return _BY_LOWER.get(found[2].lower(), "")


def canonical(name: str, base: str) -> str:
    """Return the canonical of the topic of a resource type."""
    return f"{base}/SubscriptionTopic/{name}-change"
