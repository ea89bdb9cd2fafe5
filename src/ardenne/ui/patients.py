"""Pages of patients: whose record one is about, and what others are told."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ardenne.kernel.identity.caller import Caller
from ardenne.ui.rendering import Renderer


def represented(request: Request, caller: Caller) -> str:
    """Return the patient that the address names, or the reader; empty when the reader may not decide for that patient."""
    asked = str(request.path_params.get("patient", "")) or caller.patient
    return asked if caller.acts_for(asked) else ""


def only(renderer: Renderer, request: Request) -> Response:
    """Tell somebody else that the page is for patients."""
    text = renderer.words(request).text
    return renderer.problem(
        request,
        text("This page is for patients"),
        text("Sign in as the person whose record it is, or with a mandate of that person."),
        403,
    )
