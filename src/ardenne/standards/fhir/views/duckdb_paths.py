"""FHIRPath expressions of views as DuckDB SQL.

A collection is a SQL list of JSON values, a single value a SQL scalar. Only what views need is
translated; the rest raises NotInSql, and the caller runs the view in Python.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any, Final, NamedTuple

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.path.nodes import Collection, Element
from ardenne.standards.fhir.path.quantity import Quantity
from ardenne.standards.fhir.path.syntax import (
    Binary,
    Call,
    Chain,
    Expr,
    External,
    Indexer,
    Literal,
    Name,
    Special,
    Unary,
)
from ardenne.standards.fhir.path.temporal import Temporal
from ardenne.standards.fhir.path.typing import specifier

NUMBERS: Final = frozenset(("integer", "decimal", "positiveInt", "unsignedInt", "Integer", "Decimal"))
_MOMENTS: Final = frozenset(("date", "dateTime", "instant", "time", "Date", "DateTime", "Time"))


NO_INDEX: Final = ""
"""In place of the SQL of %rowIndex where the order of the elements is not known"""


class NotInSql(ValueError):
    """The view uses what is not translated to SQL; run it with `rows`."""


class Items(NamedTuple):
    """A collection: SQL of type JSON[], with the FHIR type of its items ("" when open)."""

    sql: str
    type: str


class Scalar(NamedTuple):
    """A single value: SQL of its natural type, NULL when empty; `type` is a System or FHIR type."""

    sql: str
    type: str


def text(value: str) -> str:
    """A SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


