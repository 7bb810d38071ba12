"""Signatures that an outside app checks by itself: of what is sent to it, and of whom its panel is shown to.

Webhooks follow Standard Webhooks: ``v1,`` and HMAC-SHA256 over ``id.timestamp.body``. Nothing here knows of a database.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

PREFIX = "whsec_"
#: Stands before what is signed of a panel's context, so that no message is ever taken for one.
_PANEL = b"linli-panel/1."
#: How long a panel's context is good for.
PANEL_LIVES = timedelta(minutes=5)


class ContextRefused(ValueError):
    """A panel's context is altered, over, or for somebody else."""


def make_secret() -> str:
    """A new secret, as it is shown to the app's owner."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def webhook_headers(keys: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message.

    Args:
        keys: the secrets in force, the newest first: each signs.
        message_id: the same however often it is sent.
        at: now; the receiver refuses what is older than some minutes.
        body: exactly as it is sent.
    """
    stamp = str(int(at.timestamp()))
    told = f"{message_id}.{stamp}.".encode() + body
    signed = [f"v1,{base64.b64encode(hmac.digest(_key(each), told, 'sha256')).decode()}" for each in keys]
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(signed)}


def panel_context(keys: Sequence[str], claims: dict[str, Any]) -> str:
    """A compact word for whom a panel is shown to: the claims, then a signature by each secret in force."""
    told = _encoded(msgspec.json.encode(claims))
    signed = [_encoded(hmac.digest(_key(each), _PANEL + told.encode(), "sha256")) for each in keys]
    return ".".join([told, *signed])


def read_panel_context(key: str, audience: str, word: str, at: datetime) -> dict[str, Any]:
    """What a panel's word says, as an app checks it.

    Args:
        key: a secret of the app's.
        audience: the app's id.
        word: as it came.
        at: now.

    Raises:
        ContextRefused: it was not signed by this secret, is for another app, or is over.
    """
    told, *signed = word.split(".")
    right = hmac.digest(_key(key), _PANEL + told.encode(), "sha256")
    if not any(hmac.compare_digest(right, _decoded(each)) for each in signed):
        raise ContextRefused("not signed by this secret")
    claims: dict[str, Any] = msgspec.json.decode(_decoded(told))
    if claims.get("aud") != audience:
        raise ContextRefused("for another app")
    if not isinstance(claims.get("exp"), int) or claims["exp"] <= at.timestamp():
        raise ContextRefused("over")
    return claims


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(word: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except (binascii.Error, ValueError) as error:
        raise ContextRefused("not a context") from error
