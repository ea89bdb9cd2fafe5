"""The way of a decision: a patient closes and opens, hands a code, is told of an emergency, asks, is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import LANGUAGES, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]

Guarded = tuple[Site, Path]
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
REASON = "Unconscious after a fall, current medication unknown"


@contextmanager
def reader(
    browser: Browser, site: Site, login: str, *, script: bool = False, width: int = 1000
) -> Iterator[Page]:
    """Somebody who signed in by one click; without JavaScript unless asked."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=script, locale="en"
    )
    page = context.new_page()
    page.goto(f"{site.address}/sign-in?lang=en")
    page.locator(f"button[value='{login}']").click()
    yield page
    context.close()


def record_of(page: Page, site: Site) -> str:
    """Return the address of the reader's own record."""
    page.goto(f"{site.address}/mine")
    href = page.locator("main a[href^='/record/']").first.get_attribute("href")
    assert href
    return site.address + href


def test_a_closed_record_is_closed_at_once_and_undoing_opens_it(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "emma.pauly") as anne, reader(browser, site, "claude.thill") as doctor:
        record = record_of(anne, site)
        doctor.goto(record)
        expect(doctor.locator("body")).to_contain_text("Pauly")
        seen = doctor.locator("main li").count()
        assert seen > 3
        anne.goto(f"{site.address}/my/access")
        anne.get_by_role("button", name="Close my record").click()
        expect(anne.locator("[role=status]")).to_contain_text("effect at once")
        doctor.reload()
        assert doctor.locator("main li").count() < seen
        anne.get_by_role("button", name=re.compile("Undo.*Close my record")).click()
        doctor.reload()
        assert doctor.locator("main li").count() == seen
        expect(anne.locator("table")).to_contain_text("withdrawn")


def test_a_code_opens_a_record_once(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "emma.pauly") as anne, reader(browser, site, "rita.gomes") as midwife:
        anne.goto(f"{site.address}/my/code")
        anne.get_by_role("button", name="Make a code").click()
        code = anne.locator(".code").inner_text()
        midwife.goto(f"{site.address}/pro")
        midwife.locator("#code").fill("000 000" if code != "000 000" else "111 111")
        midwife.get_by_role("button", name="Open the record").click()
        expect(midwife.locator("[role=alert]")).to_contain_text("opens nothing")
        midwife.locator("#code").fill(code)
        midwife.get_by_role("button", name="Open the record").click()
        assert "/record/" in midwife.url
        expect(midwife.locator("body")).to_contain_text("Pauly")
        midwife.goto(f"{site.address}/pro")
        midwife.locator("#code").fill(code)
        midwife.get_by_role("button", name="Open the record").click()
        expect(midwife.locator("[role=alert]")).to_contain_text("opens nothing")
        anne.goto(f"{site.address}/my/access")
        anne.get_by_role("button", name=re.compile("End it.*Rita Gomes")).click()
        midwife.goto(f"{site.address}/pro")
        expect(midwife.locator("main")).to_contain_text("No record is open to you")


def test_a_hidden_document_is_gone_for_the_doctor_with_its_values_until_it_is_shown(
    browser: Browser, guarded: Guarded
) -> None:
    site, _folder = guarded
    with reader(browser, site, "anne.schmitz") as anne, reader(browser, site, "claude.thill") as doctor:
        record = record_of(anne, site)
        anne.goto(f"{record}/timeline?class=laboratory")
        document = anne.locator("main a[href*='/document/']").first.get_attribute("href") or ""
        doctor.goto(f"{record}/results")
        values = doctor.locator("main tbody tr").count()
        assert values and doctor.goto(site.address + document).status == 200
        for level, status in (("Only me", 404), ("Normal", 200)):
            anne.goto(site.address + document)
            anne.get_by_role("link", name="Hide or restrict this document").click()
            expect(anne.locator("#affected + ul, #affected ~ ul").first).to_contain_text("Thill")
            anne.get_by_label(level).check()
            anne.get_by_role("button", name="Save").click()
            expect(anne.locator("[role=status]")).to_contain_text("effect at once")
            assert doctor.goto(site.address + document).status == status
            doctor.goto(f"{record}/results")
            assert (doctor.locator("main tbody tr").count() == values) is (status == 200)
        expect(anne.get_by_label("Normal")).to_be_checked()


