"""A patient shares the summary by a code; somebody without an account opens it; the patient sees that, and ends it."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import LANGUAGES, violations
from tests.journeys.test_who_may_see import RULES, reader

from ardenne.standards.cards.shc import open_file, read_link

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]

Guarded = tuple[Site, Path]


def manifest(url: str, **sent: Any) -> tuple[int, Any]:
    """Call the manifest as an application does (SMART Health Links)."""
    request = urllib.request.Request(url, json.dumps(sent).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.headers["access-control-allow-origin"] == "*"
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_link_is_opened_with_its_passcode_until_it_ends(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "jean.weber") as jean:
        jean.goto(f"{site.address}/my/share")
        jean.locator("#label").fill("Clinic in Metz")
        jean.locator("#passcode").fill("2468")
        jean.get_by_role("button", name="Make the code").click()
        address = jean.locator("#link").input_value()
        assert jean.locator(".qr-frame svg").count() == 1
        link = read_link(address, ("http",))
        assert manifest(link.url, passcode="2468")[0] == 400
        assert manifest(link.url, recipient="App", passcode="1357") == (401, {"remainingAttempts": 9})
        status, found = manifest(link.url, recipient="App", passcode="2468")
        assert status == 200
        content, media_type = open_file(found["files"][0]["embedded"], link.key)
        assert media_type == "application/fhir+json"
        assert json.loads(content)["entry"][0]["resource"]["type"]["coding"][0]["code"] == "60591-5"
        for script in (True, False):
            context = browser.new_context(java_script_enabled=script, locale="en")
            page = context.new_page()
            page.goto(address)
            if not script:
                page.locator("#link").fill(address)
            assert (
                page.locator("#link")
                .input_value()
                .removeprefix(f"{site.address}/shared#")
                .startswith("shlink:/")
            )
            assert not script or "#" not in page.url
            page.locator("#recipient").fill("Dr Metz")
            page.locator("#passcode").fill("2468")
            page.get_by_role("button", name="Open").click()
            expect(page.locator("main")).to_contain_text("Allergies and Intolerances")
            context.close()
        jean.goto(f"{site.address}/my/journal")
        expect(jean.locator("main")).to_contain_text("opened the summary that you shared")
        expect(jean.locator("main")).to_contain_text("Dr Metz")
        jean.goto(f"{site.address}/my/share")
        expect(jean.locator("main")).to_contain_text("opened 3 times")
        jean.get_by_role("button", name=re.compile("End it.*Clinic in Metz")).click()
        expect(jean.locator("[role=status]")).to_contain_text("forgotten")
        assert manifest(link.url, recipient="App", passcode="2468")[0] == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_accessible_and_narrow(browser: Browser, guarded: Guarded, language: str) -> None:
    site, _folder = guarded
    with reader(browser, site, "jean.weber", script=True, width=320) as jean:
        jean.goto(f"{site.address}/my/share?lang={language}")
        jean.locator("main form button").first.click()
        for address in (jean.url, f"{site.address}/shared?lang={language}"):
            if jean.url != address:
                jean.goto(address)
            assert jean.evaluate("document.documentElement.scrollWidth") <= 320
            assert violations(jean, RULES, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_notices_is_accessible_and_narrow(
    browser: Browser, guarded: Guarded, language: str
) -> None:
    site, _folder = guarded
    with reader(browser, site, "jean.weber", script=True, width=320) as jean:
        jean.goto(f"{site.address}/account/notices?lang={language}")
        assert jean.locator(".notice").count() == 1
        assert jean.evaluate("document.documentElement.scrollWidth") <= 320
        assert violations(jean, RULES, language) == []


def test_the_whole_record_is_taken_away_as_one_file(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "jean.weber") as jean:
        jean.goto(f"{site.address}/mine")
        jean.get_by_role("link", name="Take my record away").click()
        with jean.expect_download(timeout=120_000) as download:
            jean.get_by_role("button", name="Make the file").click()
        with zipfile.ZipFile(download.value.path()) as file:
            assert file.testzip() is None
            names = file.namelist()
        again = [
            jean.request.post(f"{site.address}/my/export", headers={"origin": site.address}).status
            for _ in range(10)
        ]
        assert again == [200] * 10
        assert "INDEX.HTM" in names and any(name.endswith(".PDF") for name in names)
        jean.goto(f"{site.address}/my/journal")
        expect(jean.locator("main")).to_contain_text("exported")
