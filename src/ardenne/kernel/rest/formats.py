"""The format of an answer: JSON or XML, plain or indented (R4, RESTful API, 3.1.0.1.11).

An error keeps its status for clients that take neither: who wants a PDF that is not there learns 404, not 406.
"""

from __future__ import annotations

import re

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.query import read_pairs
from ardenne.standards.fhir import xml
from ardenne.standards.fhir.json import parse_exact

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|\{\}|\[\]|[{}\[\],:]|[^\s{}\[\],:"]+')


def negotiated(request: Request, response: Response) -> Response:
    """Return the answer in the format that ``_format`` or Accept asks for."""
    headers = dict(response.headers)
    if not response.body or not headers.get("content-type", "").startswith("application/fhir+json"):
        return response
    wanted, indented = _wanted(request)
    if wanted == "xml":
        body = xml.dump(parse_exact(response.body), pretty=indented)
        headers["content-type"] = answers.XML
        return response._replace(body=body, headers=tuple(headers.items()))
    if wanted == "none" and response.status < 400:
        text = "only application/fhir+json and application/fhir+xml are answered here"
        return answers.error(refuse(406, "not-supported", text, "accept"))
    if indented:
        return response._replace(body=_indented(response.body))
    return response


def _wanted(request: Request) -> tuple[str, bool]:
    """Return ``json``, ``xml`` or ``none``, and whether to indent."""
    indented = False
    if "_format" in request.query or "_pretty" in request.query:
        try:
            asked = dict(read_pairs(request.query))
        except SearchError:
            asked = {}
        indented = asked.get("_pretty") == "true"
        if "_format" in asked:
            return _kind(asked["_format"].replace(" ", "+")), indented
    accept = request.header("accept")
    if not accept or "*/*" in accept or "json" in accept:
        return "json", indented
    kinds = [_kind(incoming.media_type(part)) for part in accept.split(",")]
    return next(
        (kind for kind in kinds if kind != "none"), "json" if "text/html" in accept else "none"
    ), indented


def _kind(text: str) -> str:
    media = incoming.media_type(text)
    if incoming.is_xml(media):
        return "xml"
    return "json" if incoming.is_json(media) else "none"


def _indented(body: bytes) -> bytes:
    """Return JSON with two blanks a level; strings and numbers stay as written."""
    out: list[bytes] = []
    depth = 0
    for match in _TOKEN.finditer(body):
        token = match[0]
        if token in (b"{}", b"[]"):
            out.append(token)
        elif token in b"{[":
            depth += 1
            out.append(token + b"\n" + b"  " * depth)
        elif token in b"}]":
            depth -= 1
            out.append(b"\n" + b"  " * depth + token)
        elif token == b",":
            out.append(b",\n" + b"  " * depth)
        else:
            out.append(b": " if token == b":" else token)
    return b"".join(out)
