"""Passwords, one-time codes, recovery codes, activation letters; guessers are slowed down and nobody else."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

import pytest

from ardenne.kernel.identity import passwords, totp
from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.signing_in import TOTP_PURPOSE, SecondFactor, Signed, SigningIn, Slow

from .conftest import PASSWORD, World


def sign_in(world: World, password: str = PASSWORD, address: str = "", login: str = "") -> Any:
    place = address or uuid.uuid4().hex
    work = world.identity.signing_in.by_password(login or world.citizen.login, password, place, "Firefox")
    return world.run(work)


def with_app(world: World) -> bytes:
    secret = totp.new_secret()

    async def enrol() -> None:
        async with world.node.database.transaction() as connection:
            sealed = world.identity.sealing.seal(secret, TOTP_PURPOSE)
            await world.identity.credentials.propose_totp(connection, world.citizen.id, sealed)
            await world.identity.credentials.use_totp(connection, world.citizen.id, 1)

    world.run(enrol())
    return secret


def test_the_right_password_and_no_other(world: World) -> None:
    assert isinstance(sign_in(world), Signed)
    assert sign_in(world, "wrong") is None
    assert sign_in(world, "", login="nobody") is None


def test_a_guesser_waits_and_the_owner_does_not(world: World) -> None:
    for _ in range(4):
        assert sign_in(world, "wrong", "198.51.100.9") is None
    with pytest.raises(Slow) as caught:
        sign_in(world, PASSWORD, "198.51.100.9")
    assert 1 <= caught.value.seconds <= 301
    assert isinstance(sign_in(world, PASSWORD, "203.0.113.5"), Signed)


def test_an_address_that_tries_many_logins_waits(world: World) -> None:
    address = uuid.uuid4().hex
    with pytest.raises(Slow):
        for place in range(40):
            sign_in(world, "wrong", address, f"nobody-{place}")


def test_a_second_factor_is_asked_for_and_counts_once(world: World) -> None:
    secret = with_app(world)
    outcome = sign_in(world)
    assert isinstance(outcome, SecondFactor)
    finish = world.identity.signing_in.by_second_factor
    code = totp.code(secret, int(time.time()) // 30)
    assert world.run(finish(outcome.pending, "000000" if code != "000000" else "111111", "a")) is None
    assert isinstance(world.run(finish(outcome.pending, code, "b")), Signed)
    again = sign_in(world)
    assert isinstance(again, SecondFactor)
    assert world.run(finish(again.pending, code, "c")) is None


def test_a_recovery_code_counts_once(world: World) -> None:
    with_app(world)

    async def codes() -> list[str]:
        async with world.node.database.transaction() as connection:
            return await world.identity.credentials.new_recovery_codes(connection, world.citizen.id)

    code = world.run(codes())[0]
    finish = world.identity.signing_in.by_second_factor
    assert isinstance(world.run(finish(sign_in(world).pending, code.lower().replace("-", " "), "a")), Signed)
    assert world.run(finish(sign_in(world).pending, code, "b")) is None


def test_production_wants_a_second_factor(world: World) -> None:
    identity = world.identity
    strict = SigningIn(
        identity.accounts, identity.credentials, identity.sessions, identity.sealing, identity.events, False
    )
    assert world.run(strict.by_password(world.citizen.login, PASSWORD, uuid.uuid4().hex, "")) is None
    assert world.run(strict.by_one_click(world.citizen.login, "")) is None


def test_one_click_is_for_the_demonstration_only(world: World) -> None:
    assert world.run(world.identity.signing_in.by_one_click(world.citizen.login, "")) is None


def invited(world: World) -> tuple[Account, str]:
    account = Account(str(uuid.uuid4()), f"new.{uuid.uuid4().hex[:8]}", Kind.CITIZEN, "New", "p", "invited")

    async def invite() -> str:
        async with world.node.database.transaction() as connection:
            await world.identity.accounts.add(connection, account)
            return await world.identity.credentials.new_activation(connection, account.id)

    return account, world.run(invite())


def test_a_letter_activates_once_however_many_try(world: World) -> None:
    account, code = invited(world)
    activate = world.identity.signing_in.activate

    async def race() -> list[Any]:
        tries = (activate(account.login, code, PASSWORD, f"a{place}") for place in range(32))
        return await asyncio.gather(*tries, return_exceptions=True)

    outcomes = world.run(race())
    assert sum(isinstance(one, Account) for one in outcomes) == 1
    assert sum(one is None for one in outcomes) == 31
    assert world.run(world.identity.accounts.get(account.id)).state == "active"


def test_a_code_is_guessed_five_times_at_most(world: World) -> None:
    account, code = invited(world)
    activate = world.identity.signing_in.activate
    for place in range(5):
        assert world.run(activate(account.login, "AAAAA-AAAAA-AAAAA-AAAAA", PASSWORD, f"b{place}")) is None
    assert world.run(activate(account.login, code, PASSWORD, "c")) is None


def test_a_code_runs_out_and_a_new_letter_ends_the_old(world: World) -> None:
    account, old = invited(world)

    async def again() -> str:
        async with world.node.database.transaction() as connection:
            return await world.identity.credentials.new_activation(connection, account.id)

    new = world.run(again())
    assert world.run(world.identity.signing_in.activate(account.login, old, PASSWORD, "d")) is None
    query = "update activation set expires = now() where account = $1::uuid returning id"
    world.run(world.node.database.fetch(query, account.id))
    assert world.run(world.identity.signing_in.activate(account.login, new, PASSWORD, "e")) is None


def test_objecting_closes_the_way_in(world: World) -> None:
    account, code = invited(world)
    assert world.run(world.identity.signing_in.object(account.login, code, "f")) is True
    assert world.run(world.identity.accounts.get(account.id)).state == "objected"
    assert world.run(world.identity.signing_in.activate(account.login, code, PASSWORD, "g")) is None


def test_nothing_secret_stands_plain_in_the_database(world: World) -> None:
    account, code = invited(world)
    secret = with_app(world)
    for table in ("activation", "credential_totp", "credential_password", "signing_key"):
        text = str(world.run(world.node.database.fetch(f"select t::text from {table} t")))
        assert code not in text and code.replace("-", "") not in text
        assert secret.hex() not in text and PASSWORD not in text
    assert account.login


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "short"), ("x" * 200, "long"), ("aaaaaaaaaaaaaa", "guessable"), ("password12345", "guessable"),
        ("anne.schmitz-2026", "guessable"), ("four brown horses", ""),
    ],
)  # fmt: skip
def test_which_passwords_can_be_chosen(password: str, why: str) -> None:
    assert passwords.problem(password, "anne.schmitz") == why


def letter_of(world: World, account: str) -> str:
    async def write() -> str:
        async with world.node.database.transaction() as connection:
            assert await world.identity.signing_in.letters.done(connection, account)
            return str(await world.identity.credentials.new_activation(connection, account))

    return str(world.run(write()))


def test_who_lost_everything_begins_anew_by_letter_and_old_means_end(world: World) -> None:
    with_app(world)
    signing_in, citizen = world.identity.signing_in, world.citizen
    signed = world.run(signing_in.begin(citizen, "substantial", "Firefox", "password"))
    world.run(signing_in.ask_letter(citizen.login.upper(), "a"))
    world.run(signing_in.ask_letter(citizen.login, "a"))
    assert [one[0] for one in world.run(signing_in.letters.waiting())].count(citizen.id) == 1
    code = letter_of(world, citizen.id)
    assert not world.run(signing_in.object(citizen.login, code, "b")), "the letter closes no record"
    assert world.run(signing_in.activate(citizen.login, code, "seven blue cranes resting", "c"))
    assert sign_in(world) is None
    assert isinstance(sign_in(world, "seven blue cranes resting"), Signed), "no second factor is left"
    sessions = world.run(world.identity.sessions.of_account(citizen.id))
    assert signed.session not in {one.id for one in sessions}
    assert citizen.id not in {one[0] for one in world.run(signing_in.letters.waiting())}


def test_asking_for_a_letter_tells_nothing_and_has_an_end(world: World) -> None:
    signing_in = world.identity.signing_in
    assert world.run(signing_in.ask_letter("nobody-at-all", "x")) is None
    assert world.run(signing_in.ask_letter(world.system.login, "x")) is None
    assert world.system.id not in {one[0] for one in world.run(signing_in.letters.waiting())}
    address = uuid.uuid4().hex
    with pytest.raises(Slow):
        for place in range(40):
            world.run(signing_in.ask_letter(f"nobody-{place}", address))
