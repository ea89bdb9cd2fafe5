"""Running a ViewDefinition in Python: one closure per select.

SQL on FHIR v2, "Processing algorithm": for each element that a select iterates over, its row
is the product of its columns, its nested selects and its union.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import product
from typing import Any, TypeAlias

import orjson

from ardenne.standards.fhir.path import FhirPathExecutionError
from ardenne.standards.fhir.path.coercion import as_value
from ardenne.standards.fhir.path.conversion import to_python
from ardenne.standards.fhir.path.nodes import Collection, Element, Item, root_element
from ardenne.standards.fhir.path.scope import NO_HELPERS, Environment, Scope

from .definition import ROW_INDEX, Column, Select, View, read

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = list[Row]
RowsOf: TypeAlias = Callable[[Collection, Scope], Rows]
"""(current element, scope) -> rows"""

_MOST_LEVELS = 200


def rows(view: dict[str, Any], resources: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows that a ViewDefinition makes of the resources, in their order.

    Resources of other types are passed over. Raises ViewDefinitionError before the first row
    when the definition is wrong, FhirPathExecutionError when a column without `collection`
    finds several values.
    """
    return run(compiled(view), resources)


def run(view: View, resources: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows of a view that was read before."""
    names = [column.name for column in view.columns]
    rows_of = _select(view.select)
    for resource in resources:
        if resource.get("resourceType") != view.resource:
            continue
        root = root_element(resource)
        scope = Scope(Environment(root, root, root, NO_HELPERS, view.constants, None), {ROW_INDEX: [0]})
        if all(_holds(condition.evaluate([root], scope), condition.text) for condition in view.where):
            for row in rows_of([root], scope):
                yield dict(zip(names, row, strict=True))


def compiled(view: Mapping[str, Any]) -> View:
    """The view, from a cache of the last 128 by its text."""
    return _cached(orjson.dumps(view, option=orjson.OPT_SORT_KEYS))


@lru_cache(128)
def _cached(text: bytes) -> View:
    return read(orjson.loads(text))


def _holds(items: Collection, text: str) -> bool:
    value = as_value(items)
    if value is not None and type(value) is not bool:
        raise FhirPathExecutionError(f"the condition {text!r} gives {value!r}, but must be Boolean")
    return value is True


def _select(select: Select) -> RowsOf:
    """The rows of one select."""
    width = len(select.all_columns)
    body = _body(select)
    if select.repeat:
        return _repeating(select, body)
    if select.for_each is None:
        return body
    path, or_null = select.for_each.evaluate, select.or_null

    def iterate(this: Collection, scope: Scope) -> Rows:
        elements = path(this, scope)
        if not elements and or_null:
            return [_null_row(select, width)]
        out: Rows = []
        for index, element in enumerate(elements):
            out.extend(body([element], _indexed(scope, index)))
        return out

    return iterate


def _null_row(select: Select, width: int) -> Row:
    """Nulls, and 0 for columns that are nothing but %rowIndex."""
    columns = select.all_columns
    return tuple(0 if columns[i].expression.text.strip() == f"%{ROW_INDEX}" else None for i in range(width))


def _indexed(scope: Scope, index: int) -> Scope:
    return Scope(scope.environment, {**scope.variables, ROW_INDEX: [index]})


def _repeating(select: Select, body: RowsOf) -> RowsOf:
    """Every element that the paths reach, again and again, parents before their children."""
    paths = [expression.evaluate for expression in select.repeat]

    def below(this: Collection, scope: Scope, level: int) -> Iterator[Item]:
        if level > _MOST_LEVELS:
            raise FhirPathExecutionError(f"repeat goes more than {_MOST_LEVELS} levels deep")
        for path in paths:
            for element in path(this, scope):
                yield element
                yield from below([element], scope, level + 1)

    def iterate(this: Collection, scope: Scope) -> Rows:
        out: Rows = []
        for index, element in enumerate(below(this, scope, 0)):
            out.extend(body([element], _indexed(scope, index)))
        return out

    return iterate


def _body(select: Select) -> RowsOf:
    """The product of the parts of a select for one element."""
    parts: list[RowsOf] = []
    if select.columns:
        parts.append(_columns(select.columns))
    parts.extend(_select(nested) for nested in select.selects)
    if select.union:
        parts.append(_union([_select(branch) for branch in select.union]))
    if len(parts) == 1:
        return parts[0]

    def combine(this: Collection, scope: Scope) -> Rows:
        found = [part(this, scope) for part in parts]
        return [tuple(value for row in rows_ for value in row) for rows_ in product(*found)]

    return combine


def _union(branches: list[RowsOf]) -> RowsOf:
    return lambda this, scope: [row for branch in branches for row in branch(this, scope)]


def _columns(columns: tuple[Column, ...]) -> RowsOf:
    readers = [_column(column) for column in columns]
    return lambda this, scope: [tuple([read_(this, scope) for read_ in readers])]


def _column(column: Column) -> Callable[[Collection, Scope], Any]:
    evaluate = column.expression.evaluate
    if column.collection:
        return lambda this, scope: [plain(item) for item in evaluate(this, scope)]

    def single(this: Collection, scope: Scope) -> Any:
        items = evaluate(this, scope)
        if len(items) > 1:
            raise FhirPathExecutionError(
                f"the column {column.name} finds {len(items)} values in one row; "
                "set collection to true, or choose one with first() or forEach"
            )
        return plain(items[0]) if items else None

    return single


def plain(item: Item) -> Any:
    """An item as a cell: the JSON value of an element, the plain form of a System value."""
    return item.value if type(item) is Element else to_python(item)
