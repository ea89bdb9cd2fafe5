"""A real server with the demonstration, and a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = os.environ.get("ARDENNE_CHROMIUM", "/usr/bin/chromium")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Site(NamedTuple):
    """A running demonstration."""

    address: str

    def fhir(self, query: str) -> Any:
        """Return the answer to a FHIR search."""
        with urllib.request.urlopen(f"{self.address}/fhir/{query}", timeout=20) as answer:
            return json.load(answer)

    def person(self, name: str) -> str:
        """Return the address of a person's record."""
        found = self.fhir(f"Patient?name={name}")["entry"]
        assert len(found) == 1, name
        return f"{self.address}/record/{found[0]['resource']['id']}"

    def documents(self, record: str) -> list[dict[str, Any]]:
        """Return the DocumentReferences of a person."""
        patient = record.rpartition("/")[2]
        entries = self.fhir(f"DocumentReference?patient={patient}&_count=100")["entry"]
        return [entry["resource"] for entry in entries]


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The demonstration on a free port, open to whoever calls from here; stopped and removed at the end."""
    with running("--open") as (found, _folder):
        yield found


@pytest.fixture(scope="session")
def guarded() -> Iterator[tuple[Site, Path]]:
    """The demonstration as a new user gets it, which asks for sign-in; with its folder, which holds the log."""
    with running() as found:
        yield found


@contextmanager
def running(*options: str) -> Iterator[tuple[Site, Path]]:
    """Start the demonstration."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: install chromium or set ARDENNE_CHROMIUM")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="ardenne-journey-"))
    folder.chmod(0o711)
    command = [sys.executable, "-m", "ardenne.apps.cli", "demo", "--data", str(folder / "data")]
    command += ["--port", str(port), "--no-browser", *options]
    log = (folder / "log").open("w")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        heard = []
        for line in process.stdout:
            heard.append(line)
            if line.startswith("ready "):
                break
        else:
            pytest.fail(f"the demonstration did not start: {''.join(heard)}")
        yield Site(f"http://127.0.0.1:{port}"), folder
    finally:
        log.close()
        process.send_signal(signal.SIGINT)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    """One browser a module: its event loop must not outlive tests that bring their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A reader whose browser speaks French."""
    context = browser.new_context(locale="fr-LU", viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
