"""The page on which a patient or a professional adds a file or writes a report."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.services.record import display, reading
from ardenne.services.record.adding import form, wording, writing
from ardenne.services.record.adding.form import AddingError
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import as_seen

Json = dict[str, Any]


class AddingPages:
    """The page over one node as a reader may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the address."""
        page = as_seen(self._service, lambda seen: AddingPages(seen, self._renderer), AddingPages.add)
        return [Route("/record/{patient}/add", page, methods=["GET", "POST"])]

    async def add(self, request: Request) -> Response:
        """Ask for a file or a report; a posted one is filed at once and shown."""
        text = self._renderer.words(request).text
        person = await self._person(request.path_params["patient"])
        if person is None:
            message = text("There is no such record or document, or you may not see it.")
            return self._renderer.problem(request, text("Nothing found here"), message, 404)
        kinds = await writing.kinds(self._service, person["id"])
        if not kinds:
            message = text("You may read here, but not add a document of any kind.")
            return self._renderer.problem(request, text("That is not allowed"), message, 403)
        problem, detail, sent = "", "", FormData()
        if request.method == "POST":
            sent = await request.form(max_files=1, max_part_size=form.LARGEST)
            try:
                document = await self._write(request, person, sent)
                return RedirectResponse(f"/record/{person['id']}/document/{document}", 303)
            except AddingError as error:
                problem, detail = error.rule, error.detail
        values = {
            "person": person["id"], "name": display.person(person), "kinds": kinds, "problem": problem, "detail": detail,
            "form": sent, "today": self._today.isoformat(), "wording": wording, "citizen": self._citizen,
            "levels": list(form.LEVELS) if self._citizen else list(form.LEVELS)[:2], "here": request.url.path,
        }  # fmt: skip
        return self._renderer.page(request, "add.html", values, 422 if problem else 200)

    @property
    def _citizen(self) -> bool:
        return self._service.caller.kind is Kind.CITIZEN

    @property
    def _today(self) -> date:
        return datetime.now(UTC).astimezone(self._service.zone).date()

    async def _person(self, patient_id: str) -> Json | None:
        try:
            return await reading.patient(self._service, patient_id)
        except (AccessRefused, RestError):
            return None

    async def _write(self, request: Request, person: Json, sent: FormData) -> str:
        words = self._renderer.words(request)
        asked = form.read(sent, self._today, self._citizen)
        upload = sent.get("file")
        if isinstance(upload, UploadFile) and upload.filename:
            data = await upload.read(form.LARGEST + 1)
            return await writing.add_file(
                self._service, person["id"], asked, data, upload.filename, words.language
            )
        if self._citizen:
            raise AddingError("size")
        names = {code: words.text(text) for code, text in {**wording.SECTIONS, **wording.KINDS}.items()}
        return await writing.add_report(self._service, person["id"], asked, names, words.language)
