"""All pages of the registers."""

from __future__ import annotations

from starlette.routing import Route

from ardenne.services.authorisations.applying import ApplyingPages
from ardenne.services.authorisations.casework import Casework
from ardenne.services.authorisations.desk import OfficePages
from ardenne.services.authorisations.public import PublicPages
from ardenne.ui.rendering import Renderer

COUNTRY = "lu"
"""The only country whose registers are data of this service; Wallonia's visas are federal."""


def routes(casework: Casework, renderer: Renderer) -> list[Route]:
    """Return every address of the service."""
    return [
        *PublicPages(casework, renderer, COUNTRY).routes(),
        *ApplyingPages(casework, renderer, COUNTRY).routes(),
        *OfficePages(casework, renderer).routes(),
    ]
