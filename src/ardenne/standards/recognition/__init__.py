"""What is this file, whose is it, and what does it say? Pure: bytes in, an answer out.

`recognise` answers with a `Recognised`, or with a `Refusal` that says which rule failed, where, what was
found and how to mend it, in words for the person who made the file.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ardenne.standards.recognition.kinds import dispatch, may_be_structured
from ardenne.standards.recognition.result import SUBJECT, File, Recognised, Relation
from ardenne.standards.recognition.unpack import is_packed, unpack
from ardenne.standards.refusal import Refusal, Refused

__all__ = [
    "SUBJECT",
    "File",
    "Recognised",
    "Refusal",
    "Relation",
    "is_packed",
    "may_be_structured",
    "recognise",
    "unpack",
]

_NO_NAMESPACES: Mapping[str, str] = MappingProxyType({})


def recognise(
    data: bytes,
    name: str = "",
    sidecar: Mapping[str, Any] | None = None,
    *,
    zone: datetime.tzinfo | None = None,
    namespaces: Mapping[str, str] = _NO_NAMESPACES,
) -> Recognised | Refusal:
    """Recognise one file.

    `name` is only used in messages. `sidecar` describes a PDF, text or picture (see `described`).
    `zone` is that of the sender: times written without zone are read in it; without it they are cut
    to their date. `namespaces` maps names of assigning authorities in HL7 v2 messages to URIs.
    """
    try:
        return dispatch(data, name, sidecar, zone, namespaces)
    except Refused as refused:
        return refused.refusal
