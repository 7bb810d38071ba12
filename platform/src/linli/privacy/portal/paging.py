"""The place in a list where a page of this domain begins: the id of the last row before it."""

from __future__ import annotations

from uuid import UUID

from linli.kit.errors import Invalid
from linli.kit.text import gettext as _


def after_id(word: str) -> UUID | None:
    """The id in an address; ``None`` for the first page.

    Raises:
        Invalid: it is none.
    """
    if not word:
        return None
    try:
        return UUID(word)
    except ValueError as error:
        raise Invalid.one("after", _("翻页位置无效"), _("请使用上一页返回的 next 值")) from error
