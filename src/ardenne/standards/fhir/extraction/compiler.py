"""One extraction function per resource type, generated on first use."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from ardenne.standards.fhir.dates import span
from ardenne.standards.fhir.definitions import RESOURCE_TYPES, SearchParameter, search_parameters
from ardenne.standards.fhir.extraction import leaves
from ardenne.standards.fhir.extraction.aliases import alias
from ardenne.standards.fhir.extraction.emit import Leaf, leaf_code, source
from ardenne.standards.fhir.extraction.paths import JsonPath, json_paths
from ardenne.standards.fhir.extraction.syntax import UnsupportedExpression
from ardenne.standards.fhir.extraction.values import Values

Extractor = Callable[[dict[str, Any], Values, dict[str, Any]], Values]

# The one published expression that computes: Patient.deceased.exists() and Patient.deceased != false.
_DECEASED = "Patient.deceased.exists() and Patient.deceased != false"
_DECEASED_CODE = (
    "tokens.append(({p}, '', 'true' if {x}.get('deceasedBoolean') or 'deceasedDateTime' in {x} else 'false'))"
)

_NAMES: dict[str, Any] = {
    name: getattr(leaves, name)
    for name in (
        "address", "canonical", "coding", "concept", "concept_text", "contact", "entry_resource",
        "identifier", "money", "name", "number_range", "period", "position", "quantity", "quantity_range",
        "reference", "sampled", "timing",
    )
} | {"span": span, "Values": Values}  # fmt: skip


@cache
def extractor(resource_type: str) -> Extractor:
    """The extraction function of a resource type. Raises KeyError when R4 has no such type."""
    if resource_type not in RESOURCE_TYPES:
        raise KeyError(resource_type)
    namespace = dict(_NAMES)
    code = generate(resource_type)
    exec(compile(code, f"<extraction of {resource_type}>", "exec"), namespace)  # noqa: S102 (our own source)
    function: Extractor = namespace["extract"]
    return function


def generate(resource_type: str) -> str:
    """The Python source of a type's extraction, composites as functions of their own."""
    found: list[Leaf] = []
    functions: list[str] = []
    for parameter in search_parameters(resource_type).values():
        if alias(resource_type, parameter.code) != ((parameter.code, ""),):
            continue
        if parameter.type == "composite":
            found.extend(_composite(resource_type, parameter, functions))
        else:
            found.extend(_simple(resource_type, parameter))
    return "\n".join([*functions, source("extract", found)])


def _simple(resource_type: str, parameter: SearchParameter) -> Iterator[Leaf]:
    if not parameter.expression:
        return
    if parameter.expression == _DECEASED:
        yield Leaf(JsonPath((), "Patient"), _DECEASED_CODE.replace("{p}", repr(parameter.code)))
        return
    yield from _leaves(resource_type, parameter, parameter.expression)


def _leaves(start: str, parameter: SearchParameter, expression: str) -> list[Leaf]:
    found = []
    for path in json_paths(start, expression):
        code = leaf_code(parameter.code, parameter.type, path, parameter.targets)
        if code is not None:
            found.append(Leaf(path, code))
    if not found:
        raise UnsupportedExpression(
            f"{parameter.url}: {expression!r} reaches nothing a {parameter.type} can be"
        )
    return found


def _composite(resource_type: str, parameter: SearchParameter, functions: list[str]) -> Iterator[Leaf]:
    """A line at each base element that runs one function per component, when each has something to find."""
    if not is_nested(resource_type, parameter.code):
        return
    for base in json_paths(resource_type, parameter.expression):
        calls, tests = [], []
        for component, expression in component_parameters(resource_type, parameter.code):
            found = _leaves(base.type, component, expression)
            calls.append(f"part{len(functions)}({{x}}, Values(), root)")
            functions.append(source(f"part{len(functions)}", found))
            keys = {"root" if leaf.path.absolute else leaf.path.segments[0].key for leaf in found}
            if "root" not in keys:
                tests.append("(" + " or ".join(f"{key!r} in {{x}}" for key in sorted(keys)) + ")")
        yield Leaf(base, f"if {' and '.join(tests)}: composite(v, {parameter.code!r}, [{', '.join(calls)}])")


def _put_composite(v: Values, param: str, parts: list[Values]) -> None:
    if all(parts):
        v.composites.append((param, *parts))


_NAMES["composite"] = _put_composite


@cache
def is_nested(resource_type: str, code: str) -> bool:
    """Whether a composite parameter pairs its components within an element (`Observation.component`), so
    that `Values.composites` holds it. The others are met when each component is met by the resource."""
    parameter = search_parameters(resource_type)[code]
    if parameter.type != "composite":
        return False
    return any(base.segments for base in json_paths(resource_type, parameter.expression))


@cache
def component_parameters(resource_type: str, code: str) -> tuple[tuple[SearchParameter, str], ...]:
    """The parameters that a composite is made of, in the order of its values, each with its expression
    from the base.

    DocumentReference-relationship is published with its two definitions exchanged: an expression takes the
    first definition whose search type can hold what it reaches.
    """
    parameter = search_parameters(resource_type)[code]
    by_url = {known.url: known for known in search_parameters(resource_type).values()}
    base = json_paths(resource_type, parameter.expression)[0].type
    left = [by_url[definition] for definition, _ in parameter.components]
    found = []
    for position, (definition, expression) in enumerate(parameter.components):
        fitting = [known for known in left if _fits(base, known, expression)]
        if not fitting:
            raise UnsupportedExpression(
                f"{parameter.url}: no component is as {expression!r} (part {position})"
            )
        chosen = next((known for known in fitting if known.url == definition), fitting[0])
        left.remove(chosen)
        found.append((chosen, expression))
    return tuple(found)


def _fits(base: str, parameter: SearchParameter, expression: str) -> bool:
    paths = json_paths(base, expression)
    return any(leaf_code(parameter.code, parameter.type, path, ()) for path in paths)