def test_an_emergency_is_told_reviewed_and_questioned(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with (
        reader(browser, site, "emma.pauly") as anne,
        reader(browser, site, "laure.steffen") as dentist,
        reader(browser, site, "data-protection") as officer,
    ):
        record = record_of(anne, site)
        patient = record.rpartition("/")[2]
        dentist.goto(f"{site.address}/pro/why/{patient}")
        expect(dentist.locator("table")).to_contain_text("no care relation")
        dentist.get_by_role("link", name="Emergency access").click()
        dentist.locator("#reason").fill("asdf")
        dentist.get_by_role("button", name="Open the record in an emergency").click()
        expect(dentist.locator("[role=alert]")).to_contain_text("in words")
        dentist.locator("#reason").fill(REASON)
        dentist.get_by_role("button", name="Open the record in an emergency").click()
        assert dentist.url == record
        assert dentist.locator("main li").count() > 3
        anne.goto(f"{site.address}/my/journal")
        expect(anne.locator("main")).to_contain_text("Your record was opened in an emergency.")
        expect(anne.locator("main")).to_contain_text(REASON)
        line = anne.locator("li", has_text="opened the record in an emergency").first
        line.locator("summary").click()
        line.locator("textarea").fill("Was I really unconscious?")
        line.get_by_role("button", name="Ask").click()
        expect(anne.locator("main")).to_contain_text("Not answered yet.")
        officer.goto(f"{site.address}/desk/emergencies")
        officer.locator("li", has_text=REASON).get_by_role("button", name="Not justified").click()
        expect(officer.locator("[role=status]")).to_contain_text("kept")
        officer.goto(f"{site.address}/desk/questions")
        officer.locator("textarea").first.fill("We asked the practice; it was not justified.")
        officer.get_by_role("button", name="Send the answer").click()
        anne.reload()
        expect(anne.locator("main")).to_contain_text("it was not justified")


def test_the_matrix_is_changed_compared_and_simulated(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "matrix-editor") as editor:
        editor.goto(f"{site.address}/desk/matrix")
        cell = "input[name='dentist/NURSING']"
        editor.locator(cell).fill("sometimes")
        editor.locator("#reason").fill("dentists need the care plan")
        editor.get_by_role("button", name="Put a new version in force").click()
        expect(editor.locator("[role=alert]")).to_contain_text("no cell")
        editor.locator(cell).fill("R")
        editor.locator("#reason").fill("dentists need the care plan")
        editor.get_by_role("button", name="Put a new version in force").click()
        expect(editor.locator("[role=status]")).to_contain_text("in force")
        editor.get_by_role("link", name="Difference").first.click()
        expect(editor.locator("ins")).to_have_text("R")
        address = "profession=dentist&category=NURSING&act=read&level=0&relation=TREATMENT&purpose=TREAT"
        editor.goto(f"{site.address}/desk/matrix/simulator?{address}")
        expect(editor.locator("[role=status]")).to_contain_text("permitted")
        editor.goto(f"{site.address}/desk/matrix/simulator?{address.replace('TREATMENT', '')}")
        expect(editor.locator("[role=status]")).to_contain_text("no-relation")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_about_access_are_accessible_and_narrow(
    browser: Browser, guarded: Guarded, language: str
) -> None:
    site, _folder = guarded
    patient = ""
    for login, paths in (
        ("emma.pauly", ("/my/access", "/my/journal", "/my/code")),
        ("claude.thill", ("/pro", "/pro/why/{patient}", "/pro/emergency/{patient}")),
        ("data-protection", ("/desk/emergencies", "/desk/questions", "/desk/deletions")),
        (
            "matrix-editor",
            ("/desk/matrix", "/desk/matrix/simulator?profession=nurse&category=ALLERGY&act=read&level=1"),
        ),
    ):
        with reader(browser, site, login, script=True, width=320) as page:
            patient = patient or record_of(page, site).rpartition("/")[2]
            for path in paths:
                mark = "&" if "?" in path else "?"
                page.goto(f"{site.address}{path.format(patient=patient)}{mark}lang={language}")
                assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
                assert violations(page, RULES, language) == [], path
            if login == "emma.pauly":
                page.goto(f"{site.address}/record/{patient}/timeline")
                document = page.locator("main a[href*='/document/']").first.get_attribute("href")
                page.goto(f"{site.address}{document}/access?lang={language}")
                assert page.locator("input[type=radio]").count() == 3
                assert page.evaluate("document.documentElement.scrollWidth") <= 320
                assert violations(page, RULES, language) == []


def test_a_doctor_involves_a_colleague_and_the_patient_ends_it(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with (
        reader(browser, site, "jean.weber", width=320) as patient,
        reader(browser, site, "claude.thill", script=True, width=320) as doctor,
        reader(browser, site, "rita.gomes") as midwife,
    ):
        record = record_of(patient, site)
        midwife.goto(record)
        expect(midwife.locator("main")).not_to_contain_text("Metformin")
        doctor.goto(f"{site.address}/pro")
        doctor.get_by_role("link", name=re.compile("Involve others.*Weber")).click()
        expect(doctor.locator("main")).to_contain_text("Danielle Muller")
        assert not violations(doctor, RULES)
        doctor.locator("#name").fill("gomes")
        doctor.get_by_role("button", name="Search").click()
        doctor.get_by_role("button", name=re.compile("Involve.*Gomes")).click()
        expect(doctor.locator("[role=status]")).to_contain_text("effect at once")
        midwife.goto(f"{site.address}/pro")
        expect(midwife.locator("main")).to_contain_text("Weber")
        patient.goto(f"{site.address}/my/access")
        line = patient.locator("li", has_text="Gomes")
        expect(line).to_contain_text("Passed on by Dr Claude Thill")
        patient.goto(f"{site.address}/my/journal")
        expect(patient.locator("main")).to_contain_text("let somebody else look, as you allowed")
        expect(patient.locator("main")).to_contain_text("Rita Gomes")
        patient.goto(f"{site.address}/my/access")
        patient.get_by_role("button", name=re.compile("End it.*Gomes")).click()
        midwife.goto(f"{site.address}/pro")
        expect(midwife.locator("main")).not_to_contain_text("Weber")
