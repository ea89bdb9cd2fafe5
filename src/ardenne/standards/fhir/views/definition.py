"""Reading a ViewDefinition: its tree, checked, with every expression compiled.

SQL on FHIR v2, ViewDefinition. Every mistake is reported with its place and how to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.path import Expression, FhirPathError, compile_typed
from ardenne.standards.fhir.path.check import Checker, Static
from ardenne.standards.fhir.path.nodes import Collection, Element, type_info
from ardenne.standards.fhir.path.syntax import External, walk

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}")
_DEEPEST: Final = 30
ROW_INDEX: Final = "rowIndex"
"""%rowIndex, the place of the current element among those that the select iterates over"""

_VARIABLES: Final = frozenset((ROW_INDEX, "resource", "rootResource", "context", "ucum", "sct", "loinc"))


class Mistake(msgspec.Struct, frozen=True):
    """What is wrong, and where: "select[0].column[1].path"."""

    path: str
    message: str


class ViewDefinitionError(ValueError):
    """The definition cannot be used; `mistakes` tells all of them."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(f"{m.path}: {m.message}" if m.path else m.message for m in self.mistakes))


class Column(msgspec.Struct, frozen=True):
    """One column; `type` is a FHIR type name or "" when the definition leaves it open."""

    name: str
    expression: Expression
    collection: bool
    type: str


class Select(msgspec.Struct, frozen=True):
    """What one select gives: its columns, times its nested selects, times its union."""

    for_each: Expression | None
    or_null: bool
    """with `for_each`: a row of nulls when there is nothing to iterate over"""
    repeat: tuple[Expression, ...]
    columns: tuple[Column, ...]
    selects: tuple[Select, ...]
    union: tuple[Select, ...]

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns in the order of the output."""
        nested = [column for select in self.selects for column in select.all_columns]
        united = self.union[0].all_columns if self.union else ()
        return (*self.columns, *nested, *united)


class View(msgspec.Struct, frozen=True):
    """A whole definition."""

    resource: str
    name: str
    constants: dict[str, Collection]
    where: tuple[Expression, ...]
    select: Select

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the output, in order."""
        return self.select.all_columns


def read(view: Mapping[str, Any]) -> View:
    """The checked tree of a ViewDefinition. Raises ViewDefinitionError with all mistakes."""
    reader = _Reader(view)
    found = reader.view()
    if reader.mistakes or found is None:
        raise ViewDefinitionError(reader.mistakes)
    return found


