"""The way of a vaccination: due, entered with the code of its box, on the patient's card, printed, verified.

Tests run in any order: whoever is vaccinated in one is looked at in no other.
"""

from __future__ import annotations

import io
import json
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import LANGUAGES, violations
from tests.journeys.test_who_may_see import RULES, reader, record_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]
Guarded = tuple[Site, Path]
_BOX = "(01)03400927349997(17)991231(10)W1C23M(21)S1"
"""A box of HEXYON."""


def test_from_due_to_the_verified_card(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "anne.schmitz") as anne, reader(browser, site, "claude.thill") as doctor:
        patient = record_of(anne, site).rpartition("/")[2]
        anne.goto(f"{site.address}/my/vaccination")
        expect(anne.locator("h1")).to_have_text("Vaccination card")
        expect(anne.get_by_text("Overdue").first).to_be_visible()
        doctor.goto(f"{site.address}/pro/vaccination/{patient}")
        doctor.locator("#box").fill("(01)03400927349998(10)X")
        doctor.get_by_role("button", name="Keep").click()
        expect(doctor.get_by_role("alert")).to_contain_text("cannot be read")
        doctor.locator("#box").fill(_BOX)
        doctor.get_by_role("button", name="Keep").click()
        expect(doctor.get_by_role("status")).to_contain_text("is in the record")
        expect(doctor.locator("table")).to_contain_text("W1C23M")
        anne.reload()
        expect(anne.locator("table")).to_contain_text("HEXYON")
        printed = anne.request.get(f"{site.address}/my/vaccination/card.pdf")
        assert printed.status == 200
        pdf = PdfReader(io.BytesIO(printed.body()))
        assert "HEXYON" in "".join(page.extract_text() for page in pdf.pages)
        assert pdf.metadata is not None
        card = str(pdf.metadata["/Keywords"])
        anonymous = browser.new_context(locale="en").new_page()
        anonymous.goto(f"{site.address}/card/verify?lang=en")
        anonymous.locator("#text").fill(card)
        anonymous.get_by_role("button", name="Verify").click()
        expect(anonymous.get_by_role("status")).to_contain_text("true")
        expect(anonymous.locator("main")).to_contain_text("SCHMITZ")
        anonymous.locator("#text").fill(card[:-3] + "000")
        anonymous.get_by_role("button", name="Verify").click()
        expect(anonymous.get_by_role("alert")).to_contain_text("Do not trust")
        anonymous.context.close()
    with urllib.request.urlopen(f"{site.address}/vaccination/.well-known/jwks.json") as answer:
        assert {key["alg"] for key in json.load(answer)["keys"]} == {"ES256"}


