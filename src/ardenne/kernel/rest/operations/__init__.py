"""Operations of the FHIR door: ``ALL`` maps ``$name`` to the function that answers it."""

from __future__ import annotations

from ardenne.kernel.rest.operations import document, everything, expunge, lastn, meta
from ardenne.kernel.rest.router import Operation

ALL: dict[str, Operation] = {
    **document.OPERATIONS,
    **everything.OPERATIONS,
    **expunge.OPERATIONS,
    **lastn.OPERATIONS,
    **meta.OPERATIONS,
}
