"""StructureDefinitions of the node, then those of R4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ardenne.kernel.terminology.service import NodeSource
from ardenne.standards.fhir.profiles.context import published_structure

Json = dict[str, Any]


def structures(node: NodeSource) -> Callable[[str], Json | None]:
    """Return what finds a StructureDefinition by its URL or type name."""

    def structure(url: str) -> Json | None:
        found = None if url.isalnum() else node.structure(url)
        return found if found is not None else published_structure(url)

    return structure
