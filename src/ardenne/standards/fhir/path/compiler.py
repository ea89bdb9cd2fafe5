"""From the syntax tree to Python closures.

Every node can be compiled for three purposes: for all its items (`collection`), for one
System value (`value`), or for its truth (`truth`). Expressions of conditions are thus
evaluated without building collections of booleans.

A compiled node is called with `this`, the collection that `$this` stands for, and the scope.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias

from . import functions
from .arithmetic import OPERATIONS, negative, positive
from .coercion import EMPTY, Evaluate, Truth, Value, as_collection, as_truth, as_value, single_value
from .equality import distinct, equal_collections, equivalent_collections
from .errors import FhirPathSemanticError
from .functions import views
from .functions.registry import Function, Parameter
from .navigation import SPECIALS, at, members, start
from .nodes import Collection, Item
from .operators import LOGIC, TRUTH_OPERATORS, comparison, equals_text, joined_text, membership
from .scope import Scope, variable
from .syntax import (
    Binary,
    Call,
    Chain,
    Empty,
    Expr,
    External,
    Indexer,
    Literal,
    Name,
    SortKey,
    Special,
    TypeOperation,
    Unary,
    walk,
)
from .typing import as_type, is_type, of_type, resolved, specifier

Step: TypeAlias = Callable[[Collection, Collection, Scope], Any]
"""(input items, outer $this, scope) -> result as the function declares it"""


_INPUTS: Final[dict[str, Callable[[Collection], Any]]] = {
    "single": as_value,
    "text": partial(single_value, "text"),
    "number": partial(single_value, "number"),
}


class Compiler:
    """Compiles the nodes of one expression. `lenient_as` lets `as` filter collections, which
    expressions of the R4 definitions rely on; `for_views` makes join() of nothing ''."""

    def __init__(self, lenient_as: bool = False, for_views: bool = False) -> None:
        self.lenient_as = lenient_as
        self.for_views = for_views

    # ---- for all items

    def collection(self, node: Expr) -> Evaluate:
        """The items of the node."""
        match node:
            case Literal(value=value):
                items = as_collection(value)
                return lambda this, scope: items
            case Empty():
                return lambda this, scope: EMPTY
            case Name(name=name):
                first = start(name)
                return lambda this, scope: first(this)
            case Special(name=name):
                return SPECIALS[name]
            case External(name=name):
                return lambda this, scope: variable(scope, name)
            case Call():
                return self.call(node)
            case Chain():
                return self.chain(node.first, node.steps)
            case Unary():
                return self.unary(node)
            case TypeOperation():
                return self.type_operation(node)
            case Binary():
                return self.binary(node)
        raise FhirPathSemanticError("asc and desc belong into sort()")

    def chain(self, first: Expr, steps: tuple[Expr, ...]) -> Evaluate:
        begin = self.collection(first)
        rest = tuple(self.collection_step(step) for step in _joined(steps))
        if len(rest) == 1:
            only = rest[0]
            return lambda this, scope: only(begin(this, scope), this, scope)

        def run(this: Collection, scope: Scope) -> Collection:
            items = begin(this, scope)
            for step in rest:
                items = step(items, this, scope)
            return items

        return run

    def collection_step(self, node: Expr | tuple[str, ...]) -> Step:
        match node:
            case tuple():
                walk_names = members(node)
                return lambda items, this, scope: walk_names(items)
            case Indexer(index=index):
                place = self.value(index)
                return lambda items, this, scope: at(items, place(this, scope))
            case Special():
                special = self.collection(node)
                return lambda items, this, scope: special(this, scope)
            case Call():
                known = functions.find(node)
                step = self.step(known, node)
                if known.result == "collection":
                    return step
                return lambda items, this, scope: as_collection(step(items, this, scope))
        raise FhirPathSemanticError("a path goes on with a name, a function or an index")

    def call(self, node: Call) -> Evaluate:
        step = self.collection_step(node)
        return lambda this, scope: step(this, this, scope)

    def unary(self, node: Unary) -> Evaluate:
        operand = self.value(node.operand)
        operation = negative if node.operator == "-" else positive

        def run(this: Collection, scope: Scope) -> Collection:
            value = operand(this, scope)
            return EMPTY if value is None else as_collection(operation(value))

        return run

    def type_operation(self, node: TypeOperation) -> Evaluate:
        kind = resolved(node.type)
        operand = self.collection(node.operand)
        if node.operator == "is":
            return lambda this, scope: as_collection(is_type(operand(this, scope), kind))
        lenient = self.lenient_as
        return lambda this, scope: as_type(operand(this, scope), kind, lenient)

    def binary(self, node: Binary) -> Evaluate:
        if node.operator in TRUTH_OPERATORS:
            truth = self.truth(node)
            return lambda this, scope: as_collection(truth(this, scope))
        if node.operator == "|":
            left, right = self.operand(node.left), self.operand(node.right)
            return lambda this, scope: distinct([*left(this, scope), *right(this, scope)])
        one, other = self.value(node.left), self.value(node.right)
        if node.operator == "&":
            return lambda this, scope: [joined_text(one(this, scope), other(this, scope))]
        operation = OPERATIONS[node.operator]

        def run(this: Collection, scope: Scope) -> Collection:
            a, b = one(this, scope), other(this, scope)
            return EMPTY if a is None or b is None else as_collection(operation(a, b))

        return run

    def operand(self, node: Expr) -> Evaluate:
        """Like `collection`, in its own scope when it defines variables."""
        run = self.collection(node)
        if not _defines(node):
            return run
        return lambda this, scope: run(this, scope.fork())

    # ---- for one value

    def value(self, node: Expr) -> Value:
        """The single System value of the node, None when empty."""
        if isinstance(node, Literal):
            constant = node.value
            return lambda this, scope: constant
        if isinstance(node, Call | Chain):
            direct = self.direct(node, ("value", "truth"))
            if direct is not None:
                return direct
        run = self.operand(node)

        def value(this: Collection, scope: Scope) -> Any:
            items = run(this, scope)
            return as_value(items) if items else None

        return value

    def direct(self, node: Call | Chain, results: tuple[str, ...]) -> Value | None:
        """The result of a path's last function without the way through a collection."""
        last = node if isinstance(node, Call) else node.steps[-1]
        if not isinstance(last, Call) or _defines(node):
            return None
        known = functions.find(last)
        if known.result not in results:
            return None
        step = self.step(known, last)
        if isinstance(node, Call):
            return lambda this, scope: step(this, this, scope)
        before = (
            self.chain(node.first, node.steps[:-1]) if len(node.steps) > 1 else self.collection(node.first)
        )
        return lambda this, scope: step(before(this, scope), this, scope)

    # ---- for truth

    def truth(self, node: Expr) -> Truth:
        """The truth of the node, None when empty."""
        match node:
            case Binary(operator="and" | "or" | "xor" | "implies"):
                return LOGIC[node.operator](self.truth(node.left), self.truth(node.right))
            case Binary(operator="=" | "!="):
                return self.equality(node)
            case Binary(operator="~" | "!~"):
                left, right = self.operand(node.left), self.operand(node.right)
                wanted = node.operator == "~"
                return lambda this, scope: (
                    equivalent_collections(left(this, scope), right(this, scope)) is wanted
                )
            case Binary(operator="<" | ">" | "<=" | ">="):
                return comparison(node.operator, self.value(node.left), self.value(node.right))
            case Binary(operator="in"):
                return membership(self.operand(node.left), self.operand(node.right))
            case Binary(operator="contains"):
                return membership(self.operand(node.right), self.operand(node.left))
            case TypeOperation(operator="is"):
                operand, kind = self.operand(node.operand), resolved(node.type)
                return lambda this, scope: is_type(operand(this, scope), kind)
            case Call() | Chain():
                direct = self.direct(node, ("truth",))
                if direct is not None:
                    return direct
        run = self.operand(node)

        def truth(this: Collection, scope: Scope) -> bool | None:
            items = run(this, scope)
            return as_truth(items) if items else None

        return truth

    def equality(self, node: Binary) -> Truth:
        wanted = node.operator == "="
        left = self.operand(node.left)
        if isinstance(node.right, Literal) and type(node.right.value) is str:
            return equals_text(left, node.right.value, wanted)
        right = self.operand(node.right)

        def run(this: Collection, scope: Scope) -> bool | None:
            same = equal_collections(left(this, scope), right(this, scope))
            return None if same is None else same is wanted

        return run

    # ---- functions

    def step(self, known: Function, node: Call) -> Step:
        """A call as a step of a path."""
        run, scoped = known.run, known.scoped
        if self.lenient_as and known.name == "as":
            run = of_type
        if self.for_views and known.name == "join":
            run = views.join
        convert = _INPUTS.get(known.input)
        last = len(known.parameters) - 1
        arguments = tuple(
            self.argument(known.parameters[min(place, last)], argument)
            for place, argument in enumerate(node.arguments)
        )
        if convert is None and not scoped:
            if not arguments:
                return lambda items, this, scope: run(items)
            if len(arguments) == 1:
                only = arguments[0]
                return lambda items, this, scope: run(items, only(this, scope))
        if convert is None and len(arguments) == 1:
            single = arguments[0]
            return lambda items, this, scope: run(scope, items, single(this, scope))

        def step(items: Collection, this: Collection, scope: Scope) -> Any:
            subject: Any = items
            if convert is not None:
                subject = convert(items)
                if subject is None:
                    return EMPTY if known.result == "collection" else None
            given = [argument(this, scope) for argument in arguments]
            return run(scope, subject, *given) if scoped else run(subject, *given)

        return step

    def argument(self, kind: Parameter, node: Expr) -> Value:
        """How an argument is handed to the function."""
        match kind:
            case "collection":
                return self.operand(node)
            case "value":
                return self.value(node)
            case "text" | "integer":
                return self.checked(node, kind)
            case "type":
                given: Any = specifier(node)
            case "criteria":
                given = self.each(node, self.truth(node))
            case "projection":
                given = self.each(node, self.collection(node))
            case "total":
                run = self.collection(node)
                given = lambda item, index, total, scope: run([item], scope.with_total(index, total))  # noqa: E731
            case "expression":
                given = self.operand(node)
            case "condition":
                given = self.truth(node)
            case "key":
                given = self.sort_key(node)
            case _:
                late = self.operand(node)
                return lambda this, scope: lambda: late(this, scope)
        return lambda this, scope: given

    def checked(self, node: Expr, kind: str) -> Value:
        if isinstance(node, Literal):
            constant = single_value(kind, [node.value])
            return lambda this, scope: constant
        run = self.operand(node)
        return lambda this, scope: single_value(kind, run(this, scope))

    def each(self, node: Expr, run: Callable[[Collection, Scope], Any]) -> Callable[[Item, int, Scope], Any]:
        """An argument that is evaluated for each item."""
        if any(isinstance(part, Special) and part.name == "index" for part in walk(node)) or _defines(node):
            return lambda item, index, scope: run([item], scope.at(index))
        return lambda item, index, scope: run([item], scope)

    def sort_key(self, node: Expr) -> tuple[Callable[[Item, Scope], Any], bool, bool]:
        """The key, whether it sorts downwards, and whether empty keys then come last.

        `-family` is the older spelling of `family desc`, which puts empty keys first."""
        descending = isinstance(node, SortKey) and node.descending
        key = node.key if isinstance(node, SortKey) else node
        empty_last = descending
        if isinstance(key, Unary) and key.operator == "-":
            descending, key = not descending, key.operand
        value = self.value(key)
        return (lambda item, scope: value([item], scope)), descending, empty_last


def _defines(node: Expr) -> bool:
    return any(isinstance(part, Call) and part.name == "defineVariable" for part in walk(node))


def _joined(steps: tuple[Expr, ...]) -> list[Expr | tuple[str, ...]]:
    """Steps with neighbouring names put together."""
    out: list[Expr | tuple[str, ...]] = []
    for step in steps:
        if not isinstance(step, Name):
            out.append(step)
        elif out and isinstance(out[-1], tuple):
            out[-1] = (*out[-1], step.name)
        else:
            out.append((step.name,))
    return out
