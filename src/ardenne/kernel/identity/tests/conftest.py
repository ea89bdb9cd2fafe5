"""A node with accounts, clients and an authorisation server, called without a network."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from ardenne.kernel.http.message import Request
from ardenne.kernel.identity import passwords
from ardenne.kernel.identity.access_tokens import Family
from ardenne.kernel.identity.accounts import Account, Role
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.identity.oauth.client_authentication import ASSERTION_TYPE
from ardenne.kernel.identity.store_families import Client
from ardenne.kernel.settings import Settings
from ardenne.kernel.testing import TestNode

ISSUER = "http://127.0.0.1:8080"
REDIRECT = "https://app.example/answer"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PASSWORD = "four brown horses sleeping"
_RSA = RSAKey.generate_key(2048, auto_kid=True)
_KEPT = passwords.hashed(PASSWORD)


class World:
    """An identity with one citizen, one doctor, one public and one confidential application."""

    def __init__(self, node: TestNode) -> None:
        self.node = node
        self.settings = Settings(data=str(node.contents), profile="development")
        self.identity = Identity(node.database, self.settings)
        mark = uuid.uuid4().hex[:8]
        self.citizen = Account(str(uuid.uuid4()), f"anne.{mark}", Kind.CITIZEN, "Anne", f"patient-{mark}")
        role = Role(str(uuid.uuid4()), "doctor", f"p-{mark}", f"r-{mark}", f"o-{mark}", "House")
        self.doctor = Account(str(uuid.uuid4()), f"doctor.{mark}", Kind.PROFESSIONAL, "Dr T", roles=(role,))
        self.system = Account(str(uuid.uuid4()), f"system.{mark}", Kind.SOFTWARE, "System")
        self.rsa = _RSA
        self.ec = ECKey.generate_key("P-384", {"alg": "ES384"}, auto_kid=True)
        scopes = ("openid", "fhirUser", "offline_access", "launch/patient", "patient/*.rs", "user/*.cruds")
        self.app = Client(f"app-{mark}", "App", False, (REDIRECT,), scopes=scopes)
        exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
        grants = ("client_credentials", exchange, "authorization_code", "refresh_token")
        keys = {"keys": [self.rsa.as_dict(private=False), self.ec.as_dict(private=False)]}
        self.backend = Client(
            f"backend-{mark}", "Backend", True, (REDIRECT,), jwks=keys,
            scopes=("system/*.rs", "user/Observation.rs", "user/Patient.cruds"), grants=grants, account=self.system.id,
        )  # fmt: skip

    async def fill(self) -> None:
        async with self.node.database.transaction() as connection:
            for account in (self.citizen, self.doctor, self.system):
                await self.identity.accounts.add(connection, account)
                await self.identity.credentials.set_password(connection, account.id, _KEPT)
            for client in (self.app, self.backend):
                await self.identity.families.add_client(connection, client)

    def run(self, work: Any) -> Any:
        return self.node.run(work)

    async def a_code(
        self, account: Account | None = None, scopes: tuple[str, ...] = (), client: str = ""
    ) -> str:
        """Begin a family as the consent page does and return its code."""
        who = account or self.citizen
        role = who.roles[0].id if who.roles else ""
        wanted = scopes or ("openid", "offline_access", "patient/*.rs")
        family = Family("", client or self.app.id, who.id, role, wanted, "PATRQT", who.patient, level="low")
        families = self.identity.families
        async with self.node.database.transaction() as connection:
            begun = await families.begin(connection, family, timedelta(days=1))
            return await families.add_code(connection, begun.id, REDIRECT, CHALLENGE, "n-1")

    def code_form(self, code: str, **changed: str) -> dict[str, str]:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER,
            "client_id": self.app.id,
        }  # fmt: skip
        return {name: value for name, value in (form | changed).items() if value}

    async def tokens(self, form: dict[str, str]) -> dict[str, Any]:
        """Call the token endpoint."""
        client = await self.identity.clients.client(form)
        return await self.identity.tokens.answer(client, form, ISSUER)

    async def identified(self, token: str) -> Any:
        return await self.identity.identification.identify(request({"authorization": f"Bearer {token}"}))

    def assertion(self, key: Any = None, algorithm: str = "ES384", **changed: Any) -> dict[str, str]:
        """Return the form fields by which the backend authenticates."""
        key = key or self.ec
        now = int(time.time())
        claims = {
            "iss": self.backend.id, "sub": self.backend.id, "aud": f"{ISSUER}/oauth/token", "exp": now + 200,
            "jti": uuid.uuid4().hex,
        } | changed  # fmt: skip
        text = jws.serialize_compact(
            {"alg": algorithm, "kid": key.kid, "typ": "JWT"}, orjson.dumps(claims), key, [algorithm]
        )
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": text}


def request(
    headers: dict[str, str], method: str = "GET", path: str = "/fhir/Patient", base: str = ISSUER
) -> Request:
    return Request(method, path, "", headers, b"", base, "192.0.2.7")


def answered(address: str) -> dict[str, str]:
    """Return what an answer to an application says."""
    return dict(parse_qsl(urlsplit(address).query))


@pytest.fixture
def world(shared_node: TestNode) -> Iterator[World]:
    found = World(shared_node)
    shared_node.run(found.fill())
    yield found
