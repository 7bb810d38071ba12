"""What a household holds out: on its phone a code that lasts minutes, on a card one that lasts until it is drawn anew.

Both begin with the letters by which the household is found. On the phone a signature of the present minutes follows,
made with a key that nobody is ever shown: who photographs it holds something that is soon worth nothing. On a card, for
those who have no phone, letters drawn by lot follow, and they count only once a card was given.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from linli.sdk import SHANGHAI, NotFound, ScopedSession, now
from linli.sdk import gettext as _
from linli_waste_sorting.points.models import Purse

#: How long a phone shows one code. It counts as long again, for whoever holds it out in the last moment.
LIFE = timedelta(minutes=5)
#: Until when an old code is known to have been one, so that people are told what to do.
REMEMBERED = timedelta(hours=12)
_LENGTH, _FOUND_BY = 12, 4
_NO_CODE = re.compile(r"[^a-z2-7]")


@dataclass(frozen=True, slots=True)
class PhoneCode:
    """A code as a phone shows it, and until when it counts."""

    code: str
    until: datetime


def phone_code(row: Purse) -> PhoneCode:
    """What the household's phones show now: the same on all of them."""
    step = _step_now()
    return PhoneCode(_signed(row, step), datetime.fromtimestamp((step + 2) * LIFE.total_seconds(), SHANGHAI))


def find_purse(session: ScopedSession, community_id: UUID, code: str) -> Purse:
    """The open purse whose code was read or typed; spaces and capitals do not matter.

    Raises:
        NotFound: it is nobody's, or was somebody's and is over; the words say what to do.
    """
    typed = _NO_CODE.sub("", code.lower())
    step, is_old = _step_now(), False
    for row in _found_by(session, community_id, typed):
        if _is_card(row, typed) or any(_is(row, typed, step - back) for back in (0, 1)):
            return row
        is_old = is_old or any(_is(row, typed, step - back) for back in range(2, REMEMBERED // LIFE + 2))
    raise NotFound(_past() if is_old else unknown())


def new_code() -> str:
    """Twelve letters and digits drawn by lot: sixty bits."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()[:_LENGTH]


def new_card(row: Purse) -> str:
    """The letters of another card; the codes on the household's phones stay as they are."""
    return row.code[:_FOUND_BY] + new_code()[_FOUND_BY:]


def new_key() -> bytes:
    """What the codes of a household are signed with."""
    return secrets.token_bytes(32)


def unknown() -> str:
    """What is said of a code that no household has, or has any more."""
    return _("没有这个家庭码，或者已经换新。请住户打开手机上现在的家庭码；拿卡的，请社区换一张卡")


def _past() -> str:
    return _("这个家庭码已经过期，截图和照片不能用。请住户打开手机上现在的家庭码再扫")


def _found_by(session: ScopedSession, community_id: UUID, typed: str) -> list[Purse]:
    if len(typed) != _LENGTH:
        return []
    wanted = select(Purse).where(
        Purse.community_id == community_id, Purse.code.startswith(typed[:_FOUND_BY]), Purse.closed_at.is_(None)
    )
    return list(session.scalars(wanted.execution_options(populate_existing=True)))


def _is_card(row: Purse, typed: str) -> bool:
    return row.carded_at is not None and hmac.compare_digest(row.code, typed)


def _is(row: Purse, typed: str, step: int) -> bool:
    return hmac.compare_digest(_signed(row, step), typed)


def _signed(row: Purse, step: int) -> str:
    digest = hmac.digest(row.key, b"%s|%d" % (row.id.bytes, step), "sha256")
    return row.code[:_FOUND_BY] + base64.b32encode(digest).decode().lower()[: _LENGTH - _FOUND_BY]


def _step_now() -> int:
    return int(now().timestamp() // LIFE.total_seconds())
