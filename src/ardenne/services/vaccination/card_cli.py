"""``ardenne card``: verifying cards on the command line."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ardenne.standards.cards.errors import CardError
from ardenne.standards.cards.keys import Key, KeyStore, from_certificate, read_jwks

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Verifiable cards: European Vaccination Card, EU DCC, SMART Health Card."""


def read_keys(paths: tuple[Path, ...]) -> KeyStore:
    """Trusted keys of JWKS files and certificates (PEM or DER). :raises CardError: ``key``."""
    store = KeyStore()
    for path in paths:
        content = path.read_bytes()
        for key in read_jwks(content) if content.lstrip()[:1] == b"{" else _of_certificate(path, content):
            store.add(key)
    return store


def _of_certificate(path: Path, content: bytes) -> list[Key]:
    try:
        pem = content.lstrip().startswith(b"-----")
        certificate = (
            x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
        )
    except ValueError:
        raise CardError("key", f"{path} is neither a JWKS nor a certificate") from None
    der = content if not pem else certificate.public_bytes(Encoding.DER)
    return [from_certificate(certificate, der)]


@command.command()
@click.argument("card")
@click.option(
    "--keys",
    "keys",
    multiple=True,
    type=_FILE,
    help="Trusted keys: a JWKS or a signer certificate; may be repeated.",
)
@click.option("--revoked", type=_FILE, help="Identifiers of withdrawn cards, one a line.")
@click.option("--on", "day", help="Verify as of this moment (ISO 8601), not now.")
def verify(card: str, keys: tuple[Path, ...], revoked: Path | None, day: str | None) -> None:
    """Read and verify a card: the text of its QR, or a file that holds this text.

    Prints JSON with kind, valid, rule and reason, issuer and content. Exit code 0: valid, 3: not to be trusted.
    """
    from ardenne.standards.cards.reading import verify as judge

    try:
        store = read_keys(keys)
        now = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) if day else int(time.time())
    except (CardError, ValueError) as error:
        click.echo(f"ardenne: {error}", err=True)
        sys.exit(1)
    if revoked:
        store.revoked_cards |= set(revoked.read_text().split())
    place = Path(card) if len(card) < 256 else None
    try:
        text = place.read_text() if place and place.is_file() else card
    except UnicodeDecodeError:
        click.echo("ardenne: the file holds no text; give the text of the QR code", err=True)
        sys.exit(1)
    verdict = judge(text, store, now)
    shown = {
        name: getattr(verdict, name)
        for name in ("kind", "valid", "rule", "reason", "issuer", "identifier", "content")
    }
    click.echo(
        orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=_text).decode()
    )
    sys.exit(0 if verdict.valid else 3)


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
