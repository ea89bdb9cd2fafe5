"""What a client sends: read, checked, ready to store."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ardenne.kernel.http.message import Request
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.standards.fhir import validator, xml
from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.extraction import CustomParameterError, read_custom
from ardenne.standards.fhir.json import FhirSyntaxError, dump, parse
from ardenne.standards.fhir.outcome import failed

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_JSON_TYPES = frozenset({"", "application/fhir+json", "application/json", "text/json", "json"})
_XML_TYPES = frozenset({"application/fhir+xml", "application/xml", "text/xml", "xml"})


class Incoming(NamedTuple):
    """A resource that was read and found valid; ``content`` is its JSON as sent."""

    resource: dict[str, Any]
    content: bytes


def media_type(header: str) -> str:
    """Return the media type of a Content-Type or Accept header, without parameters."""
    return header.partition(";")[0].strip().lower()


def is_xml(kind: str) -> bool:
    """Tell whether a media type (or a value of ``_format``) means FHIR XML."""
    return kind in _XML_TYPES


def is_json(kind: str) -> bool:
    """Tell whether a media type (or a value of ``_format``) means FHIR JSON."""
    return kind in _JSON_TYPES


def json_of(request: Request) -> bytes:
    """Return the content of a request as JSON, whatever FHIR format it came in."""
    kind = media_type(request.header("content-type"))
    if is_json(kind):
        return request.body
    if is_xml(kind):
        try:
            return dump(xml.parse(request.body))
        except FhirSyntaxError as error:
            raise RestError(400, [error.issue]) from None
    raise refuse(
        415,
        "not-supported",
        f"'{kind[:60]}' is not read here: send application/fhir+json or application/fhir+xml",
    )


def read_resource(content: bytes, expected_type: str = "") -> Incoming:
    """Return the resource in ``content``, valid in structure. Raises RestError with every problem found."""
    try:
        resource = parse(content)
    except FhirSyntaxError as error:
        raise RestError(400, [error.issue]) from None
    check(resource, expected_type)
    return Incoming(resource, content)


def check(resource: dict[str, Any], expected_type: str = "") -> None:
    """Raise RestError unless the resource is of the type and valid in structure."""
    found = resource.get("resourceType")
    if expected_type and found != expected_type:
        raise refuse(
            400,
            "invalid",
            f"the content is of type '{str(found)[:40]}', the address asks for {expected_type}",
            "resource-type",
            "resourceType",
        )
    issues = validator.validate(resource)
    if failed(issues):
        raise RestError(422, issues)
    if found == "SearchParameter":
        try:
            read_custom(resource)
        except CustomParameterError as error:
            path = f"SearchParameter.{error.path}"
            raise refuse(422, "not-supported", str(error), "search-parameter", path) from None


def check_id(resource_id: str) -> str:
    """Return a logical id. Raises RestError when it is not one (R4, datatypes, id)."""
    if not _ID.fullmatch(resource_id):
        raise refuse(400, "value", "an id has 1 to 64 letters, digits, '-' or '.'", "id")
    return resource_id


def check_type(name: str) -> str:
    """Return a resource type. Raises RestError (404) when R4 has none of that name."""
    if name not in RESOURCE_TYPES:
        raise refuse(
            404, "not-supported", f"'{name[:60]}' is not a resource type of FHIR R4", "resource-type"
        )
    return name
