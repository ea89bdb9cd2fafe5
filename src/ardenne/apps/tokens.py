"""``ardenne token``: an access token of a built-in login, while the node runs or not."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import click
import msgspec

from ardenne.apps import serving
from ardenne.kernel.identity.access_tokens import Family
from ardenne.kernel.identity.accounts import Account, Role, purposes, usual_purpose
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.errors import OAuthError
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.identity.oauth.authorization import purpose_of
from ardenne.kernel.identity.scopes import ScopeError, split
from ardenne.kernel.identity.store_families import Client
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.database import Database

_CLIENT = "ardenne-command-line"


class Wish(NamedTuple):
    """What the token shall say."""

    user: str
    scope: str
    purpose: str
    role: str
    patient: str
    minutes: int


def issue(settings: Settings, wish: Wish) -> str:
    """Return the token. Raises ClickException with what stands in the way."""
    if settings.profile != "development":
        raise click.ClickException("tokens are printed in development only")
    # the token must name the issuer that the server goes by
    served = serving.issuer_of(settings.data_folder)
    if served and settings.issuer == Settings().issuer:
        settings = msgspec.structs.replace(settings, base_url=served)
    with serving.database(settings) as dsn:
        return asyncio.run(_issue(settings, dsn, wish))


async def _issue(settings: Settings, dsn: str, wish: Wish) -> str:
    database = Database(dsn, 2)
    try:
        identity = Identity(database, settings)
        account = await identity.accounts.by_login(wish.user)
        if account is None or not account.development or account.state != "active":
            raise click.ClickException(
                f"there is no login '{wish.user[:60]}' of a demonstration in this data folder"
            )
        async with database.transaction() as connection:
            await identity.families.add_client(
                connection, Client(_CLIENT, "Command line", False, (), grants=())
            )
        return await identity.tokens.direct(_family(account, wish), account, wish.minutes * 60)
    finally:
        await database.close()


def _family(account: Account, wish: Wish) -> Family:
    usual = "system/*.cruds" if account.kind is Kind.SOFTWARE else "user/*.cruds"
    try:
        scopes = tuple(split(wish.scope or usual))
        role = _role(account, wish.role)
        purpose = usual_purpose(account.kind, role.profession)
        if wish.purpose:
            purpose = purpose_of(wish.purpose)
    except (ScopeError, OAuthError) as error:
        raise click.ClickException(str(error)) from None
    if purpose not in purposes(account.kind, role.profession):
        raise click.ClickException(f"{wish.user} may not act for the purpose {purpose.value}")
    in_context = any(one.startswith(("patient/", "launch/patient")) for one in scopes)
    patient = wish.patient or (account.patient if in_context else "")
    return Family("", _CLIENT, account.id, role.id, scopes, purpose.value, patient, level="substantial")


def _role(account: Account, wanted: str) -> Role:
    """Return the role that a word names: profession or part of the organisation; without a word the first."""
    if not account.roles:
        return Role("", "")
    word = wanted.lower()
    for one in account.roles:
        if word in (one.profession, one.organisation) or word in one.organisation_name.lower():
            return one
    raise click.ClickException(f"this login has no role '{wanted[:60]}'")
