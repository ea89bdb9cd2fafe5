"""The operator registers an application, shuts it off, lets it in again, changes it; every step has its effect at once."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import violations
from tests.journeys.test_who_may_see import RULES, reader

from ardenne.apps.demo.logins import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]

Guarded = tuple[Site, Path]


def may_ask(site: Site) -> bool:
    """Tell whether the application may send people here: a known one is sent back with an answer or to the sign-in."""
    query = (
        "client_id=walks&redirect_uri=https://walks.example/back&response_type=code&scope=openid"
        f"&code_challenge_method=S256&code_challenge={'a' * 43}&state=1&aud={site.address}/fhir"
    )
    try:
        with urllib.request.urlopen(f"{site.address}/oauth/authorize?{query}", timeout=20) as answer:
            return "sign-in" in answer.url or "authorize" in answer.url
    except urllib.error.HTTPError as error:
        assert error.code == 400
        return False


def test_an_application_is_registered_shut_off_and_let_in(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    assert not may_ask(site)
    with reader(browser, site, "operator", script=True, width=320) as operator:
        operator.goto(f"{site.address}/account")
        operator.get_by_role("link", name="Applications", exact=True).click()
        operator.locator("#name").fill("Walks")
        operator.locator("#id").fill("walks")
        operator.locator("#redirects").fill("http://walks.example/back")
        operator.get_by_role("button", name="Register").click()
        expect(operator.locator("[role=alert]")).to_contain_text("redirect address cannot be used")
        assert violations(operator, RULES) == []
        operator.locator("#redirects").fill("https://walks.example/back")
        operator.get_by_role("button", name="Register").click()
        assert may_ask(site)
        operator.get_by_role("button", name=re.compile("Shut off.*Walks")).click()
        expect(operator.locator("[role=status]")).to_be_visible()
        assert not may_ask(site)
        operator.get_by_role("button", name=re.compile("Let in again.*Walks")).click()
        expect(operator.locator("[role=status]")).to_be_visible()
        assert may_ask(site)
        line = operator.locator("li").filter(has_text="walks")
        line.locator("summary").click()
        line.get_by_label("Redirect addresses").fill("https://walks.example/elsewhere")
        line.get_by_label("Scopes").fill("openid nonsense/*.rs")
        line.get_by_role("button", name="Keep the change").click()
        expect(operator.locator("[role=alert]")).to_contain_text("A scope cannot be used")
        line.get_by_label("Scopes").fill("openid patient/*.rs")
        assert violations(operator, RULES) == []
        line.get_by_role("button", name="Keep the change").click()
        expect(operator.locator("[role=status]")).to_be_visible()
        assert not may_ask(site)  # its address is another now
        operator.goto(f"{site.address}/desk/applications?lang=fr")
        assert operator.evaluate("document.documentElement.scrollWidth") <= 320
        assert violations(operator, RULES) == []


def test_an_operator_ends_what_a_lost_device_can_do(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with (
        reader(browser, site, "helena.pinto") as lost,
        reader(browser, site, "operator", script=True, width=320) as operator,
    ):
        lost.goto(f"{site.address}/pro")
        assert "/sign-in" not in lost.url
        operator.goto(f"{site.address}/account")
        operator.get_by_role("link", name="Accounts", exact=True).click()
        operator.locator("#login").fill("nobody.at-all")
        operator.get_by_role("button", name="Find the account").click()
        expect(operator.get_by_role("alert")).to_contain_text("no account")
        operator.locator("#login").fill("helena.pinto")
        operator.get_by_role("button", name="Find the account").click()
        assert violations(operator, RULES) == []
        operator.get_by_role("button", name="Shut the account off").click()
        expect(operator.get_by_role("status")).to_be_visible()
        assert "helena" not in operator.url
        lost.goto(f"{site.address}/pro")
        assert "/sign-in" in lost.url
        lost.locator("#login").fill("helena.pinto")
        lost.locator("#password").fill(PASSWORD)
        lost.get_by_role("button", name="Sign in", exact=True).click()
        expect(lost.get_by_role("alert")).to_be_visible()
        operator.get_by_role("button", name="Let the account in again").click()
        expect(operator.locator("main")).to_contain_text("Signed in nowhere.")
        operator.locator("#login").fill("operator")
        operator.get_by_role("button", name="Find the account").click()
        operator.get_by_role("button", name="End all sessions and tokens").click()
        expect(operator.get_by_role("alert")).to_contain_text("your own account")
        assert operator.evaluate("document.documentElement.scrollWidth") <= 320
    with reader(browser, site, "helena.pinto") as again:
        again.goto(f"{site.address}/pro")
        assert "/sign-in" not in again.url
