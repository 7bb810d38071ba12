"""The session's cookie, and the one way to the next page after signing in."""

from __future__ import annotations

from urllib.parse import quote

from litestar import Request
from litestar.datastructures import Cookie

from linli.identity.limits import RESIDENT_SESSION
from linli.web.cookies import make_cookie
from linli.web.home import local_path
from linli.web.results import Redirect


def session_cookie(request: Request, token: str) -> Cookie:
    """Readable by no script, sent to this host alone; ``__Host-`` where HTTPS is on."""
    return _cookie(request, token, RESIDENT_SESSION)


def no_session_cookie(request: Request) -> Cookie:
    """Takes the session's cookie away."""
    return _cookie(request, "", 0)


def onwards(request: Request, wanted: str, token: str, *, waits_for_totp: bool = False, message: str = "") -> Redirect:
    """To the wanted page of this site with a fresh session, by way of the second factor where one is due."""
    to = local_path(wanted)
    if to == "/":
        to = "/?arrived=1"
    if waits_for_totp:
        to = f"/account/second-factor?next={quoted(to)}"
    return Redirect(to, message, absolute=True, cookies=(session_cookie(request, token),))


def quoted(path: str) -> str:
    """A path as a query parameter."""
    return quote(path, safe="")


def _cookie(request: Request, value: str, max_age: int) -> Cookie:
    return make_cookie("sid", value, https=request.app.state.site.house.settings.https, max_age=max_age)
