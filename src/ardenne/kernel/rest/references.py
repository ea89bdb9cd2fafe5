"""Rewriting the references of a transaction inside the JSON, without touching anything else.

Every link to the ``fullUrl`` of an entry becomes the address that the server gave to it (R4, RESTful
API, 3.1.0.11.2): references, values of type uri, url, oid and uuid, and links in narratives. The value
of an Identifier is no link and stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ardenne.kernel.rest.errors import refuse

_MEMBER = re.compile(rb'"(\w+)"\s*:\s*"([^"\\]+)"')
_BARE = re.compile(rb'([\[,]\s*)"(urn:(?:uuid|oid):[^"\\]+)"')
_IN_NARRATIVE = re.compile(rb'((?:href|src)=\\")([^"\\]+)(\\")')
_CONDITIONAL = re.compile(rb'"reference"\s*:\s*"([A-Za-z]+\?[^"\\]*)"')
_NO_LINK = frozenset({b"value", b"id", b"display", b"div", b"system", b"code", b"text", b"title"})


def rewrite(content: bytes, targets: Mapping[bytes, bytes]) -> bytes:
    """Return the JSON with every link in ``targets`` replaced."""
    if not targets:
        return content

    def member(match: re.Match[bytes]) -> bytes:
        if match[1] in _NO_LINK:
            return match[0]
        link, bar, fragment = match[2].partition(b"#")
        new = targets.get(link)
        return match[0] if new is None else b'"%b":"%b%b%b"' % (match[1], new, bar, fragment)

    def bare(match: re.Match[bytes]) -> bytes:
        new = targets.get(match[2])
        return match[0] if new is None else b'%b"%b"' % (match[1], new)

    def narrative(match: re.Match[bytes]) -> bytes:
        return match[1] + targets.get(match[2], match[2]) + match[3]

    content = _MEMBER.sub(member, content)
    if b"urn:" in content:
        content = _BARE.sub(bare, content)
    if b'=\\"' in content:
        content = _IN_NARRATIVE.sub(narrative, content)
    return content


def conditional(content: bytes) -> set[str]:
    """Return the conditional references (``Patient?identifier=…``) in the JSON."""
    return {match.decode() for match in _CONDITIONAL.findall(content)} if b"?" in content else set()


def check_resolved(content: bytes, known: Callable[[str], bool], place: str) -> None:
    """Raise RestError when a ``urn:uuid`` reference leads to no entry of the bundle."""
    if b'"urn:uuid:' not in content:
        return
    for name, value in _MEMBER.findall(content):
        if name == b"reference" and value.startswith(b"urn:uuid:") and not known(value.decode()):
            raise refuse(
                400,
                "not-found",
                f"the reference {value.decode()} leads to no entry of the bundle: add the entry or mend its fullUrl",
                "reference",
                place,
            )
