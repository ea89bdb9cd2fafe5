"""Sessions, cookies, other sites' pages, and revocation that holds at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ardenne.kernel.identity import cookies, origins
from ardenne.kernel.identity.access_tokens import Family
from ardenne.kernel.identity.accounts import HeldMandate
from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.identity.errors import Unauthenticated

from .conftest import ISSUER, World, request


def session(world: World) -> tuple[str, str]:
    signed = world.run(world.identity.signing_in.begin(world.citizen, "low", "Firefox", "test"))
    return signed.secret, signed.session


def by_cookie(world: World, secret: str, method: str = "GET", **headers: str) -> Caller:
    sent = {"cookie": f"session={secret}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return world.run(world.identity.identification.identify(request(sent, method)))  # type: ignore[no-any-return]


def test_a_session_names_its_caller(world: World) -> None:
    secret, name = session(world)
    found = by_cookie(world, secret)
    assert (found.account, found.session, found.scopes) == (world.citizen.id, name, None)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8081"},
        {"origin": "https://127.0.0.1:8080"},
        {"origin": f"{ISSUER}.evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example", "sec_fetch_site": "same-origin"},
        {"referer": f"{ISSUER}/account"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_acts_from_other_sites_are_refused(world: World, method: str, headers: dict[str, str]) -> None:
    secret, _name = session(world)
    with pytest.raises(Unauthenticated) as caught:
        by_cookie(world, secret, method, **headers)
    assert caught.value.status == 403


def test_acts_of_own_pages_pass(world: World) -> None:
    secret, _name = session(world)
    assert by_cookie(world, secret, "POST", origin=ISSUER).account == world.citizen.id
    assert by_cookie(world, secret, "POST", sec_fetch_site="same-origin").account == world.citizen.id


def test_a_cookie_that_was_slipped_in_is_worth_nothing(world: World) -> None:
    """Session fixation: sign-in always makes a new secret, and two cookies of one name count as none."""
    secret, _name = session(world)
    other, _other = session(world)
    assert secret != other
    with pytest.raises(Unauthenticated):
        world.run(
            world.identity.identification.identify(request({"cookie": f"session=chosen; session={secret}"}))
        )
    with pytest.raises(Unauthenticated):
        by_cookie(world, "chosen-by-a-thief")


def test_only_the_host_cookie_counts_under_https(world: World) -> None:
    secret, _name = session(world)
    under = "https://node.example"
    plain = request({"cookie": f"session={secret}"}, base=under)
    with pytest.raises(Unauthenticated):
        world.run(world.identity.identification.identify(plain))
    host = request({"cookie": f"__Host-session={secret}"}, base=under)
    assert world.run(world.identity.identification.identify(host)).account == world.citizen.id
    flags = cookies.setting(under, "x").split("; ")
    assert flags[0] == "__Host-session=x"
    assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(flags)
    assert not any(flag.lower().startswith("domain") for flag in flags)


def test_sessions_are_kept_as_hashes(world: World) -> None:
    secret, _name = session(world)
    rows = world.run(world.node.database.fetch("select s::text from session s"))
    assert all(secret not in row[0] for row in rows)


def test_idle_and_old_sessions_have_ended(world: World) -> None:
    for change in ("seen = now() - interval '31 minutes'", "ends = now() - interval '1 second'"):
        secret, name = session(world)
        assert by_cookie(world, secret)
        world.run(
            world.node.database.fetch(f"update session set {change} where id = $1::uuid returning id", name)
        )
        with pytest.raises(Unauthenticated):
            by_cookie(world, secret)


def test_an_own_session_is_ended_and_no_other(world: World) -> None:
    secret, name = session(world)
    sessions = world.identity.sessions

    async def end(account: str) -> bool:
        async with world.node.database.transaction() as connection:
            return await sessions.end(connection, name, account)

    assert world.run(end(world.doctor.id)) is False
    assert by_cookie(world, secret)
    assert world.run(end(world.citizen.id)) is True
    with pytest.raises(Unauthenticated):
        by_cookie(world, secret)


def test_what_is_remembered_is_forgotten_at_once(world: World) -> None:
    """With the memory on: sign-out everywhere, a mandate and a closed account take effect before the next request."""
    identity = world.identity
    secret, _name = session(world)
    family = Family("", world.app.id, world.citizen.id, "", ("user/*.rs",), "PATRQT")
    token = world.run(identity.tokens.direct(family, world.citizen))
    later = datetime.now(UTC) + timedelta(days=1)

    async def story() -> None:
        listener = asyncio.ensure_future(identity.run())
        cookie = request({"cookie": f"session={secret}"})
        try:
            for _ in range(100):
                await identity.identification.identify(cookie)
                if identity.recent.get(secret):
                    break
                await asyncio.sleep(0.05)
            assert identity.recent.get(secret) and await world.identified(token)
            mandate = HeldMandate("", "child", "parent", True, datetime.now(UTC), later, world.citizen.id)
            async with world.node.database.transaction() as connection:
                await identity.accounts.give_mandate(connection, mandate, "test", None)
            await _until(lambda: identity.recent.get(secret) is None)
            assert (await identity.identification.identify(cookie)).mandates[0].patient == "child"
            async with world.node.database.transaction() as connection:
                await identity.sessions.end_all(connection, world.citizen.id)
            await _until(lambda: identity.recent.get(secret) is None and identity.recent.get(token) is None)
            for call in (identity.identification.identify(cookie), world.identified(token)):
                with pytest.raises(Unauthenticated):
                    await call
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    world.run(story())
    # nobody listens any more: nothing is remembered
    assert identity.recent.get(token) is None


async def _until(holds: object) -> None:
    for _ in range(200):
        if holds():  # type: ignore[operator]
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the change was not heard")


def test_a_mandate_ends_with_its_time(world: World) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    mandate = HeldMandate("", "child", "guardian", True, past - timedelta(days=9), past, world.citizen.id)

    async def give() -> None:
        async with world.node.database.transaction() as connection:
            await world.identity.accounts.give_mandate(connection, mandate, "test", None, mandate.begins)

    world.run(give())
    secret, _name = session(world)
    assert by_cookie(world, secret).mandates == ()


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example", "https://evil.example", "/\\evil.example", "\\/evil.example", "/x\r\nset-cookie: a", "javascript:x",
        "/\t/evil.example", "", "evil", "http:evil", "/a@b", "/é", "/" * 600,
    ],
)  # fmt: skip
def test_going_on_stays_on_this_site(text: str) -> None:
    assert origins.local_path(text) == "/"


@pytest.mark.parametrize("text", ["/", "/record/5b7", "/record/5b7/timeline?kind=x"])
def test_own_paths_are_kept(text: str) -> None:
    assert origins.local_path(text) == text
