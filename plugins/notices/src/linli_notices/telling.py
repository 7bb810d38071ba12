"""Residents are told of notices: when one is published, and of a posting once more before it ends."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from linli.sdk import (
    SHANGHAI,
    Invalid,
    NotificationType,
    Recipient,
    ScopedSession,
    community_names,
    is_enabled,
    is_workday,
    notify,
    place_names,
    recipients_in,
    today,
)
from linli_notices import repository
from linli_notices.models import Notice
from linli_notices.repository import status_of

PUBLISHED = "notices.notice_published"
CLOSING = "notices.posting_closing"

#: When residents hear of what begins or ends: in the morning, not at midnight.
_MORNING = time(9)

KINDS = (
    NotificationType(
        name=PUBLISHED,
        title="新的公告公示",
        subject="{title}",
        body="{publisher}发布了一则公告：{title}。点开可以看全文。",
    ),
    NotificationType(
        name=CLOSING,
        title="公示快要结束",
        subject="公示快要结束：{title}",
        body="{publisher}的公示“{title}”到 {day} 结束，有意见请在这之前提出。",
    ),
)


def tell(session: ScopedSession, notice_id: UUID, kind: str, community_id: UUID) -> int:
    """Tell the residents of one community within a notice's reach. Called again, it tells nobody twice.

    Args:
        session: of the community or the street.
        notice_id: of a notice that shows; of any other nobody is told.
        kind: ``PUBLISHED`` or ``CLOSING``.
        community_id: whose residents.

    Returns:
        How many were told now.
    """
    notice = repository.find(session, notice_id)
    if notice is None or not notice.notifies or status_of(notice) != "showing":
        return 0
    names = place_names(session, notice.community_id)
    context: dict[str, Any] = {"title": notice.title, "publisher": f"{names.street}{names.community}"}
    if kind == CLOSING:
        if notice.posting_to is None:
            return 0
        context["day"] = notice.posting_to
    return notify(
        session,
        kind,
        _recipients(session, notice, community_id),
        context,
        subject=("notice", notice.id),
        link=_link(session, notice.id, community_id),
        community_id=community_id,
    )


def communities_of(session: ScopedSession, notice: Notice) -> list[UUID]:
    """The communities whose residents a notice is for: its own, or every one of the street where the plugin is on."""
    if notice.community_id is not None:
        return [notice.community_id]
    return [each for each in community_names(session) if is_enabled(session, "notices", community_id=each)]


def told_at(notice: Notice) -> datetime | None:
    """When residents hear that a notice begins: ``None`` for at once."""
    first = notice.posting_from
    return datetime.combine(first, _MORNING, SHANGHAI) if first is not None and first > today() else None


def reminded_at(session: ScopedSession, notice: Notice) -> datetime | None:
    """When residents hear that a posting ends: on the working day before its last.

    ``None`` where that is no later than the day on which they hear that it begins. Where the official calendar is not
    known, Saturdays and Sundays are left out: a reminder is no deadline.
    """
    if notice.kind != "posting" or notice.posting_to is None or notice.posting_from is None:
        return None
    day = notice.posting_to - timedelta(days=1)
    while day > notice.posting_from and not _is_workday(session, day):
        day -= timedelta(days=1)
    return datetime.combine(day, _MORNING, SHANGHAI) if day > notice.posting_from else None


def _is_workday(session: ScopedSession, day: date) -> bool:
    try:
        return is_workday(session, day)
    except Invalid:
        return day.weekday() < 5


def _recipients(session: ScopedSession, notice: Notice, community_id: UUID) -> list[Recipient]:
    if not notice.is_narrowed:
        return recipients_in(session, community_id)
    return [
        person
        for place in notice.places
        for person in recipients_in(session, community_id, compound_id=place.compound_id, building_id=place.building_id)
    ]


def _link(session: ScopedSession, notice_id: UUID, community_id: UUID) -> str:
    home = place_names(session, community_id).path
    return f"{home}/notices/{notice_id}"
