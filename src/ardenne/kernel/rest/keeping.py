"""A resource that the node makes itself, checked and ready to be written."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.rest import incoming
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Change, Method, Mode
from ardenne.standards.fhir.json import dump, parse


def put(resource: dict[str, Any], data: bytes | None = None) -> Change:
    """Return the change that stores a resource under its id unless it stands there already. Raises RestError.

    ``data``: the content of a Binary that names it, to be stored with it.
    """
    return _written(resource, Mode.PUT_UNLESS_SAME, Method.PUT, data=data)


def create(resource: dict[str, Any]) -> Change:
    """Return the change that stores a resource under its id, which must be free. Raises RestError."""
    return _written(resource, Mode.CREATE, Method.POST)


def update(resource: dict[str, Any], expected: int | None = None, data: bytes | None = None) -> Change:
    """Return the change that stores a new version of a resource, of the ``expected`` one if it is given. Raises RestError."""
    return _written(resource, Mode.UPDATE, Method.PUT, expected, data)


def _written(
    resource: dict[str, Any],
    mode: Mode,
    method: Method,
    expected: int | None = None,
    data: bytes | None = None,
) -> Change:
    content = dump(resource)
    parsed = parse(content)
    incoming.check(parsed)
    made = change.write(parsed, content, resource["id"], mode, method, expected)
    if data is None or made.content is None:
        return made
    return made._replace(content=made.content._replace(data=data))
