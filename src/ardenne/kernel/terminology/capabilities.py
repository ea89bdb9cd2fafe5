"""What the node says about its terminology operations (CapabilityStatement, TerminologyCapabilities)."""

from __future__ import annotations

from typing import Any, Final

from ardenne import __version__

TESTED: Final = "1.9.0"
"""The version of the terminology tests of the FHIR terminology ecosystem that the engine is held to."""

_FEATURE: Final = "http://hl7.org/fhir/uv/application-feature/StructureDefinition/feature"
_DEFINITION: Final = "http://hl7.org/fhir/OperationDefinition/"
SERVER: Final = "http://hl7.org/fhir/CapabilityStatement/terminology-server"

OPERATIONS: Final[dict[str, tuple[str, ...]]] = {
    "CodeSystem": ("lookup", "validate-code", "subsumes"),
    "ValueSet": ("expand", "validate-code"),
    "ConceptMap": ("translate",),
}

_EXPANSION: Final = (
    "activeOnly", "check-system-version", "check-valueset-version", "count", "default-valueset-version",
    "designation", "displayLanguage", "excludeNested", "filter", "force-system-version",
    "force-valueset-version", "includeDefinition", "includeDesignations", "offset", "property",
    "system-version", "tx-resource", "useSupplement",
)  # fmt: skip


def features() -> list[dict[str, Any]]:
    """The extensions that name the features of the FHIR terminology ecosystem."""
    return [
        _feature("http://hl7.org/fhir/uv/tx-tests/FeatureDefinition/test-version", "valueCode", TESTED),
        _feature(
            "http://hl7.org/fhir/uv/tx-ecosystem/FeatureDefinition/CodeSystemAsParameter",
            "valueBoolean",
            True,
        ),
    ]


def _feature(url: str, kind: str, value: object) -> dict[str, Any]:
    parts = [{"url": "definition", "valueCanonical": url}, {"url": "value", kind: value}]
    return {"url": _FEATURE, "extension": parts}


def operations(resource_type: str) -> list[dict[str, str]]:
    """CapabilityStatement.rest.resource.operation of a type."""
    return [
        {"name": name, "definition": f"{_DEFINITION}{resource_type}-{name}"}
        for name in OPERATIONS.get(resource_type, ())
    ]


def statement(base: str, date: str) -> dict[str, Any]:
    """The TerminologyCapabilities of the node at ``base``, as of ``date``."""
    return {
        "resourceType": "TerminologyCapabilities",
        "id": "ardenne-terminology",
        "url": f"{base}/metadata?mode=terminology",
        "version": __version__,
        "name": "ArdenneTerminology",
        "title": "Ardenne terminology service",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "Ardenne", "version": __version__},
        "implementation": {"description": "Ardenne shared care record", "url": base},
        "lockedDate": False,
        "expansion": {
            "hierarchical": True,
            "paging": True,
            "incomplete": True,
            "parameter": [{"name": name} for name in _EXPANSION],
            "textFilter": "Every word of the filter must occur in the code, the display or a designation.",
        },
        "codeSearch": "explicit",
        "validateCode": {"translations": True},
        "translation": {"needsMap": True},
        "closure": {"translation": False},
    }
