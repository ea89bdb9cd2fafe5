"""Search parameters that MHD adds to R4 (MHD 4.2, 3.66.4.1.2 and 3.67.4.1.2): stored once, indexed in the background."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.http.faults import report
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Method, Mode
from ardenne.kernel.store.database import DatabaseUnavailable
from ardenne.standards.fhir.json import dump, parse
from ardenne.standards.xds import codings

Json = dict[str, Any]
_BASE = "https://profiles.ihe.net/ITI/MHD/SearchParameter/"


def _of_contained(resource_type: str, code: str, member: str) -> Json:
    """Return the parameter by which the author or source of a resource is found who is contained in it."""
    name = f"{resource_type}-{code.title()}-{member.title()}"
    who = f"('#' + id) in %resource.{code}.reference"
    expression = f"{resource_type}.contained.where($this is Practitioner and {who}).name.{member}"
    told = f"The {member} name of the {code}, when it is contained"
    return _parameter(name, f"{code}.{member}", resource_type, "string", expression, told)


def _parameter(name: str, code: str, base: str, kind: str, expression: str, told: str) -> Json:
    return {
        "resourceType": "SearchParameter",
        "id": name.lower(),
        "url": f"{_BASE}{name}",
        "name": name.replace("-", ""),
        "status": "active",
        "description": told,
        "code": code,
        "base": [base],
        "type": kind,
        "expression": expression,
    }


PARAMETERS = (
    _parameter(
        "DocumentReference-Creation", "creation", "DocumentReference", "date",
        "DocumentReference.content.attachment.creation", "When the document was made",
    ),
    _parameter(
        "List-DesignationType", "designationType", "List", "token",
        f"List.extension.where(url = '{codings.DESIGNATION}').value", "Clinical kind of a submission set or folder",
    ),
    _parameter(
        "List-SourceId", "sourceId", "List", "token",
        f"List.extension.where(url = '{codings.SOURCE_ID}').value", "Which source submitted",
    ),
    *(_of_contained("DocumentReference", "author", member) for member in ("family", "given")),
    *(_of_contained("List", "source", member) for member in ("family", "given")),
)  # fmt: skip


async def store(service: FhirService) -> None:
    """Store the parameters that are not there yet."""
    for one in PARAMETERS:
        content = dump(one)
        await service.resources.write(
            change.write(parse(content), content, one["id"], Mode.PUT_UNLESS_SAME, Method.PUT)
        )


async def keep(service: FhirService) -> None:
    """Store the parameters when a worker starts; without database the next start does it."""
    try:
        await store(service)
    except DatabaseUnavailable:
        return
    except Exception as error:
        report(error)
