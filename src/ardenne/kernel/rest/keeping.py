"""A resource that the node makes itself, checked and ready to be written."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.rest import incoming
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Change, Method, Mode
from ardenne.standards.fhir.json import dump, parse


def put(resource: dict[str, Any]) -> Change:
    """Return the change that stores a resource under its id unless it stands there already. Raises RestError."""
    content = dump(resource)
    parsed = parse(content)
    incoming.check(parsed)
    return change.write(parsed, content, resource["id"], Mode.PUT_UNLESS_SAME, Method.PUT)
