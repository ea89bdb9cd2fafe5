"""Parameters of an operation: from the query of a GET or the Parameters resource of a POST."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.http.message import Request
from ardenne.kernel.rest import incoming
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.search.query import read_pairs

Json = dict[str, Any]


def read(request: Request) -> dict[str, list[Any]]:
    """Return the values of each parameter in order. Raises RestError for a wrong content or method."""
    found: dict[str, list[Any]] = {}
    for name, value in read_pairs(request.query):
        found.setdefault(name, []).append(value)
    if request.method == "POST" and request.body:
        sent = incoming.read_resource(incoming.json_of(request))
        if sent.resource["resourceType"] != "Parameters":
            # an operation with one resource parameter takes the resource itself (R4, Operations, 3.2.0.2)
            found.setdefault("resource", []).append(sent.resource)
            return found
        for parameter in sent.resource.get("parameter", []):
            found.setdefault(parameter["name"], []).append(_value(parameter))
    elif request.method not in ("GET", "HEAD", "POST"):
        raise refuse(405, "not-supported", "an operation is called by GET or POST", "method")
    return found


def _value(parameter: Json) -> Any:
    for name, value in parameter.items():
        if name.startswith("value") or name == "resource":
            return value
    return parameter.get("part", [])


def one(found: dict[str, list[Any]], name: str, default: str = "") -> str:
    """Return the first value of a parameter as text."""
    values = found.get(name)
    if not values:
        return default
    value = values[0]
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def whole_number(found: dict[str, list[Any]], name: str, default: int) -> int:
    """Return a whole number of 1 or more. Raises RestError."""
    text = one(found, name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise refuse(400, "invalid", f"'{name}' is not a whole number of 1 or more", name)
    return int(text)
