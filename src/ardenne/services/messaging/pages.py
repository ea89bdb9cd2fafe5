"""The mailbox on the web: lists, reading, moving, receipts, files of a message."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.services.messaging import (
    authority,
    composing,
    filing,
    publishing,
    rules,
    settling,
    store_mail,
    store_members,
    writing,
)
from ardenne.services.messaging.desk import HOME, Desk
from ardenne.services.messaging.members import Mailbox
from ardenne.services.messaging.rules import Verdict
from ardenne.services.messaging.store_mail import Entry
from ardenne.standards.refusal import Refused
from ardenne.standards.smime.opening import Opened
from ardenne.ui.rendering import Renderer

_PAGE = 25
_OPENED_FOR_A_LIST = 1 << 20
"""Bytes of a message that is opened only to show its subject in a list."""
_MOST_CHOSEN = 200


def routes(service: FhirService, renderer: Renderer, settings: Settings) -> list[Route]:
    """Return every address of the service."""
    desk = Desk(service, renderer, settings, authority.of_node(settings))
    both = ["GET", "POST"]
    one = f"{HOME}/{{entry:int}}"
    return [
        Route(HOME, desk.with_mailbox(mailbox), methods=both),
        Route(f"{HOME}/new", desk.with_mailbox(composing.compose), methods=both),
        Route(f"{HOME}/settings", desk.with_mailbox(settling.settings), methods=both),
        Route(f"{HOME}/groups", desk.with_mailbox(settling.groups), methods=both),
        Route(one, desk.with_mailbox(read), methods=both),
        Route(f"{one}/file/{{place:int}}", desk.with_mailbox(file)),
        Route(f"{one}/file/{{place:int}}/record", desk.with_mailbox(filing.into_record), methods=both),
        Route("/directory/certificate/{name}", publishing.endpoint(desk)),
    ]


async def mailbox(desk: Desk, request: Request, box: Mailbox) -> Response:
    """A folder, newest first, found by its sender; posted forms act on the chosen messages."""
    folder = request.query_params.get("folder", rules.INBOX)[:60]
    if request.method == "POST":
        form = await request.form(max_part_size=1 << 16)
        act = str(form.get("act", ""))
        if act == "lock":
            return await desk.leave(request, box.member)
        chosen = [int(str(one)) for one in form.getlist("entry")[:_MOST_CHOSEN] if str(one).isdecimal()]
        await _act(desk, box, chosen, act, str(form.get("to", ""))[:60])
        return RedirectResponse(f"{HOME}?folder={quote(folder)}&done=1", 303)
    sender = request.query_params.get("from", "").strip()[:80]
    before = request.query_params.get("before", "")
    position = int(before) if before.isdecimal() and len(before) < 18 else None
    database = desk.service.database
    found = await store_mail.entries(database, box.member.id, folder, sender, position, _PAGE + 1)
    rows = [await _row(desk, box, one) for one in found[:_PAGE]]
    values = {
        "rows": rows, "folder": folder, "folders": await desk.folders(box.member), "asked": sender, "member": box.member,
        "address": desk.members.address(box.member), "next": found[_PAGE - 1].id if len(found) > _PAGE else 0,
        "done": "done" in request.query_params, "sent": "sent" in request.query_params, "ends": _ends(box),
        "away": rules.is_away(box.member.away_from, box.member.away_until, _today(desk)),
    }  # fmt: skip
    return desk.page(request, "messages.html", values)


async def _row(desk: Desk, box: Mailbox, entry: Entry) -> dict[str, Any]:
    summary = writing.summary_of(entry, box)
    if summary is None and entry.size <= _OPENED_FOR_A_LIST:
        try:
            summary = writing.summarised(await writing.opened(desk.service, box, entry))
        except Refused:
            summary = None
    names: list[str] = []
    if entry.sender == box.member.id:
        names = [one.name for one in await store_mail.recipients(desk.service.database, entry.message)]
    return {"one": entry, "summary": summary, "unread": rules.SEEN not in entry.flags, "to": names}


async def _act(desk: Desk, box: Mailbox, chosen: list[int], act: str, folder: str) -> None:
    """Act on messages: mark them, move them, remove them for good when they lie in the trash."""
    member = box.member.id
    async with desk.service.database.transaction() as connection:
        if act in ("read", "unread"):
            flags = [rules.SEEN]
            await store_mail.set_flags(
                connection, member, chosen, flags if act == "read" else [], [] if act == "read" else flags
            )
        elif act == "move" and folder in {one.name for one in await store_mail.folders(connection, member)}:
            await store_mail.move(connection, member, chosen, folder)
        elif act == "delete":
            held = [await store_mail.entry(connection, member, one) for one in chosen]
            gone = [one.id for one in held if one is not None and one.folder_name == rules.TRASH]
            await store_mail.remove(connection, member, gone)
            await store_mail.move(
                connection, member, [one.id for one in held if one and one.id not in gone], rules.TRASH
            )
        await store_mail.tell(connection, member)


async def read(desk: Desk, request: Request, box: Mailbox) -> Response:
    """One message: what it says, whose signature it carries, its files; posted forms move, delete or acknowledge it."""
    entry = await store_mail.entry(desk.service.database, box.member.id, request.path_params["entry"])
    if entry is None:
        return desk.nothing(request)
    if request.method == "POST":
        form = await request.form(max_part_size=1 << 16)
        act = str(form.get("act", ""))
        if act == "receipt":
            await desk.office.read(box.member, entry.sender, entry.message_id)
            return RedirectResponse(f"{request.url.path}?done=1", 303)
        await _act(desk, box, [entry.id], act, str(form.get("to", ""))[:60])
        return RedirectResponse(f"{HOME}?folder={quote(entry.folder_name)}&done=1", 303)
    if rules.SEEN not in entry.flags:
        async with desk.service.database.transaction() as connection:
            await store_mail.set_flags(connection, box.member.id, [entry.id], [rules.SEEN], [])
            await store_mail.tell(connection, box.member.id)
    recipients = await store_mail.recipients(desk.service.database, entry.message)
    mine = next((one for one in recipients if one.member == box.member.id), None)
    values: dict[str, Any] = {
        "one": entry, "recipients": recipients, "folders": await desk.folders(box.member), "found": None, "closed": None,
        "asks": entry.receipt and mine is not None and mine.displayed is None, "done": "done" in request.query_params,
        "own": entry.sender == box.member.id, "here": request.url.path,
        "sender": desk.office.address(entry.sender_local),
    }  # fmt: skip
    try:
        found = await writing.opened(desk.service, box, entry)
        values |= {"found": found, "verdict": await verdict(desk, entry, found)}
    except Refused as error:
        values["closed"] = error.refusal
    return desk.page(request, "messages_one.html", values)


async def verdict(desk: Desk, entry: Entry, found: Opened) -> Verdict:
    """Judge the signature of a message against the address that handed it over."""
    revoked = dict(await store_members.revoked(desk.service.database, own=False))
    return rules.judge(
        found.signatures, found.flaw is not None, desk.office.address(entry.sender_local), desk.trust.trusted, revoked,
        entry.sent,
    )  # fmt: skip


async def file(desk: Desk, request: Request, box: Mailbox) -> Response:
    """A file of a message, as a download."""
    found = await filing.attachment(desk, request, box)
    if found is None:
        return desk.nothing(request)
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
        "x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'",
        "cache-control": "no-store",
    }  # fmt: skip
    return Response(found.content, 200, headers, "application/octet-stream")


def _ends(box: Mailbox) -> datetime | None:
    """Return when the certificate ends, if that is soon; what has ended says so elsewhere."""
    return settling.ends_soon(box)


def _today(desk: Desk) -> Any:
    return settling.today(desk)