class Translator:
    """Translates expressions of one view."""

    def __init__(self, constants: dict[str, Collection]) -> None:
        self.constants = constants
        self.numbers = count(1)

    def variable(self) -> str:
        """A fresh name for a lambda."""
        return f"x{next(self.numbers)}"

    # ---- collections

    def items(self, node: Expr, this: Items, index: str) -> Items:
        """The node as a list. `index` is the SQL of %rowIndex."""
        match node:
            case Name(name=name):
                return this if name == this.type else self.member(this, name)
            case Special(name="this"):
                return this
            case Chain(first=first, steps=steps):
                return self.chain(first, steps, this, index)
            case Call():
                return self.call(node, this, this, index)
        scalar = self.scalar(node, this, index)
        return Items(_listed(scalar.sql), scalar.type)

    def chain(self, first: Expr, steps: tuple[Expr, ...], this: Items, index: str) -> Items:
        path = [first, *steps]
        current, place = this, 0
        while place < len(path):
            node = path[place]
            following = path[place + 1] if place + 1 < len(path) else None
            if isinstance(node, Name) and self.is_choice(current, node.name):
                current = self.choice(current, node.name, following)
                place += 2
                continue
            current = self.step(node, current, this, index) if place else self.items(node, this, index)
            place += 1
        return current

    def step(self, node: Expr, current: Items, this: Items, index: str) -> Items:
        match node:
            case Name(name=name):
                return self.member(current, name)
            case Indexer(index=place):
                number = self.scalar(place, this, index)
                return Items(f"({current.sql})[({number.sql}) + 1 : ({number.sql}) + 1]", current.type)
            case Call():
                return self.call(node, current, this, index)
        raise NotInSql("this step of a path is not translated to SQL")

    def is_choice(self, owner: Items, name: str) -> bool:
        found = definitions.child(owner.type, name) if owner.type else None
        return found is not None and found[0].choice

    def choice(self, owner: Items, name: str, following: Expr | None) -> Items:
        if not (isinstance(following, Call) and following.name in ("ofType", "as")):
            raise NotInSql(f"{name} has several types; follow it with ofType()")
        kind = specifier(following.arguments[0]).name
        return Items(self.children(owner.sql, name + kind[0].upper() + kind[1:]), kind)

    def member(self, owner: Items, name: str) -> Items:
        found = definitions.child(owner.type, name) if owner.type else None
        if found is not None and found[0].choice:
            raise NotInSql(f"{name} has several types; follow it with ofType()")
        kind = found[1][0] if found is not None and len(found[1]) == 1 else ""
        return Items(self.children(owner.sql, name), kind)

    def children(self, owner: str, key: str) -> str:
        x, y = self.variable(), self.variable()
        path = text(f'$."{key}"')
        many = text(f'$."{key}"[*]')
        single = f"[json_extract({x}, {path})]"
        found = f"CASE json_type({x}, {path}) WHEN 'ARRAY' THEN json_extract({x}, {many}) ELSE {single} END"
        flat = f"flatten(list_transform({owner}, lambda {x}: {found}))"
        return f"list_filter({flat}, lambda {y}: {y} IS NOT NULL AND json_type({y}) <> 'NULL')"

    def call(self, node: Call, current: Items, this: Items, index: str) -> Items:
        match node.name, node.arguments:
            case "where", (criteria,):
                x = self.variable()
                truth = self.truth(criteria, Items(f"[{x}]", current.type), index)
                return Items(
                    f"list_filter({current.sql}, lambda {x}: coalesce({truth}, false))", current.type
                )
            case "first", ():
                return Items(f"({current.sql})[1:1]", current.type)
            case "last", ():
                return Items(f"({current.sql})[-1:]", current.type)
            case "extension", (url,):
                x = self.variable()
                wanted = self.scalar(url, this, index).sql
                found = self.children(current.sql, "extension")
                return Items(f"list_filter({found}, lambda {x}: ({x}->>'$.url') = {wanted})", "Extension")
            case "ofType" | "as", (kind,):
                if current.type and specifier(kind).name == current.type:
                    return current
                raise NotInSql("ofType() is translated to SQL right after a choice element only")
            case "getResourceKey", ():
                return Items(self.children(current.sql, "id"), "id")
            case "getReferenceKey", arguments:
                return self.reference_key(current, specifier(arguments[0]).name if arguments else "")
        scalar = self.function(node, current, this, index)
        return Items(_listed(scalar.sql), scalar.type)

    def reference_key(self, current: Items, kind: str) -> Items:
        x, y = self.variable(), self.variable()
        pattern = text(f"(^|/){kind or '[A-Za-z]+'}/([^/]+)(/_history/[^/]*)?$")
        key = f"regexp_extract({x}->>'$.reference', {pattern}, 2)"
        found = f"list_transform({current.sql}, lambda {x}: {key})"
        return Items(
            f"list_transform(list_filter({found}, lambda {y}: {y} <> ''), lambda {y}: to_json({y}))", "id"
        )

    # ---- single values

    def scalar(self, node: Expr, this: Items, index: str) -> Scalar:
        """The node as one SQL value."""
        match node:
            case Literal(value=value):
                return _literal(value)
            case External(name="rowIndex"):
                if index == NO_INDEX:
                    raise NotInSql("%rowIndex within repeat is not translated to SQL")
                return Scalar(index, "Integer")
            case External(name=name) if name in self.constants:
                return self.constant(self.constants[name][0])
            case Unary(operator="-", operand=operand):
                value = self.scalar(operand, this, index)
                return Scalar(f"(-{value.sql})", value.type)
            case Binary(operator=operator) if operator in "+-*/":
                return self.arithmetic(node, this, index)
            case Binary():
                return Scalar(self.truth(node, this, index), "Boolean")
        last = node.steps[-1] if isinstance(node, Chain) else node
        if isinstance(last, Call) and last.name in _SCALAR_FUNCTIONS:
            before = this
            if isinstance(node, Chain):
                before = self.chain(node.first, node.steps[:-1], this, index)
            return self.function(last, before, this, index)
        return single(self.items(node, this, index))

    def constant(self, value: Any) -> Scalar:
        if type(value) is Element:
            plain = _literal(value.value)
            return Scalar(plain.sql, value.type.name)
        return _literal(value)

    def arithmetic(self, node: Binary, this: Items, index: str) -> Scalar:
        left, right = self.scalar(node.left, this, index), self.scalar(node.right, this, index)
        if left.type not in NUMBERS or right.type not in NUMBERS:
            raise NotInSql("arithmetic is translated to SQL for numbers only")
        return Scalar(f"({left.sql} {node.operator} {right.sql})", "Decimal")

    def function(self, node: Call, current: Items, this: Items, index: str) -> Scalar:
        match node.name, node.arguments:
            case "exists", ():
                return Scalar(f"(len({current.sql}) > 0)", "Boolean")
            case "exists", (criteria,):
                filtered = self.call(Call(node.at, "where", (criteria,)), current, this, index)
                return Scalar(f"(len({filtered.sql}) > 0)", "Boolean")
            case "empty", ():
                return Scalar(f"(len({current.sql}) = 0)", "Boolean")
            case "count", ():
                return Scalar(f"len({current.sql})", "Integer")
            case "not", ():
                return Scalar(f"(NOT {single(current).sql})", "Boolean")
            case "join", arguments:
                x = self.variable()
                separator = self.scalar(arguments[0], this, index).sql if arguments else "''"
                texts = f"list_transform({current.sql}, lambda {x}: {x}->>'$')"
                return Scalar(f"coalesce(array_to_string({texts}, {separator}), '')", "String")
        raise NotInSql(f"{node.name}() is not translated to SQL")

    # ---- truth

    def truth(self, node: Expr, this: Items, index: str) -> str:
        """The node as a SQL Boolean."""
        match node:
            case Binary(operator="and" | "or" as operator):
                left, right = self.truth(node.left, this, index), self.truth(node.right, this, index)
                return f"({left} {operator.upper()} {right})"
            case Binary(operator="=" | "!=" | "<" | ">" | "<=" | ">=" as operator):
                left_value, right_value = (
                    self.scalar(node.left, this, index),
                    self.scalar(node.right, this, index),
                )
                return compared(left_value, operator, right_value)
            case Binary(operator=operator):
                raise NotInSql(f"the operator {operator} is not translated to SQL")
        value = self.scalar(node, this, index)
        if value.type not in ("Boolean", "boolean"):
            raise NotInSql("a condition that is not Boolean is not translated to SQL")
        return value.sql


