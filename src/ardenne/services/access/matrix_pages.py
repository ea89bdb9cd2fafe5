"""The operators' page of access rights: the matrix, its versions and their differences, a simulator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.policy import decide as rules
from ardenne.kernel.policy import matrices, matrix
from ardenne.kernel.policy.clauses import Act
from ardenne.kernel.policy.facts import Grant, PatientFacts
from ardenne.kernel.policy.facts import Kind as GrantKind
from ardenne.kernel.policy.imagined import imagined
from ardenne.kernel.policy.matrix import Cell, Matrix, MatrixError, cell_text
from ardenne.kernel.policy.sentences import sentence
from ardenne.kernel.policy.standing import standing
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import hashing
from ardenne.kernel.store.change import now
from ardenne.services.access import wording
from ardenne.standards.fhir.labels import Category
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

_COLUMNS = [category for category in Category if category is not Category.NONE]
_LONGEST = 500
_SHORTEST = 5
_HOUR = 3_600_000_000


def edits(caller: Caller) -> bool:
    """Tell whether a caller may change the matrix: the office for access rights."""
    return caller.kind is Kind.OPERATOR or (
        caller.kind is Kind.OFFICER and caller.profession in ("policy", "operator")
    )


class MatrixPages:
    """The pages over one node as the office may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/desk/matrix", self._seen(MatrixPages.show), methods=["GET", "POST"]),
            Route("/desk/matrix/simulator", self._seen(MatrixPages.simulate)),
            Route("/desk/matrix/{number:int}.toml", self._seen(MatrixPages.text)),
        ]

    def _seen(self, page: Callable[[MatrixPages, Request], Awaitable[Response]]) -> Endpoint:
        async def answer(pages: MatrixPages, request: Request) -> Response:
            if not edits(pages._service.caller):
                return pages._nobody(request)
            return await page(pages, request)

        return as_seen(self._service, lambda one: MatrixPages(one, self._renderer), answer)

    @property
    def _matrix(self) -> Matrix:
        assert self._service.policy is not None
        return self._service.policy.matrix

    async def show(self, request: Request) -> Response:
        """The matrix in force; a posted form changes cells into a new version."""
        text = self._renderer.words(request).text
        problem = ""
        if request.method == "POST":
            form = {name: str(value)[:_LONGEST] for name, value in (await request.form()).items()}
            problem = await self._change(form, text)
            if not problem:
                return RedirectResponse("/desk/matrix?done=1", 303)
        jurisdiction = self._matrix.jurisdiction
        versions = await matrices.versions(self._service.database, jurisdiction)
        values = {
            "matrix": self._matrix, "columns": _COLUMNS, "cell": cell_text, "empty": Cell(), "wording": wording,
            "versions": versions, "problem": problem, "changes": await self._difference(request),
            "told": text("A new version is in force.") if "done" in request.query_params else "",
        }  # fmt: skip
        return self._renderer.page(request, "desk_matrix.html", values, 422 if problem else 200)

    async def _difference(self, request: Request) -> list[tuple[str, Category, Cell, Cell]] | None:
        """Return what changed between the two versions that the address names."""
        old, new = request.query_params.get("old", ""), request.query_params.get("new", "")
        if not (old.isdigit() and new.isdigit() and len(old + new) < 18):
            return None
        jurisdiction = self._matrix.jurisdiction
        first = await matrices.version(self._service.database, jurisdiction, int(old))
        second = await matrices.version(self._service.database, jurisdiction, int(new))
        return matrix.difference(first, second) if first and second else None

    async def _change(self, form: dict[str, str], text: Callable[[str], str]) -> str:
        reason = " ".join(form.get("reason", "").split())
        if len(reason) < _SHORTEST:
            return text("Say why the rights change: the reason is kept with the version.")
        wanted: dict[tuple[str, Category], Cell] = {}
        try:
            for name, value in form.items():
                profession, _, column = name.partition("/")
                if profession in self._matrix.rows and column in Category.__members__:
                    wanted[profession, Category[column]] = (
                        matrix.read_cell(value) if value.strip() else Cell()
                    )
        except MatrixError as error:
            return str(error)
        changed = {
            place: cell
            for place, cell in wanted.items()
            if self._matrix.row(place[0]).get(place[1], Cell()) != cell
        }
        if not changed:
            return text("Nothing was changed: alter a cell first.")
        assert self._service.policy is not None
        async with self._service.database.transaction() as connection:
            number = await matrices.add(connection, self._matrix, changed, self._service.caller.name, reason)
            await self._service.note(connection, "", Action.MATRIX, "matrix", f"version {number}: {reason}")
        await self._service.policy.renew()
        return ""

    async def text(self, request: Request) -> Response:
        """One version as TOML, for review and for another node."""
        number = int(request.path_params["number"])
        found = await matrices.version(self._service.database, self._matrix.jurisdiction, number)
        if found is None:
            return PlainTextResponse("there is no such version", 404)
        return PlainTextResponse(matrix.write(found), headers={"cache-control": "no-store"})

    async def simulate(self, request: Request) -> Response:
        """Who, what, how related: the decision and its reason, without touching any record."""
        asked = {name: value[:40] for name, value in request.query_params.items()}
        words = self._renderer.words(request)
        found = self._simulated(asked) if "profession" in asked else None
        values = {
            "asked": asked, "matrix": self._matrix, "columns": _COLUMNS, "wording": wording, "decision": found,
            "sentence": sentence(found.rule, found.permit, words.language) if found else "",
            "acts": list(Act), "purposes": list(Purpose),
            "grants": {kind.name: _grant_text(kind, words.text) for kind in GrantKind},
        }  # fmt: skip
        return self._renderer.page(request, "desk_simulator.html", values)

    def _simulated(self, asked: dict[str, str]) -> rules.Decision | None:
        try:
            category = Category[asked.get("category", "")]
            act = Act(asked.get("act", "read"))
            purpose = Purpose(asked.get("purpose", "TREAT"))
            level = int(asked.get("level", "0"))
        except (KeyError, ValueError):
            return None
        profession = asked.get("profession", "")
        kind = {"platform": Kind.SOFTWARE, "hospital": Kind.SOFTWARE}.get(profession, Kind.PROFESSIONAL)
        if profession in ("identity", "payer", "public-health", "data-protection"):
            kind = Kind.OFFICER
        caller = Caller(
            kind, "simulated", practitioner="simulated", organisation="simulated", profession=profession,
            purpose=purpose,
        )  # fmt: skip
        found = standing(caller, self._matrix)
        grants: list[Grant] = []
        moment = now()
        if asked.get("relation", "") in GrantKind.__members__:
            grant_kind = GrantKind[asked["relation"]]
            opened = 1 if asked.get("restricted") else 0
            party = hashing.reference("Practitioner/simulated")
            if grant_kind is GrantKind.EMERGENCY:
                opened = 1
            grants.append(Grant(party, grant_kind, opened, moment - _HOUR, moment + _HOUR))
        row = imagined("simulated", category, min(max(level, 0), 2))
        if asked.get("author"):
            row = row._replace(authors=[hashing.reference("Practitioner/simulated")])
        state = 1 if asked.get("closed") else 0
        return rules.decide(found, PatientFacts(1, state, 1, grants), row, act, moment)

    def _nobody(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request,
            text("This page is for the office for access rights"),
            text("Sign in with that office."),
            403,
        )


def _grant_text(kind: GrantKind, text: Callable[[str], str]) -> Any:
    return {
        GrantKind.TREATMENT: text("Consultation"),
        GrantKind.REFERRING: text("Referring doctor"),
        GrantKind.TEAM: text("Care team or hospital stay"),
        GrantKind.PATIENT: text("Allowed by the patient"),
        GrantKind.EMERGENCY: text("Emergency"),
        GrantKind.FOREIGN: text("Professional abroad"),
    }[kind]
