"""What a browser remembers of its person before anybody signs in: the language and the size of type."""

from __future__ import annotations

from litestar.datastructures import Cookie

from linli.house import House
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
        Cookie(key, value=value, path="/", max_age=_A_YEAR, samesite="lax", httponly=True, secure=https)
        for key, value in chosen.items()
        if value is not None
    )
