"""The logins of the demonstration: accounts of the invented persons, professionals, offices and one backend service.

Everything has a fixed id, so that loading again changes nothing.
"""

from __future__ import annotations

import functools
import os
import tomllib
import unicodedata
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import orjson
from joserfc.jwk import ECKey

from ardenne.apps.demo import directory as described
from ardenne.apps.demo import facts
from ardenne.apps.demo.persons import Person, persons, professionals
from ardenne.kernel.http.message import Request
from ardenne.kernel.identity import passwords
from ardenne.kernel.identity.accounts import Account, HeldMandate, Role
from ardenne.kernel.identity.caller import OPERATOR, Kind
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.identity.store_families import Client
from ardenne.kernel.rest.operations import ALL
from ardenne.kernel.rest.router import Router
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.database import Connection, Database
from ardenne.standards.fhir.json import parse

PASSWORD = "five green herons walking"  # noqa: S105 - printed at every start, for invented persons
BACKEND = "demo-backend"

Json = dict[str, Any]


class _Other(msgspec.Struct, frozen=True):
    family: str
    given: str
    organization: str
    city: str
    country: str
    profession: str
    prefix: str = ""
    principal: str = ""


class _Also(msgspec.Struct, frozen=True):
    key: str
    organization: str
    city: str
    country: str
    profession: str


class _Officer(msgspec.Struct, frozen=True):
    login: str
    name: str
    office: str


class _Mandate(msgspec.Struct, frozen=True):
    holder: str
    patient: str
    role: str
    full: bool
    days: int = 0


class _Client(msgspec.Struct, frozen=True):
    id: str
    name: str
    redirect_uris: tuple[str, ...]
    launch_uri: str
    scopes: tuple[str, ...]


class _Logins(msgspec.Struct, frozen=True):
    professions: dict[str, str]
    others: dict[str, _Other]
    also: tuple[_Also, ...]
    officers: tuple[_Officer, ...]
    mandates: tuple[_Mandate, ...]
    clients: tuple[_Client, ...]


@functools.cache
def _logins() -> _Logins:
    text = (resources.files(__package__) / "data" / "logins.toml").read_text()
    return msgspec.convert(tomllib.loads(text), _Logins)


def _plain(text: str) -> str:
    found = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return "".join(sign for sign in found if sign.isalnum())


def login_of(person: Person) -> str:
    """Return a person's login, such as "anne.schmitz"."""
    family, _, given = person.key.partition("-")
    return f"{given}.{family}"


def _professionals() -> dict[str, _Other]:
    """All professionals with a login, by their key."""
    found = {
        key: _Other(
            one.family,
            one.given,
            one.organization,
            one.city,
            one.country,
            _logins().professions[key],
            one.prefix,
        )
        for key, one in professionals().items()
    }
    return found | _logins().others


def profession_of(key: str) -> str:
    """Return the profession of a professional of the demonstration."""
    return _professionals()[key].profession


def _organisation(name: str) -> str:
    return facts.identity("organization", name)


def directory() -> list[Json]:
    """Return the Organizations, Practitioners and PractitionerRoles of the demonstration."""
    found: dict[str, Json] = {}
    roles = [(key, key, one, one) for key, one in _professionals().items()]
    for extra in _logins().also:
        roles.append((extra.key, f"{extra.key}/2", _professionals()[extra.key], extra))  # type: ignore[arg-type]
    for key, role_key, who, where in roles:
        house = _organisation(where.organization)
        found[house] = {
            "resourceType": "Organization", "id": house, "active": True, "name": where.organization,
            "address": [{"city": where.city, "country": where.country}],
        }  # fmt: skip
        place = described.location(house, where.organization, where.city, where.country)
        found[place["id"]] = place
        person = facts.identity("practitioner", key)
        name: Json = {"family": who.family, "given": [who.given]} | (
            {"prefix": [who.prefix]} if who.prefix else {}
        )
        found[person] = {"resourceType": "Practitioner", "id": person, "active": True, "name": [name]}
        if key in professionals():
            system, value = professionals()[key].number
            found[person]["identifier"] = [{"system": facts.SYSTEMS[system].uri, "value": value}]
        role = facts.identity("practitioner-role", role_key)
        found[role] = {
            "resourceType": "PractitionerRole", "id": role, "active": True,
            "practitioner": {"reference": f"Practitioner/{person}", "display": f"{who.given} {who.family}"},
            "organization": {"reference": f"Organization/{house}", "display": where.organization},
            "code": [{"coding": [{"system": "urn:ardenne:profession", "code": where.profession}]}],
        }  # fmt: skip
        described.described(key, found[person], found[role], place["id"])
    return list(found.values())


def _role(key: str, role_key: str, organization: str, profession: str, principal: str = "") -> Role:
    return Role(
        facts.identity("role", role_key), profession, facts.identity("practitioner", key),
        facts.identity("practitioner-role", role_key), _organisation(organization), organization,
        facts.identity("practitioner", principal) if principal else "",
    )  # fmt: skip


