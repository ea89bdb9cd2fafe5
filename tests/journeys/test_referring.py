"""An agreement is signed at the desk with a code, the record is open, it is reviewed, a stand-in comes, it ends."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import LANGUAGES, violations
from tests.journeys.test_who_may_see import RULES, reader, record_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]

Guarded = tuple[Site, Path]


def narrow_and_accessible(page: Page, language: str) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    assert violations(page, RULES, language) == [], page.url


def test_signed_at_the_desk_reviewed_and_ended(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "emma.pauly") as emma, reader(browser, site, "claude.thill") as doctor:
        record = record_of(emma, site)
        patient = record.rpartition("/")[2]
        emma.goto(f"{site.address}/my/code")
        emma.get_by_role("button", name="Make a code").click()
        code = emma.locator(".code").inner_text()
        doctor.goto(f"{site.address}/pro/why/{patient}")
        doctor.get_by_role("link", name="Propose an agreement").click()
        doctor.locator("#code").fill(code)
        doctor.get_by_role("button", name="Sign and propose").click()
        expect(doctor.locator("[role=alert]")).to_contain_text("at least one long-term condition")
        doctor.get_by_label("Ulcerative colitis and Crohn's disease").check()
        doctor.locator("#code").fill(code)
        doctor.get_by_role("button", name="Sign and propose").click()
        expect(doctor.locator("main")).to_contain_text("in force")
        agreement = doctor.url
        doctor.get_by_role("button", name="Keep the review").click()
        expect(doctor.locator("[role=alert]")).to_contain_text("Check every point")
        for box in doctor.locator("input[name=checked]").all():
            box.check()
        doctor.get_by_role("button", name="Keep the review").click()
        expect(doctor.locator("main")).to_contain_text("8 of 8 points")
        doctor.locator("#name").fill("majerus")
        doctor.get_by_role("button", name="Search").click()
        doctor.locator("input[name=party]").first.check()
        doctor.locator("#last").fill(datetime.now(UTC).date().isoformat())
        doctor.get_by_role("button", name="Name the stand-in").click()
        expect(doctor.locator("main")).to_contain_text("Majerus")
        emma.goto(f"{site.address}/my/access")
        expect(emma.locator("main")).to_contain_text("Referring doctor")
        emma.get_by_role("link", name="My referring doctor").first.click()
        expect(emma.locator("main")).to_contain_text("Majerus")
        emma.get_by_label("Reason (optional)").first.fill("I move away")
        emma.get_by_role("button", name=re.compile("End the agreement")).click()
        expect(emma.locator("[role=status]")).to_contain_text("effect at once")
        doctor.goto(agreement)
        expect(doctor.locator("main")).to_contain_text("I move away")
        emma.goto(f"{site.address}/my/journal")
        expect(emma.locator("main")).to_contain_text("reviewed the record as referring doctor")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_the_referring_doctor_are_accessible_and_narrow(
    browser: Browser, guarded: Guarded, language: str
) -> None:
    site, _folder = guarded
    with reader(browser, site, "claude.thill", script=True, width=320) as doctor:
        doctor.goto(f"{site.address}/pro/referring?lang={language}")
        narrow_and_accessible(doctor, language)
        doctor.locator("main li a[href^='/pro/referring/']").first.click()
        narrow_and_accessible(doctor, language)
        doctor.goto(f"{site.address}/pro")
        address = doctor.locator("main a[href^='/pro/why/']").first.get_attribute("href") or ""
        doctor.goto(f"{site.address}/pro/referring/new/{address.rpartition('/')[2]}")
        narrow_and_accessible(doctor, language)
    with reader(browser, site, "jean.weber", script=True, width=320) as jean:
        jean.goto(f"{site.address}/my/referring?lang={language}")
        narrow_and_accessible(jean, language)
        jean.locator("#name").fill("thill")
        jean.locator("button[value=find]").click()
        narrow_and_accessible(jean, language)
