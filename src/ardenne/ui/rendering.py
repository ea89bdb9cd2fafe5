"""Rendering a page: template, language, security headers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ardenne.kernel.identity.caller import ANONYMOUS, Kind
from ardenne.ui.languages import LANGUAGES, LUXEMBOURG, Words, choose

LANGUAGE_COOKIE = "language"
UI_PACKAGE = "ardenne.ui"
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; "
        "manifest-src 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


class Renderer:
    """Renders the templates of some packages over the base of the ui."""

    def __init__(self, packages: tuple[str, ...] = (), zone: ZoneInfo = LUXEMBOURG) -> None:
        self._packages = (*packages, UI_PACKAGE)
        self._zone = zone
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(package) for package in self._packages]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def words(self, request: Request) -> Words:
        """Return the reader's language."""
        language = choose(
            request.query_params.get("lang", ""),
            request.cookies.get(LANGUAGE_COOKIE, ""),
            request.headers.get("accept-language", ""),
        )
        return self.words_in(language)

    def words_in(self, language: str) -> Words:
        """Return a language of the catalogues, for what is not written to the reader: letters."""
        return _words(language, self._packages, self._zone)

    def page(
        self, request: Request, template: str, values: Mapping[str, Any] | None = None, status: int = 200
    ) -> Response:
        """Return a page. Templates see ``_`` (text), ``_n`` (plural), ``words`` and ``static``."""
        words = self.words(request)
        content = self._environment.get_template(template).render(
            {
                "_": words.text,
                "_n": words.plural,
                "words": words,
                "language": words.language,
                "languages": LANGUAGES,
                "path": request.url.path,
                "static": static_address,
                "reader": _reader(request),
                "reader_kind": caller_kind(request),
                "reader_office": _office(request),
                **(values or {}),
            }
        )
        response = HTMLResponse(content, status, dict(SECURITY_HEADERS))
        response.headers["content-language"] = words.language
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE, words.language, max_age=31_536_000, httponly=True, samesite="lax"
            )
        return response

    def problem(self, request: Request, heading: str, message: str, status: int = 400) -> Response:
        """Return a page that says what stands in the way; both texts are translated already."""
        return self.page(request, "problem.html", {"heading": heading, "message": message}, status)


def caller_kind(request: Request) -> str:
    """Return what kind of caller reads the page, such as ``citizen``; pages show what is made for it."""
    caller = request.scope.get("state", {}).get("caller", ANONYMOUS)
    return str(caller.kind.value)


def _office(request: Request) -> str:
    """Return the office of an officer who reads the page; empty for everybody else."""
    caller = request.scope.get("state", {}).get("caller", ANONYMOUS)
    return str(caller.profession) if caller.kind is Kind.OFFICER else ""


def _reader(request: Request) -> str:
    """Return the name of who is signed in; empty when nobody is."""
    found = request.scope.get("state", {}).get("caller", ANONYMOUS)
    signed_in = found.kind not in (Kind.ANONYMOUS, Kind.OPERATOR) and found.scopes is None
    return str(found.name) if signed_in else ""


@lru_cache(maxsize=32)
def _words(language: str, packages: tuple[str, ...], zone: ZoneInfo) -> Words:
    return Words(language, packages, zone)


@lru_cache(maxsize=256)
def static_address(name: str) -> str:
    """Return the address of a static file of the ui; it changes with the content, so browsers may keep it."""
    content = (resources.files(UI_PACKAGE) / "static" / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"