def accounts(patients: dict[str, str]) -> list[Account]:
    """Return every account; ``patients`` are Patient ids by the key of a person."""
    found = [
        Account(
            facts.identity("account", person.key), login_of(person), Kind.CITIZEN, person.full_name,
            patients[person.key], development=True,
        )
        for person in persons()
        if person.key in patients
    ]  # fmt: skip
    for key, one in _professionals().items():
        roles = [_role(key, key, one.organization, one.profession, one.principal)]
        roles += [
            _role(key, f"{key}/2", extra.organization, extra.profession)
            for extra in _logins().also
            if extra.key == key
        ]
        name = " ".join(part for part in (one.prefix, one.given, one.family) if part)
        login = f"{_plain(one.given)}.{_plain(one.family)}"
        found.append(
            Account(
                facts.identity("account", key),
                login,
                Kind.PROFESSIONAL,
                name,
                roles=tuple(roles),
                development=True,
            )
        )
    for officer in _logins().officers:
        role = Role(facts.identity("role", officer.login), officer.office, organisation_name="Ardenne")
        identity = facts.identity("account", f"office/{officer.login}")
        found.append(
            Account(identity, officer.login, Kind.OFFICER, officer.name, roles=(role,), development=True)
        )
    house = "Hôpital de la Vallée, Luxembourg"
    role = Role(
        facts.identity("role", BACKEND),
        "hospital",
        organisation=_organisation(house),
        organisation_name=house,
    )
    identity = facts.identity("account", BACKEND)
    found.append(
        Account(
            identity, BACKEND, Kind.SOFTWARE, "Example system of a hospital", roles=(role,), development=True
        )
    )
    return found


async def load_directory(dsn: str, settings: Settings) -> None:
    """Add the professionals and organisations: before the documents, whose authors they are."""
    database = Database(dsn, 2)
    try:
        await _store(_door(database, settings), directory())
    finally:
        await database.close()


def _door(database: Database, settings: Settings) -> Router:
    service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
    return Router(service, ALL)


async def load(dsn: str, settings: Settings) -> dict[str, str]:
    """Add accounts, mandates and clients; return the Patient ids by the key of a person."""
    database = Database(dsn, 2)
    try:
        patients = await _patients(_door(database, settings))
        identity = Identity(database, settings)
        found = accounts(patients)
        kept = passwords.hashed(PASSWORD)
        async with database.transaction() as connection:
            for account in found:
                if await identity.accounts.add(connection, account) and account.kind is not Kind.SOFTWARE:
                    await identity.credentials.set_password(connection, account.id, kept, replace=False)
            await _add_mandates(identity, connection, patients)
            await _add_clients(identity, connection, settings.data_folder)
        await identity.keys.signing()
        return patients
    finally:
        await database.close()


async def _store(door: Router, content: list[Json]) -> None:
    """Add the resources that are not there yet; what somebody changed since stays."""
    for one in content:
        address = f"/fhir/{one['resourceType']}/{one['id']}"
        if (await door.answer(_request("GET", address))).status == 200:
            continue
        answer = await door.answer(_request("PUT", address, orjson.dumps(one)))
        if answer.status not in (200, 201):
            raise RuntimeError(f"the directory of the demonstration was refused ({answer.status})")


async def _patients(door: Router) -> dict[str, str]:
    """Return the Patient ids of the persons, as their first document made them."""
    found = {}
    for person in persons():
        query = urlencode(
            {"birthdate": person.birth, "given": person.given[0], "family": person.family.split()[0]}
        )
        answer = await door.answer(_request("GET", "/fhir/Patient", query=query))
        ids = [entry["resource"]["id"] for entry in parse(answer.body).get("entry", [])]
        if len(ids) == 1:
            found[person.key] = ids[0]
    return found


def _request(method: str, path: str, body: bytes = b"", query: str = "") -> Request:
    headers = {"accept": "application/fhir+json", "content-type": "application/fhir+json"}
    return Request(method, path, query, headers, body, "http://localhost", "127.0.0.1", OPERATOR)


async def _add_mandates(identity: Identity, connection: Connection, patients: dict[str, str]) -> None:
    for one in _logins().mandates:
        if one.patient not in patients or one.holder not in patients:
            continue
        ends = datetime.now(UTC) + timedelta(days=one.days) if one.days else None
        mandate = HeldMandate(
            facts.identity("mandate", one.holder, one.patient), patients[one.patient], one.role, one.full,
            datetime.now(UTC), ends, facts.identity("account", one.holder),
        )  # fmt: skip
        await identity.accounts.give_mandate(connection, mandate, "invented", None)


async def _add_clients(identity: Identity, connection: Connection, data: Path) -> None:
    for one in _logins().clients:
        grants = ("authorization_code", "refresh_token")
        client = Client(
            one.id, one.name, False, one.redirect_uris, one.launch_uri, scopes=one.scopes, grants=grants
        )
        await identity.families.add_client(connection, client)
    key = backend_key(data)
    public = {"keys": [key.as_dict(private=False)]}
    may = ("client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange", "introspection")
    scopes = ("system/*.cruds", "user/*.cruds", "patient/*.cruds")
    client = Client(
        BACKEND, "Example system of a hospital", True, (), jwks=public, scopes=scopes, grants=may,
        account=facts.identity("account", BACKEND),
    )  # fmt: skip
    await identity.families.add_client(connection, client)


def backend_key(data: Path) -> ECKey:
    """Return the private key of the backend service, made when first needed; only its owner can read the file."""
    path = data / "keys" / "demo-backend.json"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ECKey.generate_key("P-384", {"use": "sig", "alg": "ES384"}, auto_kid=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(orjson.dumps(key.as_dict(private=True)))
    return ECKey.import_key(orjson.loads(path.read_bytes()))
