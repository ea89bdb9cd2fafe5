"""The stock keeper's pages: what is where, deliveries by scan, acts on a site, orders, a batch and its recall."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.rest.service import FhirService
from ardenne.services.stock import forms, rules, store, wording
from ardenne.services.stock.keeping import Keeper, Stock
from ardenne.services.stock.rules import StockError
from ardenne.services.vaccination.contract import Recipient, Recipients, Vaccines
from ardenne.ui import parties
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

Form = dict[str, str]


class StockPages:
    """The pages over one node as the stock keeper may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer
        self._vaccines = service.registry.get(Vaccines)
        caller = service.caller
        self._stock = Stock(service.database, Keeper(caller.account, caller.name))

    def routes(self) -> list[Route]:
        """Return the addresses."""
        posted = ["GET", "POST"]
        return [
            Route("/desk/stock", self._seen(StockPages.overview), methods=posted),
            Route("/desk/stock.csv", self._seen(StockPages.table)),
            Route("/desk/stock/movements.csv", self._seen(StockPages.ledger)),
            Route("/desk/stock/orders", self._seen(StockPages.orders), methods=posted),
            Route("/desk/stock/site/{site}", self._seen(StockPages.site), methods=posted),
            Route("/desk/stock/batch/{batch:int}", self._seen(StockPages.batch), methods=posted),
        ]

    def _seen(self, page: Any) -> Endpoint:
        return as_seen(self._service, lambda one: StockPages(one, self._renderer), page)

    async def overview(self, request: Request) -> Response:
        """Everything that is held; posted forms book a delivery or open a site."""

        async def act(form: Form) -> None:
            if form.get("act") == "site":
                organisation = form.get("party", "").removeprefix("Organization/")
                await self._stock.open_site(form.get("name", ""), organisation[:64])
            else:
                await self._stock.receive(forms.delivery(form, self._vaccines), forms.key(form))

        form, problem = await self._posted(request, act)
        if form is None:
            return RedirectResponse("/desk/stock?done=1", 303)
        database = self._service.database
        values = {
            "held": await store.overview(database), "sites": await store.sites(database),
            "open": [one for one in await store.orders(database) if one.state == "open"],
            "organisations": await parties.find(self._service, form.get("organisation", ""), ("Organization",)),
        }  # fmt: skip
        return self._page(request, "stock.html", values, form, problem)

    async def site(self, request: Request) -> Response:
        """What a site holds, and acts on it."""
        sites = await store.sites(self._service.database)
        one = next((site for site in sites if str(site.id) == request.path_params["site"]), None)
        if one is None:
            return self._missing(request)

        async def act(form: Form) -> None:
            await self._act_on(one.id, form)

        form, problem = await self._posted(request, act)
        if form is None:
            return RedirectResponse(f"{request.url.path}?done=1", 303)
        values = {
            "site": one, "others": [site for site in sites if site.id != one.id],
            "held": await store.overview(self._service.database, one.id),
            "movements": await store.movements(self._service.database, site=one.id, most=50),
            "kinds": ("transfer", "destroy", "return", "release", "destroy-quarantine", "count"),
        }  # fmt: skip
        return self._page(request, "stock_site.html", values, form, problem)

    async def _act_on(self, site: uuid.UUID, form: Form) -> None:
        kind, key, reason = form.get("act", ""), forms.key(form), form.get("reason", "")
        if kind == "cold-chain":
            await self._stock.break_cold_chain(site, reason, key)
            return
        batch = forms.number(form, "batch")
        if kind == "count":
            await self._stock.count(site, batch, forms.number(form), key, reason)
            return
        other = forms.site(form, "other") if kind == "transfer" else None
        await self._stock.move(kind, site, batch, forms.number(form), key, reason, other)

    async def orders(self, request: Request) -> Response:
        """Orders of the sites; posted forms order or cancel."""

        async def act(form: Form) -> None:
            if form.get("act") == "cancel":
                await self._stock.cancel(uuid.UUID(forms.key({"key": form.get("order", "")})))
            else:
                code = forms.vaccine(form, self._vaccines)
                await self._stock.order(forms.site(form), code, forms.number(form), forms.key(form))

        form, problem = await self._posted(request, act)
        if form is None:
            return RedirectResponse("/desk/stock/orders?done=1", 303)
        values = {
            "orders": await store.orders(self._service.database),
            "sites": await store.sites(self._service.database),
        }
        return self._page(request, "stock_orders.html", values, form, problem)

    async def batch(self, request: Request) -> Response:
        """A batch: where it is, its movements; recalling it, and who received it, with a reason that is kept."""
        number = request.path_params["batch"]
        recipients: list[Recipient] | None = None
        shape = ""

        async def act(form: Form) -> None:
            nonlocal recipients, shape
            shape = form.get("as", "")
            if form.get("act") == "recall":
                await self._stock.recall(number, form.get("reason", "")[:500])
            else:
                recipients = await self._recipients(number, form.get("reason", "").strip()[:500])

        form, problem = await self._posted(request, act)
        if form is None and recipients is None:
            return RedirectResponse(f"{request.url.path}?done=1", 303)
        database = self._service.database
        async with database.connection() as connection:
            one = await store.batch(connection, number)
        if one is None:
            return self._missing(request)
        if recipients is not None and shape == "csv":
            return _csv("recipients.csv", ("patient", "name", "born", "day", "vaccinator"), _told(recipients))
        values = {
            "batch": one, "held": await store.overview(database, number=number), "recipients": recipients,
            "movements": await store.movements(database, number),
        }  # fmt: skip
        return self._page(request, "stock_batch.html", values, form or {}, problem)

    async def _recipients(self, number: int, reason: str) -> list[Recipient]:
        if len(reason) < 3:
            raise StockError("reason")
        async with self._service.database.transaction() as connection:
            one = await store.batch(connection, number)
            if one is None:
                raise StockError("batch")
            detail = f"batch {one.batch}: {reason}"
            await self._service.note(connection, "", Action.OPERATION, "batch-recipients", detail)
        found = self._service.registry.get(Recipients)
        return await found.of_batch(self._service, one.vaccine, one.batch)

    async def table(self, request: Request) -> Response:
        """All that is held as CSV."""
        rows = [
            (one.site_name, one.batch.vaccine, self._vaccines.names().get(one.batch.vaccine, ""), one.batch.batch,
             one.batch.expiry, rules.freshness(one.batch, self._stock.today), one.usable, one.quarantine)
            for one in await store.overview(self._service.database)
        ]  # fmt: skip
        head = ("site", "vaccine", "name", "batch", "expiry", "remark", "usable", "set_aside")
        return _csv("stock.csv", head, rows)

    async def ledger(self, request: Request) -> Response:
        """The movements as CSV, newest first."""
        head = ("at", "site", "vaccine", "batch", "state", "kind", "doses", "reason", "by")
        return _csv("movements.csv", head, list(await store.movements(self._service.database, most=100_000)))

    async def _posted(self, request: Request, act: Callable[[Form], Awaitable[None]]) -> tuple[Any, str]:
        """Return the form and what was wrong with it; no form when the act was done."""
        if request.method != "POST":
            return {}, ""
        form = {name: str(value)[:500] for name, value in (await request.form()).items()}
        if form.get("act") == "find":
            return form, ""
        try:
            await act(form)
        except StockError as error:
            return form, error.rule
        return None, ""

    def _page(
        self, request: Request, template: str, values: dict[str, Any], form: Form, problem: str
    ) -> Response:
        shown = {
            **values, "form": form, "problem": problem, "wording": wording, "vaccines": self._vaccines.names(),
            "today": self._stock.today, "freshness": rules.freshness, "key": str(uuid.uuid4()),
            "done": "done" in request.query_params, "here": request.url.path,
        }  # fmt: skip
        return self._renderer.page(request, template, shown, 422 if problem else 200)

    def _missing(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request, text("Nothing found here"), text("There is no such site or batch."), 404
        )


def _told(recipients: list[Recipient]) -> list[tuple[str, ...]]:
    return [(one.patient, one.name, one.born, one.day, one.vaccinator) for one in recipients]


def _csv(name: str, head: tuple[str, ...], rows: list[Any]) -> Response:
    """Return a table for spreadsheets; a cell that a spreadsheet would take for a formula is quoted."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(head)
    for row in rows:
        writer.writerow(
            f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell for cell in row
        )
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(file.getvalue(), 200, headers, "text/csv; charset=utf-8")
