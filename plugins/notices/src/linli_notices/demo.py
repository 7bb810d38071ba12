"""What the demo street's boards show. No person is named in it."""

# i18n: data, shown to demo visitors as written
# The Chinese here is data, not interface.
from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select

from linli.sdk import SHANGHAI, Actor, ScopedSession, body_tree, community_outline, recipients_in, render_pdf, today
from linli_notices.channels import add_channel
from linli_notices.closing import close_notice
from linli_notices.models import Notice
from linli_notices.notice_templates import save_template
from linli_notices.objections.answering import answer_objection
from linli_notices.objections.filing import file_on_paper
from linli_notices.objections.schemas import ObjectionAnswer, PaperCreate
from linli_notices.publishing import publish_notice, schedule_notice, withdraw_notice
from linli_notices.schemas import ChannelWrite, NoticeCreate, TemplateWrite
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
        if community_id is not None and notice.category == "accounts":
            _said(session, actor, community_id, notice.id)
    create_notice(session, actor, community_id, _DRAFT)
    save_template(session, actor, community_id, "", _TEMPLATE)
    if community_id is not None:
        _scheduled(session, actor, community_id)
        _closed(session, actor, community_id)
        _withdrawn(session, actor, community_id)


_DRAFT = NoticeCreate(title="楼道清理志愿活动（草稿）", body="时间和集合地点待定，确定后发布。")
_TEMPLATE = TemplateWrite(
    name="志愿活动", title="【请填写：活动名称】", body="【请填写：时间】在【请填写：地点】集合。", category="activity"
)


def _scheduled(session: ScopedSession, actor: Actor, community_id: UUID) -> None:
    data = NoticeCreate(
        title="下周开展反诈骗宣传",
        body="居委会将在小区花园设咨询台，欢迎居民前来了解常见骗术。\n\n"
        "- 不轻信陌生来电\n- 不点开不明链接\n- 不向陌生人转账",
        category="policy",
    )
    notice = create_notice(session, actor, community_id, data)
    moment = datetime.combine(today() + timedelta(days=3), time(9), SHANGHAI)
    schedule_notice(session, actor, community_id, notice.id, moment)


def _closed(session: ScopedSession, actor: Actor, community_id: UUID) -> None:
    data = NoticeCreate(
        title="楼道照明改造方案公示",
        body="拟将楼道照明更换为声控节能灯。\n\n项目\t数量\t金额（元）\n声控灯\t120\t5400.00\n安装\t1\t1800.00",
        category="repair_plan",
        is_public=True,
    )
    notice = create_notice(session, actor, community_id, data)
    notice.state, notice.published_by = "published", actor.account_id
    first = today() - timedelta(days=9)
    notice.posting_from, notice.posting_to = first, today() - timedelta(days=2)
    notice.published_at = datetime.combine(first, time(9), SHANGHAI)
    session.flush()
    add_channel(
        session,
        actor,
        community_id,
        notice.id,
        ChannelWrite(channel="board", place="南门公告栏", done_on=first, done_by="居委会工作人员"),
    )
    close_notice(session, notice.id)


def _said(session: ScopedSession, actor: Actor, community_id: UUID, notice_id: UUID) -> None:
    """Two residents had something to say on paper: one was answered, the other waits."""
    people = [each.resident_id for each in recipients_in(session, community_id) if each.resident_id is not None]
    texts = ("建议公布停车收入的明细，按月列出。", "绿化养护的支出比上一季度多，请说明原因。")
    for resident_id, text in zip(people[:2], texts, strict=False):
        paper = render_pdf("core/text.typ", {"title": "意见书", "body": body_tree(f"<p>{text}</p>")})
        data = PaperCreate(resident_id=resident_id, body=text, attachments=[])
        scan = (paper, "意见书.pdf", "application/pdf")
        row = file_on_paper(session, actor, community_id, notice_id, data, [scan])
        if text is texts[0]:
            answer = "已采纳。从本季度起，停车收入按月列出，附在收支表后面。"
            given = ObjectionAnswer(version=row.version, answer=answer, outcome="accepted")
            answer_objection(session, actor, community_id, row.id, given)


def _withdrawn(session: ScopedSession, actor: Actor, community_id: UUID) -> None:
    data = NoticeCreate(title="健身器材检修通知", body="周三检修健身器材，请勿使用。", is_public=True)
    notice = create_notice(session, actor, community_id, data)
    publish_notice(session, actor, community_id, notice.id)
    withdraw_notice(session, actor, community_id, notice.id, "检修日期有变，另行通知")


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
    day, compounds = today(), community_outline(session, community_id)
    # Where there are several compounds the first alone has posted its accounts: the others still have to.
    first_alone = compounds[0].id if len(compounds) > 1 else None
    made = [
        NoticeCreate(
            title="二次供水水箱清洗通知",
            body="# 停水安排\n\n为保证用水卫生，将清洗水箱，期间**暂停供水**。\n\n"
            "1. 请提前储水\n2. 离家前关好水龙头\n3. 恢复供水后先放水几分钟再使用",
            category="outage",
            posting_to=day + timedelta(days=10),
            is_pinned=True,
        ),
        NoticeCreate(
            title="公共收益收支情况公示",
            body="<p>现将上一季度公共收益收支情况予以公示。</p>"
            "<table><thead><tr><th>项目</th><th>收入（元）</th><th>支出（元）</th></tr></thead><tbody>"
            "<tr><td>停车</td><td>12600.00</td><td>0.00</td></tr>"
            "<tr><td>绿化养护</td><td>0.00</td><td>4800.00</td></tr></tbody></table>"
            "<p>如有疑问，请在公示期内向居委会提出。</p>",
            category="accounts",
            posting_to=day + timedelta(days=13),
            is_public=True,
            compound_id=first_alone,
        ),
    ]
    made += [
        NoticeCreate(
            title=f"{compound.name}电动自行车充电区启用",
            body="充电区已经启用，请不要在楼道内停放和充电。",
            compound_id=compound.id,
        )
        for compound in compounds[:1]
    ]
    return made
