"""What has to be done in time: looking at points that look odd. Read off what was raised and decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Date, cast, func, select

from linli.sdk import Evidence, Obligation, Occasion, ScopedSession, Span
from linli.sdk import gettext as _
from linli_waste_sorting.points.models import Flag
from linli_waste_sorting.points.permissions import AUDIT, AUDITING_ROLES
from linli_waste_sorting.points.rule_keys import AUDIT_WITHIN

_DAY = cast(func.timezone("Asia/Shanghai", Flag.raised_at), Date)


def raised(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Occasion]:
    """The days on which something looked odd in each compound: one occasion for all of a day."""
    rows = session.execute(
        select(Flag.compound_id, _DAY.label("day"), func.count())
        .where(Flag.compound_id.in_(places), Flag.raised_at >= span.begins, Flag.raised_at < span.ends)
        .group_by(Flag.compound_id, "day")
    )
    return [
        Occasion(place=place, key=day.isoformat(), day=day, title=_("{n} 笔").format(n=number))
        for place, day, number in rows
    ]


def decided(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Evidence]:
    """The days of which nothing is left to look at; done were they when the last of it was decided."""
    last = func.max(Flag.decided_at)
    rows = session.execute(
        select(Flag.compound_id, _DAY.label("day"), last, func.count())
        .where(Flag.compound_id.in_(places), Flag.raised_at < span.ends)
        .group_by(Flag.compound_id, "day")
        .having(func.count() == func.count(Flag.decided_at), last >= span.begins, last < span.ends)
    )
    return [
        Evidence(
            place=place,
            when=when,
            title=_("{n} 笔已核查").format(n=number),
            path="points/flags?state=all",
            occasion=day.isoformat(),
        )
        for place, day, when, number in rows
        if when is not None
    ]


POINT_OBLIGATIONS = (
    Obligation(
        name="waste_sorting.points_audit",
        title="核查可疑的积分",
        help="在“积分核查”里逐笔看一看，保留或者冲回；一天里的全部核查了，这一天才算办结。",
        rhythm="after",
        within=AUDIT_WITHIN,
        occasions=raised,
        evidence=decided,
        roles=AUDITING_ROLES,
        needs=AUDIT,
        order=330,
    ),
)
