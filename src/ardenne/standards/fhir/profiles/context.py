"""What a full validation knows besides the resource: definitions, codes, other resources, and how strict to be."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, Protocol

import msgspec

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.profiles.codes import PublishedCodes

Json = dict[str, Any]


class CodeChecker(Protocol):
    """Answers about codes. None means: the code system or value set is not known here."""

    def known(self, system: str, code: str, version: str = "") -> bool | None:
        """Whether the code system has the code."""

    def member(self, value_set: str, system: str, code: str) -> bool | None:
        """Whether the value set (URL, perhaps with |version) has the code; `system` "" for bare codes."""

    def displays(self, system: str, code: str) -> tuple[str, ...] | None:
        """The names that the code may be shown by."""


class Options(msgspec.Struct, frozen=True):
    """Choices that the specification leaves to the place where validation happens."""

    unknown_extensions: Literal["error", "warning", "information"] = "warning"
    unknown_profiles: Literal["error", "warning"] = "warning"
    wrong_display: Literal["error", "warning"] = "warning"
    html_in_text: bool = True  # False: strings that look like HTML are errors (security)
    html_in_markdown: bool = True  # False: markdown with HTML tags is an error
    example_urls: bool = True  # False: addresses at example.org are errors
    experimental: bool = True  # False: experimental definitions are errors
    publication: bool = False  # rules for what HL7 itself publishes
    references_exist: bool = False  # every relative reference must be found
    contained: bool = True  # whether contained resources are validated
    undecided_fails: bool = True  # an invariant that compares a day with an hour of it counts as failed
    vital_signs: bool = True  # Observations with vital signs codes must meet the R4 vital signs profiles


@lru_cache(maxsize=512)
def published_structure(url: str) -> Json | None:
    """A StructureDefinition of R4 by URL or type name, kept for the next time: do not change it."""
    return definitions.structure_definition(url)


class Context(msgspec.Struct):
    """The surroundings of a validation. Everything has a default that knows what R4 publishes."""

    structure: Callable[[str], Json | None] = published_structure
    codes: CodeChecker = msgspec.field(default_factory=PublishedCodes)
    resolve: Callable[[str], Json | None] | None = None  # literal reference or canonical -> resource
    options: Options = Options()
