"""What a resource offers to search, per kind of search parameter."""

from typing import Any


class Values:
    """The searchable values of one resource. Every list holds plain tuples that start with the parameter.

    - `tokens` (param, system, code): "" for a missing system or code; `code` elements carry the system
      that their binding implies, a ContactPoint the kind ("phone") in place of the system
    - `displays` (param, text): texts of codings and concepts, for `:text`
    - `typed_identifiers` (param, type system, type code, value): for `:of-type`
    - `references` (param, reference): literal as written without version; canonical with version;
      references to contained resources are left out
    - `identifiers` (param, system, value): logical references, for `:identifier`
    - `strings` (param, text): raw text of each part
    - `dates` (param, low, high): half-open microseconds, see `ardenne.standards.fhir.dates`
    - `numbers` (param, low, high)
    - `quantities` (param, low, high, system, code, unit): infinite where a comparator opens the end
    - `uris` (param, uri)
    - `positions` (param, latitude, longitude)
    - `composites` (param, Values of component 1, Values of component 2, ...): one for each base element of
      composite parameters whose base is not the resource itself
    """

    __slots__ = (
        "composites",
        "dates",
        "displays",
        "identifiers",
        "numbers",
        "positions",
        "quantities",
        "references",
        "strings",
        "tokens",
        "typed_identifiers",
        "uris",
    )

    def __init__(self) -> None:
        self.tokens: list[tuple[str, str, str]] = []
        self.displays: list[tuple[str, str]] = []
        self.typed_identifiers: list[tuple[str, str, str, str]] = []
        self.references: list[tuple[str, str]] = []
        self.identifiers: list[tuple[str, str, str]] = []
        self.strings: list[tuple[str, str]] = []
        self.dates: list[tuple[str, int, int]] = []
        self.numbers: list[tuple[str, float, float]] = []
        self.quantities: list[tuple[str, float, float, str, str, str]] = []
        self.uris: list[tuple[str, str]] = []
        self.positions: list[tuple[str, float, float]] = []
        self.composites: list[tuple[Any, ...]] = []

    def __bool__(self) -> bool:
        """Whether there is any value."""
        return any(getattr(self, name) for name in self.__slots__)

    def __repr__(self) -> str:
        shown = [f"{name}={getattr(self, name)!r}" for name in self.__slots__ if getattr(self, name)]
        return f"Values({', '.join(shown)})"
