"""Every address outside /fhir, called as each kind of caller, answers or refuses as the table says."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.journeys.conftest import Site

from ardenne.apps.permissions import table

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]

LOGINS = {
    "citizen": "anne.schmitz", "professional": "claude.thill", "identity": "identity",
    "data-protection": "data-protection", "access-rights": "matrix-editor", "operator": "operator",
    "auditor": "auditor", "software": "demo-backend", "registers": "registers",
}  # fmt: skip
POSTED = frozenset(
    {
        "/desk/affiliations/letters.pdf", "/filing", "/my/end", "/account/session", "/account/sign-out-everywhere", "/account/application",
        "/account/password", "/account/code/remove", "/account/passkey/question", "/account/passkey",
        "/account/passkey/remove", "/sign-in/one-click", "/sign-in/code", "/sign-in/passkey/question",
        "/sign-in/passkey", "/sign-out", "/oauth/token", "/oauth/par", "/oauth/revoke", "/oauth/introspect",
        "/oauth/consent", "/desk/identity/case/{case:int}/assign", "/desk/identity/find",
    }
)  # fmt: skip


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        return None


def rows() -> list[list[str]]:
    text = (Path(__file__).parent / "addresses.tsv").read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def answer(site: Site, path: str, token: str) -> tuple[int, str]:
    address = re.sub(r"\{\w+:int\}", "999999", path)
    address = re.sub(r"\{\w+\}", "no-such-id", address)
    request = urllib.request.Request(
        site.address + address, b"" if path in POSTED else None, {"accept": "text/html"},
        method="POST" if path in POSTED else "GET",
    )  # fmt: skip
    if token:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=20) as found:
            return found.status, found.headers.get("location", "")
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("location") or ""


@pytest.fixture(scope="module")
def tokens(guarded: tuple[Site, Path]) -> dict[str, str]:
    found = {"anonymous": ""}
    for kind, login in LOGINS.items():
        command = [sys.executable, "-m", "ardenne.apps.cli", "token", "--minutes", "30"]
        command += ["--data", str(guarded[1] / "data"), "--user", login]
        found[kind] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return found


def test_every_served_address_has_a_row() -> None:
    named = [row[0] for row in rows()[1:]]
    assert len(named) == len(set(named))
    assert set(named) == set(table())


def test_addresses_answer_whom_they_are_for(guarded: tuple[Site, Path], tokens: dict[str, str]) -> None:
    head, *lines = rows()
    wrong = []
    for path, *expected in lines:
        for kind, may in zip(head[1:], expected, strict=True):
            status, location = answer(guarded[0], path, tokens[kind])
            refused = status == 403 or (
                not tokens[kind] and (status == 401 or location.startswith("/sign-in"))
            )
            if may == "y" and path.startswith(
                ("/sign-in", "/oauth", "/sign-out", "/activate", "/.well-known")
            ):
                continue  # they decide by what is posted; test_signing_in holds them
            if refused != (may != "y") or status >= 500:
                wrong.append((path, kind, status, location))
    assert wrong == []
