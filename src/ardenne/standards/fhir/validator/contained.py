"""What holds for contained resources (FHIR R4, DomainResource: dom-2, dom-4, dom-5)."""

from typing import Any

from ardenne.standards.fhir.validator.report import Json, Place, Report


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