def test_every_page_is_accessible_and_fits_a_phone(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with (
        reader(browser, site, "anne.schmitz", script=True, width=320) as anne,
        reader(browser, site, "claude.thill", script=True, width=320) as doctor,
    ):
        patient = record_of(anne, site).rpartition("/")[2]
        pages = (
            (anne, "/my/vaccination"), (doctor, f"/pro/vaccination/{patient}"), (anne, "/card/verify"),
            (doctor, "/pro/vaccinations"), (doctor, _first_act(doctor, site, patient)),
        )  # fmt: skip
        for page, address in pages:
            for language in LANGUAGES:
                page.goto(f"{site.address}{address}?lang={language}")
                assert violations(page, RULES, language) == [], (address, language)
                assert page.evaluate("document.documentElement.scrollWidth") <= 320, (address, language)


def test_a_stranger_sees_no_card(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "anne.schmitz") as anne:
        patient = record_of(anne, site).rpartition("/")[2]
    with reader(browser, site, "jean.weber") as jean:
        answer = jean.goto(f"{site.address}/pro/vaccination/{patient}")
        assert answer and answer.status == 403


def test_the_keeper_of_the_stock_books_and_recalls(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "sofia.ferreira") as sofia:
        patient = record_of(sofia, site).rpartition("/")[2]
    with reader(browser, site, "public-health") as keeper, reader(browser, site, "claude.thill") as doctor:
        desk = f"{site.address}/desk/stock"
        for name in ("Main store", "Attertdall"):
            keeper.goto(desk)
            keeper.locator("#name").fill(name)
            if name == "Attertdall":
                keeper.locator("#organisation").fill(name)
                keeper.get_by_role("button", name="Find the organisation").click()
                keeper.locator("#party-1").check()
            keeper.get_by_role("button", name="Open the site").click()
            expect(keeper.get_by_role("status")).to_contain_text("Done")
        keeper.locator("#box").fill(_BOX.replace("W1C23M", "RECALL7"))
        keeper.locator("#site").select_option(label="Attertdall")
        keeper.locator("#doses").fill("2")
        keeper.get_by_role("button", name="Book the delivery").click()
        expect(keeper.locator("table")).to_contain_text("RECALL7")
        doctor.goto(f"{site.address}/pro/vaccination/{patient}")
        doctor.locator("#box").fill(_BOX.replace("W1C23M", "RECALL7"))
        doctor.get_by_role("button", name="Keep").click()
        expect(doctor.get_by_role("status")).to_contain_text("taken from the stock")
        keeper.get_by_role("link", name="RECALL7").click()
        keeper.locator("#reason").fill("particles in the vial")
        keeper.get_by_role("button", name="Recall this batch").click()
        keeper.locator("#reason").fill("letters to all recipients")
        keeper.get_by_role("button", name="Show who received it").click()
        expect(keeper.locator("main")).to_contain_text("Ferreira")
        doctor.goto(f"{site.address}/pro/vaccination/{patient}")
        doctor.locator("#box").fill(_BOX.replace("W1C23M", "RECALL7"))
        doctor.get_by_role("button", name="Keep").click()
        expect(doctor.get_by_role("alert")).to_contain_text("recalled")
    with reader(browser, site, "public-health", script=True, width=320) as keeper:
        for path in ("", "/orders", "/batch/1"):
            for language in LANGUAGES:
                keeper.goto(f"{site.address}/desk/stock{path}?lang={language}")
                assert violations(keeper, RULES, language) == [], (path, language)
                assert keeper.evaluate("document.documentElement.scrollWidth") <= 320, (path, language)


def test_a_campaign_from_choice_to_letters_and_the_pages_beside_it(
    browser: Browser, guarded: Guarded
) -> None:
    site, _folder = guarded
    with reader(browser, site, "public-health") as office:
        office.goto(f"{site.address}/desk/campaigns")
        office.locator("#name").fill("Tetanus")
        office.locator("#group").select_option("Diphtheria, tetanus, pertussis")
        office.locator("#born_from").fill("1930-01-01")
        office.locator("#born_to").fill("2010-01-01")
        office.locator("#share").fill("0")
        office.get_by_role("button", name="Choose the persons").click()
        expect(office.get_by_role("alert")).to_contain_text("journal")
        office.locator("#reason").fill("Boosters after the floods")
        office.get_by_role("button", name="Choose the persons").click()
        for _attempt in range(30):
            if office.get_by_role("button", name="Letters to invite").count():
                break
            office.wait_for_timeout(1000)
            office.reload()
        expect(office.locator("main")).to_contain_text("Weber")
        campaign = office.url
        made = office.request.post(campaign, form={"act": "letters"}, headers={"origin": site.address})
        assert made.status == 200
        assert len(PdfReader(io.BytesIO(made.body())).pages) >= 1
    with reader(browser, site, "jean.weber") as jean:
        jean.goto(f"{site.address}/my/vaccination?lang=en")
        expect(jean.locator(".notice")).to_contain_text("You were invited")
        leaflet = jean.request.get(f"{site.address}/leaflet/lu/VAC0510", max_redirects=0)
        assert leaflet.status == 303 and leaflet.headers["location"].startswith("https://")
        jean.goto(f"{site.address}/simulator?disease=measles&b_young=95&lang=en")
        expect(jean.locator("svg.curves")).to_have_count(2)
        expect(jean.locator("main")).to_contain_text("Doses of scenario B")
    path = campaign.removeprefix(site.address)
    with reader(browser, site, "public-health", script=True, width=320) as office:
        for page in ("/desk/campaigns", path, "/desk/coverage", "/desk/leaflets", "/simulator"):
            for language in LANGUAGES:
                office.goto(f"{site.address}{page}?lang={language}")
                assert violations(office, RULES, language) == [], (page, language)
                assert office.evaluate("document.documentElement.scrollWidth") <= 320, (page, language)


def test_a_card_is_verified_without_a_network(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "anne.schmitz") as anne:
        printed = anne.request.get(f"{site.address}/my/vaccination/card.pdf")
        pdf = PdfReader(io.BytesIO(printed.body()))
        assert pdf.metadata is not None
        card = str(pdf.metadata["/Keywords"])
    context = browser.new_context(locale="en")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{site.address}/card/verify?lang=en")
    page.wait_for_selector("html[data-offline=ready]", state="attached")
    page.wait_for_timeout(1500)
    context.set_offline(True)
    page.goto(f"{site.address}/card/verify")
    page.locator("#text").fill(card)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("status")).to_contain_text("SCHMITZ")
    page.locator("#text").fill(card[:-3] + "000")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("alert")).to_contain_text("Do not trust")
    assert [text for text in complaints if "Content Security" in text] == []
    context.close()


