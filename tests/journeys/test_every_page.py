"""What must hold on every page: accessible, readable on a phone in every language, nothing from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page
from tests.journeys.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

AXE = Path(str(axe_playwright_python.__file__)).parent / "axe.min.js"
LANGUAGES = ("fr", "de", "lb", "en", "pt") if os.environ.get("ARDENNE_WHOLE") else ("fr", "de")
"""All languages with the environment variable; else the first of the two countries and that of the longest words."""
FORMS = (
    "text/xml", "x-application/hl7-v2+er7", "application/fhir+json", "application/fhir+xml", "application/pdf",
    "text/plain", "image/png",
)  # fmt: skip
_TITLES = ("Lettre de sortie : prothèse totale de hanche droite", "Compte rendu opératoire")
_FOCUSABLE = """() => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, summary, iframe, [tabindex="0"]')]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest('details:not([open]) > :not(summary)'))
  .map((e, place) => { e.dataset.place = place; return e.outerHTML.slice(0, 90); })"""
_FOCUSED = """() => { const e = document.activeElement;
  const style = getComputedStyle(e);
  return [e.dataset.place ?? '', style.outlineStyle, parseFloat(style.outlineWidth)]; }"""


@cache
def page_addresses(site: Site) -> tuple[str, ...]:
    """Return every kind of page: each form of document once, and the records of three persons."""
    jean, olena, tiago = site.person("jean"), site.person("olena"), site.person("tiago")
    found = [site.address, f"{site.address}/desk", f"{site.address}/nowhere"]
    found += [jean, f"{jean}/timeline", f"{jean}/results", olena, tiago, f"{tiago}/timeline"]
    wanted = set(FORMS)
    for record in (jean, tiago, site.person("thomas")):
        for one in site.documents(record):
            kind, title = one["content"][0]["attachment"]["contentType"], one.get("description")
            national = "sumehr" in str(one["type"])
            if kind in wanted or title in _TITLES or national:
                wanted.discard(kind)
                found.append(f"{record}/document/{one['id']}")
    assert not wanted
    return tuple(found)


def each_page(page: Page, site: Site, check: Callable[[str], None], language: str = "fr") -> None:
    """Open every page, and the answer to a search, and check each."""
    for address in page_addresses(site):
        page.goto(f"{address}?lang={language}")
        check(address)
    page.goto(f"{site.address}/?lang={language}")
    page.locator("#name").fill("weber")
    page.locator("form[action='/find'] button").click()
    page.wait_for_load_state()
    check("/find")


def violations(page: Page, rules: tuple[str, ...], language: str = "fr") -> list[str]:
    """Return what axe finds of the rules with these tags.

    The markup of a page is the same in every language, only lengths differ: axe looks at the French one.
    """
    if language != "fr":
        return []
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate(
        "async (tags) => await axe.run(document, {runOnly: tags, iframes: false})", list(rules)
    )
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"]]


@pytest.mark.parametrize(
    ("scheme", "rules"),
    [
        ("light", ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")),
        ("dark", ("cat.color",)),
    ],
)
def test_axe_finds_nothing(browser: Browser, site: Site, scheme: Any, rules: tuple[str, ...]) -> None:
    context = browser.new_context(locale="fr-LU", color_scheme=scheme)
    page = context.new_page()
    found: list[tuple[str, list[str]]] = []

    def check(address: str) -> None:
        if wrong := violations(page, rules):
            found.append((address, wrong))

    each_page(page, site, check)
    context.close()
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_wider_than_a_phone(browser: Browser, site: Site, language: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    wide: list[tuple[str, int]] = []

    def check(address: str) -> None:
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide.append((address, width))
        assert page.locator("html").get_attribute("lang") == language

    each_page(page, site, check, language)
    context.close()
    assert wide == []


def test_one_heading_a_title_and_nothing_from_elsewhere(page: Page, site: Site) -> None:
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def check(address: str) -> None:
        assert page.locator("h1").count() == 1, address
        assert page.title().endswith("– Ardenne"), address
        assert len(page.title()) > len("– Ardenne") + 2, address

    each_page(page, site, check)
    outside = [
        url for url in requests if not url.startswith((site.address, "data:", "chrome-extension:", "chrome:"))
    ]
    assert outside == []
    assert [text for text in complaints if "404" not in text] == []


def test_the_policy_forbids_foreign_and_inline_code(page: Page, site: Site) -> None:
    answer = page.goto(site.person("jean"))
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert page.locator("[style], style, script:not([src])").count() == 0


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Page, site: Site) -> None:
    jean = site.person("jean")
    letter = next(one for one in site.documents(jean) if one.get("description") == _TITLES[0])
    for address in (
        site.address,
        f"{site.address}/desk",
        jean,
        f"{jean}/timeline",
        f"{jean}/document/{letter['id']}",
    ):
        page.goto(address)
        wanted = page.evaluate(_FOCUSABLE)
        reached = set()
        for _press in range(2 * len(wanted) + 20):
            page.keyboard.press("Tab")
            place, style, width = page.evaluate(_FOCUSED)
            if place:
                reached.add(int(place))
                assert style != "none", (address, wanted[int(place)])
                assert width >= 2, (address, wanted[int(place)])
            if len(reached) == len(wanted):
                break
        assert [wanted[place] for place in range(len(wanted)) if place not in reached] == [], address
