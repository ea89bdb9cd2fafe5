"""What resources of a submission point to in the registry: documents by their number, recipients in the directory."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.rest.errors import RestError
from ardenne.services.record.exchange.mhd import profile
from ardenne.services.record.exchange.objects import Objects
from ardenne.standards.xds import codings, names
from ardenne.standards.xds.errors import Code

Json = dict[str, Any]
_DIRECTORY = ("Practitioner/", "PractitionerRole/", "Organization/", "Patient/", "RelatedPerson/")


async def complete(objects: Objects, sent: list[tuple[int, Json]]) -> None:
    """Give links that name a document by its unique id the reference of it, and check recipients.

    ``sent``: place in the Bundle and resource. Raises RestError for what is not known here.
    """
    for place, resource in sent:
        for number, one in enumerate(resource.get("relatesTo", [])):
            where = f"Bundle.entry[{place}].resource.relatesTo[{number}].target"
            await _document(objects, one.setdefault("target", {}), where)
        for number, extension in enumerate(resource.get("extension", [])):
            if extension.get("url") == codings.RECIPIENT:
                where = f"Bundle.entry[{place}].resource.extension[{number}]"
                await _recipient(objects, extension.get("valueReference", {}), where)


async def _document(objects: Objects, target: Json, where: str) -> None:
    if target.get("reference"):
        return
    number = str(target.get("identifier", {}).get("value", "")).removeprefix("urn:oid:")
    found = (
        [one for one in await objects.by_unique_id(number) if one.metadata.kind is names.DOCUMENT]
        if number
        else []
    )
    if len(found) != 1:
        text = (
            "no document of this number is here: name the document by reference, or by its masterIdentifier"
        )
        raise RestError(400, [profile.problem("not-found", where, text, Code.UNRESOLVED)])
    target["reference"] = found[0].reference


async def _recipient(objects: Objects, recipient: Json, where: str) -> None:
    reference = str(recipient.get("reference", ""))
    if reference.startswith(_DIRECTORY) and await objects.resource(reference) is None:
        text = "the recipient is not known here: name somebody of the directory"
        raise RestError(400, [profile.problem("not-found", where, text, Code.UNKNOWN_RECIPIENT)])
