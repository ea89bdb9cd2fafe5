"""Invented persons with certificates of one authority, and the program ``openssl cms`` as the other side."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ardenne.standards.smime import certificates
from ardenne.standards.smime.certificates import Authority
from ardenne.standards.smime.enveloped import Holding

NOW = datetime.now(UTC)


class World(NamedTuple):
    """An authority and three persons; what Carl has is out of date."""

    authority: Authority
    anna: Holding
    bert: Holding
    carl: Holding


@pytest.fixture(scope="session")
def world() -> World:
    issuer = certificates.authority("Test authority", certificates.new_key(2048), NOW)

    def person(name: str, made: datetime = NOW) -> Holding:
        key = certificates.new_key(2048)
        address = f"{name.lower()}@mail.example"
        return Holding(certificates.member(issuer, key.public_key(), name, address, made), key)

    return World(issuer, person("Anna"), person("Bert"), person("Carl", NOW - timedelta(days=1000)))


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


@pytest.fixture
def openssl(tmp_path: Path, world: World) -> Callable[..., bytes]:
    """Run ``openssl cms`` with the persons' files (``anna.pem`` …, ``authority.pem``) in its folder; returns its output."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl on this machine")
    (tmp_path / "authority.pem").write_bytes(pem(world.authority.certificate))
    for name in ("anna", "bert", "carl"):
        one: Holding = getattr(world, name)
        key = one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / f"{name}.pem").write_bytes(pem(one.certificate) + key)

    def run(*arguments: str, given: bytes, fails: bool = False) -> bytes:
        done = subprocess.run([program, "cms", *arguments], input=given, capture_output=True, cwd=tmp_path)
        assert (done.returncode != 0) == fails, done.stderr.decode()
        return done.stdout

    return run
