"""The way of an application: begun, refused for what is missing, mended, granted, suspended; the printed figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import LANGUAGES, violations
from tests.journeys.test_who_may_see import RULES, reader

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]

Guarded = tuple[Site, Path]
PDF = {"name": "piece.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 invented"}


def test_an_application_is_sent_judged_granted_and_suspended(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "rita.gomes") as midwife, reader(browser, site, "registers") as officer:
        midwife.goto(f"{site.address}/authorisation/mine")
        midwife.locator("#profession").select_option("midwife")
        midwife.locator("#family").fill("Gomes")
        midwife.locator("#given").fill("Rita")
        midwife.locator("#birth_date").fill("1985-02-03")
        midwife.locator("#nationality").fill("PT")
        midwife.get_by_role("button", name="Begin").click()
        address = midwife.url
        midwife.get_by_role("button", name="Send the application").click()
        expect(midwife.locator("[role=alert]")).to_contain_text("checklist is not complete")
        midwife.locator("#file").set_input_files({**PDF, "buffer": b"MZ no document"})
        midwife.get_by_role("button", name="Add the document").click()
        expect(midwife.locator("[role=alert]")).to_contain_text("PDF, PNG or JPEG")
        for item in ("identity", "diploma", "recognition", "good-standing", "language"):
            midwife.goto(address)
            midwife.locator("#item").select_option(item)
            midwife.locator("#file").set_input_files({**PDF, "buffer": PDF["buffer"] + item.encode()})
            midwife.get_by_role("button", name="Add the document").click()
        midwife.get_by_role("button", name="Send the application").click()
        officer.goto(f"{site.address}/desk/authorisations")
        officer.get_by_role("link", name="Gomes Rita").click()
        officer.get_by_role("button", name="Take into review").click()
        officer.get_by_role("button", name="Grant").click()
        expect(officer.locator("[role=alert]")).to_contain_text("checklist is not complete")
        waiting = officer.locator("li", has_text="not looked at yet")
        for left in range(5, 0, -1):
            expect(waiting).to_have_count(left)
            waiting.first.locator("button[value='accepted']").click()
        expect(waiting).to_have_count(0)
        officer.get_by_role("button", name="Grant").click()
        expect(officer.locator("main")).to_contain_text("S-0000")
        midwife.goto(address)
        expect(midwife.locator("main")).to_contain_text("Authorised")
        letter = midwife.request.get(f"{address}/letter.pdf?language=de")
        assert letter.headers["content-type"] == "application/pdf" and letter.body().startswith(b"%PDF-")
        midwife.goto(f"{site.address}/pro")
        assert "/pro" in midwife.url
        officer.locator("#reason").fill("complaints that are looked into")
        officer.get_by_role("button", name="Suspend").click()
        assert midwife.goto(f"{site.address}/pro").status in (200, 403)
        expect(midwife.locator("h1")).not_to_have_text("My patients")
        officer.locator("#reason").fill("the complaints were unfounded")
        officer.get_by_role("button", name="Reinstate").click()
        midwife.goto(f"{site.address}/pro")
        expect(midwife.locator("h1")).to_have_text("My patients")
        assert officer.goto(f"{site.address}/authorisation/mine/{address.rpartition('/')[2]}").status == 403


def test_the_statistics_are_the_printed_tables_and_say_what_does_not_add_up(
    browser: Browser, guarded: Guarded
) -> None:
    page = browser.new_page(locale="en")
    page.goto(f"{guarded[0].address}/authorisation/statistics")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="Infirmier", exact=True)).first
    assert row.locator("td").all_inner_texts() == ["1116", "957", "1197", "1304"]
    expect(page.locator(".notice")).to_contain_text("2024: printed 369, the lines make 367")
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_the_registers_are_accessible_and_narrow(
    browser: Browser, guarded: Guarded, language: str
) -> None:
    site, _folder = guarded
    for login, paths in (
        ("claude.thill", ("/authorisation", "/authorisation/statistics", "/authorisation/mine")),
        ("registers", ("/desk/authorisations", "/desk/authorisations?view=in-force")),
    ):
        with reader(browser, site, login, script=True, width=320) as page:
            for path in paths:
                mark = "&" if "?" in path else "?"
                page.goto(f"{site.address}{path}{mark}lang={language}")
                assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
                assert violations(page, RULES, language) == [], path
