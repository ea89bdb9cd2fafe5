"""The answer while it is built, with the rules of @flatten and @singleton for its lists."""

from __future__ import annotations

from typing import Any

from .errors import GraphQLError
from .syntax import Field


class Answer:
    """Properties in the order in which they came."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def put(self, key: str, value: Any, field: Field) -> None:
        """Set a property. The same field selected twice is merged, another value refused."""
        if key in self.values:
            self.values[key] = _merged(self.values[key], value, key, field)
        else:
            self.values[key] = value

    def add(self, key: str, value: Any, field: Field, many: bool) -> None:
        """Add to the list of a property, or set it when it is no list."""
        if not many:
            if key in self.values and not (isinstance(self.values[key], dict) and isinstance(value, dict)):
                if self.values[key] == value:
                    return
                raise GraphQLError(
                    f"{key} has several values but is @singleton; use an alias or @first.", *field.at
                )
            self.put(key, value, field)
            return
        existing = self.values.setdefault(key, [])
        if not isinstance(existing, list):
            raise GraphQLError(f"{key} is selected as a list and as a single value; use an alias.", *field.at)
        if existing and type(existing[0]) is not type(value):
            raise GraphQLError(f"{key} would mix values of several types; use an alias.", *field.at)
        existing.append(value)


def _merged(one: Any, other: Any, key: str, field: Field) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **other}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_merged(a, b, key, field) for a, b in zip(one, other, strict=True)]
    if one == other:
        return one
    raise GraphQLError(f"{key} is selected twice with different content; use an alias.", *field.at)
