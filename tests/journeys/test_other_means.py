"""Passkeys in a real browser with a virtual authenticator; sign-in at another node as outside provider."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from tests.journeys.conftest import Site
from tests.journeys.test_signing_in import Guarded, call, signed_in

from ardenne.apps import serving
from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.identity.store_families import Client, Families
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.database import Database

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guarded")]


def test_a_passkey_is_enrolled_and_signs_in(browser: Browser, guarded: Guarded) -> None:
    site, _folder = guarded
    # passkeys are bound to a name: 127.0.0.1 is none
    local = site.address.replace("127.0.0.1", "localhost")
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(f"{local}/sign-in")
    page.locator("button[value='olena.kovalenko']").click()
    page.goto(f"{local}/account")
    page.locator("[data-passkey=enrol]").click()
    page.get_by_role("button", name=re.compile("^Remove: ")).wait_for()
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.goto(f"{local}/sign-in?next=/account")
    page.locator("[data-passkey=sign-in]").click()
    page.wait_for_url(f"{local}/account")
    assert page.get_by_text("Two factors or passkey").count() >= 1
    # removed, it opens nothing any more
    page.get_by_role("button", name=re.compile("^Remove: ")).click()
    page.get_by_role("button", name="Sign out everywhere").click()
    page.locator("[data-passkey=sign-in]").click()
    page.locator("[data-passkey-problem]").wait_for(state="visible")
    context.close()


@pytest.fixture(scope="module")
def neighbour(guarded: Guarded, tmp_path_factory: pytest.TempPathFactory) -> object:
    """A second node that lets people sign in at the first one."""
    provider, folder = guarded
    data = tmp_path_factory.mktemp("neighbour")
    data.chmod(0o711)
    for parent in data.parents:
        if parent.owner() == data.owner() and "pytest" in parent.name:
            parent.chmod(0o711)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    account = Account(
        str(uuid.uuid4()), "anne.elsewhere", Kind.CITIZEN, "Anne elsewhere", "patient-elsewhere"
    )

    async def register(dsn: str) -> str:
        database = Database(dsn, 1)
        client = Client(
            "neighbour",
            "Neighbour",
            False,
            (f"{address}/sign-in/outside/answer",),
            scopes=("openid", "profile"),
        )
        async with database.transaction() as connection:
            await Families(database).add_client(connection, client)
        found = await Accounts(database).by_login("anne.schmitz")
        await database.close()
        assert found
        return found.id

    async def link(dsn: str, subject: str) -> None:
        database = Database(dsn, 1)
        accounts = Accounts(database)
        async with database.transaction() as connection:
            await accounts.add(connection, account)
            await accounts.link(connection, provider.address, subject, account.id)
        await database.close()

    with serving.database(Settings(data=str(folder / "data"))) as dsn:
        subject = _apart(lambda: asyncio.run(register(dsn)))
    with serving.database(Settings(data=str(data / "data"))) as dsn:
        _apart(lambda: asyncio.run(link(dsn, subject)))
    command = [
        sys.executable,
        "-m",
        "ardenne.apps.cli",
        "serve",
        "--data",
        str(data / "data"),
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    environment = os.environ | {
        "ARDENNE_OIDC_ISSUER": provider.address,
        "ARDENNE_OIDC_CLIENT": "neighbour",
        "ARDENNE_OIDC_NAME": "First node",
    }
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready ")
        yield Site(address)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _apart(work: Callable[[], Any]) -> Any:
    """Run work in a thread: the browser's event loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def begin(site: Site) -> tuple[str, str]:
    """Begin a sign-in at the second node; return the provider's address and the binding cookie."""
    begun = call(site, "GET", "/sign-in/outside?next=/account")
    assert begun.status == 303
    return begun.headers["location"], begun.headers["set-cookie"].partition(";")[0]


def agreed(provider: Site, address: str, login: str) -> str:
    """Sign in and agree at the provider; return the address of the answer."""
    cookie = signed_in(provider, login)
    page = call(provider, "GET", _path(address), cookie=cookie)
    if page.status == 303:
        return page.headers["location"]
    pending = re.search(r'name="pending" value="([^"]+)"', page.body)
    assert pending
    form = {"pending": pending[1], "act": "allow", "scope": "openid"}
    return call(provider, "POST", "/oauth/consent", form, cookie, origin=provider.address).headers["location"]


