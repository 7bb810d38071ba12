"""What has to be posted again and again: that it happened is read off the postings themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import or_, select

from linli.sdk import Evidence, Obligation, ScopedSession, Span, communities_of
from linli_notices.models import Notice, NoticePlace
from linli_notices.permissions import READ

#: The category of accounts that are posted; a street may retitle it, its key stays.
ACCOUNTS = "accounts"


def posted_accounts(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Evidence]:
    """Published postings of accounts that each compound's residents can read: its own, and its whole community's.

    Done is it on the first day on which it shows. What was withdrawn does not count; nor does a posting for single
    buildings, since it does not tell the whole compound. Two queries however many compounds there are.
    """
    homes = communities_of(session, places)
    rows = session.execute(
        select(Notice.id, Notice.title, Notice.posting_from, Notice.community_id, NoticePlace.compound_id)
        .outerjoin(NoticePlace, NoticePlace.notice_id == Notice.id)
        .where(
            Notice.category == ACCOUNTS,
            Notice.kind == "posting",
            Notice.state == "published",
            Notice.posting_from.between(span.first, span.last),
            Notice.community_id.in_(set(homes.values())),
            or_(~Notice.is_narrowed, NoticePlace.building_id.is_(None) & NoticePlace.compound_id.in_(places)),
        )
        .order_by(Notice.id)
    ).all()
    for row in rows:
        told = [row.compound_id] if row.compound_id is not None else _all_in(homes, row.community_id)
        for place in told:
            yield Evidence(place=place, when=row.posting_from, title=row.title, path=str(row.id))


def _all_in(homes: dict[UUID, UUID], community_id: UUID) -> list[UUID]:
    return [place for place, home in homes.items() if home == community_id]


OBLIGATIONS = (
    Obligation(
        name="notices.accounts",
        title="公示收支情况",
        help="在“收支公示”类别里发布公示，面向全社区或者整个小区；只发给个别楼栋、已撤回的不算。",
        rhythm="every",
        every="public_revenue.published_every",
        evidence=posted_accounts,
        roles=("committee_chair", "property_staff", "community_administrator"),
        needs=READ,
        is_disclosed=True,
        order=50,
    ),
)
