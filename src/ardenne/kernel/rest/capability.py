"""The CapabilityStatement: what this server does, made from what it is built of."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ardenne import __version__
from ardenne.kernel.store.custom import Definition
from ardenne.kernel.terminology import capabilities as terminology_service
from ardenne.standards.fhir import definitions

STARTED = "2026-11-22"
_INTERACTIONS = (
    "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type",
)  # fmt: skip
_OPERATIONS = "http://hl7.org/fhir/OperationDefinition/"
_SYSTEM = ("transaction", "batch", "search-system", "history-system")


@lru_cache(maxsize=8)
def statement(
    base: str,
    operations: tuple[str, ...] = (),
    custom: tuple[Definition, ...] = (),
    profiles: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the CapabilityStatement of the server at ``base`` with the ``$names`` of its operations.

    ``custom``: search parameters that were added to those of R4 and can be used. ``profiles``: statements that
    others have published and that services of this node fulfil.
    """
    by_type = _operations(operations)
    return {
        "resourceType": "CapabilityStatement",
        "id": "ardenne",
        "extension": terminology_service.features(),
        "url": f"{base}/metadata",
        "version": __version__,
        "name": "Ardenne",
        "title": "Ardenne FHIR server",
        "status": "active",
        "date": STARTED,
        "kind": "instance",
        "instantiates": [terminology_service.SERVER, *profiles],
        "software": {"name": "Ardenne", "version": __version__, "releaseDate": STARTED},
        "implementation": {"description": "Ardenne shared care record", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json", "application/fhir+xml", "xml"],
        "patchFormat": ["application/json-patch+json", "application/fhir+json", "application/fhir+xml"],
        "rest": [
            {
                "mode": "server",
                "resource": [
                    _resource(
                        name, by_type.get(name, []), [one for one in custom if one.resource_type == name]
                    )
                    for name in sorted(definitions.RESOURCE_TYPES)
                ],
                "interaction": [{"code": code} for code in _SYSTEM],
                "searchParam": _common(),
                "operation": _once(
                    [
                        {"name": "versions", "definition": f"{_OPERATIONS}CapabilityStatement-versions"},
                        *by_type[""],
                    ]
                ),
                "compartment": [
                    f"http://hl7.org/fhir/CompartmentDefinition/{name}"
                    for name in ("patient", "encounter", "practitioner", "relatedPerson", "device")
                ],
            }
        ],
    }


_OWN_OPERATIONS = "https://ardenne.health/fhir/OperationDefinition/"


def _operations(names: tuple[str, ...]) -> dict[str, list[dict[str, str]]]:
    """Return the operations of each type, and under "" those of the system and those that R4 does not define."""
    found: dict[str, list[dict[str, str]]] = {"": []}
    known = set()
    for url in definitions.urls("OperationDefinition"):
        definition = definitions.operation_definition(url) or {}
        code = definition.get("code", "")
        if f"${code}" not in names:
            continue
        known.add(f"${code}")
        told = {"name": code, "definition": url}
        for kind in definition.get("resource", []):
            if kind in definitions.RESOURCE_TYPES and told not in found.setdefault(kind, []):
                found[kind].append(told)
        if definition.get("system") or not set(definition.get("resource", [])) & definitions.RESOURCE_TYPES:
            found[""].append(told)
    for name in sorted(set(names) - known):
        found[""].append({"name": name[1:], "definition": f"{_OWN_OPERATIONS}{name[1:]}"})
    return found


def _once(operations: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return operations without those whose name came before."""
    return list({one["name"]: one for one in reversed(operations)}.values())[::-1]


def _resource(name: str, operations: list[dict[str, str]], custom: list[Definition]) -> dict[str, Any]:
    parameters = dict(definitions.search_parameters(name))
    parameters |= {one.parameter.code: one.parameter for one in custom}
    references = sorted(code for code, found in parameters.items() if found.type == "reference")
    return {
        "type": name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{name}",
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "multiple",
        "referencePolicy": ["literal", "logical", "local"],
        "searchInclude": [f"{name}:{code}" for code in references] + ["*"],
        **({"searchRevInclude": referring} if (referring := _referring(name)) else {}),
        "searchParam": [
            {"name": code, "definition": found.url, "type": found.type}
            for code, found in sorted(parameters.items())
        ],
        "operation": _once(
            [
                {"name": "validate", "definition": f"{_OPERATIONS}Resource-validate"},
                *terminology_service.operations(name),
                *operations,
            ]
        ),
    }


@lru_cache(maxsize=8)
def terminology(base: str) -> dict[str, Any]:
    """Return the TerminologyCapabilities of the server at ``base``."""
    return terminology_service.statement(base, STARTED)


@lru_cache(maxsize=1)
def _all_references() -> tuple[tuple[str, str, frozenset[str]], ...]:
    return tuple(
        (name, code, frozenset(found.targets))
        for name in sorted(definitions.RESOURCE_TYPES)
        for code, found in sorted(definitions.search_parameters(name).items())
        if found.type == "reference"
    )


def _referring(name: str) -> list[str]:
    return [f"{source}:{code}" for source, code, targets in _all_references() if name in targets]


def _common() -> list[dict[str, str]]:
    """Return the parameters that every type has."""
    shared = set.intersection(
        *(set(definitions.search_parameters(name)) for name in definitions.RESOURCE_TYPES)
    )
    parameters = definitions.search_parameters("Basic")
    return [
        {"name": code, "definition": parameters[code].url, "type": parameters[code].type}
        for code in sorted(shared)
    ]
