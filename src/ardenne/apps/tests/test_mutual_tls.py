"""The whole application over mutual TLS: a hospital asks the registry, a stranger does not, FHIR wants a bound token."""

from __future__ import annotations

import asyncio
import json
import ssl
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from ardenne.apps.asgi import Application
from ardenne.apps.serving import MIGRATIONS
from ardenne.kernel.http import certificates, mutual_tls
from ardenne.kernel.http.tls import tls_context
from ardenne.kernel.identity.accounts import Account, Role
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.identity.store_families import Client, Families
from ardenne.kernel.settings import Settings, SettingsError, load
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.testing import TestNode
from ardenne.kernel.testing_certificates import Authority

_QUERY = (Path(__file__).parents[4] / "docs/examples/find-documents.xml").read_bytes()
_SOAP = "application/soap+xml"


@pytest.fixture
def trusted(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "trusted")


@pytest.fixture
def whole_node(node: TestNode) -> Iterator[TestNode]:
    migrate(node.dsn, MIGRATIONS)
    yield node


async def ask(
    port: int, tls: ssl.SSLContext, path: str, body: bytes = b"", kind: str = _SOAP
) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname="localhost")
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n"
    writer.write(f"{head}content-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    answer = (await asyncio.wait_for(reader.read(), 30)).decode()
    writer.close()
    return int(answer.split(" ", 2)[1]), answer.partition("\r\n\r\n")[2]


async def register(node: TestNode, files: tuple[Path, Path]) -> None:
    name = f"hospital-{uuid.uuid4().hex[:8]}"
    shown = certificates.named(x509.load_pem_x509_certificate(files[0].read_bytes()))
    role = Role(str(uuid.uuid4()), "hospital", organisation_name="Hospital")
    account = Account(str(uuid.uuid4()), name, Kind.SOFTWARE, "Hospital", roles=(role,))
    client = Client(
        name, "Hospital", True, (), jwks={"keys": []}, scopes=("system/*.cruds",), grants=("client_credentials",),
        account=account.id, certificate=shown.thumbprint,
    )  # fmt: skip
    async with node.database.transaction() as connection:
        await Accounts(node.database).add(connection, account)
        await Families(node.database).add_client(connection, client)


def test_a_registered_hospital_asks_and_others_do_not(
    whole_node: TestNode, trusted: Authority, tmp_path: Path
) -> None:
    hospital, other = trusted.gives("hospital"), trusted.gives("practice")
    whole_node.run(register(whole_node, hospital))
    settings = Settings(
        data=str(tmp_path), database=whole_node.dsn, connections=2, mutual_tls_doors="sharing,fhir,oauth",
        mutual_tls_proxies="192.0.2.1", duplicate_search_hour=-1,
    )  # fmt: skip

    async def converse() -> None:
        application = Application(settings)
        application.start()
        tls = tls_context(*trusted.gives("localhost"), trusted.path)
        server = await mutual_tls.start(application, "127.0.0.1", 0, tls)
        port = server.sockets[0].getsockname()[1]
        own, foreign = trusted.client(hospital), trusted.client(other)
        try:
            status, body = await ask(port, own, "/xds/registry", _QUERY)
            assert status == 200 and "ResponseStatusType" in body, body
            status, body = await ask(port, foreign, "/xds/registry", _QUERY)
            assert status == 403 and "no application is registered with the one that came" in body
            # a certificate alone is no token
            status, body = await ask(port, own, "/fhir/Patient")
            assert status == 401 and json.loads(body)["resourceType"] == "OperationOutcome"
            assert (await ask(port, foreign, "/fhir/Patient"))[0] == 403
            assert (await ask(port, own, "/fhir/metadata"))[0] == 200
            form = b"grant_type=client_credentials"
            kind = "application/x-www-form-urlencoded"
            assert (await ask(port, foreign, "/oauth/token", form, kind))[0] == 403
            status, body = await ask(port, own, "/oauth/token", form, kind)
            assert status == 401 and json.loads(body)["error"] == "invalid_client"
        finally:
            server.close()
            for task in application._background:
                task.cancel()
            await asyncio.gather(*application._background, return_exceptions=True)
            assert application._database is not None
            await application._database.close()

    asyncio.run(converse())


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        ({"mutual_tls_port": 8443}, "mutual_tls_port: needs"),
        ({"mutual_tls_doors": "sharing"}, "needs mutual_tls_port or mutual_tls_proxies"),
        ({"mutual_tls_doors": "windows", "mutual_tls_proxies": "10.0.0.1"}, "'windows' is none of fhir"),
        ({"mutual_tls_doors": "mllp"}, "mllp needs mllp_authorities"),
        ({"mutual_tls_proxies": "proxy.example"}, "write addresses or networks"),
    ],
)
def test_settings_that_nobody_could_use(chosen: dict[str, str], reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(**chosen)
    assert reason in str(refused.value)
