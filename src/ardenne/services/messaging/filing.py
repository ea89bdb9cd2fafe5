"""Filing a file of a message into a record: the policy decides, it is filed like every document, the journal has it."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import Kind as Grant
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.store.change import now
from ardenne.services.messaging import settling, store_mail, writing
from ardenne.services.messaging.desk import Desk
from ardenne.services.messaging.members import Mailbox
from ardenne.services.record.contract import FilingRefused, RecordFiles, Taken
from ardenne.standards.refusal import Refused
from ardenne.standards.smime.letter import Attachment

_PATIENTS = 200


async def attachment(desk: Desk, request: Request, box: Mailbox) -> Attachment | None:
    """Return the file of a message that the address names."""
    entry = await store_mail.entry(desk.service.database, box.member.id, request.path_params["entry"])
    if entry is None:
        return None
    try:
        found = await writing.opened(desk.service, box, entry)
    except Refused:
        return None
    place = request.path_params["place"]
    return found.attachments[place] if place < len(found.attachments) else None


async def into_record(desk: Desk, request: Request, box: Mailbox) -> Response:
    """Choose a patient, then kind, title and day; the document is in the record at once."""
    found = await attachment(desk, request, box)
    if found is None:
        return desk.nothing(request)
    records = desk.service.registry.get(RecordFiles)
    form = await request.form(max_part_size=1 << 16) if request.method == "POST" else FormData()
    patient = str(form.get("patient", ""))[:64]
    name = await records.person(desk.service, patient) if patient else None
    kinds = await records.kinds(desk.service, patient) if name else []
    problem = detail = ""
    if patient and name is None:
        problem = "patient"
    if name and form.get("act") == "file":
        described = [str(form.get(one, ""))[:200] for one in ("title", "kind", "day")]
        language = desk.renderer.words(request).language
        try:
            taken = Taken(found.name, found.media_type, found.content)
            document = await records.add(desk.service, patient, described, taken, language)
            return RedirectResponse(f"/record/{patient}/document/{document}", 303)
        except FilingRefused as error:
            problem, detail = error.rule, error.detail
        except AccessRefused:
            problem = "patient"
    values = {
        "file": found, "patient": patient, "name": name, "kinds": kinds, "problem": problem, "detail": detail,
        "patients": [] if name else await _patients(desk), "form": form, "here": request.url.path,
        "today": settling.today(desk).isoformat(), "back": request.url.path.partition("/file/")[0],
    }  # fmt: skip
    return desk.page(request, "messages_file.html", values, 422 if problem else 200)


async def _patients(desk: Desk) -> list[tuple[str, str]]:
    """Return the persons whose records are open to the reader."""
    assert desk.service.policy is not None
    standing = desk.service.policy.standing(desk.service.caller)
    kinds = [int(kind) for kind in Grant]
    ids = await policy.patients_of(desk.service.database, standing.parties, now(), kinds, _PATIENTS)
    records = desk.service.registry.get(RecordFiles)
    named = [(one, await records.person(desk.service, one)) for one in ids]
    return sorted(((one, name) for one, name in named if name), key=lambda pair: pair[1])
