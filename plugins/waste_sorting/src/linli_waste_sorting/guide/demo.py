"""What the demo street shows of the guide: what a community settles for its own place."""

# The Chinese here is data, not interface.
from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from linli.sdk import Actor, ScopedSession
from linli_waste_sorting.guide.models import GuideItem
from linli_waste_sorting.guide.schemas import GuideItemWrite
from linli_waste_sorting.guide.service import add_own

_OWN = (
    GuideItemWrite(
        name="旧书本杂志", aliases="绘本、旧图画书", category="recyclable", hint="周六上午送到1号站，居委会统一捐赠"
    ),
    GuideItemWrite(name="过期药品", category="hazardous", hint="也可以交到居委会的药品回收箱"),
    GuideItemWrite(name="床垫", category="bulky", hint="先在值守站登记，每月第一个周日统一清运"),
    GuideItemWrite(
        name="用完的小煤气罐",
        aliases="卡式炉气罐、户外气罐",
        category="hazardous",
        hint="不要刺破、不要近火，交给值守人员",
    ),
)


def fill_guide(session: ScopedSession, actor: Actor, community_id: UUID) -> None:
    """A few rules of a community's own, unless it has some."""
    if session.scalar(select(GuideItem.id).where(GuideItem.community_id == community_id).limit(1)) is not None:
        return
    for data in _OWN:
        add_own(session, actor, community_id, data)
