"""The page on which a message is written: recipients from the directory and groups, files, documents of an open record."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ardenne.kernel.policy.service import AccessRefused
from ardenne.services.messaging import rules, store_groups, store_mail, store_members, writing
from ardenne.services.messaging.desk import HOME, Desk, told
from ardenne.services.messaging.members import Mailbox
from ardenne.services.messaging.rules import MessagingError
from ardenne.services.messaging.store_mail import Entry
from ardenne.services.messaging.writing import Draft, Writer
from ardenne.services.record.contract import RecordFiles
from ardenne.standards.refusal import Refused
from ardenne.standards.smime.letter import Attachment

_FOUND = 20
_MOST_FILES = 10


async def compose(desk: Desk, request: Request, box: Mailbox) -> Response:
    """Write a message; ``answer`` in the address names the one that is answered, ``record`` whose documents may go along."""
    form, problem, detail = FormData(), "", ""
    found: list[store_members.Member] | None = None
    if request.method == "POST":
        form = await request.form(max_files=_MOST_FILES, max_part_size=rules.LARGEST_FILES)
        if form.get("act") == "find":
            name = str(form.get("name", "")).strip()[:80]
            found = await store_members.named(desk.service.database, name, _FOUND) if name else []
        else:
            try:
                answered = await _answered_entry(desk, box, form)
                draft = await _draft(desk, form)
                if answered is not None:
                    draft = draft._replace(answers=answered.message_id)
                await Writer(desk.service, desk.office, box).send(draft)
                if answered is not None:
                    await _mark_answered(desk, box, answered)
                return RedirectResponse(f"{HOME}?sent=1", 303)
            except (MessagingError, Refused) as error:
                problem, detail = told(error)
            except AccessRefused:
                problem = "document"
    values = await _values(desk, request, box, form)
    values |= {"problem": problem, "detail": detail, "found": found, "form": form}
    return desk.page(request, "messages_new.html", values, 422 if problem else 200)


async def _values(desk: Desk, request: Request, box: Mailbox, form: FormData) -> dict[str, Any]:
    asked = request.query_params
    patient = str(form.get("patient", "") or asked.get("record", ""))[:64]
    records = desk.service.registry.get(RecordFiles)
    name = await records.person(desk.service, patient) if patient else None
    values: dict[str, Any] = {
        "token": str(form.get("token", ""))[:64] or secrets.token_hex(16), "patient": patient if name else "",
        "name": name, "documents": await records.listed(desk.service, patient) if name else [],
        "groups": await store_groups.of_member(desk.service.database, box.member.id),
        "domain": desk.settings.messaging_domain, "signs": box.signer is not None, "answer": "",
        "to": str(form.get("to", "") or asked.get("to", ""))[:4000], "subject": str(form.get("subject", ""))[:300],
        "text": str(form.get("text", ""))[:200_000], "here": request.url.path,
    }  # fmt: skip
    answer = str(form.get("answer", "") or asked.get("answer", ""))
    if answer.isdecimal() and len(answer) < 18:
        values |= await _answered(desk, box, int(answer), fresh=not form)
    return values


async def _answered(desk: Desk, box: Mailbox, number: int, *, fresh: bool) -> dict[str, Any]:
    """Return what an answer begins with: recipient, subject, the text with marks."""
    entry = await store_mail.entry(desk.service.database, box.member.id, number)
    if entry is None:
        return {}
    if not fresh:
        return {"answer": entry.id}
    try:
        found = await writing.opened(desk.service, box, entry)
    except Refused:
        return {"answer": entry.id, "to": desk.office.address(entry.sender_local)}
    subject = found.subject if found.subject.lower().startswith("re:") else f"Re: {found.subject}"
    quoted = "\n".join(f"> {line}" for line in found.text.rstrip().split("\n")[:400])
    to = desk.office.address(entry.sender_local)
    return {"answer": entry.id, "to": to, "subject": subject, "text": f"\n\n{quoted}\n"}


async def _draft(desk: Desk, form: FormData) -> Draft:
    domain = desk.settings.messaging_domain
    picked = [f"{one}@{domain}" for one in form.getlist("pick")[:_FOUND]]
    to = [*writing.typed_addresses(str(form.get("to", ""))[:4000], domain), *picked]
    files = []
    for one in form.getlist("file"):
        if isinstance(one, UploadFile) and one.filename:
            content = await one.read(rules.LARGEST_FILE + 1)
            if len(content) > rules.LARGEST_FILE:
                raise MessagingError("files")
            files.append(Attachment(one.filename, one.content_type or "", content))
    return Draft(
        str(form.get("token", ""))[:64], to, [str(one)[:40] for one in form.getlist("group")],
        " ".join(str(form.get("subject", "")).split())[:300], str(form.get("text", ""))[:200_000], files,
        bool(form.get("receipt")), "", (), str(form.get("patient", ""))[:64],
        [str(one)[:64] for one in form.getlist("document")],
    )  # fmt: skip


async def _answered_entry(desk: Desk, box: Mailbox, form: FormData) -> Entry | None:
    answer = str(form.get("answer", ""))
    if not answer.isdecimal() or len(answer) > 17:
        return None
    return await store_mail.entry(desk.service.database, box.member.id, int(answer))


async def _mark_answered(desk: Desk, box: Mailbox, answered: Entry) -> None:
    async with desk.service.database.connection() as connection:
        await store_mail.set_flags(connection, box.member.id, [answered.id], [rules.ANSWERED], [])
