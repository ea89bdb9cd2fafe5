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
from .duckdb_paths import NO_INDEX, NUMBERS, Items, NotInSql, Translator, single, text

__all__ = ["NotInSql", "sql"]


class Branch(NamedTuple):
    """One branch: lateral joins, conditions, and columns with their SQL."""

    joins: tuple[str, ...]
    conditions: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


_NOTHING: Final = Branch((), (), ())

_LEVELS: Final = 12
"""How deep repeat goes in SQL"""

_TYPES: Final = {"boolean": "BOOLEAN", "integer": "BIGINT", "positiveInt": "BIGINT", "unsignedInt": "BIGINT"}


def sql(view: Mapping[str, Any], table: str = "resources", column: str = "resource") -> str:
    """The query for a view over `table`, whose `column` holds resources as JSON.

    Raises ViewDefinitionError for a wrong view and NotInSql for what is not translated:
    %rowIndex within repeat, functions and operators beyond the shareable core, choice elements
    without ofType().
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
            return self.repeated(select, this)
        if select.for_each is None:
            return self.body(select, this, index)
        elements = self.paths.items(select.for_each.tree, this, index)
        alias = self.alias("e")
        join = (
            f"LATERAL (SELECT unnest({elements.sql}) AS f, "
            f"generate_subscripts({elements.sql}, 1) - 1 AS i) AS {alias}"
        )
        inner = self.body(select, Items(f"[{alias}.f]", elements.type), f"{alias}.i")
        branches = [Branch((join, *one.joins), one.conditions, one.columns) for one in inner]
        if select.or_null:
            branches.append(self.null_branch(select, elements))
        return branches

    def repeated(self, select: Select, this: Items) -> list[Branch]:
        """Level after level as one lateral join each; data that go deeper are a SQL error."""
        joins: list[str] = []
        level = this
        for _ in range(_LEVELS + 1):
            found = [self.paths.items(path.tree, level, NO_INDEX) for path in select.repeat]
            alias = self.alias("r")
            reached = (
                f"list_concat({', '.join(one.sql for one in found)})" if len(found) > 1 else found[0].sql
            )
            joins.append(f"LATERAL (SELECT {reached} AS f) AS {alias}")
            kinds = {one.type for one in found}
            level = Items(f"{alias}.f", kinds.pop() if len(kinds) == 1 else "")
        lists = [join.rpartition(" ")[2] + ".f" for join in joins]
        guard = text(f"repeat goes more than {_LEVELS} levels deep; run the view in Python")
        whole = f"CASE WHEN len({lists[-1]}) > 0 THEN error({guard}) ELSE list_concat({', '.join(lists[:-1])}) END"
        element = self.alias("e")
        joins.append(f"LATERAL (SELECT unnest({whole}) AS f) AS {element}")
        inner = self.body(select, Items(f"[{element}.f]", level.type), NO_INDEX)
        return [Branch((*joins, *one.joins), one.conditions, one.columns) for one in inner]

    def alias(self, letter: str) -> str:
        self.aliases += 1
        return f"{letter}{self.aliases}"

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
