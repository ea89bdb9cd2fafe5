"""What everybody may fetch: certificates of members by address, the authority's, and what was revoked (RFC 5280)."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import Encoding
from starlette.requests import Request
from starlette.responses import Response

from ardenne.services.messaging import store_members
from ardenne.services.messaging.desk import Desk
from ardenne.standards.smime import certificates
from ardenne.standards.smime.certificates import Revoked
from ardenne.ui.seen import Endpoint

AUTHORITY, REVOKED = "authority.cer", "revoked.crl"


def endpoint(desk: Desk) -> Endpoint:
    """Return the endpoint: ``authority.cer``, ``revoked.crl``, or an address followed by ``.cer``; all in DER."""

    async def publish(request: Request) -> Response:
        name = request.path_params["name"]
        database = desk.service.database
        if name == AUTHORITY:
            return _certificate(desk.trust.own.certificate.public_bytes(Encoding.DER), AUTHORITY)
        if name == REVOKED:
            ended = [Revoked(*one) for one in await store_members.revoked(database, own=True)]
            made = certificates.revocations(desk.trust.own, ended, datetime.now(UTC))
            return Response(made.public_bytes(Encoding.DER), 200, _headers(60), "application/pkix-crl")
        local, at, domain = name.removesuffix(".cer").lower().partition("@")
        member = None
        if name.endswith(".cer") and at and domain == desk.settings.messaging_domain:
            member = await store_members.by_local(database, local[:64])
        current = None
        if member is not None and member.active:
            current = desk.members.current(await store_members.certificates(database, [member.id]))
        if current is None:
            return Response("no such certificate\n", 404, media_type="text/plain")
        return _certificate(current.certificate.public_bytes(Encoding.DER), f"{local}.cer")

    return publish


def _certificate(content: bytes, name: str) -> Response:
    headers = _headers(60) | {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, 200, headers, "application/pkix-cert")


def _headers(seconds: int) -> dict[str, str]:
    return {"cache-control": f"public, max-age={seconds}", "x-content-type-options": "nosniff"}
