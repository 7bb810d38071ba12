"""Authenticated encryption, key derivation, signatures and blind indexes; an algorithm byte leaves room for others."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE, _TAG = 12, 16


class Aead(Protocol):
    """Seals and opens under one key; a certified module plugs in by this."""

    def __init__(self, key: bytes) -> None: ...

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""
        ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plain bytes; raises ``InvalidTag``."""
        ...


class Sm4Gcm:
    """SM4-GCM of GB/T 32907 and RFC 8998. Its key of 128 bits is the first half of the key that is given."""

    def __init__(self, key: bytes) -> None:
        self._key = SM4(key[:16])

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""
        encryptor = Cipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plain bytes; raises ``InvalidTag``."""
        if len(data) < _TAG:
            raise InvalidTag
        decryptor = Cipher(self._key, modes.GCM(nonce, data[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(data[:-_TAG]) + decryptor.finalize()


AES_256_GCM, SM4_GCM = 1, 2
#: Algorithm byte to what seals and opens.
AEADS: dict[int, type[Aead]] = {AES_256_GCM: AESGCM, SM4_GCM: Sm4Gcm}
#: As an operator names them, to the algorithm byte.
CIPHERS = {"aes-256-gcm": AES_256_GCM, "sm4-gcm": SM4_GCM}


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
