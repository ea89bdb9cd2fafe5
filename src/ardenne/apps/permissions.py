"""For whom each address is made: the table of permissions, applied to every route outside /fhir."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, caller_of

_FILES = frozenset({"identity", "operator"})
"""Offices that keep the error desk."""


def _office(*names: str) -> Callable[[Caller], bool]:
    return lambda caller: caller.kind is Kind.OFFICER and caller.profession in names


_ALLOWED: dict[str, Callable[[Caller], bool]] = {
    "public": lambda caller: True,
    "machine": lambda caller: True,
    "signed-in": lambda caller: caller.kind is not Kind.ANONYMOUS,
    "citizen": lambda caller: caller.kind is Kind.CITIZEN,
    "professional": lambda caller: caller.kind is Kind.PROFESSIONAL,
    "professional-or-desk": lambda caller: caller.kind is Kind.PROFESSIONAL or _office(*_FILES)(caller),
    "record": lambda caller: caller.kind in (Kind.CITIZEN, Kind.PROFESSIONAL) or _office("identity")(caller),
    "filing": lambda caller: caller.kind is Kind.SOFTWARE or _office(*_FILES)(caller),
    "desk": _office(*_FILES),
    "data-protection": _office("data-protection"),
    "access-rights": _office("policy", "operator"),
    "operations": _office("operator"),
    "letters": _office("identity"),
    "registers": _office("registers"),
    "public-health": _office("public-health"),
    "personal": lambda caller: caller.kind in (Kind.CITIZEN, Kind.PROFESSIONAL),
}


@lru_cache(maxsize=1)
def table() -> dict[str, str]:
    """Return the permission of each path."""
    text = (resources.files("ardenne.apps") / "permissions.tsv").read_text("utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {line[0]: line[1] for line in lines[1:]}


def is_public(path: str) -> bool:
    """Tell whether anybody may open an address without signing in."""
    return _with(("public", "machine")).fullmatch(path) is not None


def is_for_machines(path: str) -> bool:
    """Tell whether an address is called by software of any site: no cookie counts there."""
    return _with(("machine",)).fullmatch(path) is not None


@lru_cache(maxsize=4)
def _with(permissions: tuple[str, ...]) -> re.Pattern[str]:
    paths = (path for path, permission in table().items() if permission in permissions)
    return re.compile("|".join("[^/]+".join(map(re.escape, re.split(r"\{[^}]+\}", path))) for path in paths))


def allows(permission: str, caller: Caller) -> bool:
    """Tell whether a caller may call an address of a permission; the operator of the open mode may call all."""
    return caller.kind is Kind.OPERATOR or _ALLOWED[permission](caller)


def guarded(routes: Sequence[BaseRoute], renderer: Renderer) -> list[BaseRoute]:
    """Return routes that ask for their permission first. Raises KeyError for one that the table does not name."""
    return [_guarded(route, renderer) if isinstance(route, Route) else route for route in routes]


def _guarded(route: Route, renderer: Renderer) -> Route:
    permission = table()[route.path]
    endpoint: Endpoint = route.endpoint

    async def answer(request: Request) -> Response:
        if not allows(permission, caller_of(request)):
            return _refused(request, renderer)
        return await endpoint(request)

    methods = sorted(route.methods - {"HEAD"}) if route.methods else None
    return Route(route.path, answer, methods=methods)


def _refused(request: Request, renderer: Renderer) -> Response:
    if "text/html" not in request.headers.get("accept", "text/html"):
        return Response("this address is not for your role\n", 403, media_type="text/plain")
    text = renderer.words(request).text
    return renderer.problem(
        request,
        text("That is not allowed"),
        text("This page is made for another role. Sign in with that role, or go back."),
        403,
    )