def _first_act(doctor: Page, site: Site, patient: str) -> str:
    """Return the address of the first vaccination on a card."""
    doctor.goto(f"{site.address}/pro/vaccination/{patient}")
    href = doctor.locator("a[href*='/act/']").first.get_attribute("href")
    assert href
    return href


def test_a_reaction_bars_the_vaccine_and_a_correction_leaves_its_trace(
    browser: Browser, guarded: Guarded
) -> None:
    site, _folder = guarded
    with reader(browser, site, "germaine.weber") as germaine, reader(browser, site, "claude.thill") as doctor:
        patient = record_of(germaine, site).rpartition("/")[2]
        doctor.goto(f"{site.address}/pro/vaccination/{patient}")
        doctor.locator("#box").fill(_BOX.replace("W1C23M", "TRACE1"))
        doctor.get_by_role("button", name="Keep").click()
        doctor.locator("tr", has_text="TRACE1").locator("a").click()
        doctor.locator("#batch").fill("TRACE2")
        doctor.get_by_role("button", name="Correct", exact=True).click()
        expect(doctor.get_by_role("alert")).to_contain_text("why it is changed")
        doctor.locator("#batch").fill("TRACE2")
        doctor.locator("#reason").fill("Read wrongly from the box")
        doctor.get_by_role("button", name="Correct", exact=True).click()
        expect(doctor.locator("main")).to_contain_text("Read wrongly from the box")
        expect(doctor.locator("main")).to_contain_text("TRACE1")
        doctor.locator("#reaction").select_option("anaphylaxis")
        doctor.get_by_role("button", name="Keep the reaction").click()
        report = doctor.get_by_role("link", name="Report (PDF)").get_attribute("href")
        assert doctor.request.get(f"{site.address}{report}").body()[:5] == b"%PDF-"
        germaine.goto(f"{site.address}/my/vaccination?lang=en")
        expect(germaine.locator("li", has_text="Polio")).to_contain_text("Not to be given")
        doctor.goto(doctor.url)
        doctor.locator("#reason").fill("Another person")
        doctor.get_by_role("button", name="It was entered in error").click()
        expect(doctor.locator("main")).to_contain_text("entered in error")
        assert germaine.request.get(f"{site.address}/my/vaccination/card.xml").status == 200


def test_a_parent_sees_the_childs_card(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "sofia.ferreira") as sofia:
        sofia.goto(f"{site.address}/my/vaccination?lang=en")
        sofia.get_by_role("link", name="Tiago").click()
        expect(sofia.locator("h1")).to_contain_text("Tiago")
        assert sofia.request.get(f"{sofia.url.partition('?')[0]}/card.pdf").body()[:5] == b"%PDF-"
