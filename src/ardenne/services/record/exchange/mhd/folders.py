"""Documents into a folder that is there already: the List of the folder in ITI-65, with PUT (MHD 4.2, 3.65.4.1.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.store import change
from ardenne.services.record.exchange.mhd import profile
from ardenne.services.record.exchange.mhd.sent import Sent
from ardenne.services.record.exchange.objects import Objects
from ardenne.standards.xds import from_fhir, names
from ardenne.standards.xds.errors import Code
from ardenne.standards.xds.values import Association

Json = dict[str, Any]


def marked(sent: Sequence[Sent], entries: Sequence[Json], base: str) -> list[Sent]:
    """Return the entries, those that update a folder with its reference. Raises RestError for another PUT."""
    found = []
    for one, entry in zip(sent, entries, strict=True):
        request = entry.get("request", {})
        method, url = str(request.get("method", "")), str(request.get("url", "")).removeprefix(base)
        if method == "PUT":
            if profile.list_kind(one.resource) != "folder" or not url.startswith("List/") or "?" in url:
                text = "only a folder may be updated here (PUT List/id): everything else is new (POST)"
                where = f"Bundle.entry[{one.place}].request"
                raise RestError(400, [profile.problem("not-supported", where, text, Code.METADATA)])
            one = one._replace(folder=url)
        found.append(one)
    return found


async def additions(
    objects: Objects, sent: Sequence[Sent], references: Mapping[str, str]
) -> list[tuple[Association, str]]:
    """Return the links from folders that are here to what they get, each with the reference of its folder.

    What a folder holds already stays, also where the new List does not name it. ``references``: what each address
    of the Bundle will be. Raises RestError when there is no such folder.
    """
    found = []
    for one in sent:
        if not one.folder:
            continue
        stored = await objects.resource(one.folder)
        if stored is None or profile.list_kind(stored) != "folder":
            text = "there is no such folder here: create it with POST, or correct its id"
            where = f"Bundle.entry[{one.place}].request.url"
            raise RestError(400, [profile.problem("not-found", where, text, Code.UNRESOLVED)])
        held = {target for _link, target in from_fhir.members(stored)}
        for entry in one.resource.get("entry", []):
            url = str(entry.get("item", {}).get("reference", ""))
            target = references.get(url, url)
            if target and target not in held:
                link = Association(
                    id=f"urn:uuid:{change.new_id()}", type=names.HAS_MEMBER, source=from_fhir.object_id(stored),
                    target=from_fhir.urn(target.rpartition("/")[2]),
                )  # fmt: skip
                found.append((link, one.folder))
    return found
