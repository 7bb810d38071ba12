"""Requests that change something must come from our own pages, of this very session."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from litestar import Request

from linli.kit.errors import Forbidden
from linli.kit.text import gettext as _

FIELD = "_csrf"
HEADER = "x-csrf-token"


def csrf_token(key: bytes, session_digest: bytes) -> str:
    """The token of one session; useless in any other."""
    return hmac.digest(key, session_digest, "sha256").hex()


def require_same_origin(request: Request) -> None:
    """Refuse what a browser says it sends on behalf of another site.

    Raises:
        Forbidden: ``Sec-Fetch-Site`` or ``Origin`` names another origin. Neither is sent by scripts without a browser.
    """
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        if fetch_site not in {"same-origin", "none"}:
            raise Forbidden(_("这个请求来自别的网站，已拒绝"))
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise Forbidden(_("这个请求来自别的网站，已拒绝"))


def require_token(sent: str, expected: str) -> None:
    """Refuse a form that was not made for this session.

    Raises:
        Forbidden: the token is missing or of another session.
    """
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        raise Forbidden(_("页面已过期，请返回后刷新再试"))
