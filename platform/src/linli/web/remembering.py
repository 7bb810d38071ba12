"""What somebody chose last in a form: filled in the next time, in this browser and for some days.

A template marks the fields (``remember=true``): places and kinds that stay the same all morning, never people and never
words that were typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from litestar import Request
from litestar.datastructures import Cookie

from linli.house import House
from linli.kit.focus import focus
from linli.web.cookies import make_cookie, read_cookie
from linli.web.forms import Form

COOKIE = "last"
#: The hidden field that names a field to remember.
FIELD = "_keep"
_MOST, _LONGEST = 16, 60
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: Seconds.
_LIVES = 7 * 24 * 3600


def last_choices(request: Request | None, *, https: bool) -> dict[str, str]:
    """Field to what was chosen last; a portal that is narrowed to a compound goes before it."""
    kept = (read_cookie(request, COOKIE, https=https) or "") if request is not None else ""
    found = {name: text for name, text in parse_qsl(kept[:2000])[:_MOST] if _fits(name, text)}
    if compound_id := focus().compound_id:
        found["compound_id"] = str(compound_id)
    return found


def last_cookie(house: House, request: Request, form: Form) -> Cookie | None:
    """The cookie after a form was accepted; ``None`` where it has nothing to remember."""
    names = [name for name in form.all(FIELD)[:_MOST] if name in form.values]
    if not names:
        return None
    chosen = {name: form.value(name) for name in names}
    found = {**chosen, **{k: v for k, v in _before(house, request).items() if k not in chosen}}
    kept = [(name, text) for name, text in found.items() if _fits(name, text)][:_MOST]
    return make_cookie(COOKIE, urlencode(kept), https=house.settings.https, max_age=_LIVES)


def _before(house: House, request: Request) -> Mapping[str, str]:
    return dict(parse_qsl((read_cookie(request, COOKIE, https=house.settings.https) or "")[:2000])[:_MOST])


def _fits(name: str, text: str) -> bool:
    return bool(_NAME.fullmatch(name)) and len(text) <= _LONGEST and text.isprintable()
