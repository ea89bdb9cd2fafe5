"""Values of a resource as a profile sees them: with type, element and place."""

from typing import Any, NamedTuple

from ardenne.standards.fhir.definitions import RESOURCE_TYPES, Element, properties
from ardenne.standards.fhir.validator.report import Json, Place


class Item(NamedTuple):
    """One value of an element."""

    value: Any  # None for a primitive that only has a companion
    companion: Json | None
    type: str  # type name, or path of nested content
    place: Place
    element: Element | None = None  # of R4, for what the profile leaves as it is


def children(item: Item, name: str) -> list[Item]:
    """The values of an element by its name in a profile ("value[x]", "valueQuantity", "code")."""
    if type(item.value) is dict:
        return _values(item.value, item.type, name, item.place)
    if item.companion is not None:
        return _values(item.companion, "Element", name, item.place)
    return []


def _values(content: Json, type_name: str, name: str, place: Place) -> list[Item]:
    found: list[Item] = []
    try:
        known = properties(type_name)
    except KeyError:
        return found
    for prop in known.values():
        if name not in (prop.element.name, prop.name):
            continue
        value, companion = content.get(prop.name), content.get("_" + prop.name)
        if type(value) is list or type(companion) is list:
            values = value if type(value) is list else []
            beside = companion if type(companion) is list else []
            for index in range(max(len(values), len(beside))):
                one = values[index] if index < len(values) else None
                other = beside[index] if index < len(beside) else None
                where = (place, prop.step, index)
                found.append(
                    _item(one, other if type(other) is dict else None, prop.type, where, prop.element)
                )
        elif value is not None or type(companion) is dict:
            other = companion if type(companion) is dict else None
            found.append(_item(value, other, prop.type, (place, prop.step), prop.element))
    return found


def _item(value: Any, companion: Json | None, type_name: str, place: Place, element: Element) -> Item:
    if type_name == "Resource" and type(value) is dict:
        kind = value.get("resourceType")
        type_name = kind if type(kind) is str and kind in RESOURCE_TYPES else type_name
    return Item(value, companion, type_name, place, element)


def at(item: Item, path: str) -> list[Item]:
    """The values at a discriminator path: names, `$this`, `ofType(T)` and `extension('url')`.

    `resolve()` is left to the caller, who knows the resources around.
    """
    found = [item]
    for step in steps(path):
        if step == "$this":
            continue
        if step.startswith("extension("):
            url = step[len("extension(") : -1].strip("'\"")
            found = [
                e
                for one in found
                for e in children(one, "extension")
                if e.value and e.value.get("url") == url
            ]
        elif step.startswith("ofType("):
            wanted = step[len("ofType(") : -1]
            found = [one for one in found if one.type == wanted]
        else:
            found = [inner for one in found for inner in children(one, step) or children(one, step + "[x]")]
    return found


def steps(path: str) -> list[str]:
    """A path cut at its dots, not at those within quotes."""
    parts, quoted, start = [], False, 0
    for index, char in enumerate(path):
        if char == "'":
            quoted = not quoted
        elif char == "." and not quoted:
            parts.append(path[start:index])
            start = index + 1
    return [*parts, path[start:]]
