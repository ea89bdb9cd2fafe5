"""A doctor writes a report, the patient reads it; the patient adds a photograph that only the patient sees."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import LANGUAGES, violations
from tests.journeys.test_who_may_see import RULES, reader, record_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]

Guarded = tuple[Site, Path]
PICTURE = {
    "name": "knee.png", "mimeType": "image/png",
    "buffer": base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    ),
}  # fmt: skip


def test_a_report_is_written_and_a_picture_is_kept_for_oneself(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "jean.weber") as jean, reader(browser, site, "claude.thill") as doctor:
        record = record_of(jean, site)
        doctor.goto(record)
        doctor.get_by_role("link", name="Add", exact=True).click()
        doctor.locator("#title").fill("Visit about the knee")
        doctor.get_by_role("button", name="Add").click()
        expect(doctor.locator("[role=alert]")).to_contain_text("at least one part")
        doctor.locator("#reason").fill("Pain in the left knee since a walk")
        doctor.locator("#plan").fill("Rest, ice, see again in two weeks")
        doctor.get_by_role("button", name="Add").click()
        expect(doctor.locator("main")).to_contain_text("see again in two weeks")
        jean.goto(doctor.url)
        expect(jean.locator("main")).to_contain_text("Pain in the left knee")
        jean.goto(f"{record}/add")
        jean.locator("#title").fill("My knee")
        jean.locator("#level").select_option("secret")
        jean.locator("#file").set_input_files({**PICTURE, "buffer": b"MZ a program"})
        jean.get_by_role("button", name="Add").click()
        expect(jean.locator("[role=alert]")).to_contain_text("cannot be read")
        jean.locator("#file").set_input_files(PICTURE)
        jean.get_by_role("button", name="Add").click()
        expect(jean.locator("h1")).to_have_text("My knee")
        assert doctor.goto(jean.url).status == 404
        doctor.goto(f"{record}/timeline")
        expect(doctor.locator("main")).not_to_contain_text("My knee")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_accessible_and_narrow(browser: Browser, guarded: Guarded, language: str) -> None:
    site, _folder = guarded
    with reader(browser, site, "jean.weber", script=True, width=320) as jean:
        record = record_of(jean, site)
    for login in ("jean.weber", "claude.thill"):
        with reader(browser, site, login, script=True, width=320) as page:
            page.goto(f"{record}/add?lang={language}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            assert violations(page, RULES, language) == []
