"""One application on the pages of both sides: what happened, what may be done, and doing it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ardenne.services.authorisations import letters, rules, store, wording
from ardenne.services.authorisations.casework import Casework, verdicts_of
from ardenne.services.authorisations.rules import Case, NotAllowed
from ardenne.services.authorisations.store import Application
from ardenne.ui.rendering import Renderer

Json = dict[str, Any]
Act = Callable[[Request, Application], Awaitable[None]]
More = Callable[[Case], Json]


async def one(
    casework: Casework, renderer: Renderer, request: Request, found: Application, by: str, template: str, act: Act,
    more: More,
) -> Response:  # fmt: skip
    """Return the page of an application for one side (``by``: applicant or officer); a posted form does an act."""
    problem = ""
    if request.method == "POST":
        try:
            await act(request, found)
            return RedirectResponse(request.url.path, 303)
        except NotAllowed as error:
            problem = error.rule
    documents = await store.documents(casework.database, found.id)
    case = Case(found.kind, found.state, verdicts_of(documents))
    values = {
        "one": found, "documents": documents, "wording": wording, "problem": problem,
        "events": await store.events(casework.database, found.id), "acts": rules.acts(found.country, found.state, by),
        "steps": rules.jurisdiction(found.country).steps, "letter": letters.kind(found.state),
        "here": request.url.path, **more(case),
    }  # fmt: skip
    return renderer.page(request, template, values, 422 if problem else 200)
