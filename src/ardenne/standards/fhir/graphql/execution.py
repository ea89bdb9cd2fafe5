"""Answering a query: fields, references, searches and the directives that reshape the answer.

FHIR R4, GraphQL. Absent elements are left out of the answer, as the specification's examples do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.path import FhirPathError, compile_typed
from ardenne.standards.fhir.path.coercion import as_value
from ardenne.standards.fhir.path.functions.conversion import text_of
from ardenne.standards.fhir.path.nodes import Element, root_element
from ardenne.standards.fhir.path.scope import NO_HELPERS, Environment, Scope

from .answer import Answer
from .errors import GraphQLError
from .fetch import Fetch, Page
from .parser import parse
from .searches import parameters_of, reference_parameter
from .syntax import Directive, Document, Field, Inline, Operation, Selection, Spread, Variable
from .validation import Validator, child_type, repeats, search_of

_MOST_VALUES: Final = 500_000


async def execute(
    query: str,
    fetch: Fetch,
    resource: dict[str, Any] | None = None,
    *,
    operation: str = "",
    variables: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The answer `{"data": ...}` to a query on the system, or on `resource`.

    `operation` chooses among several named queries. Raises GraphQLError; its `answer()` is the
    response body then.
    """
    document = parse(query)
    chosen = _chosen(document, operation)
    validator = Validator(document)
    if resource is None:
        validator.root(chosen.selections)
    else:
        validator.selection(chosen.selections, str(resource.get("resourceType", "")))
    run = _Run(document, fetch, _values(chosen, variables or {}))
    answer = Answer()
    if resource is None:
        await run.system(chosen.selections, answer)
    else:
        focus = Focus(resource, str(resource.get("resourceType", "")), resource)
        await run.fields(chosen.selections, focus, answer, Placing())
    return {"data": answer.values}


def _chosen(document: Document, name: str) -> Operation:
    found = [one for one in document.operations if not name or one.name == name]
    if len(found) != 1:
        names = ", ".join(one.name or "(unnamed)" for one in document.operations)
        raise GraphQLError(f"Name one of the operations in operationName: {names}.")
    if found[0].kind != "query":
        raise GraphQLError(
            f"Only queries are answered, no {found[0].kind}; change resources by the REST API."
        )
    return found[0]


