"""StructureDefinition snapshots as compact rows.

Shape of the result: `constraints` and `targets` are pools; `types` maps a type name to
`[kind, base, abstract, rows]`; a row is `[path, min, max or None, types, profiles, targets pool index,
content, flags, binding, strength, constraint pool indices]` with flags 1 = summary, 2 = modifier.
"""

from collections.abc import Iterator
from typing import Any

PREFIX = "http://hl7.org/fhir/StructureDefinition/"
SYSTEM = "http://hl7.org/fhirpath/System."
FHIR_TYPE = PREFIX + "structuredefinition-fhir-type"


def specialisations(resources: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The StructureDefinitions that define a type of R4 (no profiles, no logical models)."""
    for resource in resources:
        if resource["resourceType"] != "StructureDefinition" or resource["kind"] == "logical":
            continue
        if resource.get("derivation") != "constraint":
            yield resource


def compile_type_names(resources: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Type name -> `[kind, base, abstract]`."""
    return {
        sd["type"]: [sd["kind"], sd.get("baseDefinition", "").removeprefix(PREFIX), sd["abstract"]]
        for sd in specialisations(resources)
    }


def compile_structures(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """All elements of all types, see the module text for the shape."""
    constraints = Pool()
    targets = Pool()
    types = {
        sd["type"]: [_row(element, sd["kind"], constraints, targets) for element in sd["snapshot"]["element"]]
        for sd in specialisations(resources)
    }
    return {"constraints": constraints.values, "targets": targets.values, "types": types}


class Pool:
    """Numbers equal values so that each is written once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._index: dict[str, int] = {}

    def add(self, value: Any) -> int:
        """The number of `value`."""
        key = repr(value)
        if key not in self._index:
            self._index[key] = len(self.values)
            self.values.append(value)
        return self._index[key]


def _row(element: dict[str, Any], kind: str, constraints: Pool, targets: Pool) -> list[Any]:
    types = element.get("type", [])
    binding = element.get("binding", {})
    allowed = [name.removeprefix(PREFIX) for t in types for name in t.get("targetProfile", [])]
    profiles = [name for t in types for name in t.get("profile", [])]
    return [
        element["path"],
        element["min"],
        None if element["max"] == "*" else int(element["max"]),
        [_type_name(element["path"], kind, t) for t in types],
        profiles,
        targets.add(list(dict.fromkeys(allowed))),
        element.get("contentReference", "").removeprefix("#"),
        bool(element.get("isSummary")) + 2 * bool(element.get("isModifier")),
        binding.get("valueSet", "").partition("|")[0],
        binding.get("strength", ""),
        [
            constraints.add([c["key"], c["severity"], c["human"], c.get("expression", "")])
            for c in element.get("constraint", [])
        ],
    ]


def _type_name(path: str, kind: str, entry: dict[str, Any]) -> str:
    """The FHIR type of an element; the id of a resource is an `id` although R4 publishes it as a string."""
    code: str = entry["code"]
    if not code.startswith(SYSTEM):
        return code
    if kind == "resource" and path.count(".") == 1 and path.endswith(".id"):
        return "id"
    for extension in entry.get("extension", []):
        if extension["url"] == FHIR_TYPE:
            return str(extension["valueUrl"])
    return code.removeprefix(SYSTEM).lower()