def test_sign_in_at_another_node(guarded: Guarded, neighbour: Site) -> None:
    provider, _folder = guarded
    assert "First node" in call(neighbour, "GET", "/sign-in").body
    address, binding = begin(neighbour)
    assert address.startswith(f"{provider.address}/oauth/authorize?")
    answer = agreed(provider, address, "anne.schmitz")
    done = call(neighbour, "GET", _path(answer), cookie=binding)
    assert done.status == 303 and done.headers["location"] == "/account"
    # the same answer again, or in another browser, is worth nothing
    assert call(neighbour, "GET", _path(answer), cookie=binding).status == 403


def test_an_account_is_linked_to_whom_the_provider_vouches_for(guarded: Guarded, neighbour: Site) -> None:
    provider, _folder = guarded
    address, binding = begin(neighbour)
    done = call(neighbour, "GET", _path(agreed(provider, address, "anne.schmitz")), cookie=binding)
    session = done.headers["set-cookie"].partition(";")[0]
    # somebody else of the provider is not known, and is told how to become so
    address, binding = begin(neighbour)
    stranger = call(neighbour, "GET", _path(agreed(provider, address, "germaine.weber")), cookie=binding)
    assert stranger.status == 403 and "sous Mon compte" in stranger.body
    address, binding = begin(neighbour)
    answer = _path(agreed(provider, address, "germaine.weber"))
    asked = call(neighbour, "GET", answer, cookie=f"{binding}; {session}")
    assert asked.status == 303 and asked.headers["location"] == "/account/link"
    link = asked.headers["set-cookie"].partition(";")[0]
    page = call(neighbour, "GET", "/account/link", cookie=f"{session}; {link}")
    assert "Anne elsewhere" in page.body
    form = {"act": "link"}
    linked = call(neighbour, "POST", "/account/link", form, f"{session}; {link}", origin=neighbour.address)
    assert "le fournisseur vous connecte" in linked.body
    address, binding = begin(neighbour)
    now = call(neighbour, "GET", _path(agreed(provider, address, "germaine.weber")), cookie=binding)
    assert now.status == 303 and now.headers["location"] == "/account"
    again = call(neighbour, "POST", "/account/link", form, f"{session}; {link}", origin=neighbour.address)
    assert "pris trop de temps" in again.body


def test_answers_that_must_not_count(guarded: Guarded, neighbour: Site) -> None:
    provider, _folder = guarded
    for spoil in (
        lambda text: text.replace("iss=http", "iss=https"),
        lambda text: re.sub(r"&iss=[^&]+|iss=[^&]+&", "", text),
        lambda text: re.sub(r"state=[^&]+", "state=chosen", text),
        lambda text: re.sub(r"code=[^&]+", "code=chosen", text),
    ):
        address, binding = begin(neighbour)
        answer = agreed(provider, address, "anne.schmitz")
        assert call(neighbour, "GET", _path(spoil(answer)), cookie=binding).status == 403
    address, _binding = begin(neighbour)
    answer = agreed(provider, address, "anne.schmitz")
    assert call(neighbour, "GET", _path(answer)).status == 403
    _address, other = begin(neighbour)
    assert call(neighbour, "GET", _path(answer), cookie=other).status == 403


def test_somebody_without_a_linked_account(guarded: Guarded, neighbour: Site) -> None:
    provider, _folder = guarded
    address, binding = begin(neighbour)
    answer = agreed(provider, address, "jean.weber")
    done = call(neighbour, "GET", _path(answer), cookie=binding)
    assert done.status == 403 and "set-cookie" not in done.headers


def test_a_production_node_refuses_the_demonstrations_logins(guarded: Guarded) -> None:
    _site, folder = guarded
    command = [
        sys.executable,
        "-m",
        "ardenne.apps.cli",
        "serve",
        "--data",
        str(folder / "other"),
        "--port",
        "1",
    ]
    environment = os.environ | {"ARDENNE_PROFILE": "production"}
    for more in (
        {},
        {"ARDENNE_BASE_URL": "http://node.example"},
        {"ARDENNE_OPEN": "true", "ARDENNE_BASE_URL": "https://node.example"},
    ):
        done = subprocess.run(command, capture_output=True, text=True, env=environment | more, check=False)
        assert done.returncode == 1 and "production" in done.stderr and "Traceback" not in done.stderr
    settings = Settings(
        data=str(Path(folder) / "data"), profile="production", base_url="https://node.example"
    )
    with serving.database(settings) as dsn, pytest.raises(serving.DatabaseError, match="built-in logins"):
        _apart(lambda: serving.check_profile(settings, dsn))
