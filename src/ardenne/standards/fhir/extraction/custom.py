"""Search parameters beyond those of R4: read from SearchParameter resources, evaluated by FHIRPath."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from ardenne.standards.fhir.dates import span
from ardenne.standards.fhir.definitions import RESOURCE_TYPES, SearchParameter, search_parameters
from ardenne.standards.fhir.extraction import leaves
from ardenne.standards.fhir.extraction.emit import leaf_code
from ardenne.standards.fhir.extraction.paths import JsonPath
from ardenne.standards.fhir.extraction.values import Values
from ardenne.standards.fhir.path import Element, FhirPathError, Helpers, compile_typed

Json = dict[str, Any]
Put = Callable[[Values, Any], None]

_KINDS = ("number", "date", "string", "token", "reference", "quantity", "uri")
_ABSTRACT = ("Resource", "DomainResource")
_SYSTEM_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"), (int, "integer"), (Decimal, "decimal"), (float, "decimal"),
)  # fmt: skip


class Custom(NamedTuple):
    """A custom parameter as it applies to one resource type."""

    resource_type: str
    parameter: SearchParameter


class CustomParameterError(ValueError):
    """A SearchParameter cannot be used; the message says where and why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


def read(resource: Json) -> list[Custom]:
    """The parameters that an active SearchParameter defines; none when it is not active or repeats one of R4.

    Raises CustomParameterError when it cannot be used here.
    """
    if resource.get("status") != "active" or _is_published(resource):
        return []
    code, kind, expression = (str(resource.get(name, "")) for name in ("code", "type", "expression"))
    if kind not in _KINDS:
        raise CustomParameterError(
            "type", f"custom parameters of type '{kind[:20]}' are not indexed: use one of {', '.join(_KINDS)}"
        )
    if not expression:
        raise CustomParameterError("expression", "an active parameter needs a FHIRPath expression")
    try:
        compile_typed(expression, lenient_as=True)
    except FhirPathError as error:
        raise CustomParameterError("expression", f"the expression cannot be compiled: {error}") from None
    found = []
    for name in _bases(resource):
        taken = search_parameters(name).get(code)
        if taken is not None:
            raise CustomParameterError(
                "code", f"'{code[:40]}' is a parameter of {name} in R4 ({taken.url}): choose another code"
            )
        parameter = SearchParameter(
            url=str(resource.get("url", "")),
            code=code,
            type=kind,
            expression=expression,
            targets=tuple(str(one) for one in resource.get("target", ())),
            components=(),
            modifiers=(),
            comparators=(),
        )
        found.append(Custom(name, parameter))
    return found


def _is_published(resource: Json) -> bool:
    """Whether R4 itself has this parameter on all of its bases: then there is nothing to add."""
    code, url, bases = resource.get("code"), resource.get("url"), resource.get("base", [])
    known = [search_parameters(name).get(str(code)) for name in bases if name in RESOURCE_TYPES]
    return bool(known) and all(one is not None and one.url == url for one in known)


def _bases(resource: Json) -> list[str]:
    named = [str(name) for name in resource.get("base", [])]
    if any(name in _ABSTRACT for name in named):
        return sorted(RESOURCE_TYPES)
    unknown = [name for name in named if name not in RESOURCE_TYPES]
    if unknown or not named:
        raise CustomParameterError("base", f"{unknown or 'nothing'} is no resource type of R4")
    return list(dict.fromkeys(named))


def extract_custom(resource: Json, parameters: Iterable[tuple[str, SearchParameter]], values: Values) -> None:
    """Add the values of custom parameters, each under the name that stands beside it.

    An expression that fails on this resource gives nothing: a resource is never refused for a parameter's sake.
    """
    for name, parameter in parameters:
        for kind, value in _reached(resource, parameter.expression):
            put = _put(name, parameter.type, kind, parameter.targets)
            if put is not None:
                try:
                    put(values, value)
                except (ValueError, TypeError, KeyError, AttributeError, IndexError):
                    continue


def _reached(resource: Json, expression: str) -> list[tuple[str, Any]]:
    """FHIR type and JSON value of everything that the expression reaches."""
    compiled = compile_typed(expression, lenient_as=True)
    try:
        items = compiled.items(resource, helpers=_HELPERS)
        items = [inner for item in items for inner in _inside_extension(item)]
    except (FhirPathError, RecursionError):
        return []
    found = []
    for item in items:
        if isinstance(item, Element):
            if item.value is not None:
                found.append((item.type.name, item.value))
        else:
            found.append(_system(item))
    return found


def _inside_extension(item: Any) -> list[Any]:
    """A parameter on an extension means the extension's value."""
    if isinstance(item, Element) and item.type.name == "Extension":
        return list(compile_typed("value").items(item.value, "Extension"))
    return [item]


def _system(item: Any) -> tuple[str, Any]:
    kind = next((name for known, name in _SYSTEM_TYPES if isinstance(item, known)), "")
    if kind:
        return kind, item
    if isinstance(item, str):
        return "string", item
    amount = getattr(item, "unit", None)
    if amount is not None:
        return "Quantity", {"value": item.value, "unit": item.unit, "code": item.unit}
    return "dateTime", str(item).lstrip("@")


def _by_literal(reference: str) -> Json | None:
    """What resolve() finds: a resource of the type that the literal reference names, without content."""
    kind = leaves.referenced_type(reference)
    return {"resourceType": kind, "id": reference.rpartition("/")[2]} if kind in RESOURCE_TYPES else None


_HELPERS = Helpers(resolver=_by_literal)
_NAMES: dict[str, Any] = {
    name: getattr(leaves, name)
    for name in (
        "address", "canonical", "coding", "concept", "concept_text", "contact", "entry_resource",
        "identifier", "money", "name", "number_range", "period", "position", "quantity", "quantity_range",
        "reference", "sampled", "timing",
    )
} | {"span": span}  # fmt: skip


@lru_cache(maxsize=2048)
def _put(name: str, kind: str, type_name: str, targets: tuple[str, ...]) -> Put | None:
    """The function that adds a value of a FHIR type to a parameter; None when it can hold no such value."""
    code = leaf_code(name, kind, JsonPath((), type_name), targets)
    if code is None:
        return _put_text(name, kind) if type_name[:1].islower() else None
    for kept in ("tokens", "strings", "dates", "numbers", "uris"):
        code = code.replace(f"{kept}.append", f"v.{kept}.append")
    namespace = dict(_NAMES)
    source = f"def put(v, x):\n    {code.replace('{x}', 'x')}\n"
    exec(compile(source, "<custom search parameter>", "exec"), namespace)  # noqa: S102 (our own source)
    function: Put = namespace["put"]
    return function


def _put_text(name: str, kind: str) -> Put | None:
    """Primitives that R4 has no rule for are searched by their text."""
    if kind == "token":
        return lambda values, value: values.tokens.append((name, "", str(value)))
    if kind == "string":
        return lambda values, value: values.strings.append((name, str(value)))
    return None
