"""The directory: who is still in it, and what it says of a member's mailbox (an Endpoint, IHE mCSD)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.rest import keeping
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.standards.fhir.json import parse, parse_exact

Json = dict[str, Any]
CERTIFICATE = "https://ardenne.health/fhir/StructureDefinition/mail-certificate"
_TYPE = {
    "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
    "code": "secure-email",
    "display": "Secure email",
}
_PAYLOAD = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/endpoint-payload-type", "code": "any"}]
}


async def is_listed(service: FhirService, account_id: str) -> bool:
    """Tell whether an account is active and one of its roles stands in the directory: a feed may have ended it there."""
    account = await Accounts(service.database).get(account_id)
    today = datetime.now(UTC).astimezone(service.zone).date()
    for role in account.roles if account and account.state == "active" else ():
        if not role.directory:
            continue
        stored = await service.resources.read("PractitionerRole", role.directory)
        if stored is None or stored.body is None or _holds(parse(stored.body), today):
            return True
    return False


def _holds(role: Json, today: date) -> bool:
    ends = str(role.get("period", {}).get("end", ""))
    return bool(role.get("active", True)) and (not ends or ends[:10] >= today.isoformat()[: len(ends[:10])])


def endpoint(member: str, name: str, address: str, certificate: x509.Certificate | None) -> Json:
    """Return the Endpoint of a mailbox (R4, Endpoint); without a certificate nobody can write to it."""
    found: Json = {
        "resourceType": "Endpoint",
        "id": member,
        "status": "active" if certificate else "suspended",
        "connectionType": _TYPE,
        "name": name,
        "payloadType": [_PAYLOAD],
        "payloadMimeType": ["application/pkcs7-mime"],
        "address": f"mailto:{address}",
    }
    if certificate is not None:
        found["period"] = {"end": certificate.not_valid_after_utc.strftime("%Y-%m-%d")}
        content = certificate.public_bytes(Encoding.PEM).decode()
        found["extension"] = [{"url": CERTIFICATE, "valueString": content}]
    return found


async def publish(service: FhirService, connection: Connection, found: Json) -> None:
    """Put a mailbox into the directory, and name it in the caller's role; in the transaction of the act."""
    caller = service.caller
    platform = service if service.policy is None else service.as_platform(caller)
    changes = [keeping.put(found)]
    stored = (
        await platform.resources.read_in(connection, "PractitionerRole", caller.role) if caller.role else None
    )
    if stored is not None and stored.body is not None:
        role: Json = parse_exact(stored.body)
        reference = f"Endpoint/{found['id']}"
        if reference not in {one.get("reference") for one in role.get("endpoint", [])}:
            role["endpoint"] = [
                *role.get("endpoint", []),
                {"reference": reference, "display": "Secure messaging"},
            ]
            changes.append(keeping.put(role))
    for done in await platform.resources.write_in(connection, changes):
        assert done.status.done, done.status
    if platform is not service:
        await platform.finish()