class _Reader:
    def __init__(self, view: Mapping[str, Any]) -> None:
        self.source = view
        self.mistakes: list[Mistake] = []
        self.constants: dict[str, Collection] = {}

    def wrong(self, path: str, message: str) -> None:
        self.mistakes.append(Mistake(path, message))

    def view(self) -> View | None:
        resource = self.source.get("resource")
        if resource not in definitions.RESOURCE_TYPES:
            found = "is missing" if resource is None else f"{resource!r} is no resource type of R4"
            self.wrong("resource", f"{found}; name one, e.g. Patient")
            return None
        for place, constant in enumerate(self.objects("constant", self.source)):
            self.constant(f"constant[{place}]", constant)
        context = Static(frozenset((str(resource),)))
        where = self.conditions(context)
        if not self.source.get("select"):
            self.wrong("select", "is missing; a view needs at least one select with a column")
        select = self.select("", {"select": self.source.get("select", [])}, context, 0)
        self.unique_names(select)
        return View(str(resource), str(self.source.get("name", "")), self.constants, where, select)

    def conditions(self, context: Static) -> tuple[Expression, ...]:
        found = []
        for place, condition in enumerate(self.objects("where", self.source)):
            path = f"where[{place}].path"
            expression, static = self.expression(path, condition.get("path"), context)
            if static.types and not static.types & {"System.Boolean", "boolean"}:
                kinds = ", ".join(sorted(static.types))
                self.wrong(
                    path, f"gives {kinds}, but a condition must be Boolean; use exists() or a comparison"
                )
            found.append(expression)
        return tuple(expression for expression in found if expression is not None)

    def objects(self, name: str, owner: Mapping[str, Any], path: str = "") -> list[Mapping[str, Any]]:
        """The objects in a list property; anything else is a mistake."""
        value = owner.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.wrong(f"{path}{name}", "must be an array of objects")
            return []
        return value

    def constant(self, path: str, constant: Mapping[str, Any]) -> None:
        name = constant.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self.wrong(f"{path}.name", f"{name!r} is no name; use letters, digits and _")
            return
        keys = [key for key in constant if key.startswith("value") and len(key) > 5]
        kinds = [kind for kind in definitions.PRIMITIVE_TYPES if f"value{kind[0].upper()}{kind[1:]}" in keys]
        if len(keys) != 1 or len(kinds) != 1:
            self.wrong(
                path, f"constant {name} needs exactly one value[x] of a primitive type, e.g. valueString"
            )
            return
        self.constants[name] = [Element(constant[keys[0]], type_info(kinds[0]), None)]

    def select(self, path: str, source: Mapping[str, Any], context: Static, depth: int) -> Select:
        nothing = Select(None, False, (), (), (), ())
        if depth > _DEEPEST:
            self.wrong(path, f"selects are nested more than {_DEEPEST} levels deep")
            return nothing
        prefix = f"{path}." if path else ""
        ways = [way for way in ("forEach", "forEachOrNull", "repeat") if source.get(way) is not None]
        if len(ways) > 1:
            self.wrong(path, f"has {' and '.join(ways)}; only one of them is allowed")
        for_each, inner = self.iteration(prefix, source, ways, context)
        repeat, inner = self.repetition(prefix, source, inner)
        columns = [
            self.column(f"{prefix}column[{place}]", column, inner)
            for place, column in enumerate(self.objects("column", source, prefix))
        ]
        nested = [
            self.select(f"{prefix}select[{place}]", child, inner, depth + 1)
            for place, child in enumerate(self.objects("select", source, prefix))
        ]
        union = [
            self.select(f"{prefix}unionAll[{place}]", child, inner, depth + 1)
            for place, child in enumerate(self.objects("unionAll", source, prefix))
        ]
        self.same_columns(f"{prefix}unionAll", union)
        if path and not (columns or nested or union):
            self.wrong(path, "selects nothing; give it column, select or unionAll")
        known = tuple(column for column in columns if column is not None)
        return Select(for_each, "forEachOrNull" in ways, repeat, known, tuple(nested), tuple(union))

    def iteration(
        self, prefix: str, source: Mapping[str, Any], ways: list[str], context: Static
    ) -> tuple[Expression | None, Static]:
        way = next((way for way in ways if way != "repeat"), None)
        if way is None:
            return None, context
        return self.expression(prefix + way, source[way], context)

    def repetition(
        self, prefix: str, source: Mapping[str, Any], context: Static
    ) -> tuple[tuple[Expression, ...], Static]:
        paths = source.get("repeat")
        if paths is None:
            return (), context
        if not isinstance(paths, list) or not paths:
            self.wrong(f"{prefix}repeat", 'must be an array of paths, e.g. ["item"]')
            return (), context
        found = [self.expression(f"{prefix}repeat[{i}]", path, Static(None)) for i, path in enumerate(paths)]
        return tuple(expression for expression, _ in found if expression is not None), Static(None)

    def column(self, path: str, source: Mapping[str, Any], context: Static) -> Column | None:
        name = source.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self.wrong(f"{path}.name", f"{name!r} is no column name; use letters, digits and _")
            return None
        expression, _ = self.expression(f"{path}.path", source.get("path"), context)
        if expression is None:
            return None
        return Column(name, expression, source.get("collection") is True, str(source.get("type", "")))

    def expression(self, path: str, source: Any, context: Static) -> tuple[Expression | None, Static]:
        """The compiled expression and what it gives; a mistake when it cannot be compiled."""
        if not isinstance(source, str):
            found = "is missing" if source is None else f"{source!r} is no text"
            self.wrong(path, f"{found}; write a FHIRPath expression")
            return None, Static(None)
        try:
            expression = compile_typed(source, for_views=True)
            static = Checker().of(expression.tree, context)
        except FhirPathError as error:
            self.wrong(path, str(error))
            return None, Static(None)
        for node in walk(expression.tree):
            if isinstance(node, External) and not self.is_defined(node.name):
                self.wrong(path, f"%{node.name} is not defined; add it to constant")
        return expression, static

    def is_defined(self, name: str) -> bool:
        return name in self.constants or name in _VARIABLES or name.startswith(("vs-", "ext-"))

    def same_columns(self, path: str, union: list[Select]) -> None:
        shapes = [[column.name for column in select.all_columns] for select in union]
        for place, shape in enumerate(shapes[1:], start=1):
            if shape != shapes[0]:
                expected = ", ".join(shapes[0])
                self.wrong(
                    f"{path}[{place}]", f"has the columns {', '.join(shape)}, but {expected} were expected"
                )

    def unique_names(self, select: Select) -> None:
        seen: set[str] = set()
        for column in select.all_columns:
            if column.name in seen:
                self.wrong("select", f"the column {column.name} is defined twice; rename one")
            seen.add(column.name)
