"""Checking a query against the R4 definitions before anything is read.

FHIR R4, GraphQL, Error Handling: unknown fields, arguments and directives are errors.
"""

from __future__ import annotations

from typing import Final

from ardenne.standards.fhir import definitions

from .errors import GraphQLError
from .syntax import Directive, Document, Field, Fragment, Inline, Selection, Spread

DIRECTIVES: Final = {
    "include": {"if"},
    "skip": {"if"},
    "flatten": set(),
    "first": set(),
    "singleton": set(),
    "slice": {"path", "fhirpath"},
}
CONNECTION: Final = frozenset(("count", "offset", "pagesize", "first", "previous", "next", "last"))
_EDGE: Final = frozenset(("mode", "score"))
_REFUSED: Final = frozenset(("_include", "_revinclude", "_contained", "_containedType"))
_ANY: Final = "Resource"
_MOST_FIELDS: Final = 5_000


class Validator:
    """Walks the selections of one document with the type that they apply to."""

    def __init__(self, document: Document) -> None:
        self.fragments = document.fragments
        self.fields = 0
        self.open: list[str] = []
        """fragments that are being walked, to find those that contain themselves"""

    def root(self, selections: tuple[Selection, ...]) -> None:
        """The selections of a query on the system: searches and reads only."""
        for selection in self.flat(selections):
            if not search_of(selection.name) and selection.name != "__typename":
                raise GraphQLError(
                    f"{selection.name} is no query; begin with Patient(id: ...), PatientList or PatientConnection.",
                    *selection.at,
                )
            if selection.name != "__typename":
                self.search(selection)

    def flat(self, selections: tuple[Selection, ...]) -> list[Field]:
        """The fields, with fragments put in place."""
        out: list[Field] = []
        for selection in selections:
            self.count(selection)
            self.directives(selection.directives)
            if isinstance(selection, Field):
                out.append(selection)
                continue
            inner, name = self.inside(selection)
            self.enter(name, selection)
            out.extend(self.flat(inner))
            self.leave(name)
        return out

    def inside(self, selection: Selection) -> tuple[tuple[Selection, ...], str]:
        if isinstance(selection, Inline):
            return selection.selections, ""
        fragment = self.fragment(selection)
        return fragment.selections, fragment.name

    def fragment(self, selection: Selection) -> Fragment:
        name = selection.name if isinstance(selection, Spread) else ""
        if name not in self.fragments:
            raise GraphQLError(f"There is no fragment {name}.", *selection.at)
        return self.fragments[name]

    def enter(self, name: str, selection: Selection) -> None:
        if name and name in self.open:
            raise GraphQLError(f"The fragment {name} contains itself.", *selection.at)
        self.open.append(name)

    def leave(self, name: str) -> None:
        self.open.remove(name)

    def directives(self, directives: tuple[Directive, ...]) -> None:
        for directive in directives:
            known = DIRECTIVES.get(directive.name)
            if known is None:
                names = ", ".join(f"@{name}" for name in DIRECTIVES)
                raise GraphQLError(
                    f"The directive @{directive.name} is not known; use {names}.", *directive.at
                )
            if set(directive.arguments) - known or (known and not directive.arguments):
                needed = " or ".join(sorted(known)) or "no arguments"
                raise GraphQLError(f"@{directive.name} takes {needed}.", *directive.at)

    def selection(self, selections: tuple[Selection, ...], type_name: str) -> None:
        """Selections on elements of a type; "Resource" stands for any."""
        for selection in selections:
            self.directives(selection.directives)
            if isinstance(selection, Field):
                self.field(selection, type_name)
                continue
            kind = selection.type if isinstance(selection, Inline) else self.fragment(selection).type
            if kind and not _is_type(kind):
                raise GraphQLError(f"There is no type {kind}.", *selection.at)
            inner, name = self.inside(selection)
            self.enter(name, selection)
            self.selection(inner, kind if kind and type_name in (_ANY, kind) else type_name)
            self.leave(name)

    def field(self, field: Field, type_name: str) -> None:
        self.count(field)
        if field.name in ("__typename", "resourceType"):
            return
        if search_of(field.name):
            self.reverse(field, type_name)
            return
        if field.name == "resource" and type_name == "Reference":
            self.resource(field)
            return
        if type_name == _ANY:
            self.known_somewhere(field)
            return
        reached = child_type(type_name, field.name)
        if reached is None:
            raise GraphQLError(
                f"{type_name} has no field {field.name}{_similar(type_name, field.name)}.", *field.at
            )
        self.arguments(field, reached)
        self.body(field, reached)

    def count(self, field: Selection) -> None:
        self.fields += 1
        if self.fields > _MOST_FIELDS:
            raise GraphQLError(
                f"The query selects more than {_MOST_FIELDS} fields.", *field.at, code="too-costly"
            )

    def known_somewhere(self, field: Field) -> None:
        """On a resource of any type: a field that no type has is a mistake."""
        for resource_type in definitions.RESOURCE_TYPES:
            reached = child_type(resource_type, field.name)
            if reached is not None:
                self.body(field, reached)
                return
        raise GraphQLError(f"No resource has a field {field.name}.", *field.at)

    def arguments(self, field: Field, type_name: str) -> None:
        if field.arguments and type_name in definitions.PRIMITIVE_TYPES:
            raise GraphQLError(f"{field.name} is a {type_name} and takes no arguments.", *field.at)
        for name in field.arguments:
            if name not in ("fhirpath", "_count", "_offset") and child_type(type_name, name) is None:
                raise GraphQLError(
                    f"{field.name} takes fhirpath, _count, _offset or a field; not {name}.", *field.at
                )

    def body(self, field: Field, type_name: str) -> None:
        primitive = type_name in definitions.PRIMITIVE_TYPES
        if primitive and field.selections:
            raise GraphQLError(f"{field.name} is a {type_name} and has no fields.", *field.at)
        if not primitive and not field.selections:
            raise GraphQLError(f"{field.name} is a {type_name}; select fields of it in {{ }}.", *field.at)
        if not primitive:
            self.selection(field.selections, type_name)

    def resource(self, field: Field) -> None:
        """`resource(type: Patient, optional: true)` of a Reference."""
        if set(field.arguments) - {"type", "optional"}:
            raise GraphQLError("resource takes the arguments type and optional.", *field.at)
        kind = field.arguments.get("type", _ANY)
        if kind is not None and isinstance(kind, str) and not _is_type(kind):
            raise GraphQLError(f"There is no resource type {kind}.", *field.at)
        if not field.selections:
            raise GraphQLError("resource needs fields in { }.", *field.at)
        self.selection(field.selections, kind if isinstance(kind, str) else _ANY)

    def reverse(self, field: Field, type_name: str) -> None:
        if type_name != _ANY and type_name not in definitions.RESOURCE_TYPES:
            raise GraphQLError(f"{field.name} can be asked on a resource only.", *field.at)
        if "_reference" not in field.arguments or {"id", "_id", "cursor", "_cursor"} & set(field.arguments):
            raise GraphQLError(
                f"{field.name} on a resource needs _reference: the search parameter that points to it; "
                "id and cursor have no meaning there.",
                *field.at,
            )
        self.search(field)

    def search(self, field: Field) -> None:
        """`Patient(id:)`, `PatientList(...)`, `PatientConnection(...)`"""
        self.count(field)
        resource_type, form = search_of(field.name) or ("", "")
        for name in field.arguments:
            if name in _REFUSED:
                raise GraphQLError(
                    f"{name} has no meaning in GraphQL; follow references with resource.", *field.at
                )
        if not field.selections:
            raise GraphQLError(f"{field.name} needs fields in {{ }}.", *field.at)
        if form == "":
            if set(field.arguments) != {"id"}:
                example = f"{resource_type}(id: ...); use {resource_type}List to search"
                raise GraphQLError(f"One {resource_type} is read by its id: {example}.", *field.at)
            self.selection(field.selections, resource_type)
        elif form == "List":
            self.selection(field.selections, resource_type)
        else:
            self.connection(field, resource_type)

    def connection(self, field: Field, resource_type: str) -> None:
        for inner in self.flat(field.selections):
            if inner.name == "edges":
                for edge in self.flat(inner.selections):
                    if edge.name == "resource":
                        self.selection(edge.selections, resource_type)
                    elif edge.name not in _EDGE:
                        raise GraphQLError(f"edges has mode, score and resource; not {edge.name}.", *edge.at)
            elif inner.name not in CONNECTION | {"__typename"}:
                known = ", ".join(sorted(CONNECTION))
                raise GraphQLError(f"A connection has edges, {known}; not {inner.name}.", *inner.at)


