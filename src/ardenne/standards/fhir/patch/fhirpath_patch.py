"""FHIRPath Patch: a Parameters resource of operations (FHIR R4, fhirpatch.html)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.path.nodes import Element

from .content import Content, content_of, key_for, repeats
from .copying import Copier
from .errors import PatchError, Refused
from .lists import delete_at, insert_at, move_within, put, without_empty
from .places import Place, find

_LONGEST: Final = 10_000


class Step(NamedTuple):
    """One operation as the Parameters resource gives it."""

    type: str
    path: str
    name: str
    value: dict[str, Any] | None
    """the part named "value" """
    numbers: dict[str, int]
    """index, source, destination"""


def apply(resource: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """The resource after all operations.

    Raises PatchError when one fails; `resource` is never changed.
    """
    operations = parameters.get("parameter", []) if isinstance(parameters, dict) else None
    if not isinstance(operations, list) or parameters.get("resourceType") != "Parameters":
        raise PatchError(-1, "", "a FHIRPath Patch is a Parameters resource", malformed=True)
    if len(operations) > _LONGEST:
        raise PatchError(-1, "", f"the patch has more than {_LONGEST} operations", malformed=True)
    copier = Copier()
    step: Step | None = None
    done = -1
    try:
        result: dict[str, Any] = copier.copy(resource)
        for done, parameter in enumerate(operations):  # noqa: B007
            step = None
            step = _step(parameter)
            _OPERATIONS[step.type](result, step, copier)
        patched: dict[str, Any] = without_empty(result)
    except Refused as reason:
        raise PatchError(done, step.path if step else "", str(reason), reason.malformed) from None
    return patched


def _step(parameter: Any) -> Step:
    if not isinstance(parameter, dict) or parameter.get("name") != "operation":
        raise Refused("every parameter of the patch must be named operation", malformed=True)
    parts: dict[str, dict[str, Any]] = {}
    for part in parameter.get("part", ()):
        if not isinstance(part, dict) or str(part.get("name")) in parts:
            raise Refused(f"the part {part!r} is no part or stands twice", malformed=True)
        parts[str(part.get("name"))] = part
    kind = _text(parts, "type")
    if kind not in _OPERATIONS:
        raise Refused(f"the type {kind!r} is not known; use one of {', '.join(_OPERATIONS)}", malformed=True)
    missing = [name for name in _NEEDED[kind] if name not in parts]
    if missing:
        raise Refused(f"{kind} needs the parts {', '.join(missing)}", malformed=True)
    numbers: dict[str, int] = {name: _number(parts, name) for name in _NUMBERS if name in parts}
    return Step(kind, _text(parts, "path"), _text(parts, "name"), parts.get("value"), numbers)


def _text(parts: dict[str, dict[str, Any]], name: str) -> str:
    part = parts.get(name, {})
    return str(part.get("valueString") or part.get("valueCode") or "")


def _number(parts: dict[str, dict[str, Any]], name: str) -> int:
    value = parts[name].get("valueInteger")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Refused(f"{name} must be a valueInteger of 0 or more", malformed=True)
    return value


_NUMBERS: Final = ("index", "source", "destination")

_NEEDED: Final = {
    "add": ("path", "name", "value"),
    "insert": ("path", "index", "value"),
    "delete": ("path",),
    "replace": ("path", "value"),
    "move": ("path", "source", "destination"),
}


def _single(resource: dict[str, Any], path: str) -> Place:
    """The one element of the path."""
    found = find(path, resource)
    if not found:
        raise Refused("the path selects nothing in this resource")
    if len(found) > 1:
        raise Refused(f"the path selects {len(found)} elements, but must select one; add an index or where()")
    return found[0]


def _add(resource: dict[str, Any], step: Step, copier: Copier) -> None:
    owner = _single(resource, step.path).element
    content = content_of(step.value or {}, owner.type, step.name, copier)
    key = key_for(owner.type, step.name, content)
    if not isinstance(owner.value, dict):
        raise Refused(f"{step.path} is a primitive; only extensions can be added to it, with replace")
    if repeats(owner.type, step.name):
        insert_at(owner.value, key, _length(owner.value, key), content)
        return
    if any(one in owner.value or "_" + one in owner.value for one in _siblings(owner, step.name, key)):
        raise Refused(f"{step.name} exists already and does not repeat; use replace")
    put(owner.value, key, content)


def _siblings(owner: Element, name: str, key: str) -> list[str]:
    """The key and the keys of the other types of a choice."""
    found = definitions.child(owner.type.name, name.removesuffix("[x]"))
    if found is None or not found[0].choice:
        return [key]
    stem = found[0].name[:-3]
    return [stem + kind[0].upper() + kind[1:] for kind in found[1]]


def _length(owner: dict[str, Any], key: str) -> int:
    return max(len(owner.get(key) or ()), len(owner.get("_" + key) or ()))


def _list_at(resource: dict[str, Any], path: str) -> tuple[dict[str, Any], str, Element, list[Place]]:
    """The list that the path names: its owner, its key, one of its elements and its places."""
    found = find(path, resource)
    if not found or found[0].owner is None or found[0].at is None:
        raise Refused("the path must select a list that exists in this resource")
    first = found[0]
    if first.owner is None or any(one.owner is not first.owner or one.key != first.key for one in found):
        raise Refused("the path selects elements of several lists; narrow it to one")
    return first.owner, first.key, first.element, found


def _insert(resource: dict[str, Any], step: Step, copier: Copier) -> None:
    owner, key, element, found = _list_at(resource, step.path)
    index = step.numbers["index"]
    if index > len(found):
        raise Refused(f"the index {index} is beyond the list of {len(found)} items")
    content = content_of(step.value or {}, None, key, copier, element.type.name)
    insert_at(owner, key, index, content)


def _delete(resource: dict[str, Any], step: Step, copier: Copier) -> None:
    found = find(step.path, resource)
    if len(found) > 1:
        raise Refused(f"the path selects {len(found)} elements, but must select one; add an index or where()")
    for place in found:
        if place.owner is None:
            raise Refused("the whole resource cannot be deleted by a patch; delete it")
        delete_at(place.owner, place.key, place.at)


def _replace(resource: dict[str, Any], step: Step, copier: Copier) -> None:
    place = _single(resource, step.path)
    if place.owner is None:
        raise Refused("the whole resource cannot be replaced by a patch; update it")
    content = content_of(step.value or {}, None, place.key, copier, place.element.type.name)
    key = _key_of_replacement(place, content)
    if key != place.key:
        delete_at(place.owner, place.key, place.at)
    put(place.owner, key, content, place.at)


def _key_of_replacement(place: Place, content: Content) -> str:
    """The same key, or that of another type of the choice: deceasedBoolean for deceasedDateTime."""
    old = place.element.type.name
    suffix = old[0].upper() + old[1:]
    if content.type and content.type != old and place.key.endswith(suffix) and len(place.key) > len(suffix):
        return place.key.removesuffix(suffix) + content.type[0].upper() + content.type[1:]
    return place.key


def _move(resource: dict[str, Any], step: Step, copier: Copier) -> None:
    owner, key, _, found = _list_at(resource, step.path)
    source, destination = step.numbers["source"], step.numbers["destination"]
    for name, index in (("source", source), ("destination", destination)):
        if index >= len(found):
            raise Refused(f"the {name} {index} is beyond the list of {len(found)} items")
    move_within(owner, key, source, destination)


_OPERATIONS: Final[dict[str, Callable[[dict[str, Any], Step, Copier], None]]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}
