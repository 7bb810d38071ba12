"""The place in a list where the next page begins, as an opaque word for addresses."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.kit.errors import Invalid
from linli.kit.text import gettext as _

PAGE = 50
#: How many rows one page holds at most.
MOST = 200
#: What a list of the API takes beside its filters.
Limit = Annotated[int, Meta(ge=1, le=MOST, description="rows of a page")]
After = Annotated[str, Meta(max_length=1200, description="`next` of the page before")]


def encode_cursor(key: str, row_id: UUID) -> str:
    """The word for the last row of a page."""
    return base64.urlsafe_b64encode(msgspec.json.encode((key, row_id))).decode().rstrip("=")


def decode_cursor(word: str) -> tuple[str, UUID]:
    """What ``encode_cursor`` was given.

    Raises:
        Invalid: the word was not made here.
    """
    try:
        raw = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
        key, row_id = msgspec.json.decode(raw, type=tuple[str, UUID])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise _unknown() from error
    if "\0" in key:
        raise _unknown()
    return key, row_id


def encode_moment(moment: datetime, row_id: UUID) -> str:
    """The word for the last row of a page that is sorted by a moment."""
    return encode_cursor(moment.isoformat(), row_id)


def decode_moment(word: str) -> tuple[datetime, UUID]:
    """What ``encode_moment`` was given.

    Raises:
        Invalid: the word was not made here.
    """
    key, row_id = decode_cursor(word)
    try:
        moment = datetime.fromisoformat(key)
    except ValueError as error:
        raise _unknown() from error
    if moment.tzinfo is None:
        raise _unknown()
    return moment, row_id


def _unknown() -> Invalid:
    return Invalid.one("after", _("翻页位置无效"), _("请使用上一页返回的 next 值"))
