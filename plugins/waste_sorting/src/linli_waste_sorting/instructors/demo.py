"""What the demo shows of instructors and publicity: a term that has ended, those that hold, an activity each month."""

# i18n: data, shown to demo visitors as written
# The Chinese here is data, not interface.
from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import insert, select

from linli.sdk import ScopedSession, community_outline, new_id, today
from linli_waste_sorting.instructors.models import Instructor, Publicity

_DAY = timedelta(days=1)
_WHO = "示范社区居委会"
_ACTIVITIES = (
    (85, "event", "桶站前认一认：厨余怎样破袋", 46),
    (60, "talk", "暑期小学生分类课堂", 28),
    (41, "leaflet", "发放分类冰箱贴和投放时间表", 180),
    (18, "door", "新搬来住户入户宣传", 22),
    (5, "online", "群里发大件垃圾预约说明", 320),
)


def fill_instructors(session: ScopedSession, community_id: UUID) -> None:
    """An instructor in each compound, one before them, and five activities, unless there are some."""
    if session.scalar(select(Instructor.id).where(Instructor.community_id == community_id).limit(1)) is not None:
        return
    outline, day = community_outline(session, community_id), today()
    begun = day - 240 * _DAY
    terms = [
        {
            "compound_id": each.id,
            "name": f"示范指导员{n + 1}",
            "starts_on": begun,
            "ends_on": None,
        }
        for n, each in enumerate(outline)
    ]
    if outline:
        before = {"compound_id": outline[0].id, "name": "示范指导员（前任）", "starts_on": begun - 365 * _DAY}
        terms.append({**before, "ends_on": begun - _DAY})
    common = {
        "community_id": community_id,
        "contact": "居委会 010-0000-0000",
        "named_by_name": _WHO,
        "undone_reason": "",
    }
    if terms:
        session.execute(insert(Instructor), [{"id": new_id(), **common, **each} for each in terms])
    session.execute(
        insert(Publicity),
        [
            {
                "id": new_id(),
                "community_id": community_id,
                "compound_id": outline[n % len(outline)].id if outline and kind in ("event", "door") else None,
                "held_on": day - ago * _DAY,
                "kind": kind,
                "title": title,
                "reach": reach,
                "note": "",
                "noted_by_name": _WHO,
                "struck_reason": "",
            }
            for n, (ago, kind, title, reach) in enumerate(_ACTIVITIES)
        ],
    )
