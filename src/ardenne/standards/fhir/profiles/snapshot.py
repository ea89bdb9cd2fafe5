"""Snapshots: a profile's differential laid over the snapshot of its base (FHIR R4, Profiling, 5.1.0.8)."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

Json = dict[str, Any]
Lookup = Callable[[str], Json | None]

# Lists that a differential adds to instead of replacing them.
_ADDED = ("constraint", "condition", "mapping", "alias", "code", "example")


class SnapshotError(ValueError):
    """The differential does not fit its base; the message says where and how to mend it."""


def snapshot(profile: Json, lookup: Lookup, above: tuple[str, ...] = ()) -> list[Json]:
    """The elements of a StructureDefinition's snapshot: its own when it has one, otherwise made from the
    differential and the base. `lookup` finds StructureDefinitions by URL or type name.

    Raises SnapshotError.
    """
    if profile.get("snapshot", {}).get("element"):
        elements: list[Json] = profile["snapshot"]["element"]
        return elements
    url = profile.get("url", "")
    base_url = profile.get("baseDefinition")
    if not base_url:
        raise SnapshotError(f"{url} has neither a snapshot nor a baseDefinition")
    if base_url in above:
        raise SnapshotError(f"{url} is based on itself by way of {base_url}")
    base = lookup(base_url)
    if base is None:
        raise SnapshotError(f"the base {base_url} of {url} is not known here; load it first")
    elements = deepcopy(snapshot(base, lookup, (*above, base_url)))
    return _Overlay(profile, elements, lookup).merged()


class _Overlay:
    """Lays one differential over a base."""

    def __init__(self, profile: Json, elements: list[Json], lookup: Lookup) -> None:
        self.profile = profile
        self.elements = elements
        self.lookup = lookup

    def merged(self) -> list[Json]:
        """The elements with every change of the differential applied, in the order of the base."""
        for change in self.profile.get("differential", {}).get("element", ()):
            path = change.get("path", "")
            self._check_path(path)
            target = self._target(self._element_id(change))
            self._apply(target, change)
        return self.elements

    def _element_id(self, change: Json) -> str:
        """The id that says which slice is meant; made from path and sliceName when it is left out."""
        path: str = change["path"]
        slice_name = change.get("sliceName", "")
        stated: str = change.get("id", "")
        if stated and [part.partition(":")[0] for part in stated.split(".")] == path.split("."):
            return stated
        return f"{path}:{slice_name}" if slice_name else path

    def _check_path(self, path: str) -> None:
        url = self.profile.get("url", "")
        if not path or ".." in path or path.endswith("."):
            raise SnapshotError(f"the path {path!r} in {url} leaves a name out; write it whole")
        root = self.elements[0]["path"]
        if path.partition(".")[0] != root:
            raise SnapshotError(f"the path {path!r} in {url} does not start with {root}")

    def _target(self, element_id: str) -> int:
        """The index of the element to change, made when the base does not spell it out."""
        for index, element in enumerate(self.elements):
            if element["id"] == element_id:
                return index
        parent_id, _, last = element_id.rpartition(".")
        name, _, slice_name = last.partition(":")
        if parent_id:
            parent = self._target(parent_id)
            self._open(parent)
            parent_id = self.elements[parent]["id"]  # "value[x]:valueQuantity" for "valueQuantity"
        known = self._by_name(parent_id, name)
        if known is None:
            raise SnapshotError(
                f"{self.profile.get('url', '')}: there is no element {element_id!r} in the base"
            )
        index, renamed = known
        if (
            renamed
            and "slicing" not in self.elements[index]
            and self._only_type(self.elements[index]["path"])
        ):
            self._narrow(self.elements[index], renamed)
        if not slice_name and not renamed:
            return index
        wanted = f"{self.elements[index]['id']}:{slice_name or renamed}"
        existing = next((i for i, e in enumerate(self.elements) if e["id"] == wanted), None)
        return self._add_slice(index, slice_name or renamed) if existing is None else existing

    def _by_name(self, parent_id: str, name: str) -> tuple[int, str] | None:
        """The element of that name below the parent; a choice also by one of its types ("valueQuantity"),
        which then names a slice."""
        for index, element in enumerate(self.elements):
            parent, _, last = element["id"].rpartition(".")
            if parent != parent_id:
                continue
            if last == name:
                return index, ""
            if last.endswith("[x]") and name.startswith(last[:-3]) and name != last[:-3]:
                kind = name[len(last) - 3 :]
                types = [entry["code"] for entry in element.get("type", ())]
                if any(code[0].upper() + code[1:] == kind for code in types):
                    return index, name
        return None

    def _open(self, index: int) -> None:
        """Spell out the children of an element: those of its unsliced twin, of its contentReference or type."""
        element = self.elements[index]
        prefix = element["id"] + "."
        if any(other["id"].startswith(prefix) for other in self.elements):
            return
        source, root = self._children_source(element)
        opened = []
        for child in source:
            if child["id"].startswith(root + ".") and child["id"] != root:
                copy = deepcopy(child)
                copy["id"] = element["id"] + child["id"][len(root) :]
                copy["path"] = _moved(child, source, root, element)
                opened.append(copy)
        self.elements[index + 1 : index + 1] = opened

    def _children_source(self, element: Json) -> tuple[list[Json], str]:
        plain = _unsliced(element["id"])
        if plain != element["id"] and any(e["id"].startswith(plain + ".") for e in self.elements):
            return list(self.elements), plain
        content = element.get("contentReference", "").partition("#")[2]
        if content:
            return list(self.elements), content
        types = element.get("type", [])
        if len(types) != 1:
            raise SnapshotError(f"{element['id']} has several types; name one before going into it")
        profiles = types[0].get("profile", [])
        name = profiles[0] if len(profiles) == 1 else types[0]["code"]
        definition = self.lookup(name) or self.lookup(types[0]["code"])
        if definition is None:
            raise SnapshotError(f"the type {name} of {element['id']} is not known here")
        elements = snapshot(definition, self.lookup, (self.profile.get("url", ""),))
        return elements, elements[0]["id"]

    def _only_type(self, path: str) -> bool:
        """Whether the differential names a single type of a choice: that leaves no other."""
        base = path[:-3]
        changes = self.profile.get("differential", {}).get("element", ())
        last = {c["path"][len(base) :].partition(".")[0] for c in changes if c["path"].startswith(base)}
        return len({name for name in last if name[:1].isupper()}) == 1 and "[x]" not in last

    def _add_slice(self, index: int, slice_name: str) -> int:
        """A new slice after the element and the slices that it has already."""
        original = self.elements[index]
        made = deepcopy(original)
        made["id"] = f"{original['id']}:{slice_name}"
        made["sliceName"] = slice_name
        made["min"] = 0
        made.pop("slicing", None)
        if original["path"].endswith("[x]"):
            self._type_slice(original, made, slice_name)
        at = index + 1
        while at < len(self.elements) and _below(self.elements[at]["id"], original["id"]):
            at += 1
        self.elements.insert(at, made)
        return at

    def _type_slice(self, original: Json, made: Json, slice_name: str) -> None:
        """A slice of a choice by type: the slicing is implied, and the slice has that type."""
        original.setdefault(
            "slicing",
            {"discriminator": [{"type": "type", "path": "$this"}], "ordered": False, "rules": "open"},
        )
        self._narrow(made, slice_name)

    def _narrow(self, element: Json, name: str) -> None:
        """Leave the one type of a choice that a name like "valueQuantity" says."""
        kind = name[len(element["path"].rpartition(".")[2]) - 3 :]
        types = element.get("type", [])
        element["type"] = [t for t in types if t["code"][0].upper() + t["code"][1:] == kind] or types

    def _apply(self, index: int, change: Json) -> None:
        element = self.elements[index]
        for key, value in change.items():
            if key in ("id", "path"):
                continue
            if key in _ADDED and key in element:
                known = [item for item in element[key] if item not in value]
                keys = {item.get("key") for item in value if isinstance(item, dict) and "key" in item}
                element[key] = [
                    i for i in known if not (isinstance(i, dict) and i.get("key") in keys)
                ] + value
            else:
                element[key] = value


def _unsliced(element_id: str) -> str:
    """The id without its last slice name."""
    before, _, last = element_id.rpartition(".")
    name = last.partition(":")[0]
    return f"{before}.{name}" if before else name


def _below(element_id: str, parent: str) -> bool:
    return element_id.startswith((parent + ".", parent + ":"))


def _moved(child: Json, source: list[Json], root: str, element: Json) -> str:
    """The path of a child below its new parent."""
    root_path = next(e["path"] for e in source if e["id"] == root)
    path: str = element["path"] + child["path"][len(root_path) :]
    return path
