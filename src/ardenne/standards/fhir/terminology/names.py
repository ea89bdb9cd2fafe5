"""Whether a display is a name of a concept, in the languages that are wanted."""

from __future__ import annotations

from ardenne.standards.fhir.terminology.concepts import (
    Concept,
    Designation,
    Json,
    designation,
    dicts,
    text_of,
)
from ardenne.standards.fhir.terminology.languages import Languages
from ardenne.standards.fhir.terminology.messages import Finding, choices, finding


def names_of(concept: Concept, own: str, stated: Json) -> list[Designation]:
    """All names of a concept; the first is its display (in the language `own`).

    `stated` is what the value set says about the code: it may bring names of its own.
    """
    names = [Designation(concept.display, own)] if concept.display else []
    display = text_of(stated.get("display"))
    if display and display != concept.display:
        names.append(Designation(display, own))
    names.extend(concept.designations)
    found = (designation(each) for each in dicts(stated.get("designation")))
    return names + [each for each in found if each is not None]


def is_name(display: str, names: list[Designation]) -> bool:
    """Whether the text is one of the names, whatever its case."""
    folded = display.casefold()
    return any(each.value.casefold() == folded for each in names)


def check_display(
    display: str, code: str, names: list[Designation], languages: Languages, place: str, lenient: bool
) -> list[Finding]:
    """What to say about a display. `code` is "system#code".

    A name in a language that was not asked for is right only where the concept has none in those languages.
    """
    asked = languages.text or "--"
    valid = [each for each in names if each.is_active and languages.accepts(each.language)]
    if is_name(display, valid):
        return []
    gone = [each for each in names if not each.is_active]
    shown = [each for each in valid if each.is_display]
    if is_name(display, gone):
        quoted = ", ".join(f'"{each.value}"' for each in shown)
        bare = code.rpartition("#")[2]
        return [finding("INACTIVE_DISPLAY_FOUND", display, bare, "deprecated", quoted, place=place)]
    severity = "warning" if lenient else ""
    if not shown and names:
        if is_name(display, _default(names)):
            words = ("NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_OK", display, code, "", asked)
            return [finding(*words, place=place)]
        kind = "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_ERR"
        return [finding(kind, display, code, names[0].value, asked, place=place, severity=severity)]
    kind = "Display_Name_for__should_be_one_of__instead_of"
    if is_name(_spaced(display), [Designation(_spaced(each.value)) for each in valid]):
        kind = "Display_Name_WS_for__should_be_one_of__instead_of"
    return [finding(kind, display, code, _listed(shown), asked, place=place, severity=severity)]


def _default(names: list[Designation]) -> list[Designation]:
    """The names in the language of the display itself."""
    own = names[0].language
    return [each for each in names if each.is_active and each.language in ("", own)]


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _listed(names: list[Designation]) -> str:
    texts = [f"'{each.value}' ({each.language})" if each.language else f"'{each.value}'" for each in names]
    texts = list(dict.fromkeys(texts))
    if len(texts) > 1:
        return f"one of {len(texts)} choices: {choices(texts)}"
    return texts[0] if texts else "none"
