"""When work comes round by itself: by the clock of Asia/Shanghai and the official calendar, 调休 included."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from linli.kit.clock import SHANGHAI
from linli.kit.text import gettext as _

Rhythm = Literal["hourly", "daily", "weekly", "monthly", "workdays", "monthly_workday"]

#: Whether people work on a day; of the official calendar where that year's is known.
IsWorkday = Callable[[date], bool]

_DAY = timedelta(days=1)
#: Days off in a row and months in which a wanted day is looked for; far more than there ever are.
_MOST_DAYS = 60
_MOST_MONTHS = 14
#: The most working days that any month has.
_MOST_WORKDAYS = 23

_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a task runs by itself in every street. Made by the class methods: ``Schedule.monthly(-1, time(22, 0))``.

    All times are of Asia/Shanghai. A turn that nobody could take while the machines were down is taken once afterwards,
    however many were missed; one turn is never taken twice.

    Attributes:
        rhythm: which of the class methods made it.
        at: the time of day; of an hourly schedule only the minute counts.
        n: the weekday (1 is Monday), the day of the month, or the number of the working day; counted from the end of
            the month where negative.
    """

    rhythm: Rhythm
    at: time
    n: int = 0

    def __post_init__(self) -> None:
        allowed = {
            "weekly": (1, 7),
            "monthly": (-28, 31),
            "monthly_workday": (-_MOST_WORKDAYS, _MOST_WORKDAYS),
        }.get(self.rhythm, (0, 0))
        has_n = self.rhythm in ("weekly", "monthly", "monthly_workday")
        if not allowed[0] <= self.n <= allowed[1] or (has_n and self.n == 0):
            raise ValueError(f"a {self.rhythm} schedule takes n from {allowed[0]} to {allowed[1]}, not {self.n}")
        if self.at.tzinfo is not None:
            raise ValueError("the time of a schedule is of Asia/Shanghai: give it without a time zone")

    @classmethod
    def hourly(cls, minute: int = 0) -> Schedule:
        """At this minute of every hour."""
        return cls("hourly", time(0, minute))

    @classmethod
    def daily(cls, at: time) -> Schedule:
        """Every day."""
        return cls("daily", at)

    @classmethod
    def weekly(cls, weekday: int, at: time) -> Schedule:
        """Every week; 1 is Monday, 7 is Sunday."""
        return cls("weekly", at, weekday)

    @classmethod
    def monthly(cls, day: int, at: time) -> Schedule:
        """On a day of every month: 31 is the last day of a shorter month; -1 the last, -2 the one before it."""
        return cls("monthly", at, day)

    @classmethod
    def workdays(cls, at: time) -> Schedule:
        """On every working day, make-up workdays 调休 included."""
        return cls("workdays", at)

    @classmethod
    def monthly_workday(cls, n: int, at: time) -> Schedule:
        """On the n-th working day of every month; -1 is the last. A month that has fewer takes its last."""
        return cls("monthly_workday", at, n)

    @property
    def needs_calendar(self) -> bool:
        """Whether it goes by working days."""
        return self.rhythm in ("workdays", "monthly_workday")

    @property
    def title(self) -> str:
        """In words for people, in the reader's language."""
        clock = f"{self.at.hour}:{self.at.minute:02}"
        if self.rhythm == "hourly":
            return _("每小时的第 {minute} 分钟").format(minute=self.at.minute)
        if self.rhythm == "weekly":
            return _("每{day} {clock}").format(day=_(_WEEKDAYS[self.n - 1]), clock=clock)
        words = {
            "daily": _("每天 {clock}"),
            "monthly": _("每月 {n} 日 {clock}"),
            "workdays": _("每个工作日 {clock}"),
            "monthly_workday": _("每月第 {n} 个工作日 {clock}"),
        }
        if self.n == -1:
            words |= {"monthly": _("每月最后一天 {clock}"), "monthly_workday": _("每月最后一个工作日 {clock}")}
        elif self.n < 0:
            words |= {
                "monthly": _("每月倒数第 {n} 天 {clock}"),
                "monthly_workday": _("每月倒数第 {n} 个工作日 {clock}"),
            }
        return words[self.rhythm].format(n=abs(self.n), clock=clock)

    def next_turn(self, after: datetime, is_workday: IsWorkday) -> datetime:
        """The first turn after a moment.

        Args:
            after: aware.
            is_workday: of the calendar that holds here.
        """
        if self.rhythm == "hourly":
            turn = after.replace(minute=self.at.minute, second=0, microsecond=0)
            return turn if turn > after else turn + timedelta(hours=1)
        local = after.astimezone(SHANGHAI)
        for day in self._days(local.date(), is_workday):
            turn = datetime.combine(day, self.at, SHANGHAI)
            if turn > local:
                return turn
        raise ValueError(f"{self} has no turn after {after}: there seem to be no working days")

    def _days(self, first: date, is_workday: IsWorkday) -> Iterator[date]:
        """Days of turns from this one on, perhaps with earlier ones of the same month before them."""
        if self.rhythm in ("monthly", "monthly_workday"):
            for months in range(_MOST_MONTHS):
                year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
                yield from self._day_of_month(year, month + 1, is_workday)
            return
        for days in range(_MOST_DAYS):
            day = first + days * _DAY
            if self.rhythm == "workdays" and not is_workday(day):
                continue
            if self.rhythm == "weekly" and day.isoweekday() != self.n:
                continue
            yield day

    def _day_of_month(self, year: int, month: int, is_workday: IsWorkday) -> Iterator[date]:
        last = calendar.monthrange(year, month)[1]
        days = [date(year, month, day) for day in range(1, last + 1)]
        if self.rhythm == "monthly_workday":
            days = [day for day in days if is_workday(day)]
        if days:
            yield days[max(self.n, -len(days)) if self.n < 0 else min(self.n, len(days)) - 1]
