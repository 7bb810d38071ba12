"""Choices of places in the reader's language, and what is shown of a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linli.kit.text import gettext as _
from linli.tenancy import choices


def translated(titles: Mapping[str, str]) -> dict[str, str]:
    """The titles of fixed choices in the reader's language."""
    return {key: _(title) for key, title in titles.items()}


def place_words() -> dict[str, dict[str, str]]:
    """Every fixed choice of places, for templates."""
    return {
        "kinds": translated(choices.COMPOUND_KINDS),
        "managements": translated(choices.MANAGEMENTS),
        "usages": translated(choices.USAGES),
        "area_bases": translated(choices.AREA_BASES),
        "deliveries": translated(choices.DELIVERIES),
    }


def changed_titles(*names: str) -> dict[str, str]:
    """The titles of fields whose changes are told to whoever was overtaken."""
    known: dict[str, Any] = {
        "name": _("名称"),
        "kind": _("类型"),
        "is_old": _("老旧小区"),
        "condition": _("设施状况"),
        "address": _("地址"),
        "built_year": _("建成年份"),
        "management": _("管理方式"),
        "floors": _("层数"),
        "door": _("门牌号"),
        "floor": _("楼层"),
        "exclusive_area": _("专有面积"),
        "area_basis": _("面积依据"),
        "usage": _("用途"),
        "delivery": _("交付状态"),
    }
    return {name: known[name] for name in names}
