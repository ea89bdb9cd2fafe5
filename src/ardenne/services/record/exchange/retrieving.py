"""Retrieving documents (ITI-43): contents by repository and uniqueId, as the caller may read them."""

from __future__ import annotations

from typing import Any, NamedTuple

from lxml import etree

from ardenne.kernel.rest import binary
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.services.record.exchange.objects import Held, Objects, Place
from ardenne.standards.xds import names
from ardenne.standards.xds.errors import Code, RegistryError, refuse

_XDSB = f"{{{names.XDSB}}}"


class Wanted(NamedTuple):
    """One document that a client asks for."""

    home: str
    repository: str
    unique_id: str


class Content(NamedTuple):
    """One document as it is answered."""

    wanted: Wanted
    mime_type: str
    data: bytes


def wanted(body: etree._Element) -> list[Wanted]:
    """Return what a RetrieveDocumentSetRequest (or RemoveDocumentsRequest) names. Raises Refused."""
    found = []
    for one in body:
        if etree.QName(one).localname == "DocumentRequest":
            texts = {etree.QName(part).localname: (part.text or "").strip() for part in one}
            found.append(
                Wanted(
                    texts.get("HomeCommunityId", ""),
                    texts.get("RepositoryUniqueId", ""),
                    texts.get("DocumentUniqueId", ""),
                )
            )
    if not found or not all(one.unique_id and one.repository for one in found):
        text = "every DocumentRequest needs RepositoryUniqueId and DocumentUniqueId; at least one is asked"
        raise refuse(Code.REPOSITORY, text)
    return found


async def retrieve(
    service: FhirService, place: Place, asked: list[Wanted]
) -> tuple[list[Content], list[RegistryError]]:
    """Return the documents that are here and may be read, and an error for each other one."""
    objects = Objects(service, place)
    contents, errors = [], []
    for one in asked:
        if one.repository != place.repository:
            text = f"this repository is {place.repository}, not {one.repository[:64]}"
            errors.append(RegistryError(Code.UNKNOWN_REPOSITORY, text, one.unique_id))
            continue
        found = await _content(service, objects, one)
        if found is None:
            text = f"there is no document {one.unique_id[:130]} that you may read"
            errors.append(RegistryError(Code.DOCUMENT_ID, text, one.unique_id))
        else:
            contents.append(found)
    return contents, errors


async def _content(service: FhirService, objects: Objects, asked: Wanted) -> Content | None:
    for held in await objects.by_unique_id(asked.unique_id):
        if held.metadata.kind is not names.DOCUMENT:
            continue
        reference = binary_of(held)
        resource = await objects.resource(reference) if reference else None
        if resource is None:
            continue
        try:
            data = await binary.content_of(service, resource)
        except RestError:
            continue
        return Content(asked, held.metadata.mime_type, data)
    return None


def binary_of(held: Held) -> str:
    """Return the reference of the Binary of a document, empty when its content is elsewhere."""
    contents: list[dict[str, Any]] = held.resource.get("content") or [{}]
    url = str(contents[0].get("attachment", {}).get("url", ""))
    where = url.find("Binary/")
    return url[where:] if where >= 0 else ""
