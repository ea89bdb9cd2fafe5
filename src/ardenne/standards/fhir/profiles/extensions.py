"""Extensions against their definitions (FHIR R4, Extensibility)."""

import re
from typing import Any

from ardenne.standards.fhir.definitions import is_subtype
from ardenne.standards.fhir.profiles.context import Json
from ardenne.standards.fhir.profiles.items import Item
from ardenne.standards.fhir.profiles.state import State
from ardenne.standards.fhir.profiles.walk import Visit
from ardenne.standards.fhir.validator.report import shown

_is_absolute = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+").match
_EXAMPLES = ("example.org", "acme.com", "nema.org", "http://hl7.org/fhir/tools/")
# Extensions that stand for elements of other FHIR releases.
_CROSS = re.compile(
    r"http://hl7\.org/fhir/(?P<release>[1-6]\.[0-9])/StructureDefinition/extension-(?P<path>[A-Za-z0-9.\-]+)"
).fullmatch
# Elements of earlier releases that change the meaning of what they stand in (DSTU2 and STU3, Patient).
_OLD_MODIFIERS = frozenset({"Patient.animal"})


# Published for ElementDefinition.type.code, but put on ElementDefinition.type by all of R4 itself.
_MISPLACED = frozenset({"http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"})

# Elements that later releases of the definitions add to the contexts published with R4.
_ALSO_BELOW = {
    "http://hl7.org/fhir/StructureDefinition/capabilitystatement-expectation": "CapabilityStatement.",
}


def check_extension(visit: Visit, state: State) -> None:
    """One extension: its URL, whether it may stand here, and its content."""
    if type(visit.value) is not dict or visit.owner is None:
        return
    url = visit.value.get("url")
    if not isinstance(url, str):
        return
    nested = visit.owner.type == "Extension"
    if not _is_absolute(url):
        if not nested:
            message = f"The extension URL {shown(url)} is not absolute. Write the whole URL."
            state.add(visit, "value", message, "extension-url")
        return
    if "|" in url:
        message = f"The extension URL {shown(url)} must not name a version. Leave '|...' out."
        state.add(visit, "value", message, "extension-url")
        return
    definition = state.context.structure(url)
    if definition is None or definition.get("type") != "Extension":
        _unknown(visit, url, state)
        return
    _check_modifier(visit, url, _is_modifier(definition), state)
    _check_context(visit, url, definition, state)
    conformance = state.conformance(visit.resource, visit.root)
    item = Item(visit.value, None, "Extension", visit.place)
    conformance.check(item, url, state.report)
    _check_parts(visit, url, state)


def _unknown(visit: Visit, url: str, state: State) -> None:
    crossing = _CROSS(url)
    if crossing is not None:
        _check_modifier(visit, url, crossing["path"] in _OLD_MODIFIERS, state)
        return
    severity = "information" if any(mark in url for mark in _EXAMPLES) else state.options.unknown_extensions
    if visit.name == "modifierExtension" and severity == "warning":
        severity = "error"  # it may change the meaning of everything around it
    message = f"The extension {url} is not known here. Load its definition or remove it."
    state.add(visit, "extension", message, "extension-unknown", severity)


def _is_modifier(definition: Json) -> bool:
    view = definition.get("snapshot") or definition.get("differential") or {}
    elements = view.get("element", [])
    return bool(elements and elements[0].get("isModifier"))


def _check_modifier(visit: Visit, url: str, modifier: bool, state: State) -> None:
    if modifier and visit.name == "extension":
        message = f"{url} is a modifier: move it from extension to modifierExtension."
        state.add(visit, "extension", message, "extension-modifier")
    elif not modifier and visit.name == "modifierExtension":
        message = f"{url} is no modifier: move it from modifierExtension to extension."
        state.add(visit, "extension", message, "extension-modifier")


def _check_context(visit: Visit, url: str, definition: Json, state: State) -> None:
    """Where the extension may stand, by element paths and types."""
    contexts = definition.get("context", [])
    owner = visit.owner
    if not contexts or owner is None or url in _MISPLACED:
        return
    if owner.path.startswith(_ALSO_BELOW.get(url, "-")) or any(
        _in_context(owner, entry) for entry in contexts
    ):
        return
    listed = ", ".join(str(entry.get("expression")) for entry in contexts)
    message = f"The extension {url} cannot stand on {owner.path} ({owner.type}). It belongs on {listed}."
    state.add(visit, "extension", message, "extension-context")


def _in_context(owner: Visit, entry: Json) -> bool:
    kind, wanted = entry.get("type"), str(entry.get("expression", ""))
    if kind == "extension":
        holder: Any = owner.value
        return owner.type == "Extension" and type(holder) is dict and holder.get("url") == wanted
    if kind != "element":
        return True  # FHIRPath contexts are not judged
    wanted = wanted.removesuffix("[x]")
    if "." not in wanted:
        return is_subtype(owner.type, wanted) or owner.path == wanted or wanted in ("Element", "Resource")
    return wanted in set(_names(owner))


def _names(owner: Visit) -> list[str]:
    """The paths that an element goes by: from its resource, and from each type that it stands in."""
    names = [owner.path]
    if owner.element is not None:
        names.append(owner.element.path.removesuffix("[x]"))
    tail, place = "", owner
    while place.owner is not None:
        tail = f".{place.path.rpartition('.')[2]}{tail}"
        place = place.owner
        names.append(place.type + tail)
    return names


def _check_parts(visit: Visit, url: str, state: State) -> None:
    """Parts of a complex extension must be parts that it defines."""
    conformance = state.conformance(visit.resource, visit.root)
    root = conformance.tree(url, visit.place, state.report)
    if root is None:
        return
    node = root.children.get("extension")
    known = (
        {piece.children["url"].fixed[1] for piece in node.slices.values() if "url" in piece.children}
        if node
        else set()
    )
    parts = visit.value.get("extension")
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        name = part.get("url") if isinstance(part, dict) else None
        if isinstance(name, str) and not _is_absolute(name) and name not in known:
            listed = ", ".join(sorted(str(each) for each in known)) or "none"
            message = f"{shown(name)} is no part of the extension {url}. Its parts are: {listed}."
            state.report.add("extension", (visit.place, ".extension", index), message, "extension-part")
