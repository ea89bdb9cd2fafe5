"""The parameters of a terminology operation, in and out (FHIR R4, Parameters)."""

from __future__ import annotations

from typing import Any

from ardenne.standards.fhir.terminology import versions
from ardenne.standards.fhir.terminology.concepts import Json, dicts, text_of, value_of
from ardenne.standards.fhir.terminology.languages import LanguageError, Languages, parse
from ardenne.standards.fhir.terminology.messages import refusal


class Inputs:
    """Parameters by name. `header` is the caller's Accept-Language."""

    def __init__(self, parameters: Json, header: str = "") -> None:
        self.entries = [
            entry for entry in dicts(parameters.get("parameter")) if isinstance(entry.get("name"), str)
        ]
        self.header = header

    def text(self, *names: str) -> str:
        """The first string given under one of the names; "" when there is none."""
        return next((value for value in self.texts(*names) if value), "")

    def texts(self, *names: str) -> list[str]:
        """All strings given under the names."""
        found = (value_of(entry) for entry in self.entries if entry["name"] in names)
        return [value for value in found if isinstance(value, str)]

    def flag(self, name: str) -> bool | None:
        """A boolean; None when it is not given. Raises TerminologyError."""
        for entry in self.entries:
            if entry["name"] == name:
                value = value_of(entry)
                if value in (True, "true"):
                    return True
                if value in (False, "false"):
                    return False
                raise refusal("parameter-wrong", f"the parameter '{name}' takes true or false")
        return None

    def number(self, name: str) -> int | None:
        """A whole number of 0 or more; None when it is not given. Raises TerminologyError."""
        for entry in self.entries:
            if entry["name"] == name:
                value = value_of(entry)
                if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
                    value = int(value)
                if type(value) is not int or value < 0:
                    raise refusal("parameter-wrong", f"the parameter '{name}' takes a whole number from 0 on")
                return value
        return None

    def object(self, *names: str) -> Json | None:
        """The first complex value (Coding, CodeableConcept) under one of the names."""
        for entry in self.entries:
            if entry["name"] in names:
                value = value_of(entry)
                if isinstance(value, dict):
                    return value
        return None

    def resource(self, name: str) -> Json | None:
        """The first resource under the name."""
        return next(iter(self.resources(name)), None)

    def resources(self, name: str) -> list[Json]:
        """All resources under the name."""
        found = (entry.get("resource") for entry in self.entries if entry["name"] == name)
        return [resource for resource in found if isinstance(resource, dict)]

    def has(self, name: str) -> bool:
        """Whether a parameter of that name is there."""
        return any(entry["name"] == name for entry in self.entries)

    def languages(self, value_set: Json | None = None) -> Languages:
        """The languages wanted: by parameter, by the value set, by the header. Raises TerminologyError."""
        text = self.text("displayLanguage") or set_language(value_set or {}) or self.header
        try:
            return parse(text)
        except LanguageError:
            raise refusal("INVALID_DISPLAY_NAME", text) from None

    def system_rules(self) -> versions.Rules:
        """What the caller says about versions of code systems."""
        return versions.rules(
            self.texts("system-version"),
            self.texts("check-system-version"),
            self.texts("force-system-version"),
        )

    def value_set_rules(self) -> versions.Rules:
        """What the caller says about versions of value sets."""
        return versions.rules(
            self.texts("default-valueset-version"),
            self.texts("check-valueset-version"),
            self.texts("force-valueset-version"),
        )


_EXPANSION_PARAMETERS = (
    "http://hl7.org/fhir/StructureDefinition/valueset-expansion-parameter",
    "http://hl7.org/fhir/tools/StructureDefinition/valueset-expansion-parameter",
)


def set_parameters(value_set: Json) -> list[tuple[str, Any]]:
    """Names and values of the expansion parameters that a value set states itself."""
    compose = value_set.get("compose")
    held = dicts(value_set.get("extension")) + dicts(
        compose.get("extension") if isinstance(compose, dict) else None
    )
    found = []
    for extension in held:
        if extension.get("url") in _EXPANSION_PARAMETERS:
            parts = {text_of(part.get("url")): value_of(part) for part in dicts(extension.get("extension"))}
            found.append((text_of(parts.get("name")), parts.get("value")))
    return found


def set_language(value_set: Json) -> str:
    """The language that a value set asks to be shown in; "" when it does not say."""
    for name, value in set_parameters(value_set):
        if name == "displayLanguage":
            return text_of(value)
    return text_of(value_set.get("language"))


def answer(*entries: Json | None) -> Json:
    """The Parameters resource with these entries; None is left out."""
    return {"resourceType": "Parameters", "parameter": [entry for entry in entries if entry is not None]}


def stated(name: str, kind: str, value: Any) -> Json | None:
    """The entry `name` with value[x]; None when there is no value."""
    return None if value is None or value == "" else {"name": name, f"value{kind}": value}
