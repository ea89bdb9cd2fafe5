"""Certificate authorities for tests: certificates that hold, have run out, or come from somebody else."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey


class Authority:
    """An authority that gives certificates as files in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name, self._key = folder, name, ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(name, self._key, name, self._key, -1, 2, True)
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def gives(self, subject: str, begins: int = -1, ends: int = 2) -> tuple[Path, Path]:
        """Return the files of certificate and key of somebody; ``begins`` and ``ends`` in days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(subject, key, self._name, self._key, begins, ends, False)
        stem = f"{subject}-{self._name}-{made.serial_number:x}"
        paths = self._folder / f"{stem}.crt", self._folder / f"{stem}.key"
        paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return paths

    def client(self, files: tuple[Path, Path] | None = None) -> ssl.SSLContext:
        """Return how a client speaks TLS to servers of this authority; ``files``: the certificate that it shows."""
        context = ssl.create_default_context(cafile=str(self.path))
        if files is not None:
            context.load_cert_chain(*files)
        return context


def _certificate(
    subject: str, key: Key, issuer: str, issuer_key: Key, begins: int, ends: int, authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(_name(subject)).issuer_name(_name(issuer)).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
    )  # fmt: skip
    return made.sign(issuer_key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
