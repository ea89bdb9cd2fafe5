"""SearchParameters by base type and CompartmentDefinitions as compact rows.

A parameter is `[url, code, type, expression for this base, targets, components, modifiers, comparators]`;
a component is `[definition url, expression]`.
"""

from typing import Any

# Parameters that the specification publishes as examples of the resource, not for use.
EXAMPLES = "http://hl7.org/fhir/SearchParameter/example"


def compile_search_parameters(resources: list[dict[str, Any]]) -> dict[str, list[list[Any]]]:
    """Base type (also Resource and DomainResource) -> rows, ordered by code."""
    by_base: dict[str, dict[str, list[Any]]] = {}
    for parameter in resources:
        if parameter["resourceType"] != "SearchParameter" or parameter["url"].startswith(EXAMPLES):
            continue
        for base in parameter.get("base", []):
            rows = by_base.setdefault(base, {})
            if parameter["code"] in rows:
                raise SystemExit(f"two search parameters for {base}?{parameter['code']}: {parameter['url']}")
            rows[parameter["code"]] = _row(parameter, base)
    return {base: [rows[code] for code in sorted(rows)] for base, rows in sorted(by_base.items())}


def compile_compartments(resources: list[dict[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Compartment code -> resource type -> parameter codes."""
    return {
        definition["code"]: {
            entry["code"]: entry["param"] for entry in definition["resource"] if entry.get("param")
        }
        for definition in resources
        if definition["resourceType"] == "CompartmentDefinition" and "/example" not in definition["url"]
    }


def _row(parameter: dict[str, Any], base: str) -> list[Any]:
    return [
        parameter["url"],
        parameter["code"],
        parameter["type"],
        " | ".join(_parts_for(parameter.get("expression", ""), base)),
        parameter.get("target", []),
        [[part["definition"], part["expression"]] for part in parameter.get("component", [])],
        parameter.get("modifier", []),
        parameter.get("comparator", []),
    ]


def _parts_for(expression: str, base: str) -> list[str]:
    """The parts of a union that start at `base`; a part that names no type holds for every base."""
    chosen = []
    for part in split_union(expression):
        head = part.lstrip("( ").partition(".")[0].partition(" ")[0]
        if head == base or not head[:1].isupper():
            chosen.append(part)
    return chosen


def split_union(expression: str) -> list[str]:
    """The parts of a FHIRPath union outside of parentheses and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(expression):
        if char == "'":
            quoted = not quoted
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
        elif not quoted and char == "|" and depth == 0:
            parts.append(expression[start:at].strip())
            start = at + 1
    parts.append(expression[start:].strip())
    return [part for part in parts if part]
