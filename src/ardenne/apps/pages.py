"""The pages of all services in one web application."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

import ardenne.ui
from ardenne.apps.permissions import guarded
from ardenne.kernel.http.faults import report
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.mail import mail_server
from ardenne.kernel.policy.sentences import sentence
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.services.access.citizen_pages import CitizenPages
from ardenne.services.access.desk_pages import DeskPages
from ardenne.services.access.matrix_pages import MatrixPages
from ardenne.services.access.professional_pages import ProfessionalPages
from ardenne.services.accounts import pages as accounts
from ardenne.services.accounts.authorize import Patients
from ardenne.services.affiliation.pages import AffiliationPages
from ardenne.services.authorisations import pages as authorisations
from ardenne.services.authorisations.casework import Casework
from ardenne.services.consent.pages import ConsentPages
from ardenne.services.directory.pages import DirectoryPages
from ardenne.services.messaging import pages as messaging
from ardenne.services.mpi.pages import IdentityPages
from ardenne.services.mpi.person_pages import PersonPages
from ardenne.services.notices.pages import NoticePages
from ardenne.services.record.api import FilingDoor
from ardenne.services.record.exchange.objects import Place
from ardenne.services.record.moving.pages import MovingPages
from ardenne.services.record.pages import RecordPages
from ardenne.services.referring import pages as referring
from ardenne.services.retention.pages import RetentionPages
from ardenne.services.stock.pages import StockPages
from ardenne.services.vaccination.act_pages import ActPages
from ardenne.services.vaccination.campaigns.pages import CampaignPages
from ardenne.services.vaccination.coverage_pages import CoveragePages
from ardenne.services.vaccination.leaflet_pages import LeafletPages
from ardenne.services.vaccination.pages import VaccinationPages
from ardenne.services.vaccination.simulator_pages import SimulatorPages
from ardenne.ui.rendering import Renderer

TEMPLATE_PACKAGES = (
    "ardenne.services.record",
    "ardenne.services.accounts",
    "ardenne.services.consent",
    "ardenne.services.access",
    "ardenne.services.authorisations",
    "ardenne.services.directory",
    "ardenne.services.vaccination",
    "ardenne.services.mpi",
    "ardenne.services.referring",
    "ardenne.services.notices",
    "ardenne.services.affiliation",
    "ardenne.services.retention",
    "ardenne.services.stock",
    "ardenne.services.messaging",
)
_STATIC = Path(str(ardenne.ui.__file__)).parent / "static"


class _Static(StaticFiles):
    """Static files; their addresses change with their content, so browsers may keep them for good."""

    def file_response(self, *arguments: object, **named: object) -> Response:
        response = super().file_response(*arguments, **named)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        response.headers["x-content-type-options"] = "nosniff"
        return response


def pages_application(
    settings: Settings,
    service: FhirService,
    identity: Identity,
    patients: Patients,
    casework: Casework,
) -> Starlette:
    """Return the application that answers every address outside /fhir."""
    renderer = Renderer(TEMPLATE_PACKAGES, settings.time_zone)

    async def missing(request: Request, error: Exception) -> Response:
        text = renderer.words(request).text
        status = error.status_code if isinstance(error, HTTPException) else 404
        return renderer.problem(
            request,
            text("Nothing found here"),
            text("There is no such page. The address may be mistyped."),
            status,
        )

    async def broken(request: Request, error: Exception) -> Response:
        report(error)
        text = renderer.words(request).text
        return renderer.problem(
            request,
            text("That did not work"),
            text("Something went wrong here, not with you. Nothing was changed. Try again in a moment."),
            500,
        )

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, AccessRefused)
        words = renderer.words(request)
        return renderer.problem(
            request,
            words.text("That is not allowed"),
            sentence(error.decision.rule, False, words.language),
            403,
        )

    served = [
        *ConsentPages(service, renderer).routes(),
        *CitizenPages(service, renderer).routes(),
        *ProfessionalPages(service, renderer).routes(),
        *DeskPages(service, renderer).routes(),
        *IdentityPages(service, renderer).routes(),
        *PersonPages(service, renderer).routes(),
        *MatrixPages(service, renderer).routes(),
        *accounts.routes(identity, renderer, patients),
        *authorisations.routes(casework, renderer, settings.jurisdiction),
        *DirectoryPages(service, renderer).routes(),
        *RecordPages(service, renderer, settings.base_url).routes(),
        *referring.routes(service, renderer),
        *messaging.routes(service, renderer, settings),
        *NoticePages(service.database, renderer, mail_server(settings), settings.base_url).routes(),
        *RetentionPages(service, renderer).routes(),
        *AffiliationPages(service, renderer, settings.base_url).routes(),
        *MovingPages(service, renderer, Place(settings.community)).routes(),
        *StockPages(service, renderer).routes(),
        *ActPages(service, renderer).routes(),
        *CampaignPages(service, renderer, settings).routes(),
        *CoveragePages(service, renderer, settings).routes(),
        *LeafletPages(service, renderer).routes(),
        *SimulatorPages(renderer).routes(),
        *VaccinationPages(service, renderer, settings).routes(),
        *FilingDoor(service, settings.body_limit).routes(),
    ]
    return Starlette(
        routes=[
            Mount("/static", _Static(directory=_STATIC)),
            *guarded(served, renderer),
        ],
        exception_handlers={
            AccessRefused: refused,
            404: missing,
            405: missing,
            400: missing,
            Exception: broken,
            500: broken,
        },
    )
