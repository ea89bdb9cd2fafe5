"""What a member settles: keys and certificate, passwords of mail programs, absence, folders; and groups."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

from cryptography.hazmat.primitives.serialization import pkcs12
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ardenne.services.messaging import rules, store_groups, store_mail, store_members
from ardenne.services.messaging.desk import Desk, told
from ardenne.services.messaging.members import Mailbox
from ardenne.services.messaging.rules import MessagingError
from ardenne.services.messaging.writing import typed_addresses
from ardenne.standards.refusal import Refused

_LARGEST_KEY_FILE = 1 << 16
_KEY_HEADERS = {
    "content-disposition": 'attachment; filename="secure-messaging.p12"',
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}


def today(desk: Desk) -> date:
    """Return the day in the node's time zone."""
    return datetime.now(UTC).astimezone(desk.service.zone).date()


def ends_soon(box: Mailbox) -> datetime | None:
    """Return when the current certificate ends, if it is time to renew it."""
    if box.signer is None:
        return None
    ends = box.signer.certificate.not_valid_after_utc
    return ends if ends - datetime.now(UTC) < timedelta(days=rules.RENEW_DAYS) else None


async def settings(desk: Desk, request: Request, box: Mailbox) -> Response:
    """The settings of the mailbox; a posted form changes one of them, or takes the key away as a file."""
    problem, detail, password = "", "", ""
    if request.method == "POST":
        form = await request.form(max_files=1, max_part_size=_LARGEST_KEY_FILE)
        try:
            act = str(form.get("act", ""))
            if act == "key":
                content = await desk.members.export(box.member, _passphrase(form))
                return Response(content, 200, _KEY_HEADERS, "application/x-pkcs12")
            if act == "password":
                password = await desk.members.new_password(box.member, str(form.get("label", "")))
            elif act in _ACTS:
                await _ACTS[act](desk, box, form)
                return RedirectResponse(f"{request.url.path}?done=1", 303)
            else:
                raise MessagingError("form")
        except (MessagingError, Refused) as error:
            problem, detail = told(error)
    database, member = desk.service.database, box.member
    values = {
        "member": member, "address": desk.members.address(member), "signer": box.signer, "ends": ends_soon(box),
        "programs": await store_members.passwords(database, member.id), "password": password, "problem": problem,
        "detail": detail, "folders": await desk.folders(member), "usual": rules.FOLDERS, "here": request.url.path,
        "host": desk.settings.messaging_host or desk.settings.host, "smtp": desk.settings.messaging_smtp_port,
        "imap": desk.settings.messaging_imap_port, "today": today(desk).isoformat(),
        "away": rules.is_away(member.away_from, member.away_until, today(desk)),
        "done": "done" in request.query_params,
    }  # fmt: skip
    return desk.page(request, "messages_settings.html", values, 422 if problem else 200)


def _passphrase(form: FormData) -> str:
    return str(form.get("passphrase", ""))[:500]


async def _renew(desk: Desk, box: Mailbox, form: FormData) -> None:
    await desk.members.renew(box.member, _passphrase(form))


async def _revoke(desk: Desk, box: Mailbox, form: FormData) -> None:
    await desk.members.revoke(box.member, str(form.get("reason", "")))


async def _change(desk: Desk, box: Mailbox, form: FormData) -> None:
    new, again = str(form.get("new", ""))[:500], str(form.get("again", ""))[:500]
    await desk.members.change_passphrase(box.member, _passphrase(form), new, again)


async def _bring(desk: Desk, box: Mailbox, form: FormData) -> None:
    """Take the key and certificate of another authority from a file (PKCS#12)."""
    file = form.get("file")
    content = await file.read(_LARGEST_KEY_FILE) if isinstance(file, UploadFile) else b""
    try:
        key, certificate, _more = pkcs12.load_key_and_certificates(
            content, str(form.get("lock", ""))[:500].encode()
        )
    except (ValueError, TypeError):
        raise MessagingError("brought-file") from None
    if key is None or certificate is None:
        raise MessagingError("brought-file")
    await desk.members.bring(box.member, _passphrase(form), certificate, key)


