"""Codes against value sets and code systems (FHIR R4, Terminologies, 4.1.5)."""

from typing import Any

from ardenne.standards.fhir.profiles.context import CodeChecker
from ardenne.standards.fhir.validator.report import Json, Place, Report, shown


def check_binding(
    value: Any,
    type_name: str,
    value_set: str,
    strength: str,
    codes: CodeChecker,
    place: Place,
    report: Report,
    companion: Json | None = None,
) -> None:
    """A coded value against the value set that its element is bound to.

    A required binding failed is an error, an extensible one a warning; others bind nobody. What the
    code checker does not know is not judged.
    """
    if strength not in ("required", "extensible") or not value_set:
        return
    if value is None:
        if strength == "required" and type_name == "code" and not _said_otherwise(companion):
            message = f"There is no code, but one of {value_set} is required. Give a code."
            report.add("code-invalid", place, message, "binding")
        return
    pairs = _pairs(value, type_name)
    if pairs is None:
        return
    if not pairs:
        if strength == "required":
            message = f"There is only text, but a code of {value_set} is required. Add one."
            report.add("code-invalid", place, message, "binding")
        return
    verdicts = [codes.member(value_set, system, code) for system, code in pairs]
    if True in verdicts or None in verdicts:
        return
    named = ", ".join(f"{system}#{code}" if system else code for system, code in pairs)
    message = f"{shown(named)} is not in the {strength} value set {value_set}. Use one of its codes."
    severity = "error" if strength == "required" else "warning"
    report.add("code-invalid", place, message, "binding", severity)


def _said_otherwise(companion: Json | None) -> bool:
    """Whether the code is given by an extension that stands for the element of another release."""
    extensions = companion.get("extension") if companion else None
    urls = [e.get("url") for e in (extensions if isinstance(extensions, list) else ()) if isinstance(e, dict)]
    return any(isinstance(url, str) and "/StructureDefinition/extension-" in url for url in urls)


def _pairs(value: Any, type_name: str) -> list[tuple[str, str]] | None:
    """System and code of each coding; None for types that carry no code."""
    if type_name in ("code", "string", "uri"):
        return [("", value)] if isinstance(value, str) else None
    if not isinstance(value, dict):
        return None
    if type_name == "CodeableConcept":
        coded = [c for c in value.get("coding", ()) if isinstance(c, dict) and isinstance(c.get("code"), str)]
        return [(str(c.get("system", "")), c["code"]) for c in coded]
    if type_name in ("Coding", "Quantity") and isinstance(value.get("code"), str):
        return [(str(value.get("system", "")), value["code"])]
    return [] if type_name == "Coding" else None


def check_coding(value: Json, codes: CodeChecker, place: Place, report: Report, wrong_display: str) -> None:
    """A Coding in itself: the code belongs to its system, and the display to the code."""
    system, code = value.get("system"), value.get("code")
    if not isinstance(system, str) or not isinstance(code, str):
        return
    known = codes.known(system, code, str(value.get("version", "")))
    if known is False:
        message = f"{shown(code)} is no code of {system}. Correct the code or the system."
        report.add("code-invalid", (place, ".code"), message, "unknown-code")
    display = value.get("display")
    names = codes.displays(system, code) if known and isinstance(display, str) else None
    if names and _folded(str(display)) not in {_folded(name) for name in names}:
        message = f"{shown(display)} is no name of {system}#{code}. Use {shown(names[0])} or leave it out."
        report.add("code-invalid", (place, ".display"), message, "wrong-display", wrong_display)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
