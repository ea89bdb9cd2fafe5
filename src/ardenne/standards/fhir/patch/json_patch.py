"""JSON Patch (RFC 6902) over JSON Pointers (RFC 6901)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias

from .copying import Copier, check_depth
from .errors import PatchError, Refused

Operation: TypeAlias = dict[str, Any]

_INDEX: Final = re.compile(r"0|[1-9]\d{0,8}")
_LONGEST: Final = 10_000


def apply(document: dict[str, Any], patch: list[Operation]) -> dict[str, Any]:
    """The document after all operations.

    Raises PatchError when one fails; `document` is never changed.
    """
    if not isinstance(patch, list) or len(patch) > _LONGEST:
        raise PatchError(-1, "", f"a JSON Patch is an array of at most {_LONGEST} operations", malformed=True)
    copier = Copier()
    result: Any = document
    try:
        result = copier.copy(document)
    except Refused as reason:
        raise PatchError(-1, "", str(reason)) from None
    for number, operation in enumerate(patch):
        try:
            result = _apply_one(result, operation, copier)
        except Refused as reason:
            path = str(operation.get("path", "")) if isinstance(operation, dict) else ""
            raise PatchError(number, path, str(reason), reason.malformed) from None
    if not isinstance(result, dict):
        raise PatchError(-1, "", "the result is no JSON object any more")
    try:
        check_depth(result)
    except Refused as reason:
        raise PatchError(-1, "", str(reason)) from None
    return result


def _apply_one(document: Any, operation: Operation, copier: Copier) -> Any:
    if not isinstance(operation, dict):
        raise Refused("an operation is an object with op and path", malformed=True)
    run = _OPERATIONS.get(str(operation.get("op")))
    if run is None:
        known = ", ".join(_OPERATIONS)
        raise Refused(f"the op {operation.get('op')!r} is not known; use one of {known}", malformed=True)
    return run(document, operation, copier)


def _pointer(operation: Operation, name: str) -> list[str]:
    text = operation.get(name)
    if not isinstance(text, str):
        raise Refused(f"{name!r} is missing; it is a JSON Pointer such as /name/0/family", malformed=True)
    if text and not text.startswith("/"):
        raise Refused(f"{text!r} is no JSON Pointer; it begins with /", malformed=True)
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _value(operation: Operation) -> Any:
    if "value" not in operation:
        raise Refused("'value' is missing", malformed=True)
    return operation["value"]


def _step(holder: Any, part: str, pointer: list[str]) -> Any:
    """The value one step below `holder`, which must exist."""
    if isinstance(holder, dict) and part in holder:
        return holder[part]
    if isinstance(holder, list):
        return holder[_index(holder, part, len(holder) - 1)]
    raise Refused(
        f"nothing is at {_text(pointer)}: {part!r} does not exist; objects on the way are not created"
    )


def _text(pointer: list[str]) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in pointer) or "the root"


def _index(holder: list[Any], part: str, most: int) -> int:
    if not _INDEX.fullmatch(part):
        raise Refused(f"{part!r} is no array index; use 0, 1, 2... without leading zeroes")
    if int(part) > most:
        raise Refused(f"the index {part} is beyond the array of {len(holder)} items")
    return int(part)


def _holder(document: Any, pointer: list[str]) -> Any:
    """What holds the value that the pointer names."""
    holder = document
    for part in pointer[:-1]:
        holder = _step(holder, part, pointer)
    return holder


def _find(document: Any, pointer: list[str]) -> Any:
    found = document
    for part in pointer:
        found = _step(found, part, pointer)
    return found


def _put(document: Any, pointer: list[str], value: Any) -> Any:
    if not pointer:
        return value
    holder, last = _holder(document, pointer), pointer[-1]
    if isinstance(holder, dict):
        holder[last] = value
    elif isinstance(holder, list):
        holder.insert(len(holder) if last == "-" else _index(holder, last, len(holder)), value)
    else:
        raise Refused(f"nothing can be added at {_text(pointer)}: what is above is no object and no array")
    return document


def _take(document: Any, pointer: list[str]) -> Any:
    """Removes and returns what the pointer names."""
    if not pointer:
        raise Refused("the whole resource cannot be removed by a patch; delete it")
    found = _find(document, pointer)
    holder, last = _holder(document, pointer), pointer[-1]
    if isinstance(holder, list):
        del holder[int(last)]
    else:
        del holder[last]
    return found


def _add(document: Any, operation: Operation, copier: Copier) -> Any:
    return _put(document, _pointer(operation, "path"), copier.copy(_value(operation)))


def _remove(document: Any, operation: Operation, copier: Copier) -> Any:
    _take(document, _pointer(operation, "path"))
    return document


def _replace(document: Any, operation: Operation, copier: Copier) -> Any:
    pointer, value = _pointer(operation, "path"), copier.copy(_value(operation))
    if not pointer:
        return value
    _find(document, pointer)
    holder, last = _holder(document, pointer), pointer[-1]
    holder[int(last) if isinstance(holder, list) else last] = value
    return document


def _move(document: Any, operation: Operation, copier: Copier) -> Any:
    source, target = _pointer(operation, "from"), _pointer(operation, "path")
    if target[: len(source)] == source and len(target) > len(source):
        raise Refused(f"{_text(source)} cannot be moved into itself")
    if source == target:
        _find(document, source)
        return document
    return _put(document, target, _take(document, source))


def _copy(document: Any, operation: Operation, copier: Copier) -> Any:
    found = _find(document, _pointer(operation, "from"))
    return _put(document, _pointer(operation, "path"), copier.copy(found))


def _test(document: Any, operation: Operation, copier: Copier) -> Any:
    pointer, wanted = _pointer(operation, "path"), _value(operation)
    found = _find(document, pointer)
    if not same(found, wanted):
        raise Refused(f"the test failed: {_shown(found)} is there, {_shown(wanted)} was expected")
    return document


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def same(one: Any, other: Any) -> bool:
    """Equality of JSON values (RFC 6902, section 4.6): 1 equals 1.0, true does not equal 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float, Decimal)) and isinstance(other, (int, float, Decimal)):
        return Decimal(str(one)) == Decimal(str(other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


_OPERATIONS: Final[dict[str, Callable[[Any, Operation, Copier], Any]]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
