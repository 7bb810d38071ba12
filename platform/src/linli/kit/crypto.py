"""Authenticated encryption, key derivation, signatures and blind indexes; an algorithm byte leaves room for others."""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

AES_256_GCM = 1
#: Algorithm byte to a class with ``encrypt(nonce, data, aad)`` and ``decrypt``; a certified module plugs in here.
AEADS = {AES_256_GCM: AESGCM}

_NONCE = 12


class SealBroken(Exception):
    """The ciphertext was altered, moved to another place, or sealed with another key."""


def derive_key(master: bytes, purpose: str, length: int = 32) -> bytes:
    """A key for one purpose, derived from the master secret by HKDF-SHA256."""
    return HKDF(hashes.SHA256(), length, salt=b"linli", info=purpose.encode()).derive(master)


def seal(key: bytes, plain: bytes, context: bytes, *, algorithm: int = AES_256_GCM) -> bytes:
    """Encrypt so that the text opens only with the same key and the same context.

    Returns:
        One algorithm byte, a random nonce, the ciphertext with its tag.
    """
    nonce = os.urandom(_NONCE)
    return bytes([algorithm]) + nonce + AEADS[algorithm](key).encrypt(nonce, plain, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Decrypt what ``seal`` made.

    Raises:
        SealBroken: altered, truncated, moved or sealed with another key.
    """
    if len(sealed) <= _NONCE + 1 or sealed[0] not in AEADS:
        raise SealBroken("unknown seal")
    try:
        return AEADS[sealed[0]](key).decrypt(sealed[1 : _NONCE + 1], sealed[_NONCE + 1 :], context)
    except InvalidTag as error:
        raise SealBroken("seal broken") from error


def blind_index(key: bytes, kind: str, normalised: str) -> bytes:
    """Sixteen bytes by which an encrypted value can be found again; equal values give equal bytes under one key."""
    return hmac.digest(key, f"{kind}|{normalised}".encode(), hashlib.sha256)[:16]


class Signer:
    """Signs with Ed25519; whoever has the public key can check, and nobody without the seed can sign."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        #: Thirty-two bytes, for everybody to see.
        self.public = self._key.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """What tells this key from others: the beginning of the public key's SHA-256."""
        return key_id_of(self.public)

    def sign(self, message: bytes) -> bytes:
        """Sixty-four bytes."""
        return self._key.sign(message)


def key_id_of(public: bytes) -> str:
    """Sixteen hexadecimal digits by which a public key is named."""
    return hashlib.sha256(public).hexdigest()[:16]


def is_signed_by(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the owner of this public key signed exactly these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def token_digest(token: str) -> bytes:
    """What is stored of a session, API or invitation token: its SHA-256. Tokens carry 256 random bits, so no salt."""
    return hashlib.sha256(token.encode()).digest()
