"""Anybody finds a professional, by profession, town and language, without signing in and without JavaScript."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import LANGUAGES, violations
from tests.journeys.test_who_may_see import RULES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]


def test_a_search_by_profession_and_language(browser: Browser, guarded: tuple[Site, Path]) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{guarded[0].address}/directory")
    page.get_by_label("Profession or speciality").select_option("lu.gynaecology-obstetrics")
    page.get_by_label("Speaks").select_option("pt")
    page.get_by_label("accepts new patients").check()
    page.get_by_role("button", name="Search").click()
    expect(page.locator("ol.directory li")).to_have_count(1)
    expect(page.locator("ol.directory")).to_contain_text("Pinto Helena")
    expect(page.locator("svg.map title")).to_be_attached()
    page.goto(f"{guarded[0].address}/directory?city=arlon")
    assert page.locator("ol.directory li").count() >= 3
    table = page.request.get(f"{guarded[0].address}/directory.csv?city=arlon")
    assert table.text().splitlines()[0].startswith("name,profession") and "Remacle" in table.text()
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_directory_is_accessible_and_narrow(
    browser: Browser, guarded: tuple[Site, Path], language: str
) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 800})
    for query in ("", "city=e&", "name=nobody-of-this-name&"):
        page.goto(f"{guarded[0].address}/directory?{query}lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert violations(page, RULES, language) == []
    page.close()
