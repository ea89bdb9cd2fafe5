"""Sign-in at a running server: one click, forgery, headers, cookies, applications, nothing personal in the log."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import violations

from ardenne.services.accounts import account, authorize, letters, mandates, oauth, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]

Guarded = tuple[Site, Path]
_PAGES = ("/mine", "/account", "/account/code", "/account/mandates", "/account/role")
_MODULES = (account, authorize, letters, mandates, oauth, sign_in)
REDIRECT = "http://127.0.0.1:3000/callback"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


def call(
    site: Site, method: str, path: str, form: dict[str, str] | None = None, cookie: str = "", **headers: str
) -> Answer:
    parts = urlsplit(site.address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    sent = {"accept": "text/html"} | {name.replace("_", "-"): value for name, value in headers.items()}
    if cookie:
        sent["cookie"] = cookie
    body = None
    if form is not None:
        body = urlencode(form)
        sent["content-type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    kept = {name.lower(): value for name, value in answer.getheaders()}
    if cookies := answer.headers.get_all("set-cookie"):
        kept["set-cookie"] = "\n".join(cookies)
    found = Answer(answer.status, kept, answer.read().decode())
    connection.close()
    return found


def signed_in(site: Site, login: str) -> str:
    """Sign in by one click and return the cookie."""
    answer = call(site, "POST", "/sign-in/one-click", {"login": login}, origin=site.address)
    assert answer.status == 303, answer.body
    return answer.headers["set-cookie"].partition(";")[0]


def post_routes() -> list[str]:
    """Return every address of the service that takes a form for people, from its source."""
    found = set()
    for module in _MODULES:
        text = Path(str(module.__file__)).read_text()
        found |= set(re.findall(r'Route\(\s*"([^"]+)"[^\n]*"POST"', text))
    return sorted(path for path in found if path not in oauth.MACHINE_PATHS)


def test_nothing_is_open_without_sign_in(guarded: Guarded) -> None:
    site, _folder = guarded
    for path in ("/", "/desk", "/record/x", "/mine", "/account", "/letters"):
        answer = call(site, "GET", path)
        assert answer.status == 303 and answer.headers["location"].startswith("/sign-in"), path
    for path in ("/fhir/Patient", "/fhir/Patient/x", "/fhir/"):
        answer = call(site, "GET", path)
        assert answer.status == 401 and answer.headers["www-authenticate"].startswith("Bearer"), path
    for path in (
        "/health",
        "/fhir/metadata",
        "/fhir/.well-known/smart-configuration",
        "/oauth/jwks",
        "/sign-in",
    ):
        assert call(site, "GET", path).status == 200, path


def test_every_form_refuses_other_sites(guarded: Guarded) -> None:
    site, _folder = guarded
    cookie = signed_in(site, "anne.schmitz")
    routes = post_routes()
    assert {
        "/sign-in",
        "/sign-out",
        "/account/session",
        "/account/mandates",
        "/oauth/consent",
        "/activate",
    } <= set(routes)
    for path in routes:
        address = path.replace("{patient}", "x")
        for origin in (
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {},
            {"sec_fetch_site": "cross-site"},
        ):
            answer = call(site, "POST", address, {"a": "b"}, cookie, **origin)
            assert answer.status == 403, (path, origin, answer.status)
    assert call(site, "GET", "/account", cookie=cookie).status == 200


def test_headers_of_every_page(guarded: Guarded) -> None:
    site, _folder = guarded
    cookie = signed_in(site, "anne.schmitz")
    for path in ("/sign-in", "/activate", *_PAGES):
        answer = call(site, "GET", path, cookie=cookie)
        policy = answer.headers["content-security-policy"]
        assert answer.status == 200, path
        assert (
            "unsafe" not in policy and "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
        )
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?![^>]*src=)|\son[a-z]+=|\sstyle=|javascript:", answer.body), path


def test_cookie_and_going_on(guarded: Guarded) -> None:
    site, _folder = guarded
    for next_ in ("https://evil.example", "//evil.example", "/\\evil.example", "/x\r\nset-cookie: a=b"):
        answer = call(
            site, "POST", "/sign-in/one-click", {"login": "anne.schmitz", "next": next_},
            cookie="session=chosen-before", origin=site.address,
        )  # fmt: skip
        assert answer.headers["location"] == "/"
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("session=") and "chosen-before" not in cookie
        assert (
            "HttpOnly" in cookie
            and "SameSite=Lax" in cookie
            and "Path=/" in cookie
            and "Domain" not in cookie
        )


def test_sign_out_and_sign_out_everywhere(guarded: Guarded) -> None:
    site, _folder = guarded
    one, two = signed_in(site, "jean.weber"), signed_in(site, "jean.weber")
    call(site, "POST", "/sign-out", {}, one, origin=site.address)
    assert call(site, "GET", "/account", cookie=one).status == 303
    assert call(site, "GET", "/account", cookie=two).status == 200
    three = signed_in(site, "jean.weber")
    call(site, "POST", "/account/sign-out-everywhere", {}, two, origin=site.address)
    for cookie in (two, three):
        assert call(site, "GET", "/account", cookie=cookie).status == 303


def test_an_application_cannot_sign_anybody_out(guarded: Guarded) -> None:
    site, _folder = guarded
    cookie = signed_in(site, "anne.schmitz")
    address = "/oauth/end-session?post_logout_redirect_uri=https://evil.example"
    asked = call(site, "GET", address, cookie=cookie)
    assert asked.status == 200 and "location" not in asked.headers and "evil" not in asked.body
    assert call(site, "GET", "/account", cookie=cookie).status == 200


def test_a_parent_sees_the_childs_record_and_a_stranger_does_not(guarded: Guarded) -> None:
    site, _folder = guarded
    mine = call(site, "GET", "/mine", cookie=signed_in(site, "sofia.ferreira"))
    assert mine.body.count('href="/record/') == 2
    child = re.findall(r'href="(/record/[^"]+)"', mine.body)[1]
    assert call(site, "GET", child, cookie=signed_in(site, "sofia.ferreira")).status == 200
    assert call(site, "GET", child, cookie=signed_in(site, "anne.schmitz")).status in (403, 404)


def test_a_role_must_be_chosen(guarded: Guarded) -> None:
    site, _folder = guarded
    cookie = signed_in(site, "nathalie.wagner")
    assert call(site, "GET", "/", cookie=cookie).headers["location"] == "/account/role"
    roles = re.findall(r'name="role" value="([^"]+)"', call(site, "GET", "/account/role", cookie=cookie).body)
    assert len(roles) == 2
    assert call(site, "POST", "/account/role", {"role": roles[0]}, cookie, origin=site.address).status == 303
    assert call(site, "GET", "/", cookie=cookie).status == 200


def authorize_address(site: Site, **changed: str) -> tuple[str, str]:
    verifier = "a" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    form = {
        "response_type": "code", "client_id": "demo-app", "redirect_uri": REDIRECT, "scope": "launch/patient patient/*.rs openid fhirUser",
        "state": "s", "code_challenge": challenge, "code_challenge_method": "S256", "aud": f"{site.address}/fhir",
    } | changed  # fmt: skip
    return f"/oauth/authorize?{urlencode(form)}", verifier


def test_an_application_gets_a_token_by_consent(guarded: Guarded) -> None:
    """SMART standalone launch from the sign-in page to the FHIR door."""
    site, _folder = guarded
    address, verifier = authorize_address(site)
    asked = call(site, "GET", address)
    pending = re.search(r'name="request" value="([^"]+)"', asked.body)
    assert asked.status == 200 and pending
    form = {"login": "anne.schmitz", "request": pending[1]}
    consent = call(site, "POST", "/sign-in/one-click", form, origin=site.address)
    assert "form-action 'self' http://127.0.0.1:3000;" in consent.headers["content-security-policy"]
    cookie = consent.headers["set-cookie"].partition(";")[0]
    patient = re.search(r'name="patient" value="([^"]+)"', consent.body)
    assert patient
    kept = {"pending": pending[1], "act": "allow", "patient": patient[1], "scope": "patient/*.rs"}
    done = call(site, "POST", "/oauth/consent", kept, cookie, origin=site.address)
    target = dict(parse_qsl(urlsplit(done.headers["location"]).query))
    assert target["iss"] == site.address and target["state"] == "s"
    token_form = {
        "grant_type": "authorization_code", "code": target["code"], "redirect_uri": REDIRECT, "client_id": "demo-app",
        "code_verifier": verifier,
    }  # fmt: skip
    tokens = json.loads(call(site, "POST", "/oauth/token", token_form).body)
    assert tokens["scope"] == "patient/*.rs" and tokens["patient"] == patient[1]
    found = call(site, "GET", f"/fhir/Patient/{patient[1]}", authorization=f"Bearer {tokens['access_token']}")
    assert found.status == 200
    again = call(site, "POST", "/oauth/token", token_form)
    assert again.status == 400 and json.loads(again.body)["error"] == "invalid_grant"
    gone = call(site, "GET", f"/fhir/Patient/{patient[1]}", authorization=f"Bearer {tokens['access_token']}")
    assert gone.status == 401


def test_a_foreign_redirect_is_not_followed(guarded: Guarded) -> None:
    site, _folder = guarded
    address, _verifier = authorize_address(site, redirect_uri="https://evil.example/")
    answer = call(site, "GET", address, cookie=signed_in(site, "anne.schmitz"))
    assert answer.status == 400 and "location" not in answer.headers
    assert "form-action 'self';" in answer.headers["content-security-policy"]


def test_tokens_of_the_command_line(guarded: Guarded) -> None:
    site, folder = guarded
    command = [sys.executable, "-m", "ardenne.apps.cli", "token", "--data", str(folder / "data"), "--user"]
    made = subprocess.run([*command, "anne.schmitz"], capture_output=True, text=True, check=True)
    token = made.stdout.strip()
    found = call(site, "GET", "/fhir/Patient", authorization=f"Bearer {token}")
    assert found.status == 200 and json.loads(found.body)["total"] == 1
    wrong = subprocess.run([*command, "nobody"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1 and "Traceback" not in wrong.stderr


def printed_token(folder: Path, login: str) -> str:
    command = [
        sys.executable,
        "-m",
        "ardenne.apps.cli",
        "token",
        "--data",
        str(folder / "data"),
        "--user",
        login,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_letter_activates_an_account(guarded: Guarded) -> None:
    """An identity officer writes the letter; the person activates, and the code is worth nothing any more."""
    site, folder = guarded
    assert call(site, "GET", "/letters", cookie=signed_in(site, "claude.thill")).status == 403
    person = '{"resourceType":"Patient","id":"new-one","name":[{"family":"Nouveau","given":["Luc"]}],"birthDate":"1990-01-01"}'
    request = urllib.request.Request(f"{site.address}/fhir/Patient/new-one", person.encode(), method="PUT")
    request.add_header("authorization", f"Bearer {printed_token(folder, 'demo-backend')}")
    request.add_header("content-type", "application/fhir+json")
    urllib.request.urlopen(request, timeout=30).close()
    officer = signed_in(site, "identity")
    form = {"patient": "new-one", "login": "luc.nouveau"}
    letter = call(site, "POST", "/letters", form, officer, origin=site.address)
    code = re.search(r"<code>([A-Z0-9]{5}(?:-[A-Z0-9]{5}){3})</code>", letter.body)
    assert letter.status == 200 and code
    chosen = {
        "login": "luc.nouveau",
        "code": code[1],
        "password": "three slow rivers meeting",
        "act": "activate",
    }
    done = call(site, "POST", "/activate", chosen, origin=site.address)
    assert done.status == 303 and done.headers["location"] == "/account"
    cookie = done.headers["set-cookie"].partition(";")[0]
    assert "/record/new-one" in call(site, "GET", "/mine", cookie=cookie).body
    assert call(site, "POST", "/activate", chosen, origin=site.address).status == 422


def test_an_application_is_opened_on_a_record(guarded: Guarded) -> None:
    """SMART EHR launch: the record is the one that was open, and nobody can choose another."""
    site, _folder = guarded
    mine = call(site, "GET", "/mine", cookie=signed_in(site, "jean.weber"))
    patient = re.findall(r'href="/record/([^"]+)"', mine.body)[0]
    cookie = signed_in(site, "claude.thill")
    opened = call(site, "POST", f"/launch/{patient}", {"client": "demo-app"}, cookie, origin=site.address)
    launch = dict(parse_qsl(urlsplit(opened.headers["location"]).query))
    assert launch["iss"] == f"{site.address}/fhir"
    address, verifier = authorize_address(site, scope="launch patient/*.rs", launch=launch["launch"])
    page = call(site, "GET", address, cookie=cookie)
    pending = re.search(r'name="pending" value="([^"]+)"', page.body)
    assert pending and 'name="patient"' not in page.body
    kept = {"pending": pending[1], "act": "allow", "patient": "another", "scope": "patient/*.rs"}
    answer = call(site, "POST", "/oauth/consent", kept, cookie, origin=site.address)
    code = dict(parse_qsl(urlsplit(answer.headers["location"]).query))["code"]
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "client_id": "demo-app",
        "code_verifier": verifier,
    }  # fmt: skip
    assert json.loads(call(site, "POST", "/oauth/token", form).body)["patient"] == patient


@pytest.mark.parametrize("language", ["fr", "de", "lb", "en", "pt"])
def test_pages_are_accessible_narrow_and_need_no_script(
    browser: Browser, guarded: Guarded, language: str
) -> None:
    site, _folder = guarded
    narrow = browser.new_context(viewport={"width": 320, "height": 700}, java_script_enabled=False)
    page = narrow.new_page()
    page.goto(f"{site.address}/sign-in?lang={language}")
    page.locator("button[value='sofia.ferreira']").click()
    assert page.url == f"{site.address}/mine"
    wide = browser.new_context(viewport={"width": 320, "height": 700})
    wide.add_cookies(narrow.cookies())  # type: ignore[arg-type]
    reader = wide.new_page()
    rules = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
    for path in ("/sign-in", "/activate", *_PAGES):
        reader.goto(f"{site.address}{path}?lang={language}")
        assert violations(reader, rules, language) == [], path
        assert reader.evaluate("document.documentElement.scrollWidth") <= 320, path
    narrow.close()
    wide.close()


def test_nothing_personal_stands_in_the_log(guarded: Guarded) -> None:
    """After everything above: no login, name, number, cookie or token in what the server wrote."""
    site, folder = guarded
    cookie = signed_in(site, "anne.schmitz")
    call(site, "POST", "/sign-in", {"login": "anne.schmitz", "password": "wrong"}, origin=site.address)
    call(site, "GET", "/fhir/Patient?name=schmitz", authorization="Bearer x.y.z")
    log = (folder / "log").read_text().lower()
    for secret in ("schmitz", "anne", "weber", "wrong", cookie.partition("=")[2].lower(), "bearer"):
        assert secret not in log
