"""What every cookie of ours has in common: bound to this host, readable by no script."""

from __future__ import annotations

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie


def cookie_name(name: str, *, https: bool) -> str:
    """The name under which a browser keeps it: ``__Host-`` binds it to this host, and needs HTTPS."""
    return f"__Host-{name}" if https else name


def make_cookie(name: str, value: str, *, https: bool, max_age: int) -> Cookie:
    """A cookie for this host alone; with no ``max_age`` the browser forgets it."""
    return Cookie(
        cookie_name(name, https=https),
        value=value,
        path="/",
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=https,
    )


def read_cookie(request: Request | ASGIConnection, name: str, *, https: bool) -> str | None:
    """What the browser has kept under this name; ``None`` for nothing."""
    return request.cookies.get(cookie_name(name, https=https))
