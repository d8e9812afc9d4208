"""A self-signed application certificate for the OPC UA server, made once and kept beside the twin's other files."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_DAYS: Final = 3650
KEY_BITS: Final = 2048
CERTIFICATE_FILE: Final = "opcua-certificate.der"
KEY_FILE: Final = "opcua-key.pem"


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """``certificate`` is DER, ``key`` unencrypted PEM that only its owner may read."""

    certificate: Path
    key: Path


def certificate_files(folder: Path, application_uri: str) -> CertificateFiles:
    """Return the pair in ``folder``, made now if either is missing.

    The application URI stands in the subject's alternative names, as OPC UA Part 6, §6.2.2 asks.
    """
    files = CertificateFiles(folder / CERTIFICATE_FILE, folder / KEY_FILE)
    if not (files.certificate.exists() and files.key.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        _make(files, application_uri)
    return files


def _make(files: CertificateFiles, application_uri: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "Didymium twin"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Didymium"),
        ]
    )
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    names = x509.SubjectAlternativeName(
        [
            x509.UniformResourceIdentifier(application_uri),
            x509.DNSName("localhost"),
            x509.DNSName(socket.gethostname()),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    files.key.touch(mode=0o600)
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.DER))
