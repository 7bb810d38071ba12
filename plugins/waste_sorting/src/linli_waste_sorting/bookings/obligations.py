"""What has to be answered in time: bookings and reports of full bins. Read off what residents and staff recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Date, cast, func, select

from linli.sdk import Evidence, Obligation, Occasion, ScopedSession, Span
from linli.sdk import gettext as _
from linli_waste_sorting.bookings.models import Booking, FullReport
from linli_waste_sorting.bookings.permissions import READ_BOOKINGS, READ_REPORTS
from linli_waste_sorting.bookings.rule_keys import ANSWER_WITHIN, EMPTY_WITHIN

_Ask = Callable[[ScopedSession, Sequence[UUID], Span], Iterable[Any]]
_ROLES = ("community_administrator", "property_staff")


def _asked_on(model: Any, asked: str) -> _Ask:
    """The days on which something was asked for in each compound: one occasion for all that was asked that day."""
    at = getattr(model, asked)

    def occasions(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Occasion]:
        day = _day_of(at)
        rows = session.execute(
            select(model.compound_id, day, func.count())
            .where(model.compound_id.in_(places), at >= span.begins, at < span.ends)
            .group_by(model.compound_id, day)
        )
        return [
            Occasion(place=place, key=when.isoformat(), day=when, title=_("{n} 件").format(n=number))
            for place, when, number in rows
        ]

    return occasions


def _answered_on(model: Any, asked: str, answered: str, path: str) -> _Ask:
    """The days of which nothing is left unanswered; done were they when the last of it was answered."""
    at, done = getattr(model, asked), getattr(model, answered)

    def evidence(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Evidence]:
        day, last = _day_of(at), func.max(done)
        rows = session.execute(
            select(model.compound_id, day, last, func.count())
            .where(model.compound_id.in_(places), at < span.ends)
            .group_by(model.compound_id, day)
            .having(func.count() == func.count(done), last >= span.begins, last < span.ends)
        )
        return [
            Evidence(
                place=place, when=when, title=_("{n} 件已答复").format(n=number), path=path, occasion=since.isoformat()
            )
            for place, since, when, number in rows
        ]

    return evidence


def _day_of(at: Any) -> Any:
    return cast(func.timezone("Asia/Shanghai", at), Date).label("day")


BOOKING_OBLIGATIONS = (
    Obligation(
        name="waste_sorting.booking_answers",
        title="答复上门回收预约",
        help="在“上门回收”里确认、改期或者说明不能受理；一天里的预约全部答复了，这一天才算办结。居民自己取消的算已答复。",
        rhythm="after",
        within=ANSWER_WITHIN,
        occasions=_asked_on(Booking, "requested_at"),
        evidence=_answered_on(Booking, "requested_at", "answered_at", "bookings"),
        roles=_ROLES,
        needs=READ_BOOKINGS,
        order=310,
    ),
    Obligation(
        name="waste_sorting.full_bins",
        title="处理满桶报告",
        help="在“满桶报告”里填写处理结果；一天里报告的全部处理了，这一天才算办结。",
        rhythm="after",
        within=EMPTY_WITHIN,
        occasions=_asked_on(FullReport, "first_at"),
        evidence=_answered_on(FullReport, "first_at", "handled_at", "full_reports"),
        roles=_ROLES,
        needs=READ_REPORTS,
        order=320,
    ),
)
