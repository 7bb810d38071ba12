"""What a browser remembers of its person before anybody signs in: language, size of type, hints put away."""

from __future__ import annotations

from litestar.datastructures import Cookie

from linli.house import House
from linli.web.cookies import make_cookie
from linli.web.visit import LANGUAGE_COOKIE, TYPE_COOKIE

#: Whoever has put the hint away that the portal can be installed is not told again.
INSTALL_COOKIE = "install"
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


def no_install_hint(house: House) -> Cookie:
    """The cookie of somebody who has read how to install the portal."""
    return make_cookie(INSTALL_COOKIE, "no", https=house.settings.https, max_age=_A_YEAR)
