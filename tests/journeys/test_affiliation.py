"""The office prints letters; somebody objects with the code, and the record is closed to everybody at once."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pypdf import PdfReader
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import LANGUAGES, violations
from tests.journeys.test_who_may_see import RULES, reader

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]

Guarded = tuple[Site, Path]
HEAD = "number,family,given,birth_date,sex,street,postcode,city,country,language\n"
FAULTY = f"{HEAD}1,X,Y,2000-01-01,,,,Z,LU,fr\n"
JOINED = f"{HEAD}1975032155476,Reding,Paulo,1975-03-21,m,,L-1234,Luxembourg,LU,fr\n"


def test_a_letter_is_printed_and_its_reader_objects(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "identity", script=True, width=320) as officer:
        officer.goto(f"{site.address}/letters")
        officer.get_by_role("link", name="Records on affiliation").click()
        officer.locator("#list").set_input_files(
            {"name": "list.csv", "mimeType": "text/csv", "buffer": FAULTY.encode()}
        )
        officer.get_by_role("button", name="Open records").click()
        expect(officer.locator("[role=alert]")).to_contain_text("nothing was opened")
        officer.locator("#list").set_input_files(
            {"name": "list.csv", "mimeType": "text/csv", "buffer": JOINED.encode()}
        )
        officer.get_by_role("button", name="Open records").click()
        expect(officer.locator("[role=status]")).to_contain_text("1 record was opened")
        with officer.expect_download(timeout=120_000) as download:
            officer.get_by_role("button", name="Print the letters that wait").click()
        content = Path(download.value.path()).read_bytes()
        pages = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
        (page,) = [text for text in pages if "Reding" in text]
        login, code = re.search(r"dsp-\w{8}", page), re.search(r"[A-Z2-9]{5}(?:-[A-Z2-9]{5}){3}", page)
        assert login and code
        for language in LANGUAGES:
            officer.goto(f"{site.address}/desk/affiliations?lang={language}")
            assert officer.evaluate("document.documentElement.scrollWidth") <= 320
            assert violations(officer, RULES, language) == []
    with reader(browser, site, "identity") as officer:
        officer.goto(f"{site.address}/")
        officer.locator("#name").fill("Reding")
        officer.locator("form[action='/find'] button").click()
        record = officer.locator("a[href^='/record/']").first.get_attribute("href") or ""
    context = browser.new_context(locale="en")
    person = context.new_page()
    person.goto(f"{site.address}/activate")
    person.locator("#login").fill(login[0])
    person.locator("#code").fill(code[0])
    person.locator("button[value=object]").click()
    expect(person.locator("main")).to_contain_text("objected")
    context.close()
    with reader(browser, site, "claude.thill") as doctor:
        doctor.goto(f"{site.address}/pro/why{record.removeprefix('/record')}")
        expect(doctor.locator("main")).to_contain_text("objected")
