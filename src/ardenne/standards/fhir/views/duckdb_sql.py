"""A ViewDefinition as one DuckDB query over a table of resources.

A union, and a forEachOrNull that finds nothing, become branches of UNION ALL; every branch is
a flat list of lateral joins. The rows are those of `closures.rows`, in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any, Final, NamedTuple

from .closures import compiled
from .definition import Column, Select, View
from .duckdb_paths import NUMBERS, Items, NotInSql, Translator, single, text

__all__ = ["NotInSql", "sql"]


class Branch(NamedTuple):
    """One branch: lateral joins, conditions, and columns with their SQL."""

    joins: tuple[str, ...]
    conditions: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


_NOTHING: Final = Branch((), (), ())

_TYPES: Final = {"boolean": "BOOLEAN", "integer": "BIGINT", "positiveInt": "BIGINT", "unsignedInt": "BIGINT"}


def sql(view: Mapping[str, Any], table: str = "resources", column: str = "resource") -> str:
    """The query for a view over `table`, whose `column` holds resources as JSON.

    Raises ViewDefinitionError for a wrong view and NotInSql for what is not translated:
    repeat, functions and operators beyond the shareable core, choice elements without ofType().
    """
    ready = compiled(view)
    builder = _Builder(ready)
    this = Items(f"[t.{column}]", ready.resource)
    conditions = [f"(t.{column}->>'$.resourceType') = {text(ready.resource)}"]
    for condition in ready.where:
        conditions.append(f"coalesce({builder.paths.truth(condition.tree, this, '0')}, false)")
    branches = builder.select(ready.select, this, "0")
    return "\nUNION ALL\n".join(_query(branch, table, conditions) for branch in branches)


def _query(branch: Branch, table: str, conditions: list[str]) -> str:
    columns = ", ".join(f'{value} AS "{name}"' for name, value in branch.columns)
    sources = ", ".join((f"{table} AS t", *branch.joins))
    return f"SELECT {columns} FROM {sources} WHERE {' AND '.join((*conditions, *branch.conditions))}"  # noqa: S608


class _Builder:
    def __init__(self, view: View) -> None:
        self.paths = Translator(view.constants)
        self.aliases = 0

    def select(self, select: Select, this: Items, index: str) -> list[Branch]:
        if select.repeat:
            raise NotInSql("repeat is not translated to SQL")
        if select.for_each is None:
            return self.body(select, this, index)
        elements = self.paths.items(select.for_each.tree, this, index)
        self.aliases += 1
        alias = f"e{self.aliases}"
        join = (
            f"LATERAL (SELECT unnest({elements.sql}) AS f, "
            f"generate_subscripts({elements.sql}, 1) - 1 AS i) AS {alias}"
        )
        inner = self.body(select, Items(f"[{alias}.f]", elements.type), f"{alias}.i")
        branches = [Branch((join, *one.joins), one.conditions, one.columns) for one in inner]
        if select.or_null:
            branches.append(self.null_branch(select, elements))
        return branches

    def null_branch(self, select: Select, elements: Items) -> Branch:
        columns = tuple(
            (
                column.name,
                "0" if column.expression.text.strip() == "%rowIndex" else f"CAST(NULL AS {_type(column)})",
            )
            for column in select.all_columns
        )
        return Branch((), (f"len({elements.sql}) = 0",), columns)

    def body(self, select: Select, this: Items, index: str) -> list[Branch]:
        own = tuple((column.name, self.column(column, this, index)) for column in select.columns)
        parts = [[Branch((), (), own)]]
        parts.extend(self.select(nested, this, index) for nested in select.selects)
        if select.union:
            parts.append([branch for one in select.union for branch in self.select(one, this, index)])
        return [_merged(combination) for combination in product(*parts)]

    def column(self, column: Column, this: Items, index: str) -> str:
        if not column.collection:
            value = self.paths.scalar(column.expression.tree, this, index)
            return f"CAST({value.sql} AS {_type(column)})"
        items = self.paths.items(column.expression.tree, this, index)
        x = self.paths.variable()
        return f"CAST(list_transform({items.sql}, lambda {x}: {single(Items(f'[{x}]', items.type)).sql}) AS {_type(column)})"


def _type(column: Column) -> str:
    base = _TYPES.get(column.type, "DECIMAL(38, 10)" if column.type in NUMBERS else "VARCHAR")
    return f"{base}[]" if column.collection else base


def _merged(branches: tuple[Branch, ...]) -> Branch:
    merged = _NOTHING
    for branch in branches:
        merged = Branch(
            merged.joins + branch.joins,
            merged.conditions + branch.conditions,
            merged.columns + branch.columns,
        )
    return merged
