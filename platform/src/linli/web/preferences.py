"""What a browser remembers of its person before anybody signs in: the language and the size of type."""

from __future__ import annotations

from litestar.datastructures import Cookie

from linli.house import House
from linli.web.cookies import make_cookie
from linli.web.visit import LANGUAGE_COOKIE, TYPE_COOKIE

_A_YEAR = 365 * 24 * 3600


def preference_cookies(
    house: House, *, locale: str | None = None, large_type: bool | None = None
) -> tuple[Cookie, ...]:
    """The cookies of the choices given. They win over the account: whoever changes the account sends them too."""
    chosen = {LANGUAGE_COOKIE: locale}
    if large_type is not None:
        chosen[TYPE_COOKIE] = "large" if large_type else "normal"
    https = house.settings.https
    return tuple(
        make_cookie(name, value, https=https, max_age=_A_YEAR) for name, value in chosen.items() if value is not None
    )
