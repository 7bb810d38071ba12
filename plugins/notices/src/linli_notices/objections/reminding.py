"""Staff are reminded of what they have to answer, once, some working days before it falls due."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

from sqlalchemy import func, select

from linli.sdk import NotificationType, ScopedSession, get_setting, notify, place_names, staff_in, today
from linli_notices.models import Notice
from linli_notices.objections.models import Objection
from linli_notices.objections.permissions import ANSWER, ANSWERING_ROLES
from linli_notices.objections.window import answer_due
from linli_notices.participation_settings import ANSWER_REMINDER_DAYS

DUE = "notices.answer_due"

ANSWER_DUE = NotificationType(
    name=DUE,
    title="异议和意见快到答复期限",
    subject="{count} 条意见快到答复期限：{title}",
    body="居民对公告“{title}”提出的 {count} 条异议和意见还没有答复，最晚应在 {due} 答复。",
    channels=("email",),
    needs=ANSWER,
)


def communities_waiting(session: ScopedSession) -> list[UUID]:
    """The communities of the scope where something waits for an answer that is not overdue; one query."""
    waiting = select(Objection.community_id).where(Objection.state == "open", Objection.answer_due_on >= today())
    return list(session.scalars(waiting.distinct().order_by(Objection.community_id)))


def remind(session: ScopedSession, community_id: UUID) -> int:
    """Remind those who answer in a community of what falls due soon. Called again, it tells nobody twice.

    What one notice has to answer on the same day is one message; a compound's own staff hear of their compound alone.

    Args:
        session: of the community or the street.
        community_id: whose objections. Its setting says how many working days before; with none nobody is reminded.

    Returns:
        How many were told now.
    """
    days = get_setting(session, "notices", ANSWER_REMINDER_DAYS, community_id=community_id)
    if not days:
        return 0
    horizon = answer_due(session, today(), days)
    rows = session.execute(
        select(Objection.notice_id, Notice.title, Objection.answer_due_on, Objection.compound_id, func.count())
        .join(Notice, Notice.id == Objection.notice_id)
        .where(
            Objection.community_id == community_id,
            Objection.state == "open",
            Objection.answer_due_on.between(today(), horizon),
        )
        .group_by(Objection.notice_id, Notice.title, Objection.answer_due_on, Objection.compound_id)
        .order_by(Objection.answer_due_on, Objection.notice_id)
    ).all()
    home = place_names(session, community_id).path if rows else ""
    return sum(
        notify(
            session,
            DUE,
            staff_in(session, ANSWERING_ROLES, community_id=community_id, compound_id=compound_id),
            {"title": title, "count": count, "due": due},
            subject=("answer_due", _occasion(notice_id, compound_id, due)),
            link=f"{home}/admin/notices/objections?notice={notice_id}&state=open",
            community_id=community_id,
        )
        for notice_id, title, due, compound_id, count in rows
    )


def _occasion(notice_id: UUID, compound_id: UUID | None, due: date) -> UUID:
    # The same occasion has the same id, so that a second run adds nothing.
    return uuid5(notice_id, f"{compound_id}/{due.isoformat()}")
