"""A port where whoever calls shows a certificate: the same application over TLS, told who called.

The server of the other ports (Granian) can ask for certificates but does not tell the application whose came
(decision 0110). This one does, as the TLS extension of ASGI says it.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from ardenne.kernel.http.asgi import Receive, Scope, Send


class _Protocol(H11Protocol):
    """HTTP/1.1 on a connection whose client is known."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        der = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        chain = [ssl.DER_cert_to_PEM_cert(der)] if der else []
        plain: Any = self.app

        async def vouched(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})["tls"] = {"client_cert_chain": chain}
            await plain(scope, receive, send)

        self.app = vouched


async def start(application: Any, host: str, port: int, tls: ssl.SSLContext) -> asyncio.Server:
    """Begin to serve an application; the server is closed by whoever began it."""
    config = uvicorn.Config(
        application, http="h11", ws="none", lifespan="off", log_config=None, access_log=False,
        server_header=False, date_header=False, proxy_headers=False, timeout_keep_alive=60,
    )  # fmt: skip
    config.load()
    state = ServerState()

    def protocol() -> asyncio.Protocol:
        return _Protocol(config=config, server_state=state, app_state={})

    loop = asyncio.get_running_loop()
    return await loop.create_server(protocol, host, port, ssl=tls, reuse_port=True, ssl_handshake_timeout=10)


async def run(application: Any, host: str, port: int, tls: ssl.SSLContext) -> None:
    """Serve until cancelled."""
    server = await start(application, host, port, tls)
    async with server:
        await server.serve_forever()
