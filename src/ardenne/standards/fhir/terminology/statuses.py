"""Warnings about definitions that are withdrawn, deprecated, drafts or experiments."""

from __future__ import annotations

from typing import NamedTuple

from ardenne.standards.fhir.terminology.concepts import Json, canonical, dicts, standards_status, text_of
from ardenne.standards.fhir.terminology.messages import Finding, finding


class Doubt(NamedTuple):
    """A definition that should be used with care."""

    status: str
    """"withdrawn", "deprecated", "retired", "experimental" or "draft\""""
    resource_type: str
    reference: str

    def told(self) -> Finding:
        """The finding that tells it."""
        return finding(f"MSG_{self.status.upper()}", self.resource_type, self.reference)


def doubt(definition: Json, user: Json | None = None) -> Doubt | None:
    """What speaks against a definition; None when nothing does.

    A draft or an experiment is remarkable only for a `user` (a value set) that is neither.
    """
    status = _status(definition, user or {}, user is not None)
    if not status:
        return None
    reference = canonical(text_of(definition.get("url")), text_of(definition.get("version")))
    return Doubt(status, text_of(definition.get("resourceType")), reference)


def _status(definition: Json, user: Json, used: bool) -> str:
    standard = standards_status(dicts(definition.get("extension")))
    if standard in ("withdrawn", "deprecated"):
        return standard
    if definition.get("status") == "retired":
        return "retired"
    if not used:
        return ""
    if definition.get("experimental") is True and user.get("experimental") is not True:
        return "experimental"
    return "draft" if _is_draft(definition) and not _is_draft(user) else ""


def _is_draft(definition: Json) -> bool:
    return "draft" in (definition.get("status"), standards_status(dicts(definition.get("extension"))))
