"""All pages of the referring doctor."""

from __future__ import annotations

from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.services.referring.citizen_pages import CitizenPages
from ardenne.services.referring.doctor_pages import DoctorPages
from ardenne.ui.rendering import Renderer


def routes(service: FhirService, renderer: Renderer) -> list[Route]:
    """Return every address of the service."""
    return [*CitizenPages(service, renderer).routes(), *DoctorPages(service, renderer).routes()]
