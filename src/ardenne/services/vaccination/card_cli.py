"""``ardenne card``: verifying and issuing cards on the command line."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import click
import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ardenne.kernel.settings import load as load_settings
from ardenne.services.vaccination.card_keys import CardKeys
from ardenne.services.vaccination.schedules import of_jurisdiction
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


@command.command()
@click.argument("person")
@click.option("--format", "kind", type=click.Choice(["evc", "shc"]), default="evc", show_default=True)
@click.option(
    "--server", default="http://127.0.0.1:8080", show_default=True, help="Address of the running node."
)
@click.option(
    "--qr", "picture", type=click.Path(dir_okay=False, path_type=Path), help="Also write the code as SVG."
)
def issue(person: str, kind: str, server: str, picture: Path | None) -> None:
    """Issue the signed card of a person (id of the Patient) by a running node; the access token is ARDENNE_TOKEN.

    Prints the card's text. The node decides whether the token's bearer may see the person.
    """
    from ardenne.standards.cards import qr, shc

    address = f"{server.rstrip('/')}/fhir/Patient/{quote(person, safe='')}/$health-cards-issue?format={kind}"
    if not address.startswith(("http://", "https://")):
        raise click.UsageError("--server is an http or https address")
    request = urllib.request.Request(address)  # noqa: S310
    if token := os.environ.get("ARDENNE_TOKEN"):
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            text = orjson.loads(answer.read())["parameter"][0]["valueString"]
    except urllib.error.HTTPError as error:
        click.echo(f"ardenne: the node refuses ({error.code}): {_reason(error.read())}", err=True)
        sys.exit(1)
    except (urllib.error.URLError, OSError) as error:
        click.echo(f"ardenne: no node answers at {server}: {error}", err=True)
        sys.exit(1)
    shown = shc.numeric(text) if kind == "shc" else text
    if picture:
        try:
            picture.write_text(qr.svg(shown, "Vaccination card"), encoding="utf-8")
        except CardError as error:
            click.echo(f"ardenne: {error}", err=True)
            sys.exit(1)
    click.echo(shown)


def _reason(body: bytes) -> str:
    try:
        issue_ = orjson.loads(body)["issue"][0]
        return str(issue_.get("diagnostics") or issue_.get("details", {}).get("text", ""))
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        return "no reason given"


def _node_keys(data: Path | None) -> CardKeys:
    settings = load_settings(data=str(data) if data else None)
    return CardKeys(settings.data_folder, of_jurisdiction(settings.jurisdiction).partner)


_DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="Data folder of the node (default: data)."
)


@command.group()
def keys() -> None:
    """The keys with which this node signs cards."""


@keys.command()
@_DATA
def rotate(data: Path | None) -> None:
    """Make the next key and print its name: from now on it signs, older ones go on verifying."""
    click.echo(_node_keys(data).rotate().stem)


@keys.command("revoke")
@click.argument("name")
@_DATA
def revoke_key(name: str, data: Path | None) -> None:
    """Withdraw a key, such as LUX26A, with all cards that it signed; when it was the newest the next is made."""
    try:
        _node_keys(data).revoke_key(name)
    except ValueError as error:
        click.echo(f"ardenne: {error}", err=True)
        sys.exit(1)


@command.command()
@click.argument("identifier")
@_DATA
def revoke(identifier: str, data: Path | None) -> None:
    """Withdraw a single card by the identifier that `ardenne card verify` prints."""
    try:
        _node_keys(data).revoke_card(identifier)
    except ValueError as error:
        click.echo(f"ardenne: {error}", err=True)
        sys.exit(1)
