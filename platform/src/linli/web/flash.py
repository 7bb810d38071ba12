"""A message said once, on the page after the one that caused it."""

from __future__ import annotations

import base64
import hmac
import json

COOKIE = "flash"
_LONGEST = 600


def seal_flash(key: bytes, message: str, tone: str) -> str:
    """The cookie's value; signed, so that only our own words are shown as ours."""
    body = base64.urlsafe_b64encode(json.dumps([message[:_LONGEST], tone]).encode()).decode()
    return f"{body}.{hmac.digest(key, body.encode(), 'sha256').hex()[:32]}"


def open_flash(key: bytes, cookie: str | None) -> tuple[str, str] | None:
    """Message and tone; ``None`` when there is none or somebody else wrote it."""
    body, _dot, mac = (cookie or "").partition(".")
    if not mac or not hmac.compare_digest(hmac.digest(key, body.encode(), "sha256").hex()[:32], mac):
        return None
    message, tone = json.loads(base64.urlsafe_b64decode(body))
    return str(message), str(tone)
