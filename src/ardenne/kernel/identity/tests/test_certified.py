"""Applications that are bound to a certificate: tokens (RFC 8705), closed doors, systems without a token."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from ardenne.kernel.http.message import ClientCertificate
from ardenne.kernel.identity.certified import Certified
from ardenne.kernel.identity.errors import OAuthError, Unauthenticated
from ardenne.kernel.identity.store_families import Client

from .conftest import ISSUER, World, request

OWN, OTHER = ClientCertificate("own-thumbprint", "CN=lab"), ClientCertificate("other", "CN=practice")
RENEWED = ClientCertificate("renewed", "CN=lab")


@pytest.fixture(params=["thumbprint", "subject"])
def bound(request: pytest.FixtureRequest, world: World) -> Client:
    """The backend again, registered with its certificate."""
    mark = world.backend.id.removeprefix("backend-")
    names = (
        {"certificate": f"own-{mark}"}
        if request.param == "thumbprint"
        else {"certificate_subject": f"CN={mark}"}
    )
    client = msgspec.structs.replace(world.backend, id=f"bound-{mark}", **names)

    async def add() -> None:
        async with world.node.database.transaction() as connection:
            assert await world.identity.families.add_client(connection, client)

    world.run(add())
    world.backend = client
    return client


def own(client: Client) -> ClientCertificate:
    return ClientCertificate(client.certificate or "thumb", client.certificate_subject or "CN=any")


async def token(world: World, certificate: ClientCertificate | None) -> str:
    form = {"grant_type": "client_credentials", "scope": "system/Observation.rs"} | world.assertion()
    client = await world.identity.clients.client(form, certificate)
    return str((await world.identity.tokens.answer(client, form, ISSUER))["access_token"])


async def identified(world: World, text: str, certificate: ClientCertificate | None) -> object:
    asked = request({"authorization": f"Bearer {text}"})._replace(certificate=certificate)
    return await world.identity.identification.identify(asked)


def test_a_token_is_worth_nothing_without_its_certificate(world: World, bound: Client) -> None:
    text = world.run(token(world, own(bound)))
    found = world.run(identified(world, text, own(bound)))
    assert (found.client, found.certificate) == (bound.id, own(bound).thumbprint)
    for stolen in (None, OTHER):
        with pytest.raises(Unauthenticated) as refused:
            world.run(identified(world, text, stolen))
        assert "bound to a certificate" in refused.value.message


def test_a_bound_application_gets_tokens_with_its_certificate_only(world: World, bound: Client) -> None:
    for certificate in (None, OTHER):
        with pytest.raises(OAuthError) as refused:
            world.run(token(world, certificate))
        assert refused.value.error == "invalid_client"


def test_introspection_tells_the_binding(world: World, bound: Client) -> None:
    text = world.run(token(world, own(bound)))
    told = world.run(world.identity.inspection.introspect(bound, {"token": text}))
    assert told["cnf"] == {"x5t#S256": own(bound).thumbprint}


def admitted(
    world: World, doors: tuple[str, ...]
) -> Callable[[str, ClientCertificate | None], Client | None]:
    certified = Certified(world.identity.families, world.identity.accounts, doors)
    return lambda path, certificate: world.run(certified.admit(path, certificate))


def test_a_closed_door_knows_who_is_registered(world: World, bound: Client) -> None:
    admit = admitted(world, ("sharing",))
    found = admit("/xds/registry", own(bound))
    assert found is not None and found.id == bound.id
    for certificate in (None, OTHER):
        with pytest.raises(Unauthenticated) as refused:
            admit("/xca", certificate)
        assert refused.value.status == 403
    # other doors stay open
    assert admit("/fhir/Patient", None) is None


def test_the_token_of_another_application_does_not_pass(world: World, bound: Client) -> None:
    certified = Certified(world.identity.families, world.identity.accounts, ("fhir",))
    text = world.run(token(world, own(bound)))
    found = world.run(identified(world, text, own(bound)))
    certified.check("/fhir/Patient", bound, found)
    with pytest.raises(Unauthenticated):
        certified.check("/fhir/Patient", world.app, found)


def test_a_system_is_named_by_its_certificate(world: World, bound: Client) -> None:
    found = world.run(world.identity.certified.sender(bound))
    assert (found.account, found.client, found.scopes) == (world.system.id, bound.id, ("system/*.rs",))
    assert world.run(world.identity.certified.sender(world.app)) is None


def test_a_certificate_belongs_to_one_application(world: World, bound: Client) -> None:
    async def add() -> bool:
        async with world.node.database.transaction() as connection:
            twin = msgspec.structs.replace(bound, id=f"{bound.id}-twin")
            return bool(await world.identity.families.add_client(connection, twin))

    assert world.run(add()) is False


def test_a_renewed_certificate_of_the_same_subject_counts_when_the_subject_is_registered() -> None:
    by_subject = Client("a", "A", True, (), certificate_subject="CN=lab")
    by_thumbprint = Client("a", "A", True, (), certificate=OWN.thumbprint)
    assert by_subject.shows(OWN) and by_subject.shows(RENEWED) and not by_subject.shows(OTHER)
    assert by_thumbprint.shows(OWN) and not by_thumbprint.shows(RENEWED) and not by_thumbprint.shows(None)
