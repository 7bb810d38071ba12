"""A message said once, on the page after the one that caused it."""

from __future__ import annotations

import base64
import hmac
import json
import re
from typing import TYPE_CHECKING

from litestar.datastructures import Cookie

from linli.web.cookies import make_cookie

if TYPE_CHECKING:
    from linli.web.site import Site

COOKIE = "flash"
#: Seconds between a deed and the page that tells of it.
_LIFE = 60
_LONGEST = 600
_STREET = re.compile(r"/s/[^/?#]+")


def seal_flash(key: bytes, message: str, tone: str, path: str) -> str:
    """The cookie's value; signed, so that only our own words are shown as ours, and in the street they are meant for.

    Args:
        key: of this installation.
        message: what is said once.
        tone: how.
        path: of the page that will say it.
    """
    body = base64.urlsafe_b64encode(json.dumps([message[:_LONGEST], tone]).encode()).decode()
    return f"{body}.{_mac(key, body, path)}"


def open_flash(key: bytes, cookie: str | None, path: str) -> tuple[str, str] | None:
    """Message and tone for the page of this path; ``None`` when there is none, or none for this street."""
    body, _dot, mac = (cookie or "").partition(".")
    if not mac or not hmac.compare_digest(_mac(key, body, path).encode(), mac.encode()):
        return None
    message, tone = json.loads(base64.urlsafe_b64decode(body))
    return str(message), str(tone)


def flash_cookie(site: Site, message: str, tone: str, path: str) -> Cookie:
    """The cookie that has the page of this path say it."""
    sealed = seal_flash(site.flash_key, message, tone, path)
    return make_cookie(COOKIE, sealed, https=site.house.settings.https, max_age=_LIFE)


def no_flash_cookie(site: Site) -> Cookie:
    """Takes it away once it was said."""
    return make_cookie(COOKIE, "", https=site.house.settings.https, max_age=0)


def _mac(key: bytes, body: str, path: str) -> str:
    # A message may name a resident: it is not shown in another street that the same browser opens next.
    street = _STREET.match(path)
    return hmac.digest(key, f"{street[0] if street else ''}|{body}".encode(), "sha256").hex()[:32]