def search_of(name: str) -> tuple[str, str] | None:
    """("Patient", "List") for PatientList; "" for a read by id; None for another field."""
    for form in ("List", "Connection", ""):
        resource_type = name.removesuffix(form) if form else name
        if name.endswith(form) and resource_type in definitions.RESOURCE_TYPES:
            return resource_type, form
    return None


def child_type(type_name: str, key: str) -> str | None:
    """The type behind a JSON property: valueQuantity, _birthDate, name; None when there is none."""
    name = key.removeprefix("_")
    found = _typed(type_name, name)
    if found is None or not key.startswith("_"):
        return found
    return "Element" if found in definitions.PRIMITIVE_TYPES else None


def _typed(type_name: str, name: str) -> str | None:
    try:
        elements = definitions.structure(type_name).elements
    except KeyError:
        return None
    element = elements.get(name)
    if element is not None:
        return definitions.content_types(element)[0]
    for candidate in elements.values():
        stem = candidate.name[:-3]
        if candidate.choice and name.startswith(stem):
            for kind in candidate.types:
                if name == stem + kind[0].upper() + kind[1:]:
                    return kind
    return None


def repeats(type_name: str, key: str) -> bool:
    """Whether the property is an array."""
    try:
        element = definitions.structure(type_name).elements.get(key.removeprefix("_"))
    except KeyError:
        return False
    return element is not None and element.repeats


def _is_type(name: str) -> bool:
    return (
        name in definitions.RESOURCE_TYPES
        or name in definitions.COMPLEX_TYPES
        or name in (_ANY, "DomainResource")
    )


def _similar(type_name: str, name: str) -> str:
    try:
        elements = definitions.structure(type_name).elements
    except KeyError:
        return ""
    choice = elements.get(name + "[x]")
    if choice is not None:
        return f"; it has a type, e.g. {name}{choice.types[0][0].upper()}{choice.types[0][1:]}"
    near = next((known for known in elements if known.lower() == name.lower()), "")
    return f"; did you mean {near}?" if near else ""
