"""A doctor in Luxembourg finds the letter of the clinic in Arlon, with and without JavaScript."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def find_jean_weber(page: Page, site: Site) -> None:
    page.goto(site.address)
    page.get_by_label("Nom").fill("weber jean")
    page.get_by_label("Date de naissance").fill("1958-03-14")
    page.get_by_role("button", name="Chercher").click()
    expect(page.get_by_role("heading", name="1 personne trouvée")).to_be_visible()
    page.get_by_role("link", name="Jean Nicolas Weber").click()
    expect(page.get_by_role("heading", name="Résumé", level=1)).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_from_the_search_to_the_original(browser: Browser, site: Site, script: bool, tmp_path: Path) -> None:
    context = browser.new_context(locale="fr-LU", java_script_enabled=script, accept_downloads=True)
    page = context.new_page()
    find_jean_weber(page, site)
    expect(page.get_by_text("Allergie à haut risque :")).to_be_visible()
    expect(page.get_by_text("1 comprimé matin et soir, pendant le repas")).to_be_visible()
    page.get_by_role("link", name="Chronologie").click()
    page.get_by_label("Auteur").select_option(label="Dr Étienne Remacle")
    if not script:
        page.get_by_role("button", name="Afficher").click()
    expect(page.get_by_role("status")).to_contain_text("entrées sur")
    expect(page.get_by_text("Résumé patient international")).to_have_count(0)
    page.get_by_role("link", name="Lettre de sortie : prothèse totale de hanche droite").click()
    expect(page.get_by_text("clindamycine en raison de l'allergie")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Télécharger").first.click()
    original = tmp_path / "original.xml"
    waiting.value.save_as(original)
    assert waiting.value.suggested_filename == "2023-05-19.xml"
    assert b"<ClinicalDocument" in original.read_bytes()[:400]
    context.close()


def test_addresses_hold_nothing_about_the_person(page: Page, site: Site) -> None:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    find_jean_weber(page, site)
    page.get_by_role("link", name="Résultats", exact=True).click()
    expect(page.get_by_role("heading", name="Résultats", level=1)).to_be_visible()
    assert len(seen) > 5
    for url in seen:
        assert url.startswith(site.address), url
        for word in ("weber", "jean", "1958", "03-14", "217"):
            assert word not in urlsplit(url).query.lower(), url


def test_the_timeline_filters_by_kind_and_period(page: Page, site: Site) -> None:
    page.goto(site.person("jean") + "/timeline")
    page.get_by_label("Type").select_option(label="Vaccination")
    expect(page.get_by_role("status")).to_contain_text("5 entrées")
    page.get_by_label("Du", exact=True).fill("2024-01-01")
    page.get_by_label("Jusqu'au").fill("2024-12-31")
    page.get_by_role("button", name="Afficher").click()
    expect(page.get_by_role("status")).to_contain_text("2 entrées")
    expect(page.get_by_role("heading", level=2)).to_have_text(["2024"])
    page.get_by_role("link", name="Réinitialiser").click()
    expect(page.get_by_role("heading", name="1986")).to_be_visible()


def test_results_show_trend_band_and_table(page: Page, site: Site) -> None:
    page.goto(site.person("jean") + "/results")
    section = page.get_by_role("region", name="Hémoglobine glyquée (HbA1c)").first
    expect(page.get_by_role("img", name="Évolution : Hémoglobine glyquée (HbA1c)")).to_be_visible()
    expect(section.get_by_role("cell", name="8,1 % ▲ élevé corrigé")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Télécharger le tableau (CSV)").click()
    assert waiting.value.suggested_filename == "results.csv"


def test_a_replaced_summary_leads_to_the_newer_one(page: Page, site: Site) -> None:
    page.goto(site.person("jean") + "/timeline?end=2022-12-31")
    page.get_by_role("link", name="Résumé patient").click()
    expect(page.get_by_text("Une version plus récente remplace ce document.")).to_be_visible()
    page.get_by_role("link", name="Ouvrir la version récente").click()
    expect(page.get_by_text("12 février 2024").first).to_be_visible()
    page.get_by_role("link", name="Ouvrir la version précédente").click()
    expect(page.get_by_text("15 mars 2022").first).to_be_visible()


def test_a_file_inside_a_document_can_be_opened(page: Page, site: Site) -> None:
    record = site.person("jean")
    found = next(one for one in site.documents(record) if one.get("description") == "Compte rendu opératoire")
    address = f"{record}/document/{found['id']}"
    page.goto(address)
    expect(page.get_by_role("link", name="Télécharger le fichier joint")).to_be_visible()
    answer = page.request.get(f"{address}/file/1")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body().startswith(b"%PDF-1.4")


def test_a_language_is_kept_from_page_to_page(page: Page, site: Site) -> None:
    page.goto(site.person("jean"))
    page.get_by_role("link", name="Lëtzebuergesch").click()
    expect(page.get_by_role("heading", name="Resumé", level=1)).to_be_visible()
    page.get_by_role("link", name="Verlaf", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "lb")


def test_filing_by_hand_and_the_error_desk(page: Page, site: Site) -> None:
    note = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"Une note."}
    about = b"""{"patient": {"identifiers": [{"system": "1.3.182.4.4", "value": "1958031421715"}]},
                 "type": {"code": "11506-3"}, "date": "2026-06-01", "title": "Note de test"}"""
    page.goto(f"{site.address}/desk")
    page.get_by_label("Classer un document").set_input_files([note])
    page.get_by_role("button", name="Classer", exact=True).click()
    expect(page.get_by_text("Le document n'a pas pu être classé.")).to_be_visible()
    page.get_by_label("Classer un document").set_input_files([note])
    description = {"name": "note.txt.json", "mimeType": "application/json", "buffer": about}
    page.get_by_label("Description (facultative)").set_input_files([description])
    page.get_by_role("button", name="Classer", exact=True).click()
    expect(page.get_by_text("Le document est classé.")).to_be_visible()
    expect(page.get_by_text("note.txt", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Ouvrir le dossier").click()
    expect(page.get_by_role("link", name="Note de test")).to_be_visible()


def test_an_entry_of_the_desk_can_be_tried_again(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/desk")
    page.get_by_role("button", name="Réessayer: results-without-patient.hl7").click()
    expect(page.get_by_text("Le document n'a pas pu être classé.")).to_be_visible()
    expect(page.get_by_text("results-without-patient.hl7")).to_have_count(1)


def test_mistakes_are_told_beside_the_form(page: Page, site: Site) -> None:
    page.goto(site.address)
    page.get_by_role("button", name="Chercher").click()
    expect(page.get_by_role("alert")).to_have_text("Indiquez un nom, une date de naissance ou un numéro.")


@pytest.mark.parametrize("path", ["/record/nobody", "/record/../x", "/record/nobody/document/x", "/nowhere"])
def test_what_is_not_there_is_said_kindly(page: Page, site: Site, path: str) -> None:
    answer = page.goto(site.address + path)
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="Rien ici")).to_be_visible()
