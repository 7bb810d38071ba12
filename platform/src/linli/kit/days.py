"""Days, months and moments in words: one home, so that a page, a letter and a message say them alike."""

from __future__ import annotations

from datetime import date, datetime

from linli.kit.clock import SHANGHAI
from linli.kit.text import current_locale

_CHINESE_DAY = "%d年%d月%d日"
_CHINESE_MONTH = "%d年%d月"


def day_text(day: date) -> str:
    """``2026-01-31`` as people write it in the current language: ``2026年1月31日``, ``31 Jan 2026``."""
    if current_locale() == "en":
        return day.strftime("%-d %b %Y")
    return _CHINESE_DAY % (day.year, day.month, day.day)


def month_text(day: date) -> str:
    """The month of a day as people write it in the current language."""
    return day.strftime("%b %Y") if current_locale() == "en" else _CHINESE_MONTH % (day.year, day.month)


def moment_text(moment: datetime) -> str:
    """Day and time in Asia/Shanghai as people write them in the current language."""
    local = moment.astimezone(SHANGHAI)
    return f"{day_text(local.date())} {local:%H:%M}"
