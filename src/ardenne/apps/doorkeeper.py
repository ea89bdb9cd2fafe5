"""Who comes in: the caller of every request, and what people see who are not signed in."""

from __future__ import annotations

from urllib.parse import quote

from ardenne.apps.permissions import is_for_machines, is_public
from ardenne.kernel.http.asgi import Scope
from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.identity import cookies, loopback, origins
from ardenne.kernel.identity.caller import ANONYMOUS, OPERATOR, Caller, Kind
from ardenne.kernel.identity.errors import Unauthenticated
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.identity.store_families import Client
from ardenne.kernel.settings import Settings
from ardenne.services.accounts.oauth import MACHINE_PATHS, PUBLIC_PATHS

_STATIC = "/static/"
_ROLES = "/account/role"
_OWN_HOME = "/mine"
_DESKS = {
    "registers": "/desk/authorisations",
    "data-protection": "/desk/emergencies",
    "policy": "/desk/matrix",
    "public-health": "/desk/stock",
}
"""The home of offices that do not look for persons; others have their account."""
_FIND_PERSONS = frozenset({"identity", "operator"})


class Doorkeeper:
    """Finds the caller of every request of one worker."""

    def __init__(self, settings: Settings, identity: Identity) -> None:
        self._open = settings.open
        self._identification = identity.identification
        self._certified = identity.certified

    async def caller(self, request: Request, foreign: bool = False) -> Caller:
        """Return who sends a request. Raises Unauthenticated.

        In the open mode whoever calls from this machine without token or session is the operator.
        ``foreign``: from a page of another site that the settings allow.
        """
        client = await self.admit(request)
        found = await self._identified(request, foreign)
        self._certified.check(request.path, client, found)
        return found

    async def admit(self, request: Request) -> Client | None:
        """Return the application whose certificate came. Raises Unauthenticated when the door wants one."""
        return await self._certified.admit(request.path, request.certificate)

    async def sender(self, request: Request) -> Caller:
        """Return who sends a message of an institution: a system is named by its certificate alone."""
        client = await self.admit(request)
        if client is not None and not request.header("authorization"):
            found = await self._certified.sender(client)
            if found is not None:
                return found
        return await self.caller(request)

    async def _identified(self, request: Request, foreign: bool) -> Caller:
        if not self._open:
            return await self._identification.identify(request)
        if request.header("authorization"):
            return await self._identification.identify(request)
        refused = loopback.refusal(request, foreign)
        if refused:
            raise Unauthenticated(403, "forbidden", refused)
        if cookies.secret(request):
            try:
                return await self._identification.identify(request)
            except Unauthenticated:
                return OPERATOR
        return OPERATOR

    async def page(self, request: Request, scope: Scope) -> Response | None:
        """Put the caller into the scope of a page; or return the answer that is given instead of it."""
        path = request.path
        if path.startswith(_STATIC) or path in PUBLIC_PATHS:
            return None
        state = scope.setdefault("state", {})
        state["caller"], state["certificate"] = ANONYMOUS, request.certificate
        machine = path in MACHINE_PATHS or is_for_machines(path)
        if machine and not request.header("authorization"):
            return await self._closed(request)
        if not request.header("authorization") and not origins.is_own(request):
            return _plain(403, "This act comes from a page of another site: act in this site's own pages.")
        try:
            state["caller"] = await self.caller(request)
        except Unauthenticated as error:
            if is_public(path) and not machine and error.status == 401:
                return None
            return _unknown(request, error)
        return _elsewhere(request, state["caller"])

    async def _closed(self, request: Request) -> Response | None:
        """Return the refusal of a door that wants a certificate which did not come."""
        try:
            await self.admit(request)
        except Unauthenticated as error:
            return _plain(error.status, error.message)
        return None


def _unknown(request: Request, error: Unauthenticated) -> Response:
    """Send a reader to the sign-in page, software a refusal."""
    reads = request.method in ("GET", "HEAD") and not request.header("authorization")
    if error.status == 401 and reads and "application/json" not in request.header("accept"):
        where = "" if request.path == "/" else f"?next={quote(request.path)}"
        return Response(303, b"", (("location", f"/sign-in{where}"), ("cache-control", "no-store")))
    answer = _plain(error.status, error.message)
    header = error.www_authenticate
    return answer.with_headers(("www-authenticate", header)) if header else answer


def _elsewhere(request: Request, caller: Caller) -> Response | None:
    """Send citizens to their records, officers to their desks, and whoever has not chosen a role to that choice."""
    if request.method != "GET" or caller.scopes is not None:
        return None
    target = ""
    if caller.kind is Kind.CITIZEN and request.path == "/":
        target = _OWN_HOME
    if caller.kind is Kind.OFFICER and request.path == "/" and caller.profession not in _FIND_PERSONS:
        target = _DESKS.get(caller.profession, "/account")
    undecided = caller.kind in (Kind.PROFESSIONAL, Kind.OFFICER) and not caller.profession
    if undecided and not request.path.startswith("/account") and not is_public(request.path):
        target = _ROLES
    if not target:
        return None
    return Response(303, b"", (("location", target), ("cache-control", "no-store")))


def _plain(status: int, text: str) -> Response:
    headers = (
        ("content-type", "text/plain; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    )
    return Response(status, text.encode(), headers)


def bare_request(scope: Scope, base_url: str = "") -> Request:
    """Return a request without its content."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    client = scope.get("client") or ("", 0)
    base = base_url or f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}"
    return Request(scope.get("method", "GET"), scope["path"], "", headers, b"", base, client[0])