def _values(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter.name in given:
            values[parameter.name] = given[parameter.name]
        elif parameter.has_default:
            values[parameter.name] = parameter.default
        elif parameter.type.endswith("!"):
            raise GraphQLError(f"The variable ${parameter.name} of type {parameter.type} is missing.")
        else:
            values[parameter.name] = None
    return values


class Focus(NamedTuple):
    """The element that fields are selected from, and the resource that it stands in."""

    value: dict[str, Any]
    type: str
    resource: dict[str, Any]


class Placing(NamedTuple):
    """How values enter the answer: with a suffix by @slice, as lists by @flatten."""

    suffix: str = ""
    many: bool = False


class _Run:
    """One execution: variables, resources already read, and the count of values."""

    def __init__(self, document: Document, fetch: Fetch, variables: dict[str, Any]) -> None:
        self.fragments = document.fragments
        self.fetch = fetch
        self.variables = variables
        self.resolved: dict[str, dict[str, Any] | None] = {}
        self.produced = 0

    # ---- arguments and directives

    def value(self, raw: Any) -> Any:
        """An argument with its variables filled in."""
        if isinstance(raw, Variable):
            if raw.name not in self.variables:
                raise GraphQLError(f"The variable ${raw.name} is not declared by the query.", *raw.at)
            return self.variables[raw.name]
        if isinstance(raw, list):
            return [self.value(one) for one in raw]
        if isinstance(raw, dict):
            return {key: self.value(one) for key, one in raw.items()}
        return raw

    def arguments(self, raw: dict[str, Any]) -> dict[str, Any]:
        return {name: self.value(one) for name, one in raw.items()}

    def wanted(self, selection: Selection) -> bool:
        """@include and @skip"""
        for directive in selection.directives:
            if directive.name in ("include", "skip"):
                condition = self.value(directive.arguments.get("if"))
                if type(condition) is not bool:
                    raise GraphQLError(f"@{directive.name} needs a Boolean in if.", *directive.at)
                if condition is (directive.name == "skip"):
                    return False
        return True

    def count(self, number: int = 1) -> None:
        self.produced += number
        if self.produced > _MOST_VALUES:
            raise GraphQLError(
                "The answer would be too large; select fewer fields or rows.", code="too-costly"
            )

    # ---- searches

    async def system(self, selections: tuple[Selection, ...], answer: Answer) -> None:
        for field in self.flat(selections, ""):
            if field.name == "__typename":
                answer.put("__typename", "Query", field)
            else:
                await self.search(field, None, answer)

    def flat(self, selections: tuple[Selection, ...], type_name: str) -> list[Field]:
        """The fields that apply to a type: fragments opened, @include and @skip applied, fields
        that are selected twice merged."""
        merged: dict[str, Field] = {}
        out: list[Field] = []
        for field in self.opened(selections, type_name):
            known = merged.get(field.key)
            if known is None or field.name == "resource":
                merged[field.key] = field
                out.append(field)
                continue
            if (known.name, known.arguments) != (field.name, field.arguments):
                raise GraphQLError(
                    f"{field.key} is selected twice with different content; use an alias.", *field.at
                )
            whole = msgspec.structs.replace(known, selections=known.selections + field.selections)
            merged[field.key] = whole
            out[out.index(known)] = whole
        return out

    def opened(self, selections: tuple[Selection, ...], type_name: str) -> list[Field]:
        out: list[Field] = []
        for selection in selections:
            if not self.wanted(selection):
                continue
            if isinstance(selection, Field):
                out.append(selection)
                continue
            if isinstance(selection, Inline):
                kind, inner = selection.type, selection.selections
            else:
                fragment = self.fragments[selection.name if isinstance(selection, Spread) else ""]
                kind, inner = fragment.type, fragment.selections
            if not kind or not type_name or definitions.is_subtype(type_name, kind):
                out.extend(self.opened(inner, type_name))
        return out

    async def search(self, field: Field, focus: Focus | None, answer: Answer) -> None:
        resource_type, form = search_of(field.name) or ("", "")
        arguments = self.arguments(field.arguments)
        if form == "":
            await self.read(field, resource_type, arguments, answer)
            return
        criteria = arguments.pop("fhirpath", None)
        page = await self.page(field, resource_type, form, arguments, focus)
        matches = [m for m in page.matches if self.holds(criteria, m.resource, field)]
        if form == "List":
            rows = [await self.object(field.selections, _as_focus(m.resource)) for m in matches]
            answer.put(field.key, rows, field)
            return
        edges = [(match, _as_focus(match.resource)) for match in matches]
        answer.put(field.key, await self.connection(field, page, edges), field)

    async def read(self, field: Field, resource_type: str, arguments: dict[str, Any], answer: Answer) -> None:
        found = await self.fetch.read(resource_type, str(arguments["id"]))
        if found is None:
            message = f"{resource_type}/{arguments['id']} does not exist or may not be seen."
            raise GraphQLError(message, *field.at, code="not-found")
        answer.put(field.key, await self.object(field.selections, _as_focus(found)), field)

    async def page(
        self, field: Field, resource_type: str, form: str, arguments: dict[str, Any], focus: Focus | None
    ) -> Page:
        cursor = arguments.pop("_cursor", arguments.pop("cursor", None))
        if cursor is not None and form == "Connection":
            try:
                return await self.fetch.page(str(cursor))
            except KeyError:
                raise GraphQLError("The cursor is not known any more; search again.", *field.at) from None
        parameters = []
        if focus is not None:
            parameters.append(
                reference_parameter(field, resource_type, arguments.pop("_reference"), focus.resource)
            )
        parameters.extend(parameters_of(field, resource_type, arguments))
        page = await self.fetch.search(resource_type, parameters, form == "List")
        if form == "List" and page.next:
            hint = f"narrow the search or use {resource_type}Connection"
            raise GraphQLError(f"{field.name} has too many matches; {hint}.", *field.at, code="too-costly")
        return page

    async def connection(self, field: Field, page: Page, edges: list[Any]) -> dict[str, Any]:
        out = Answer()
        plain = {
            "count": page.total,
            "offset": page.offset,
            "pagesize": page.page_size,
            "first": page.first,
            "previous": page.previous,
            "next": page.next,
            "last": page.last,
            "__typename": field.name,
        }
        for inner in self.flat(field.selections, ""):
            if inner.name != "edges":
                if plain[inner.name] not in ("", None):
                    out.put(inner.key, plain[inner.name], inner)
                continue
            out.put(inner.key, [await self.edge(inner, match, focus) for match, focus in edges], inner)
        return out.values

    async def edge(self, field: Field, match: Any, focus: Focus) -> dict[str, Any]:
        out = Answer()
        for inner in self.flat(field.selections, ""):
            if inner.name == "resource":
                out.put(inner.key, await self.object(inner.selections, focus), inner)
            elif getattr(match, inner.name, None) not in ("", None):
                out.put(inner.key, getattr(match, inner.name), inner)
        return out.values

    # ---- fields

    async def object(self, selections: tuple[Selection, ...], focus: Focus) -> dict[str, Any]:
        out = Answer()
        await self.fields(selections, focus, out, Placing())
        return out.values

    async def fields(
        self, selections: tuple[Selection, ...], focus: Focus, out: Answer, placing: Placing
    ) -> None:
        for field in self.flat(selections, focus.type):
            self.count()
            if field.name in ("__typename", "resourceType"):
                kind = (
                    focus.type if field.name == "__typename" else focus.value.get("resourceType", focus.type)
                )
                out.put(field.key + placing.suffix, kind, field)
            elif search_of(field.name):
                await self.search(field, focus, out)
            elif field.name == "resource" and focus.type == "Reference":
                await self.referenced(field, focus, out, placing)
            else:
                await self.element(field, focus, out, placing)

    async def element(self, field: Field, focus: Focus, out: Answer, placing: Placing) -> None:
        kind = child_type(focus.type, field.name)
        value = focus.value.get(field.name)
        if kind is None or value is None:
            return
        many = repeats(focus.type, field.name)
        values = value if isinstance(value, list) else [value]
        chosen = self.chosen(field, values, kind)
        directives = {directive.name: directive for directive in field.directives}
        if "first" in directives:
            chosen = chosen[:1]
        as_list = (many or placing.many) and "singleton" not in directives
        for index, one in chosen:
            inner = focus._replace(value=one, type=_type_of(one, kind)) if isinstance(one, dict) else focus
            suffix = placing.suffix + self.slice(directives.get("slice"), one, kind, index)
            if "flatten" in directives and isinstance(one, dict):
                await self.fields(field.selections, inner, out, Placing(suffix, placing.many or many))
                continue
            shown = await self.object(field.selections, inner) if isinstance(one, dict) else one
            out.add(field.key + suffix, shown, field, as_list)

    def chosen(self, field: Field, values: list[Any], kind: str) -> list[tuple[int, Any]]:
        """The values that the arguments let through, with their place in the resource."""
        arguments = self.arguments(field.arguments)
        start, number = arguments.pop("_offset", 0) or 0, arguments.pop("_count", None)
        criteria = arguments.pop("fhirpath", None)
        if not isinstance(start, int) or not isinstance(number, (int, type(None))) or start < 0:
            raise GraphQLError("_offset and _count are numbers from 0.", *field.at)
        indexed = [(index, one) for index, one in enumerate(values) if one is not None]
        kept = [
            (i, one)
            for i, one in indexed
            if self.holds(criteria, one, field, kind, i) and _has(one, arguments)
        ]
        return kept[start:] if number is None else kept[start : start + max(number, 0)]

    def holds(self, criteria: Any, value: Any, field: Field, kind: str = "", index: int = 0) -> bool:
        if criteria is None:
            return True
        try:
            expression = compile_typed(str(criteria))
            return expression.truth([root_element(value, kind)], _scope(value, kind, index)) is True
        except FhirPathError as error:
            raise GraphQLError(str(error), *field.at) from None

    def slice(self, directive: Directive | None, value: Any, kind: str, index: int) -> str:
        """The suffix that @slice gives the names."""
        if directive is None:
            return ""
        path = self.value(directive.arguments.get("path", directive.arguments.get("fhirpath")))
        try:
            found = compile_typed(str(path)).evaluate([root_element(value, kind)], _scope(value, kind, index))
            text = text_of(as_value(found))
        except FhirPathError as error:
            raise GraphQLError(str(error), *directive.at) from None
        return f".{text}" if text is not None else ""

    async def referenced(self, field: Field, focus: Focus, out: Answer, placing: Placing) -> None:
        arguments = self.arguments(field.arguments)
        reference = str(focus.value.get("reference", ""))
        found = await self.resolve(reference, focus.resource) if reference else None
        if found is None:
            if arguments.get("optional") is True:
                return
            message = f"The reference {reference or '(without a literal reference)'} cannot be resolved"
            raise GraphQLError(f"{message}; use resource(optional: true).", *field.at, code="not-found")
        kind = arguments.get("type")
        if kind is not None and not definitions.is_subtype(str(found.get("resourceType")), str(kind)):
            return
        shown = await self.object(field.selections, _as_focus(found))
        out.add(field.key + placing.suffix, shown, field, placing.many)

    async def resolve(self, reference: str, resource: dict[str, Any]) -> dict[str, Any] | None:
        if reference.startswith("#"):
            return next((c for c in resource.get("contained", ()) if c.get("id") == reference[1:]), None)
        if reference not in self.resolved:
            self.resolved[reference] = await self.fetch.resolve(reference)
        return self.resolved[reference]


def _as_focus(resource: dict[str, Any]) -> Focus:
    return Focus(resource, str(resource.get("resourceType", "")), resource)


def _type_of(value: dict[str, Any], kind: str) -> str:
    """The own type of a resource where any may stand."""
    return str(value.get("resourceType", kind)) if kind in ("Resource", "DomainResource") else kind


def _has(value: Any, wanted: dict[str, Any]) -> bool:
    """Whether the sub-elements have the values that a field filter asks for."""
    for name, text in wanted.items():
        found = value.get(name) if isinstance(value, dict) else None
        values = found if isinstance(found, list) else [found]
        accepted = [_plain(one) for one in (text if isinstance(text, list) else [text])]
        if not any(one is not None and _plain(one) in accepted for one in values):
            return False
    return True


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _scope(value: Any, kind: str, index: int) -> Scope:
    element = root_element(value, kind)
    holder = element if isinstance(element, Element) else None
    return Scope(Environment(element, holder, holder, NO_HELPERS, {}, None), {}, index)
