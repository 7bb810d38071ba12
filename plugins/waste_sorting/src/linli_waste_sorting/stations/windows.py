"""When a station takes waste 定时定点: hours as people write them, and what holds at a moment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import pairwise

from linli.sdk import SHANGHAI, Invalid
from linli.sdk import gettext as _
from linli_waste_sorting.stations.models import Station

MOST_OPENINGS = 6
_SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*(?:-|–|—|~|～|\u81f3|\u5230)\s*(\d{1,2})[:：](\d{2})")
_BETWEEN = re.compile(r"[\s,，、;；]*")


@dataclass(frozen=True, slots=True)
class Today:
    """What a station does on a day.

    Attributes:
        state: ``open`` now, ``later`` today, ``over`` for today, ``closed`` all day, ``always`` open.
        until: the end of what is open now.
        next_opens: when it opens next today.
    """

    state: str
    until: time | None = None
    next_opens: time | None = None


def read_hours(words: str) -> list[tuple[time, time]]:
    """Hours as they are typed: ``7:00-9:00、18:00-20:00``; nothing means all day.

    Raises:
        Invalid: naming ``hours``: they cannot be read, end before they begin, overlap, or are too many.
    """
    left, found = words.strip(), []
    while left:
        match = _SPAN.match(left)
        if match is None:
            raise Invalid.one("hours", _("看不懂“{words}”").format(words=left[:20]), _("例如：7:00-9:00、18:00-20:00"))
        found.append(_span(int(match[1]), int(match[2]), int(match[3]), int(match[4]), match[0]))
        left = left[match.end() :]
        left = left[_BETWEEN.match(left).end() :]  # type: ignore[union-attr]
    found.sort()
    if len(found) > MOST_OPENINGS:
        raise Invalid.one("hours", _("时段太多"), _("最多 {n} 段").format(n=MOST_OPENINGS))
    if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
        raise Invalid.one("hours", _("时段互相重叠"), _("每段从上一段结束以后开始"))
    return found


def _span(hour: int, minute: int, to_hour: int, to_minute: int, words: str) -> tuple[time, time]:
    # Midnight at the end of a day is its last minute: a span lies within one day.
    to_hour, to_minute = (23, 59) if (to_hour, to_minute) == (24, 0) else (to_hour, to_minute)
    if max(hour, to_hour) > 23 or max(minute, to_minute) > 59:
        raise Invalid.one("hours", _("没有“{words}”这样的时间").format(words=words), _("0:00 到 24:00"))
    opens, closes = time(hour, minute), time(to_hour, to_minute)
    if closes <= opens:
        raise Invalid.one("hours", _("“{words}”的结束早于开始").format(words=words), _("跨过半夜的请分成两段"))
    return opens, closes


def today_of(station: Station, moment: datetime) -> Today:
    """What a station does at a moment and later on that day, Asia/Shanghai."""
    local = moment.astimezone(SHANGHAI)
    if not station.weekdays & (1 << local.weekday()):
        return Today("closed")
    if not station.openings:
        return Today("always")
    at = local.time()
    following = next((each.opens for each in station.openings if each.opens > at), None)
    current = next((each for each in station.openings if each.opens <= at < each.closes), None)
    if current is not None:
        return Today("open", until=current.closes, next_opens=following)
    return Today("later", next_opens=following) if following is not None else Today("over")


def open_first(stations: Sequence[Station], moment: datetime) -> list[tuple[Station, Today]]:
    """Stations with what they do now, those that are open first."""
    order = ("open", "always", "later", "over", "closed")
    found = [(each, today_of(each, moment)) for each in stations]
    return sorted(found, key=lambda each: order.index(each[1].state))
