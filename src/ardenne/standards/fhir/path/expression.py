"""A compiled expression and the ways to evaluate it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import DecimalException
from functools import lru_cache
from typing import Any

from .check import Checker
from .compiler import Compiler
from .conversion import to_python
from .errors import FhirPathLimitError
from .nodes import Collection, Element, root_element
from .parser import parse
from .scope import NO_HELPERS, Environment, Helpers, Scope
from .syntax import Expr


class Expression:
    """An expression that can be evaluated any number of times, also by several threads.

    All methods take `value`: a resource, or any other dict with `type_name` telling its type
    ("HumanName", "Observation.component"). `resource` and `root_resource` are what %resource
    and %rootResource mean; both default to `value`.
    """

    __slots__ = ("evaluate", "text", "tree", "truth")

    def __init__(self, text: str, tree: Expr, compiler: Compiler) -> None:
        self.text = text
        self.tree = tree
        self.evaluate = compiler.operand(tree)
        """(items that $this stands for, scope) -> items; the bare closure, for callers that keep
        their own scope"""
        self.truth = compiler.truth(tree)
        """the same for the truth of the result"""

    def items(
        self,
        value: Any,
        type_name: str = "",
        *,
        resource: Any = None,
        root_resource: Any = None,
        variables: Mapping[str, Any] | None = None,
        helpers: Helpers = NO_HELPERS,
        now: datetime | None = None,
    ) -> Collection:
        """The result with types: Elements and System values."""
        this, scope = _begin(value, type_name, resource, root_resource, variables, helpers, now)
        try:
            return self.evaluate(this, scope)
        except (RecursionError, DecimalException) as reason:
            raise FhirPathLimitError(f"{self.text[:80]!r} exceeds what can be computed") from reason

    def check(self, type_name: str = "", *, ordered: bool = False, strict: bool = False) -> None:
        """Raises FhirPathSemanticError when the expression can make no sense for values of the
        type: unknown elements, wrong operand types. `ordered`: also refuses to take the n-th
        item of a collection without order. `strict`: conditions must be Boolean."""
        Checker(ordered, strict).check(self.tree, type_name)

    def values(self, value: Any, type_name: str = "", **options: Any) -> list[Any]:
        """The result as plain Python values; takes the options of `items`."""
        return [
            item.value if type(item) is Element else to_python(item)
            for item in self.items(value, type_name, **options)
            if type(item) is not Element or item.value is not None
        ]

    def test(
        self,
        value: Any,
        type_name: str = "",
        *,
        resource: Any = None,
        root_resource: Any = None,
        variables: Mapping[str, Any] | None = None,
        helpers: Helpers = NO_HELPERS,
        now: datetime | None = None,
    ) -> bool | None:
        """The truth of the result, as an invariant needs it; None when it is empty."""
        this, scope = _begin(value, type_name, resource, root_resource, variables, helpers, now)
        try:
            return self.truth(this, scope)
        except (RecursionError, DecimalException) as reason:
            raise FhirPathLimitError(f"{self.text[:80]!r} exceeds what can be computed") from reason


def _begin(
    value: Any,
    type_name: str,
    resource: Any,
    root_resource: Any,
    variables: Mapping[str, Any] | None,
    helpers: Helpers,
    now: datetime | None,
) -> tuple[Collection, Scope]:
    root = root_element(value, type_name) if value is not None else None
    holder = root if resource is None else root_element(resource)
    outermost = holder if root_resource is None else root_element(root_resource)
    given = {name: _as_items(one) for name, one in variables.items()} if variables else {}
    environment = Environment(root, holder, outermost, helpers, given, now)
    return ([] if root is None else [root]), Scope(environment, {})


def _as_items(value: Any) -> Collection:
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [root_element(one) if isinstance(one, (dict, float, Element)) else one for one in values]


@lru_cache(4096)
def compile_typed(expression: str, *, lenient_as: bool = False, for_views: bool = False) -> Expression:
    """The compiled expression, from a cache of the last 4,096.

    `lenient_as`: `as` filters a collection of several items instead of refusing it. The search
    parameters and invariants of R4 are written that way. `for_views`: join() of nothing is '', as
    SQL on FHIR has it.
    """
    return Expression(expression, parse(expression), Compiler(lenient_as, for_views))
