"""How functions are declared: what they take, what they give, under which name.

A function is plain Python over plain values; the compiler evaluates arguments and wraps
results, so an implementation states the rule and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypeVar

from ..errors import FhirPathSemanticError
from ..syntax import Call

Input: TypeAlias = Literal["collection", "single", "text", "number"]
"""collection: the items as they are. single: the only System value; empty input gives an
empty result without calling; more than one item is an error. text and number: the same, of that type."""

Parameter: TypeAlias = Literal[
    "collection",  # all items, evaluated on the outer $this
    "value",  # one System value or None
    "text",  # one str or None
    "integer",  # one int or None
    "criteria",  # test(item, index, scope) -> bool | None
    "projection",  # each(item, index, scope) -> Collection
    "total",  # step(item, index, total, scope) -> Collection
    "expression",  # run(items, scope) -> Collection, evaluated on the input
    "condition",  # run(items, scope) -> bool | None, evaluated on the input
    "lazy",  # run() -> Collection, evaluated on the outer $this when called
    "key",  # (each, descending) of sort()
    "type",  # TypeSpecifier
]

Result: TypeAlias = Literal["collection", "value", "truth"]
"""value: one System value or None; truth: bool or None"""


class Function(NamedTuple):
    """A function as the compiler needs it."""

    name: str
    run: Callable[..., Any]
    input: Input
    parameters: tuple[Parameter, ...]
    required: int
    result: Result
    scoped: bool
    """whether `run` takes the Scope as its first argument"""
    repeating: bool
    """whether the last parameter may be given any number of times"""


FUNCTIONS: Final[dict[str, Function]] = {}

Run = TypeVar("Run", bound=Callable[..., Any])


def function(
    name: str,
    *parameters: Parameter,
    input: Input = "collection",
    result: Result = "collection",
    required: int | None = None,
    scoped: bool = False,
    repeating: bool = False,
) -> Callable[[Run], Run]:
    """Declare the decorated function under `name`; `required` counts the obligatory parameters."""

    def declare(run: Run) -> Run:
        least = len(parameters) if required is None else required
        FUNCTIONS[name] = Function(name, run, input, parameters, least, result, scoped, repeating)
        return run

    return declare


def find(call: Call) -> Function:
    """The function that `call` names. Raises FhirPathSemanticError with the nearest name, or
    when the number of arguments is wrong."""
    known = FUNCTIONS.get(call.name)
    if known is None:
        raise FhirPathSemanticError(f"there is no function {call.name}(){_similar(call.name)}")
    given = len(call.arguments)
    if given < known.required or (given > len(known.parameters) and not known.repeating):
        most = "any number" if known.repeating else str(len(known.parameters))
        need = str(known.required) if most == str(known.required) else f"{known.required} to {most}"
        raise FhirPathSemanticError(f"{call.name}() takes {need} arguments, not {given}")
    return known


def _similar(name: str) -> str:
    lowered = name.lower()
    for known in FUNCTIONS:
        if known.lower() == lowered or known.lower().startswith(lowered) or lowered.startswith(known.lower()):
            return f"; did you mean {known}()?"
    return ""
