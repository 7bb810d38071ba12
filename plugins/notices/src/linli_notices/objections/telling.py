"""Who hears of an objection: the staff who answer it, and whoever filed it once it is answered."""

from __future__ import annotations

from linli.sdk import NotificationType, Recipient, ScopedSession, Term, notify, place_names, staff_in
from linli_notices import repository
from linli_notices.objections.models import Objection
from linli_notices.objections.permissions import ANSWER, ANSWERING_ROLES
from linli_notices.objections.reminding import ANSWER_DUE
from linli_notices.objections.schemas import OBJECTION_KINDS, OUTCOMES

FILED = "notices.objection_filed"
ANSWERED = "notices.objection_answered"

OBJECTION_NOTIFICATIONS = (
    NotificationType(
        name=FILED,
        title="收到异议和意见",
        subject="收到一条{kind}：{title}",
        body="居民对公告“{title}”提出了一条{kind}，请在 {due} 前答复。",
        needs=ANSWER,
    ),
    NotificationType(
        name=ANSWERED,
        title="我的异议和意见有了答复",
        subject="您的{kind}有了答复：{title}",
        body="您对公告“{title}”提出的{kind}有了答复，结果：{outcome}。点开可以看全文。",
    ),
    ANSWER_DUE,
)


def tell_staff(session: ScopedSession, row: Objection) -> int:
    """Tell those who may answer in the community, or in the street where it has nobody. Nothing personal is in it."""
    place = {"community_id": row.community_id, "compound_id": row.compound_id, "building_id": row.building_id}
    people = staff_in(session, ANSWERING_ROLES, **place)
    return notify(
        session,
        FILED,
        people,
        {"title": _title(session, row), "kind": Term(OBJECTION_KINDS[row.kind]), "due": row.answer_due_on},
        subject=("objection", row.id),
        link=f"{place_names(session, row.community_id).path}/admin/notices/objections/{row.id}",
        community_id=row.community_id,
    )


def tell_author(session: ScopedSession, row: Objection) -> int:
    """Tell the person who filed it, or for whom it was filed on paper."""
    if row.account_id is None and row.resident_id is None:
        return 0
    return notify(
        session,
        ANSWERED,
        [Recipient(row.account_id, row.resident_id, row.building_id)],
        {
            "title": _title(session, row),
            "kind": Term(OBJECTION_KINDS[row.kind]),
            "outcome": Term(OUTCOMES[row.outcome]),
        },
        subject=("objection", row.id),
        link=f"{place_names(session, row.community_id).path}/notices/{row.notice_id}/objections/{row.id}",
        community_id=row.community_id,
    )


def _title(session: ScopedSession, row: Objection) -> str:
    notice = repository.find(session, row.notice_id)
    return notice.title if notice is not None else ""
