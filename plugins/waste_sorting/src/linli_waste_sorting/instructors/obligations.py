"""Two duties, read off what is on record: an instructor in each compound, and publicity in each quarter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from linli.sdk import Evidence, Obligation, ScopedSession, Span
from linli.sdk import gettext as _
from linli_waste_sorting.instructors.models import Instructor, Publicity
from linli_waste_sorting.instructors.permissions import READ_INSTRUCTORS
from linli_waste_sorting.instructors.rule_keys import INSTRUCTOR_EVERY, PUBLICITY_EVERY
from linli_waste_sorting.stations.repository import compounds_with_stations


def named(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Evidence]:
    """For each month of the span in which somebody instructs a compound's people: the first day of it on which they
    do. No name is given: the board is read by others than the residents."""
    rows = session.scalars(
        select(Instructor)
        .where(
            Instructor.compound_id.in_(places),
            Instructor.undone_at.is_(None),
            Instructor.starts_on <= span.last,
            or_(Instructor.ends_on.is_(None), Instructor.ends_on >= span.first),
        )
        .order_by(Instructor.starts_on, Instructor.id)
    )
    seen: set[tuple[UUID, date]] = set()
    for row in rows:
        last = min(row.ends_on or span.last, span.last)
        day = max(row.starts_on, span.first)
        while day <= last:
            month = day.replace(day=1)
            if (row.compound_id, month) not in seen:
                seen.add((row.compound_id, month))
                yield Evidence(place=row.compound_id, when=day, title=_("有在任的分类指导员"), path="instructors")
            day = (month + timedelta(days=32)).replace(day=1)


def publicised(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Evidence]:
    """The activities of each community that were not struck out; the day on which they were held counts."""
    rows = session.execute(
        select(Publicity.community_id, Publicity.held_on, Publicity.title)
        .where(
            Publicity.community_id.in_(places),
            Publicity.struck_at.is_(None),
            Publicity.held_on.between(span.first, span.last),
        )
        .order_by(Publicity.held_on, Publicity.id)
    )
    for community_id, day, title in rows:
        yield Evidence(place=community_id, when=day, title=title, path="publicity")


def with_stations(session: ScopedSession, places: Sequence[UUID]) -> Collection[UUID]:
    """The compounds that have a station in use: where nothing is sorted, nobody is to instruct."""
    return set(compounds_with_stations(session, places))


INSTRUCTOR_OBLIGATIONS = (
    Obligation(
        name="waste_sorting.instructor",
        title="明确分类指导员",
        help="在“指导员和宣传”里登记每个小区的分类指导员和任期；任期满了要登记新的。",
        rhythm="every",
        every=INSTRUCTOR_EVERY,
        evidence=named,
        applies=with_stations,
        needs=READ_INSTRUCTORS,
        is_disclosed=True,
        order=161,
    ),
    Obligation(
        name="waste_sorting.publicity",
        title="分类宣传活动",
        help="在“指导员和宣传”里登记宣传活动的日期、形式、人数和照片；每期至少一次。",
        rhythm="every",
        every=PUBLICITY_EVERY,
        evidence=publicised,
        level="community",
        needs=READ_INSTRUCTORS,
        order=162,
    ),
)