async def _end_password(desk: Desk, box: Mailbox, form: FormData) -> None:
    async with desk.service.database.transaction() as connection:
        await store_members.end_password(connection, box.member.id, _number(form, "program"))


async def _away(desk: Desk, box: Mailbox, form: FormData) -> None:
    first, last = _day(form, "first"), _day(form, "last")
    if first is None or (last is not None and last < first):
        raise MessagingError("days")
    text = str(form.get("text", "")).strip()[:2000]
    async with desk.service.database.transaction() as connection:
        await store_members.set_away(connection, box.member.id, first, last, text)


async def _back(desk: Desk, box: Mailbox, form: FormData) -> None:
    async with desk.service.database.transaction() as connection:
        await store_members.set_away(connection, box.member.id, None, None, box.member.away_text)


async def _folder(desk: Desk, box: Mailbox, form: FormData) -> None:
    name = " ".join(str(form.get("folder", "")).split())
    async with desk.service.database.transaction() as connection:
        if not rules.is_folder_name(name) or not await store_mail.add_folder(connection, box.member.id, name):
            raise MessagingError("folder")


async def _drop(desk: Desk, box: Mailbox, form: FormData) -> None:
    name = str(form.get("folder", ""))
    async with desk.service.database.transaction() as connection:
        if name in rules.FOLDERS or not await store_mail.drop_folder(connection, box.member.id, name):
            raise MessagingError("folder-full")


_ACTS: dict[str, Callable[[Desk, Mailbox, FormData], Awaitable[None]]] = {
    "renew": _renew,
    "revoke": _revoke,
    "passphrase": _change,
    "bring": _bring,
    "end-password": _end_password,
    "away": _away,
    "back": _back,
    "folder": _folder,
    "drop": _drop,
}


async def groups(desk: Desk, request: Request, box: Mailbox) -> Response:
    """My groups; posted forms make one, add and take out members, remove it."""
    problem, detail, form = "", "", FormData()
    if request.method == "POST":
        form = await request.form(max_part_size=1 << 16)
        try:
            await _act_on_groups(desk, box, form)
            return RedirectResponse(f"{request.url.path}?done=1", 303)
        except (MessagingError, Refused) as error:
            problem, detail = told(error)
    database, me = desk.service.database, box.member.id
    found = [
        {"one": one, "members": await store_groups.members(database, one.id), "own": one.owner == me}
        for one in await store_groups.of_member(database, me)
    ]
    values = {
        "groups": found, "problem": problem, "detail": detail, "form": form, "me": me, "here": request.url.path,
        "domain": desk.settings.messaging_domain, "done": "done" in request.query_params,
    }  # fmt: skip
    return desk.page(request, "messages_groups.html", values, 422 if problem else 200)


async def _act_on_groups(desk: Desk, box: Mailbox, form: FormData) -> None:
    me, act = box.member.id, str(form.get("act", ""))
    database = desk.service.database
    if act in ("make", "join"):
        typed = typed_addresses(str(form.get("members", ""))[:4000], desk.settings.messaging_domain)
        wanted = [one.id for one in await desk.office.members(typed)]
        name = " ".join(str(form.get("name", "")).split())[:80]
        if act == "make" and len(name) < 3:
            raise MessagingError("name")
        async with database.transaction() as connection:
            if act == "make":
                await store_groups.add(connection, name, me, [*wanted, me])
                return
            mine = {one.id for one in await store_groups.of_member(connection, me) if one.owner == me}
            group = _number(form, "group")
            if group not in mine:
                raise MessagingError("group")
            await store_groups.join(connection, group, wanted)
        return
    async with database.transaction() as connection:
        group = _number(form, "group")
        if act == "leave":
            done = await store_groups.leave(connection, group, _number(form, "member"), me)
        else:
            done = act == "remove" and await store_groups.remove(connection, group, me)
        if not done:
            raise MessagingError("group")


def _number(form: FormData, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(form.get(name, "")))
    except ValueError:
        raise MessagingError("form") from None


def _day(form: FormData, name: str) -> date | None:
    text = str(form.get(name, ""))
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise MessagingError("days") from None
