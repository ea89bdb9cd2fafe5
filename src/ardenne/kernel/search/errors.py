"""What can be wrong with a search."""

from __future__ import annotations

from ardenne.standards.fhir.outcome import Issue


class SearchError(ValueError):
    """The search cannot be answered as it was asked; the issue says which parameter and how to mend it."""

    status = 400

    def __init__(self, parameter: str, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.parameter = parameter
        self.issue = Issue(
            "error", code, "", f"Search parameter '{parameter}': {message}", "search-parameter"
        )


class UnknownParameter(SearchError):
    """The type has no such search parameter."""

    def __init__(self, parameter: str, resource_type: str) -> None:
        super().__init__(
            parameter,
            f"{resource_type or 'The server'} has no such search parameter. "
            "The CapabilityStatement (/fhir/metadata) lists those there are.",
            "not-supported",
        )


class NotIndexedYet(SearchError):
    """The parameter is custom and what is stored is still being indexed for it."""

    status = 503

    def __init__(self, parameter: str, resource_type: str, source: str) -> None:
        super().__init__(
            parameter,
            f"{resource_type} is still being indexed for it. Its progress is told by "
            f"/fhir/SearchParameter/{source}/$reindex.",
            "transient",
        )
