"""What an address asks the guide for, the same in every portal and in the API."""

from __future__ import annotations

from linli.sdk import Invalid
from linli.sdk import gettext as _
from linli_waste_sorting.models import CATEGORIES


def category_of(word: str) -> str:
    """The kind of waste that an address names; empty for all.

    Raises:
        Invalid: there is no such kind.
    """
    if word and word not in CATEGORIES:
        raise Invalid.one("category", _("没有这种垃圾"), "、".join(CATEGORIES))
    return word
