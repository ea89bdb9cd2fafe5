"""Concepts and the names that they go by (FHIR R4, CodeSystem.concept)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

Json = dict[str, Any]

STANDARDS_STATUS: Final = "http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status"
PREFERRED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/hl7TermMaintInfra",
    "code": "preferredForLanguage",
}

_DISPLAY_USES: Final = frozenset({
    "display", "preferredForLanguage", "preferred", "synonym",
    "900000000000003001", "900000000000013009",  # SNOMED CT: fully specified name, synonym
})  # fmt: skip


class Designation(msgspec.Struct, frozen=True):
    """A name of a concept besides its display."""

    value: str
    language: str = ""
    use: Json | None = None
    extensions: tuple[Json, ...] = ()
    source: str = ""
    """the supplement that brought it, url|version; "" for the code system itself"""

    @property
    def is_active(self) -> bool:
        """Whether the name is still in use."""
        return standards_status(self.extensions) not in ("deprecated", "withdrawn")

    @property
    def is_display(self) -> bool:
        """Whether the name may stand where a display stands."""
        return self.use is None or self.use.get("code") in _DISPLAY_USES


class Concept(msgspec.Struct, frozen=True):
    """One concept of a code system, with what its supplements add."""

    code: str
    display: str = ""
    definition: str = ""
    designations: tuple[Designation, ...] = ()
    properties: tuple[Json, ...] = ()
    extensions: tuple[Json, ...] = ()
    parents: tuple[str, ...] = ()
    status: str = ""
    """the stated status: "retired", "deprecated", "experimental"...; "" when none is stated"""
    inactive: bool = False
    abstract: bool = False


def designation(stated: Json, source: str = "") -> Designation | None:
    """The name in a `designation` element; None when it has no value."""
    value = stated.get("value")
    if not isinstance(value, str):
        return None
    use = stated.get("use")
    return Designation(
        value,
        text_of(stated.get("language")),
        use if isinstance(use, dict) else None,
        tuple(dicts(stated.get("extension"))),
        source,
    )


def standards_status(extensions: tuple[Json, ...] | list[Json]) -> str:
    """The standards status that extensions state ("deprecated", "withdrawn", "draft"...), or ""."""
    for extension in extensions:
        if extension.get("url") == STANDARDS_STATUS:
            return text_of(extension.get("valueCode"))
    return ""


def value_of(holder: Json) -> Any:
    """The value[x] of a property, extension or parameter; None when there is none."""
    return next((value for key, value in holder.items() if key.startswith("value")), None)


def text_of(value: Any) -> str:
    """A string, or "" for anything else."""
    return value if isinstance(value, str) else ""


def dicts(value: Any) -> list[Json]:
    """The objects of a list; [] for anything that is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def strings(value: Any) -> list[str]:
    """The strings of a list; [] for anything that is no list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def canonical(url: str, version: str) -> str:
    """`url|version`, or `url` when there is no version."""
    return f"{url}|{version}" if version else url
