"""Signed heads: an Ed25519 signature over the newest row's number and hash.

Whoever can write the database could rewrite the whole chain; without the private key they cannot sign its head
again. Keep the private key away from the database, and give the public key to whoever verifies.
Source: RFC 8032; the chain is that of `tarazu.clearing.books`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tarazu.clearing import tables
from tarazu.clearing.books import last_row
from tarazu.core.errors import InputError


def new_key(path: Path) -> str:
    """Write a new private key (PEM, readable by its owner only) and the public key beside it; returns the latter.

    Raises
    ------
    InputError
        If the file exists: a key is never overwritten.
    """
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(
            f"{path} exists, and a signing key is never overwritten. Name another file."
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(text)
    public = public_text(key)
    path.with_suffix(".pub").write_text(public + "\n", encoding="ascii")
    return public


def read_key(path: Path) -> Ed25519PrivateKey:
    """The private key of a file.

    Raises
    ------
    InputError
        If the file cannot be read or holds no Ed25519 key.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: expected a private key in PEM, without a password ({error}).") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"{path}: expected an Ed25519 key. Make one with `tarazu clearing init`.")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """The public key in hexadecimal."""
    return key.public_key().public_bytes_raw().hex()


def founded_key(connection: sa.Connection) -> str:
    """The public key that a house was founded with, hexadecimal; empty if it signs nothing."""
    body = connection.scalar(sa.select(tables.journal.c.body).where(tables.journal.c.seq == 1))
    return str(json.loads(body or "{}").get("public_key", ""))


def check_key(connection: sa.Connection, key: Ed25519PrivateKey, where: str) -> None:
    """Refuse a signing key that is not the one the house was founded with: its heads would prove nothing.

    Raises
    ------
    InputError
    """
    founded, given = founded_key(connection), public_text(key)
    if founded != given:
        known = f"{founded[:16]}…" if founded else "none"
        raise InputError(
            f"{where}: the key given is {given[:16]}…, the house was founded with {known}. Use that one."
        )


def sign_head(connection: sa.Connection, key: Ed25519PrivateKey) -> None:
    """Sign the newest journal row, unless it is signed already."""
    seq, digest, _ = last_row(connection)
    head = tables.head
    if seq and connection.scalar(sa.select(head.c.seq).where(head.c.seq == seq)) is None:
        signature = key.sign(f"{seq}:{digest}".encode()).hex()
        connection.execute(head.insert().values(seq=seq, hash=digest, signature=signature))


def is_signed(public: str, seq: int, digest: str, signature: str) -> bool:
    """Whether a head was signed by the owner of a public key (hexadecimal)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), f"{seq}:{digest}".encode())
    except (InvalidSignature, ValueError):
        return False
    return True
