"""A doctor sends a document of a record to a colleague, who reads it, says so, answers and files it; mail programs are let in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import violations
from tests.journeys.test_who_may_see import RULES, reader, record_of

from ardenne.apps.demo.messages import PASSPHRASE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]

Guarded = tuple[Site, Path]
PDF = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def mailbox(page: Page, site: Site, query: str = "") -> None:
    """Open the mailbox of a member of the demonstration."""
    page.goto(f"{site.address}/pro/messages{query}")
    page.fill("#passphrase", PASSPHRASE)
    page.locator("main form button").first.click()


def test_a_document_of_a_record_goes_to_a_colleague_and_the_patient_reads_that_it_did(
    browser: Browser, guarded: Guarded
) -> None:
    site, _folder = guarded
    with (
        reader(browser, site, "emma.pauly") as emma,
        reader(browser, site, "claude.thill") as doctor,
        reader(browser, site, "danielle.muller") as nurse,
    ):
        record = record_of(emma, site)
        doctor.goto(f"{site.address}/pro/messages")
        doctor.fill("#passphrase", "not the passphrase at all")
        doctor.get_by_role("button", name="Open").click()
        expect(doctor.locator("[role=alert]")).to_contain_text("not the passphrase")
        mailbox(doctor, site)
        expect(doctor.locator("main")).to_contain_text("Second opinion on an insulin plan")
        doctor.goto(record)
        doctor.get_by_role("link", name="Send").click()
        doctor.fill("#name", "muller")
        doctor.get_by_role("button", name="Search").click()
        doctor.get_by_label("Danielle Muller").check()
        doctor.get_by_role("button", name="Sign, encrypt and send").click()
        expect(doctor.locator("[role=alert]")).to_contain_text("subject")
        doctor.fill("#to", "danielle.muller")
        doctor.fill("#subject", "The report that you asked for")
        doctor.fill("#text", "Please look at it.\nClaude")
        doctor.locator("input[name=document]").first.check()
        doctor.locator("#file").set_input_files(
            {"name": "walk.pdf", "mimeType": "application/pdf", "buffer": PDF}
        )
        doctor.get_by_label("Ask to be told when it is read").check()
        doctor.get_by_role("button", name="Sign, encrypt and send").click()
        expect(doctor.locator("[role=status]")).to_contain_text("was sent")
        mailbox(nurse, site)
        nurse.get_by_role("link", name="The report that you asked for").click()
        expect(nurse.locator("main")).to_contain_text("Signed by the sender")
        expect(nurse.locator("main")).to_contain_text("Please look at it.")
        assert nurse.locator("a[download]").count() == 2
        nurse.get_by_role("button", name="Tell the sender").click()
        expect(nurse.locator("main")).not_to_contain_text("asks to be told")
        nurse.get_by_role("link", name="Answer this message").click()
        expect(nurse.locator("#subject")).to_have_value("Re: The report that you asked for")
        assert "> Please look at it." in nurse.locator("#text").input_value()
        nurse.get_by_role("button", name="Sign, encrypt and send").click()
        doctor.goto(f"{site.address}/pro/messages?folder=Sent")
        doctor.get_by_role("link", name="The report that you asked for").click()
        expect(doctor.locator("dl")).to_contain_text(re.compile("read .*2"))
        doctor.get_by_role("link", name=re.compile("File it in a record.*walk")).click()
        doctor.locator("#patient").select_option(record.rpartition("/")[2])
        doctor.get_by_role("button", name="Go on").click()
        doctor.fill("#title", "Note about a walk")
        doctor.get_by_role("button", name="File it").click()
        assert doctor.url.startswith(f"{record}/document/")
        expect(doctor.locator("h1")).to_contain_text("Note about a walk")
        emma.goto(f"{site.address}/my/journal")
        expect(emma.locator("main")).to_contain_text("sent documents of the record by a secure message")


def test_absence_groups_and_folders(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "isabelle.majerus") as doctor:
        mailbox(doctor, site, "/groups")
        doctor.fill("#name", "Diabetes in the north")
        doctor.fill("#members", "claude.thill, nobody.at.all")
        doctor.get_by_role("button", name="Make the group").click()
        expect(doctor.locator("[role=alert]")).to_contain_text("nobody.at.all")
        doctor.fill("#members", "claude.thill")
        doctor.get_by_role("button", name="Make the group").click()
        expect(doctor.locator("section")).to_contain_text("Claude Thill")
        doctor.goto(f"{site.address}/pro/messages/new")
        doctor.get_by_label("Diabetes in the north").check()
        doctor.fill("#subject", "To all")
        doctor.get_by_role("button", name="Sign, encrypt and send").click()
        expect(doctor.locator("[role=status]")).to_contain_text("was sent")
        doctor.goto(f"{site.address}/pro/messages/settings")
        doctor.locator("textarea[name=text]").fill("Back on Monday")
        doctor.get_by_role("button", name="Mark me as away").click()
        expect(doctor.locator("main")).to_contain_text("You are marked as away")
        doctor.get_by_role("button", name="I am back").click()
        doctor.fill("#folder", "Studies")
        doctor.get_by_role("button", name="Make the folder").click()
        doctor.fill("#label", "Laptop")
        doctor.get_by_role("button", name="Make a password for it").click()
        assert re.fullmatch(r"([A-Z2-9]{5}-){3}[A-Z2-9]{5}", doctor.locator("code").inner_text())
        doctor.goto(f"{site.address}/pro/messages?folder=Sent")
        doctor.locator("input[name=entry]").first.check()
        doctor.locator("#to").select_option("Studies")
        doctor.get_by_role("button", name="Move", exact=True).click()
        doctor.goto(f"{site.address}/pro/messages?folder=Studies")
        expect(doctor.locator("main li a.person-link")).to_have_count(1)
        doctor.get_by_role("button", name="Close the mailbox").click()
        doctor.goto(f"{site.address}/pro/messages")
        expect(doctor.locator("#passphrase")).to_be_visible()


def test_pages_of_messages_are_accessible_and_narrow(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    with reader(browser, site, "claude.thill", script=True, width=320) as doctor:

        def look() -> None:
            """Look in the languages with the longest words, and with the rules of accessibility in one."""
            address = doctor.url.partition("?")[0]
            for language in ("de", "fr"):
                doctor.goto(f"{address}?lang={language}")
                assert doctor.evaluate("document.documentElement.scrollWidth") <= 320, doctor.url
            assert violations(doctor, RULES, "fr") == [], doctor.url

        mailbox(doctor, site)
        look()
        for page in ("new", "groups", "settings"):
            doctor.goto(f"{site.address}/pro/messages/{page}")
            look()
        doctor.goto(f"{site.address}/pro/messages?from=majerus")
        doctor.get_by_role("link", name="Second opinion on an insulin plan").click()
        look()
        doctor.locator("a[href$='/record']").click()
        doctor.locator("main form button").click()
        assert doctor.evaluate("document.documentElement.scrollWidth") <= 320, doctor.url
        assert violations(doctor, RULES, "fr") == [], doctor.url
