"""What an evaluation knows besides the data: variables, helpers, the clock and its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from .errors import FhirPathExecutionError, FhirPathLimitError
from .nodes import Collection, Item

MOST_STEPS: Final = 1_000_000
"""Items that one evaluation may look at in iterating functions; about a second of work."""

MOST_ROUNDS: Final = 2_000
"""Rounds of one repeat(). Data are at most some hundred levels deep."""

LONGEST_TEXT: Final = 2_000_000
"""Characters of a text that a function may build."""


class Resolver(Protocol):
    """Finds what a reference points to outside the resource at hand."""

    def __call__(self, reference: str) -> dict[str, Any] | None:
        """The resource, or None when it cannot be found."""
        ...


class Terminology(Protocol):
    """Answers about codes. None means: the code system or value set is not known here."""

    def member_of(self, system: str, code: str, value_set: str) -> bool | None:
        """Whether the code is in the value set; `system` may be empty."""
        ...

    def subsumes(self, system: str, code: str, other: str) -> bool | None:
        """Whether `code` is `other` or one of its ancestors."""
        ...


class Profiles(Protocol):
    """Checks resources against profiles."""

    def __call__(self, resource: dict[str, Any], profile: str) -> bool | None:
        """Whether the resource conforms; None when the profile is not known."""
        ...


class Environment:
    """What stays the same during one evaluation."""

    __slots__ = (
        "_now",
        "context",
        "helpers",
        "items",
        "resource",
        "root_resource",
        "spent",
    )

    def __init__(
        self,
        context: Item,
        resource: Item,
        root_resource: Item,
        helpers: Helpers,
        items: Mapping[str, Collection],
        now: datetime | None,
    ) -> None:
        self.context = context
        self.resource = resource
        self.root_resource = root_resource
        self.helpers = helpers
        self.items = items
        self.spent = 0
        self._now = now

    @property
    def now(self) -> datetime:
        """The moment of this evaluation: the same for every now(), today() and timeOfDay()."""
        if self._now is None:
            self._now = datetime.now(UTC).astimezone()
        return self._now

    def spend(self, steps: int) -> None:
        """Count work. Raises FhirPathLimitError when it exceeds MOST_STEPS."""
        self.spent += steps
        if self.spent > MOST_STEPS:
            raise FhirPathLimitError(
                f"the expression looks at more than {MOST_STEPS} items; narrow the paths that it iterates over"
            )


class Helpers:
    """What the caller lends: reference resolution, terminology, profiles and a log."""

    __slots__ = ("profiles", "resolver", "terminology", "trace")

    def __init__(
        self,
        resolver: Resolver | None = None,
        terminology: Terminology | None = None,
        profiles: Profiles | None = None,
        trace: Callable[[str, list[Any]], None] | None = None,
    ) -> None:
        self.resolver = resolver
        self.terminology = terminology
        self.profiles = profiles
        self.trace = trace


NO_HELPERS: Final = Helpers()


class Scope:
    """Where an expression stands: `$index`, `$total` and what defineVariable() added."""

    __slots__ = ("environment", "index", "total", "variables")

    def __init__(
        self,
        environment: Environment,
        variables: dict[str, Collection],
        index: int | None = None,
        total: Collection | None = None,
    ) -> None:
        self.environment = environment
        self.variables = variables
        self.index = index
        self.total = total

    def at(self, index: int) -> Scope:
        """The scope of the item at `index` of an iteration."""
        return Scope(self.environment, self.variables.copy(), index, self.total)

    def with_total(self, index: int, total: Collection) -> Scope:
        """The scope of one step of aggregate()."""
        return Scope(self.environment, self.variables.copy(), index, total)

    def fork(self) -> Scope:
        """A scope whose new variables stay invisible here."""
        return Scope(self.environment, self.variables.copy(), self.index, self.total)

    def define(self, name: str, value: Collection) -> None:
        """Add a variable. Raises FhirPathExecutionError when the name is taken."""
        if name in self.variables or is_defined(self, name):
            raise FhirPathExecutionError(f"%{name} is defined already; choose another name")
        self.variables[name] = value


_FIXED: Final = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}
_OF_RESOURCE: Final = ("context", "resource", "rootResource")


def is_defined(scope: Scope, name: str) -> bool:
    """Whether `%name` has a meaning that defineVariable() may not change."""
    return name in _FIXED or name in _OF_RESOURCE or name in scope.environment.items


def variable(scope: Scope, name: str) -> Collection:
    """The value of `%name` (FHIR R4, FHIRPath: environment variables).

    Raises FhirPathExecutionError for an unknown name.
    """
    known = scope.variables.get(name)
    if known is None:
        known = scope.environment.items.get(name)
    if known is not None:
        return known
    environment = scope.environment
    match name:
        case "resource":
            return [environment.resource] if environment.resource is not None else []
        case "rootResource":
            return [environment.root_resource] if environment.root_resource is not None else []
        case "context":
            return [environment.context] if environment.context is not None else []
    return [_constant(name)]


def _constant(name: str) -> str:
    if name in _FIXED:
        return _FIXED[name]
    if name.startswith("vs-"):
        return "http://hl7.org/fhir/ValueSet/" + name[3:]
    if name.startswith("ext-"):
        return "http://hl7.org/fhir/StructureDefinition/" + name[4:]
    raise FhirPathExecutionError(f"%{name} is not defined; pass it as a variable or use defineVariable()")
