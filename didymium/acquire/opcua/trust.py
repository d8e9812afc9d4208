"""Our certificate, made once, and the server certificates that we have come to trust."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from didymium.acquire.errors import AccessRefused

APPLICATION_URI: Final = "urn:didymium:edge"
KEY_BITS: Final = 2048
VALID_DAYS: Final = 3650


@dataclass(frozen=True, slots=True)
class Identity:
    """Files of our application certificate (DER) and private key (PEM, readable by the owner only)."""

    certificate: Path
    key: Path


def identity(folder: Path) -> Identity:
    """Return the identity kept in ``folder``, made there first if it is missing or no longer valid.

    The certificate names this application and host (Part 4, §6.1). To connect to a server that knows its clients, copy
    ``didymium.der`` into the server's trust list.
    """
    own = Identity(folder / "didymium.der", folder / "didymium.key.pem")
    if own.certificate.is_file() and own.key.is_file():
        held = x509.load_der_x509_certificate(own.certificate.read_bytes())
        if held.not_valid_after_utc > dt.datetime.now(dt.UTC):
            return own
    folder.mkdir(parents=True, exist_ok=True)
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    descriptor = os.open(own.key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    own.certificate.write_bytes(_self_signed(key).public_bytes(serialization.Encoding.DER))
    return own


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    host = socket.gethostname()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Didymium@{host}"[:64])])
    now = dt.datetime.now(dt.UTC)
    public = key.public_key()
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
    names = [
        x509.UniformResourceIdentifier(APPLICATION_URI),
        x509.DNSName(host),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .sign(key, hashes.SHA256())
    )


def leaf(der: bytes) -> bytes:
    """Return the server's own certificate of a chain, whose DER certificates follow one another.

    Raises ``AccessRefused`` when there is none.
    """
    if len(der) < 4 or der[0] != 0x30 or der[1] != 0x82:
        raise AccessRefused("the server offers no certificate for this security policy")
    return der[: 4 + int.from_bytes(der[2:4], "big")]


def trust_on_first_use(der: bytes, known: Path) -> None:
    """Keep the certificate in the file ``known`` if that is new, else require that it is still the same.

    Raises ``AccessRefused``: another certificate is a replaced device or somebody in between, and a person decides.
    """
    if not known.is_file():
        known.parent.mkdir(parents=True, exist_ok=True)
        known.write_bytes(der)
        return
    if leaf(known.read_bytes()) != der:
        raise AccessRefused(
            f"the server's certificate is not the one in {known}; remove that file to trust the new one"
        )


def pinned(der: bytes, certificate: Path) -> None:
    """Require the certificate of a DER or PEM file. Raises ``AccessRefused``."""
    content = certificate.read_bytes()
    try:
        wanted = (
            x509.load_pem_x509_certificate(content)
            if content.startswith(b"-----")
            else x509.load_der_x509_certificate(content)
        )
    except ValueError:
        raise AccessRefused(f"{certificate} is not a certificate") from None
    if wanted.public_bytes(serialization.Encoding.DER) != der:
        raise AccessRefused(f"the server's certificate is not the one pinned in {certificate}")
