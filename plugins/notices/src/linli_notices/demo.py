"""What the demo street's boards show. No person is named in it."""

# i18n: data, shown to demo visitors as written
# The Chinese here is data, not interface.
from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from linli.sdk import Actor, ScopedSession, community_outline, today
from linli_notices.models import Notice
from linli_notices.publishing import publish_notice
from linli_notices.schemas import NoticeCreate
from linli_notices.service import create_notice


def fill(session: ScopedSession, actor: Actor, community_id: UUID | None) -> None:
    """Publish a few notices for the street (``None``) or a community, unless there are some already."""
    there = select(Notice.id).where(Notice.community_id.is_not_distinct_from(community_id)).limit(1)
    if session.scalar(there) is not None:
        return
    drafts = _of_street() if community_id is None else _of_community(session, community_id)
    for data in drafts:
        notice = create_notice(session, actor, community_id, data)
        publish_notice(session, actor, community_id, notice.id)
    if community_id is not None:
        create_notice(session, actor, community_id, _DRAFT)


_DRAFT = NoticeCreate(title="楼道清理志愿活动（草稿）", body="时间和集合地点待定，确定后发布。")


def _of_street() -> list[NoticeCreate]:
    return [
        NoticeCreate(
            title="街道便民服务大厅办公时间",
            body="各位居民：\n\n街道便民服务大厅的办公时间如下。\n\n"
            "- 周一至周五：上午 9:00 至 12:00，下午 13:30 至 17:30\n- 周末和法定节假日不办公\n\n"
            "办理前可以先到居委会咨询需要带的材料。",
            is_public=True,
        )
    ]


def _of_community(session: ScopedSession, community_id: UUID) -> list[NoticeCreate]:
    day = today()
    made = [
        NoticeCreate(
            title="二次供水水箱清洗通知",
            body="# 停水安排\n\n为保证用水卫生，将清洗水箱，期间**暂停供水**。\n\n"
            "1. 请提前储水\n2. 离家前关好水龙头\n3. 恢复供水后先放水几分钟再使用",
            posting_to=day + timedelta(days=10),
            is_public=True,
            is_pinned=True,
        ),
        NoticeCreate(
            title="公共收益收支情况公示",
            body="现将上一季度公共收益收支情况予以公示。\n\n"
            "<table><thead><tr><th>项目</th><th>收入（元）</th><th>支出（元）</th></tr></thead><tbody>"
            "<tr><td>停车</td><td>12600.00</td><td>0.00</td></tr>"
            "<tr><td>绿化养护</td><td>0.00</td><td>4800.00</td></tr></tbody></table>"
            "<p>如有疑问，请在公示期内向居委会提出。</p>",
            kind="posting",
            posting_to=day + timedelta(days=13),
        ),
    ]
    made += [
        NoticeCreate(
            title=f"{compound.name}电动自行车充电区启用",
            body="充电区已经启用，请不要在楼道内停放和充电。",
            compound_id=compound.id,
        )
        for compound in community_outline(session, community_id)[:1]
    ]
    return made
