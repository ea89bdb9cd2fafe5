"""The identity desk in a real browser: two officers merge, take back, tell apart; accessible in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import LANGUAGES, violations
from tests.journeys.test_who_may_see import reader

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Guarded = tuple[Site, Path]
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@pytest.fixture
def officers(browser: Browser, guarded: Guarded) -> Iterator[tuple[Page, Page, str]]:
    """Two identity officers without JavaScript, and the address of the desk."""
    site, _folder = guarded
    with reader(browser, site, "identity") as one, reader(browser, site, "identity-second") as other:
        yield one, other, f"{site.address}/desk/identity"


def _decide(page: Page, button: str, reason: str = "same birth certificate") -> None:
    page.get_by_label("Reason").first.fill(reason)
    page.get_by_role("button", name=re.compile(button)).first.click()


def test_a_merge_needs_two_officers_and_can_be_taken_back(officers: tuple[Page, Page, str]) -> None:
    one, other, desk = officers
    one.goto(desk)
    one.get_by_role("link", name=re.compile("Perhaps one person twice")).first.click()
    case = one.url
    expect(one.locator("svg.weights")).to_be_visible()
    assert one.locator("table tbody tr").count() >= 4
    _decide(one, "propose a merge")
    expect(one.locator("[role=status]")).to_contain_text("A second officer decides")
    _decide(one, "Agree: merge")
    expect(one.locator("[role=alert]")).to_contain_text("second officer must agree")
    other.goto(case)
    _decide(other, "Agree: merge", "looked at the register")
    expect(other.locator("[role=status]")).to_contain_text("Decided")
    other.get_by_role("link", name="First").click()
    expect(other.locator("#identities + div tbody tr")).to_have_count(2)
    other.get_by_label("Reason for taking it back").first.fill("two sisters after all")
    other.get_by_role("button", name=re.compile("Take back")).first.click()
    expect(other.locator("[role=status]")).to_contain_text("Taken back")
    expect(other.locator("#identities + div tbody tr")).to_have_count(1)


def test_a_case_has_somebody_who_works_on_it_and_a_person_gets_an_alias_for_protection(
    officers: tuple[Page, Page, str],
) -> None:
    one, other, desk = officers
    one.goto(desk)
    one.get_by_role("link", name=re.compile("Perhaps one person twice")).first.click()
    merged = one.url
    one.get_by_role("button", name="Take this case").click()
    expect(one.locator("main")).to_contain_text("You work on this case.")
    one.goto(f"{desk}?mine=1")
    expect(one.locator("#open ~ div tbody").first.locator("tr")).to_have_count(1)
    one.goto(merged)
    _decide(one, "propose a merge")
    other.goto(merged)
    _decide(other, "Agree: merge", "looked at the register")
    other.get_by_role("link", name="First").click()
    other.get_by_label("Reason for taking it back").first.fill("two sisters after all")
    other.get_by_role("button", name=re.compile("Take back")).first.click()
    one.goto(desk)
    one.get_by_role("link", name=re.compile("Suddenly other traits")).first.click()
    one.get_by_role("link", name="First").click()
    person = one.url
    one.get_by_role("link", name="Protection").click()
    one.get_by_label("Given name of the alias").fill("Marie")
    one.get_by_label("Family name of the alias").fill("Feller")
    one.get_by_label("Reason").fill("threatened")
    one.get_by_role("button", name="Put under protection").click()
    expect(one.locator("[role=status]")).to_contain_text("Marie Feller")
    one.goto(person)
    expect(one.locator("h1")).to_contain_text("Marie Feller")
    one.goto(f"{person}/protection")
    one.get_by_label("Reason").fill("the danger is over")
    one.get_by_role("button", name="End the protection").click()
    one.goto(person)
    expect(one.locator("h1")).not_to_contain_text("Feller")


def test_a_decision_needs_a_reason_and_an_overlay_is_decided_by_keyboard(
    officers: tuple[Page, Page, str],
) -> None:
    one, _other, desk = officers
    one.goto(desk)
    one.get_by_role("link", name=re.compile("Suddenly other traits")).first.focus()
    one.keyboard.press("Enter")
    expect(one.locator("td", has_text="Pasquier")).to_be_visible()
    expect(one.locator("td", has_text="Castagne")).to_be_visible()
    one.get_by_label("Reason").fill("a slip at the counter")
    one.keyboard.press("Tab")
    one.keyboard.press("Tab")
    one.keyboard.press("Enter")
    expect(one.locator("[role=status]")).to_contain_text("Decided")
    one.goto(desk)
    expect(one.locator("#closed + ul")).to_contain_text("new traits rejected")


def test_the_desk_is_accessible_in_every_language_and_on_a_phone(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "identity", script=True, width=320) as page:
        page.goto(f"{site.address}/desk/identity")
        first = page.locator("a[href^='/desk/identity/case/']").first.get_attribute("href")
        page.goto(f"{site.address}{first}")
        person = page.locator("a[href^='/desk/identity/person/']").first.get_attribute("href")
        for path in ("/desk/identity", first, person):
            for language in LANGUAGES:
                page.goto(f"{site.address}{path}?lang={language}")
                assert violations(page, _RULES, language) == [], (path, language)
                assert page.evaluate("document.documentElement.scrollWidth") <= 320, (path, language)


def test_the_cases_are_downloaded_without_anything_personal(officers: tuple[Page, Page, str]) -> None:
    one, _other, desk = officers
    answer = one.request.get(f"{desk}/cases.csv")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/csv")
    assert answer.text().startswith("case,kind,risk,weight")
    assert "Lentz" not in answer.text() and "Bouvier" not in answer.text()


def _find(page: Page, desk: str, number: str) -> None:
    page.goto(desk)
    page.get_by_label(re.compile("Find a person by a number")).fill(number)
    page.get_by_role("button", name="Find").click()


def test_two_officers_part_sisters_whom_a_lent_card_made_one_and_take_it_back(
    officers: tuple[Page, Page, str],
) -> None:
    one, other, desk = officers
    _find(one, desk, "S-9999")
    expect(one.locator("[role=alert]")).to_contain_text("Nobody has this number")
    _find(one, desk, "1988 0423 01770")
    person = one.url
    assert "/desk/identity/person/" in person and "1988" not in person
    expect(one.locator("#identities + div tbody tr")).to_have_count(2)
    one.goto(f"{person}/split")
    one.get_by_label(re.compile("S-2004")).check()
    one.get_by_label(re.compile("AllergyIntolerance/")).check()
    one.get_by_label("Reason").fill("her sister used her card")
    one.get_by_role("button", name="Propose to part them").click()
    case = one.url.partition("?")[0]
    expect(one.locator("main")).to_contain_text("Maria José")
    _decide(one, "Agree", "sure of it")
    expect(one.locator("[role=alert]")).to_contain_text("second officer must agree")
    other.goto(case)
    _decide(other, "Agree", "both birth certificates seen")
    expect(other.locator("[role=status]")).to_contain_text("Decided")
    other.goto(person)
    expect(other.locator("#identities + div tbody tr")).to_have_count(1)
    _find(other, desk, "S-2004")
    assert other.url != person
    expect(other.locator("h1")).to_contain_text("Maria José")
    other.goto(f"{other.url}/split")
    expect(other.locator("main")).to_contain_text("AllergyIntolerance/")
    other.goto(person)
    other.get_by_label("Reason for taking it back").first.fill("it was one person after all")
    other.get_by_role("button", name=re.compile("Take back")).first.click()
    _find(other, desk, "S-2004")
    assert other.url == person


def test_a_document_of_somebody_under_protection_shows_the_alias(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "claude.thill") as doctor:
        doctor.goto(f"{site.address}/pro")
        doctor.get_by_role("link", name=re.compile("Feller")).first.click()
        expect(doctor.locator("body")).to_contain_text("Marie Feller")
        record = re.search(r"/record/[^/?]+", doctor.content())
        assert record
        doctor.goto(f"{site.address}{record[0]}/timeline")
        expect(doctor.locator("main")).to_contain_text("Consultation Mme Marie Feller")
        assert "Morozowa" not in doctor.content()
        doctor.locator("main a[href*='/document/']").first.click()
        expect(doctor.locator("main")).to_contain_text("Marie Feller")
        expect(doctor.locator("main")).to_contain_text("Hématomes")
        for secret in ("Morozowa", "Svetlana", "09.03.1987", "rue du Canal"):
            assert secret not in doctor.content(), secret
