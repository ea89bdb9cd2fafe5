"""Sending files to a running node, which files them (``ardenne import --server``)."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import orjson

from ardenne.services.record.cli import SIDECAR, Report, find_files
from ardenne.standards.fhir.outcome import Issue

TOKEN_VARIABLE = "ARDENNE_TOKEN"  # noqa: S105 - a name, no secret
"""In the environment: the access token of a software client that may file."""
_SECONDS = 600


def run(paths: list[Path], server: str, quiet: bool) -> Report:
    """Send every file and return what the node answered."""
    files = find_files(paths)
    report = Report(sum(path.stat().st_size for path in files), quiet)
    for path in files:
        answer = _send(server, path)
        if answer["outcome"] == "refused":
            issues = tuple(Issue(**issue) for issue in answer["issues"])
            report.reject(path.name, issues)
        else:
            report.outcomes[answer["outcome"]] += 1
            report.stored += answer["stored"]
        report.advance(path.stat().st_size)
    return report


def _send(server: str, path: Path) -> dict[str, Any]:
    headers = {"content-type": "application/octet-stream", "x-file-name": quote(path.name)}
    token = os.environ.get(TOKEN_VARIABLE, "")
    if token:
        headers["authorization"] = f"Bearer {token}"
    else:
        # an open node takes acts without a token from its own pages alone
        headers["origin"] = server.rstrip("/")
    sidecar = path.with_name(path.name + SIDECAR)
    if sidecar.exists():
        headers["x-sidecar"] = quote(sidecar.read_text())
    request = urllib.request.Request(f"{server}/filing", path.read_bytes(), headers, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310 - the operator names the server
            answer: dict[str, Any] = orjson.loads(response.read())
    except urllib.error.HTTPError as error:
        raise click.ClickException(f"{server} refused {path.name}: {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise click.ClickException(f"{server} cannot be reached: {error.reason}") from None
    return answer