_SCALAR_FUNCTIONS: Final = frozenset(("exists", "empty", "count", "not", "join"))


def _listed(sql: str) -> str:
    return f"CASE WHEN {sql} IS NULL THEN []::JSON[] ELSE [to_json({sql})] END"


def _literal(value: Any) -> Scalar:
    if isinstance(value, bool):
        return Scalar("true" if value else "false", "Boolean")
    if isinstance(value, int):
        return Scalar(str(int(value)), "Integer")
    if isinstance(value, (float, Decimal)):
        return Scalar(f"{Decimal(str(value)):f}", "Decimal")
    if isinstance(value, str):
        return Scalar(text(value), "String")
    if isinstance(value, Quantity) or not isinstance(value, Temporal):
        raise NotInSql("quantities are not translated to SQL")
    return Scalar(text(str(value)), type(value).__name__)


def single(items: Items) -> Scalar:
    """The only item of a list; SQL error for several."""
    kind = items.type
    value = f"(({items.sql})[1]->>'$')"
    if kind in ("boolean", "Boolean"):
        value = f"CAST({value} AS BOOLEAN)"
    elif kind in NUMBERS:
        value = f"CAST({value} AS DECIMAL(38, 10))"
    guard = text("several values stand where one is needed; use first() or set collection to true")
    return Scalar(f"CASE WHEN len({items.sql}) > 1 THEN error({guard}) ELSE {value} END", kind)


def compared(left: Scalar, operator: str, right: Scalar) -> str:
    """A comparison with the rules of FHIRPath for partial dates."""
    if left.type in _MOMENTS and right.type in _MOMENTS:
        return _moments(left.sql, operator, right.sql)
    numeric = left.type in NUMBERS, right.type in NUMBERS
    if numeric[0] != numeric[1] or (operator not in ("=", "!=") and not (left.type and right.type)):
        raise NotInSql("a comparison of unlike or unknown types is not translated to SQL")
    return f"({left.sql} {'<>' if operator == '!=' else operator} {right.sql})"


def _moments(left: str, operator: str, right: str) -> str:
    """Same precision: by text, with an offset by instant. Otherwise only unequal beginnings tell."""
    sql_operator = "<>" if operator == "!=" else operator
    offset = "(Z|[+-]\\d\\d:\\d\\d)$"
    zoned = f"regexp_matches({left}, {text(offset)}) AND regexp_matches({right}, {text(offset)})"
    short = f"least(length({left}), length({right}))"
    return (
        f"(CASE WHEN {zoned} THEN CAST({left} AS TIMESTAMP) {sql_operator} CAST({right} AS TIMESTAMP) "
        f"WHEN length({left}) = length({right}) OR left({left}, {short}) <> left({right}, {short}) "
        f"THEN {left} {sql_operator} {right} END)"
    )
