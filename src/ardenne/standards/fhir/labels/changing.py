"""A resource with another level of confidentiality (pure)."""

from __future__ import annotations

from typing import Any

from ardenne.standards.fhir.labels.categories import Level
from ardenne.standards.fhir.labels.labelling import CONFIDENTIALITY

Json = dict[str, Any]

CONFIDENTIALITY_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_CODES = {Level.RESTRICTED: "R", Level.SECRET: "V"}


def with_level(resource: Json, level: Level) -> Json:
    """Return a copy whose confidentiality is ``level`` in ``meta.security`` and, where it has one, in ``securityLabel``.

    Other labels (sensitivity, embargo) stay. Composition.confidentiality is the author's and stays.
    """
    meta = dict(resource.get("meta", {}))
    security = [coding for coding in meta.get("security", []) if not _is_level(coding)]
    if level in _CODES:
        security.append({"system": CONFIDENTIALITY_SYSTEM, "code": _CODES[level]})
    meta = _with(meta, "security", security)
    changed = _with(resource, "meta", meta)
    if "securityLabel" in resource:
        concepts = [_stripped(concept) for concept in resource["securityLabel"]]
        changed = _with(changed, "securityLabel", [concept for concept in concepts if concept])
    return changed


def _is_level(coding: Json) -> bool:
    return coding.get("system", "") in CONFIDENTIALITY or not coding.get("system")


def _stripped(concept: Json) -> Json:
    if "coding" not in concept:
        return concept
    kept = [coding for coding in concept["coding"] if not _is_level(coding)]
    return _with(concept, "coding", kept) if kept else {}


def _with(holder: Json, name: str, value: list[Any] | Json) -> Json:
    changed = dict(holder)
    if value:
        changed[name] = value
    else:
        changed.pop(name, None)
    return changed
