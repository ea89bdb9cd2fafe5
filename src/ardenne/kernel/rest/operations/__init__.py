"""Operations of the FHIR door: ``ALL`` maps ``$name`` to the function that answers it."""

from __future__ import annotations

from ardenne.kernel.rest.operations import (
    document,
    everything,
    expunge,
    graphql,
    lastn,
    meta,
    terminology,
    validation,
    views,
)
from ardenne.kernel.rest.router import Operation

ALL: dict[str, Operation] = {
    **document.OPERATIONS,
    **everything.OPERATIONS,
    **expunge.OPERATIONS,
    **graphql.OPERATIONS,
    **lastn.OPERATIONS,
    **meta.OPERATIONS,
    **terminology.OPERATIONS,
    **validation.OPERATIONS,
    **views.OPERATIONS,
}
