"""The codes of the value sets that R4 binds as required, where R4 itself enumerates them."""

from typing import Any

from tools.definitions.structures import specialisations

Codes = dict[str, list[str]]  # system -> codes


def compile_codes(resources: list[dict[str, Any]]) -> dict[str, Codes]:
    """Value set URL -> system -> codes, for the required bindings of R4 that can be enumerated."""
    library = {(r["resourceType"], r.get("url", "")): r for r in resources}
    required = {
        element["binding"]["valueSet"].partition("|")[0]
        for sd in specialisations(resources)
        for element in sd["snapshot"]["element"]
        if element.get("binding", {}).get("strength") == "required" and "valueSet" in element["binding"]
    }
    found = {url: _expand(library, url) for url in sorted(required)}
    return {url: codes for url, codes in found.items() if codes is not None}


def _expand(library: dict[tuple[str, str], dict[str, Any]], url: str) -> Codes | None:
    """None when the value set holds codes that R4 does not list, or uses filters or exclusions."""
    value_set = library.get(("ValueSet", url.partition("|")[0]))
    if value_set is None or value_set.get("compose", {}).get("exclude"):
        return None
    codes: Codes = {}
    for include in value_set.get("compose", {}).get("include", []):
        part = _included(library, include)
        if part is None:
            return None
        for system, names in part.items():
            codes.setdefault(system, []).extend(names)
    return {system: list(dict.fromkeys(names)) for system, names in codes.items()} or None


def _included(library: dict[tuple[str, str], dict[str, Any]], include: dict[str, Any]) -> Codes | None:
    if include.get("filter") or (include.get("valueSet") and include.get("system")):
        return None
    codes: Codes = {}
    for url in include.get("valueSet", []):
        part = _expand(library, url)
        if part is None or codes:  # several value sets mean their intersection
            return None
        codes.update(part)
    system = include.get("system")
    if system is None:
        return codes
    if "concept" in include:
        return {system: [concept["code"] for concept in include["concept"]]}
    code_system = library.get(("CodeSystem", system))
    if code_system is None or code_system.get("content") != "complete":
        return None
    return {system: _all_codes(code_system.get("concept", []))}


def _all_codes(concepts: list[dict[str, Any]]) -> list[str]:
    return [
        code for concept in concepts for code in (concept["code"], *_all_codes(concept.get("concept", [])))
    ]
