"""What holds for contained resources (FHIR R4, DomainResource: dom-2 to dom-5, Reference: ref-1)."""

import re
from collections.abc import Iterator
from typing import Any

from ardenne.standards.fhir.validator.report import Json, Place, Report, shown

_find_links = re.compile(r"[\"']#([A-Za-z0-9\-.]{1,64})[\"']").findall


def check_contained(resource: Json, place: Place, report: Report) -> None:
    """Each contained resource has an id, contains no other and has no version of its own."""
    contained = resource.get("contained")
    if type(contained) is not list:
        return
    for index, item in enumerate(contained):
        if type(item) is dict:
            _check_one(item, (place, ".contained", index), report)


def _check_one(item: dict[str, Any], place: Place, report: Report) -> None:
    if "id" not in item:
        message = "The contained resource has no id, so nothing can refer to it. Add one."
        report.add("invariant", place, message, "dom-3")
    if "contained" in item:
        message = "A contained resource cannot contain others. Put them all into the outer resource."
        report.add("invariant", place, message, "dom-2")
    meta = item.get("meta")
    if type(meta) is dict:
        for name, rule in (("versionId", "dom-4"), ("lastUpdated", "dom-4"), ("security", "dom-5")):
            if name in meta:
                message = f"A contained resource has no meta.{name} of its own. Remove it."
                report.add("invariant", place, message, rule)


def note_local_reference(value: Json, place: Place, report: Report) -> None:
    """Remember a reference like "#p1" until the whole resource has been seen."""
    literal = value.get("reference")
    if type(literal) is str and literal[:1] == "#":
        report.local.append((place, literal))


def check_local_references(resource: Json, report: Report) -> None:
    """ref-1: "#p1" names a contained resource; "#" alone, the container."""
    contained = resource.get("contained")
    ids = (
        {str(item.get("id")) for item in contained if type(item) is dict}
        if type(contained) is list
        else set()
    )
    noted, report.local = report.local, []
    for place, literal in noted:
        if literal != "#" and literal[1:] not in ids:
            message = f"{shown(literal)} names no contained resource. Contain it or correct the reference."
            report.add("invariant", place, message, "ref-1")


def check_unused(resource: Json, place: Place, report: Report) -> None:
    """dom-3: each contained resource is referred to from the resource, or refers to it."""
    contained = resource.get("contained")
    if type(contained) is not list:
        return
    texts = list(_texts(resource))
    mentioned = {text for text in texts if text[:1] == "#"}
    mentioned |= {f"#{name}" for text in texts if text[:4] == "<div" for name in _find_links(text)}
    for index, item in enumerate(contained):
        if type(item) is not dict or "id" not in item:
            continue
        if f"#{item['id']}" not in mentioned and "#" not in set(_texts(item)):
            message = f"Nothing refers to the contained resource '#{item['id']}'. Refer to it or remove it."
            report.add("invariant", (place, ".contained", index), message, "dom-3")


def _texts(value: Any) -> Iterator[str]:
    """All strings at any depth."""
    if type(value) is str:
        yield value
    elif type(value) is dict:
        for inner in value.values():
            yield from _texts(inner)
    elif type(value) is list:
        for inner in value:
            yield from _texts(inner)
