"""All pages of the registers."""

from __future__ import annotations

from starlette.routing import Route

from ardenne.services.authorisations import rules
from ardenne.services.authorisations.applying import ApplyingPages
from ardenne.services.authorisations.casework import Casework
from ardenne.services.authorisations.desk import OfficePages
from ardenne.services.authorisations.public import PublicPages
from ardenne.ui.rendering import Renderer


def routes(casework: Casework, renderer: Renderer, jurisdiction: str) -> list[Route]:
    """Return every address of the service; none where the node's jurisdiction has no registers as data here.

    Wallonia's visas are federal: a node there reads the directory and keeps no register.
    """
    country = jurisdiction.partition("-")[0]
    if not rules.has(country):
        return []
    return [
        *PublicPages(casework, renderer, country).routes(),
        *ApplyingPages(casework, renderer, country).routes(),
        *OfficePages(casework, renderer).routes(),
    ]
