"""Definitions that the tests build on: a small hierarchy with properties, in two versions, and value sets."""

from __future__ import annotations

from typing import Any

from ardenne.standards.fhir.terminology import Resources

Json = dict[str, Any]

ANIMALS = "http://example.org/animals"
PROPERTIES = "http://hl7.org/fhir/concept-properties#"


def concept(code: str, display: str = "", *below: Json, **held: Any) -> Json:
    """A concept; keywords are properties."""
    found: Json = {"code": code, "display": display or code.title()}
    if held:
        found["property"] = [_property(name, value) for name, value in held.items()]
    if below:
        found["concept"] = list(below)
    return found


def _property(name: str, value: Any) -> Json:
    kind = {bool: "Boolean", int: "Integer"}.get(type(value), "Code")
    return {"code": name, f"value{kind}": value}


def animals(version: str = "1.0.0", *more: Json) -> Json:
    """animal > (mammal > (cat, dog), bird > (penguin)); unicorn is retired; kingdom is abstract."""
    return {
        "resourceType": "CodeSystem",
        "url": ANIMALS,
        "version": version,
        "name": "Animals",
        "language": "en",
        "status": "active",
        "content": "complete",
        "caseSensitive": True,
        "property": [
            {"code": "legs", "type": "integer"},
            {"code": "habitat", "type": "code", "uri": "http://example.org/habitat"},
            {"code": "abstractOnly", "uri": PROPERTIES + "notSelectable", "type": "boolean"},
        ],
        "concept": [
            concept(
                "animal",
                "Animal",
                concept("mammal", "Mammal", cat(), concept("dog", "Dog", legs=4, habitat="land")),
                concept("bird", "Bird", concept("penguin", "Penguin", legs=2, habitat="sea"), legs=2),
                abstractOnly=True,
            ),
            concept("unicorn", "Unicorn", status="retired", legs=4),
            *more,
        ],
    }


def cat() -> Json:
    """A concept with names in several languages."""
    return concept("cat", "Cat", legs=4, habitat="land") | {
        "definition": "A small hunter",
        "designation": [
            {"language": "de", "value": "Katze"},
            {"language": "fr", "value": "Chat"},
            {"use": {"code": "latin"}, "value": "Felis catus"},
        ],
    }


def value_set(name: str, *include: Json, exclude: list[Json] | None = None, **more: Any) -> Json:
    """A value set of these includes."""
    compose: Json = {"include": list(include)}
    if exclude:
        compose["exclude"] = exclude
    if "inactive" in more:
        compose["inactive"] = more.pop("inactive")
    url = f"http://example.org/vs/{name}"
    return {"resourceType": "ValueSet", "url": url, "status": "active", "compose": compose, **more}


def of(system: str = ANIMALS, *filters: tuple[str, str, str], **more: Any) -> Json:
    """An include of a code system with filters (property, operator, value)."""
    found: Json = {"system": system, **more}
    if filters:
        found["filter"] = [{"property": p, "op": op, "value": value} for p, op, value in filters]
    return found


def parameters(**values: Any) -> Json:
    """Parameters: the type of value[x] follows the value; resources stay resources; `_` stands for `-`."""
    entries = []
    for name, value in values.items():
        name = name.replace("_", "-")
        if isinstance(value, dict) and "resourceType" in value:
            entries.append({"name": name, "resource": value})
        else:
            kind = {bool: "Boolean", int: "Integer", dict: "Coding"}.get(type(value), "String")
            entries.append({"name": name, f"value{kind}": value})
    return {"resourceType": "Parameters", "parameter": entries}


def source(*resources: Json) -> Resources:
    """A source with the animals and these resources."""
    return Resources([animals(), *resources])


def codes(expanded: Json) -> list[str]:
    """The codes of an expansion, depth first."""
    found: list[str] = []

    def walk(contains: list[Json]) -> None:
        for each in contains:
            found.append(each["code"])
            walk(each.get("contains", []))

    walk(expanded["expansion"].get("contains", []))
    return found


def told(answer: Json, name: str) -> Any:
    """The value of a parameter of an answer; None when it is not there."""
    for entry in answer["parameter"]:
        if entry["name"] == name:
            return next((value for key, value in entry.items() if key != "name"), None)
    return None


def details(answer: Json) -> list[str]:
    """The kinds of the issues of an answer, sorted."""
    issues = told(answer, "issues")
    return sorted(each["details"]["coding"][0]["code"] for each in issues["issue"]) if issues else []
