"""What whoever has the link calls: the manifest for applications, and a page for people (SMART Health Links)."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.services.record import content
from ardenne.services.record.sharing import shares
from ardenne.services.record.sharing.shares import Closed
from ardenne.standards.cards.errors import CardError
from ardenne.standards.cards.shc import open_file, read_link
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

_OPEN_TO_ALL = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-allow-headers": "content-type",
    "cache-control": "no-store",
}
_LARGEST = 20_000


class SharedDoor:
    """The addresses that need no account: the link is the right."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/shl/{token}", self._seen(SharedDoor.manifest), methods=["POST", "OPTIONS"]),
            Route("/shared", self._seen(SharedDoor.page), methods=["GET", "POST"]),
        ]

    def _seen(self, page: Any) -> Endpoint:
        return as_seen(self._service, lambda seen: SharedDoor(seen, self._renderer), page)

    async def manifest(self, request: Request) -> Response:
        """Answer with the sealed file; 401 with the tries that are left, 404 for a link that is over."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_OPEN_TO_ALL)
        body = await request.body()
        asked: Any = None
        if len(body) <= _LARGEST:
            try:
                asked = orjson.loads(body)
            except orjson.JSONDecodeError:
                asked = None
        if not isinstance(asked, dict) or not str(asked.get("recipient", "")).strip():
            told = {"error": 'send JSON with "recipient": who opens the link'}
            return JSONResponse(told, 400, _OPEN_TO_ALL)
        passcode = str(asked.get("passcode", ""))[:200]
        try:
            found = await shares.open_link(
                self._service, request.path_params["token"], str(asked["recipient"]), passcode
            )
        except Closed as closed:
            if closed.left is None:
                return JSONResponse({"error": "this link is over"}, 404, _OPEN_TO_ALL)
            return JSONResponse({"remainingAttempts": closed.left}, 401, _OPEN_TO_ALL)
        file = {"contentType": shares.MEDIA_TYPE, "embedded": found.sealed}
        return JSONResponse({"files": [file]}, headers=_OPEN_TO_ALL)

    async def page(self, request: Request) -> Response:
        """Ask for the link; a posted one is opened and shown. The key comes with the form and is not kept."""
        problem, left, shown, label = "", None, "", ""
        form: dict[str, str] = {}
        if request.method == "POST":
            form = {name: str(value)[:_LARGEST] for name, value in (await request.form()).items()}
            try:
                link = read_link(form.get("link", "").strip(), ("https", "http"))
                token = link.url.rpartition("/")[2]
                found = await shares.open_link(
                    self._service, token, form.get("recipient", ""), form.get("passcode", "")
                )
                data, _kind = open_file(found.sealed, link.key)
                shown = content.show(shares.MEDIA_TYPE, data, self._renderer.words(request), "").fragment
                label = found.label
            except CardError:
                problem = "link"
            except Closed as closed:
                problem, left = ("over" if closed.left is None else "passcode"), closed.left
        values = {"problem": problem, "left": left, "shown": shown, "label": label, "form": form}
        return self._renderer.page(request, "shared.html", values, 422 if problem else 200)
