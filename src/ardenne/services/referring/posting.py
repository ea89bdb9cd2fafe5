"""What both sides' pages do with a posted form: find a colleague or doctor, or act and say what stands in the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.datastructures import FormData
from starlette.requests import Request

from ardenne.kernel.rest.service import FhirService
from ardenne.services.referring.rules import AgreementError
from ardenne.ui import parties


class Posted(NamedTuple):
    """What became of a form. ``found``: whom a search found, None when nothing was searched."""

    form: FormData
    done: bool = False
    problem: str = ""
    found: list[parties.Party] | None = None


async def take(request: Request, service: FhirService, act: Callable[[FormData], Awaitable[None]]) -> Posted:
    """Search for a professional, or ``act`` on what was posted; a page that is only read posts nothing."""
    if request.method != "POST":
        return Posted(FormData())
    form = await request.form()
    if form.get("act") == "find":
        name = str(form.get("name", ""))[:200]
        return Posted(form, found=await parties.find(service, name, ("Practitioner",)))
    try:
        await act(form)
    except AgreementError as error:
        return Posted(form, problem=error.rule)
    return Posted(form, done=True)
