"""Comparing an answer with what a terminology test expects.

The order of arrays does not matter. Markers of the suite: "$uuid$" and the like stand for any value of that
kind, "$optional-properties$" and "$optional$" for what may be absent, "$choice:a|b$", "$fragments:a|b$" and
"$external:n:fragment$" for texts that servers word differently, "$count-arrays$" for arrays of which only the
length counts. Besides: `location` repeats `expression` and is not compared; apostrophes do not count in texts.
"""

from __future__ import annotations

import re
from typing import Any, Final

_KINDS: Final = {
    "id": r"[A-Za-z0-9\-.]{1,64}",
    "uuid": r"(urn:uuid:)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "instant": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
    "date": r"\d{4}(-\d\d(-\d\d(T.*)?)?)?",
    "url": r"[a-z]+:\S+",
    "token": r"\S+",
    "string": r"(?s).+",
    "version": r"\S+",
    "semver": r"\d+\.\d+(\.\d+)?([-+].*)?",
}
_EMBEDDED: Final = re.compile(rf"\$({'|'.join(_KINDS)})\$")
_IGNORED: Final = frozenset({"location"})


def difference(expected: Any, found: Any, path: str = "", *, subset: bool = False) -> str:
    """Where the answer differs from what is expected; "" when it does not.

    `subset`: the answer may hold more than is expected.
    """
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return f"{path}: an object was expected, found {_shown(found)}"
        return _of_objects(expected, found, path, subset)
    if isinstance(expected, list):
        if not isinstance(found, list):
            return f"{path}: a list was expected, found {_shown(found)}"
        return _of_lists(expected, found, path, subset)
    if isinstance(expected, str) and isinstance(found, str):
        return (
            ""
            if same_text(expected, found)
            else f"{path}: {_shown(expected)} was expected, found {_shown(found)}"
        )
    if expected == found and isinstance(expected, bool) is isinstance(found, bool):
        return ""
    return f"{path}: {_shown(expected)} was expected, found {_shown(found)}"


def same_text(expected: str, found: str) -> bool:
    """Whether a text is the expected one, or of the expected kind."""
    if expected == "$$":
        return True
    marker = re.fullmatch(r"(?s)\$([a-z]+)(?::(.*))?\$", expected)
    if marker is None:
        if _EMBEDDED.search(expected):
            return re.fullmatch(_pattern(expected), found) is not None
        return expected == found or (" " in expected and _plain(expected) == _plain(found))
    name, argument = marker[1], marker[2] or ""
    match name:
        case "choice":
            return found in argument.split("|")
        case "fragments":
            folded = found.casefold()
            return all(part.casefold() in folded for part in argument.split("|"))
        case "external":
            return argument.partition(":")[2] in found
    return expected == found if name not in _KINDS else re.fullmatch(_KINDS[name], found) is not None


def _pattern(expected: str) -> str:
    """The pattern of a text with markers inside it."""
    parts = _EMBEDDED.split(expected)
    return "".join(f"(?:{_KINDS[part]})" if at % 2 else re.escape(part) for at, part in enumerate(parts))


def _plain(text: str) -> str:
    return text.replace("'", "")


def _of_objects(expected: dict[str, Any], found: dict[str, Any], path: str, subset: bool) -> str:
    may_miss = set(expected.get("$optional-properties$", ())) | set(expected.get("$optional", ()))
    counted = expected.get("$count-arrays$", ())
    for name, wanted in expected.items():
        if name.startswith("$") or name in _IGNORED:
            continue
        if name not in found:
            if name in may_miss or _is_optional(wanted):
                continue
            return f"{path}.{name} is missing: {_shown(wanted)}"
        if name in counted:
            if len(found[name]) != len(wanted):
                return f"{path}.{name}: {len(wanted)} were expected, found {len(found[name])}"
            continue
        told = difference(wanted, found[name], f"{path}.{name}", subset=subset)
        if told:
            return told
    extra = [name for name in found if name not in expected and name not in _IGNORED | may_miss]
    return f"{path}.{extra[0]} is unexpected: {_shown(found[extra[0]])}" if extra and not subset else ""


def _is_optional(wanted: Any) -> bool:
    """Whether all of a value may be absent."""
    if isinstance(wanted, list):
        return all(_is_optional(each) for each in wanted)
    return isinstance(wanted, dict) and bool(wanted.get("$optional$"))


def _of_lists(expected: list[Any], found: list[Any], path: str, subset: bool) -> str:
    left = list(found)
    for wanted in sorted(expected, key=_is_optional):
        place = next(
            (at for at, each in enumerate(left) if not difference(wanted, each, subset=subset)), None
        )
        if place is not None:
            del left[place]
        elif not _is_optional(wanted):
            nearest = _nearest(wanted, left)
            if nearest is None:
                return f"{path}[] is missing: {_shown(wanted)}"
            return difference(wanted, nearest, f"{path}[]", subset=subset)
    return f"{path}[] is unexpected: {_shown(left[0])}" if left and not subset else ""


def _nearest(wanted: Any, left: list[Any]) -> Any:
    """The item that was probably meant: of the same name or code."""
    if not isinstance(wanted, dict):
        return None
    for key in ("name", "code", "url", "type"):
        if key in wanted:
            for each in left:
                if isinstance(each, dict) and each.get(key) == wanted[key]:
                    return each
    return None


def _shown(value: Any) -> str:
    return repr(value)[:300]
