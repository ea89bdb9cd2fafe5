"""The pages of all services in one web application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings


def pages_application(settings: Settings, service: FhirService) -> Starlette:
    """Return the application that answers every address outside /fhir."""

    async def home(request: Request) -> PlainTextResponse:
        return PlainTextResponse("Ardenne\n")

    return Starlette(routes=[Route("/", home)])
