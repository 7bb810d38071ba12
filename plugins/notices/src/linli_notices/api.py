"""What other plugins may use of notices: post one for a thing of theirs, ask how it stands, hear that it has closed.

    notice_id = post_notice(
        session, actor,
        title="第一届业主委员会候选人公示", body="现将候选人名单公示如下……", category="candidates",
        community_id=community_id, period=Period(days=7), source=("voting", vote_id),
    )

A plugin that does so names ``notices`` in its manifest's ``requires`` and imports this module alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from linli.sdk import Actor, NotFound, ScopedSession
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.attachments import attach
from linli_notices.events import NoticeWithdrawn, PostingClosed
from linli_notices.publishing import publish_notice
from linli_notices.publishing import withdraw_notice as _withdraw
from linli_notices.repository import status_of
from linli_notices.schemas import NoticeCreate, PlaceRef, Status
from linli_notices.service import create_notice
from linli_notices.snapshot import snapshot_part, snapshots_of

__all__ = [
    "NoticeFile",
    "NoticeStatus",
    "NoticeWithdrawn",
    "Period",
    "PlaceRef",
    "PostingClosed",
    "Snapshot",
    "notice_status",
    "post_notice",
    "snapshot_of",
    "snapshot_part",
    "take_notice_back",
]


@dataclass(frozen=True, slots=True)
class Period:
    """How long a notice shows; what is left out follows its category.

    Attributes:
        first: its first day; ``None`` for the day on which it is published.
        last: its last day, itself in it.
        days: instead of ``last``: so many days or working days.
        unit: ``day`` or ``workday`` 工作日 by the official calendar.
    """

    first: date | None = None
    last: date | None = None
    days: int | None = None
    unit: Literal["day", "workday"] = "day"


@dataclass(frozen=True, slots=True)
class NoticeFile:
    """An attachment: its name with the extension, and all its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class NoticeStatus:
    """How a notice stands.

    Attributes:
        status: ``draft``, ``scheduled``, ``showing``, ``closed`` or ``withdrawn``.
        posting_from: its first day.
        posting_to: its last day; ``None`` for an announcement that stays.
        published_at: when it was published.
        closed_at: when its record was closed; ``None`` before that.
        withdraw_reason: why it was taken back; empty while it stands.
    """

    status: Status
    posting_from: date | None
    posting_to: date | None
    published_at: datetime | None
    closed_at: datetime | None
    withdraw_reason: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The record of a closed notice: the bytes that were hashed, and their SHA-256 in hexadecimal."""

    number: int
    content: bytes
    sha256: str
    made_at: datetime


def post_notice(
    session: ScopedSession,
    actor: Actor,
    *,
    title: str,
    body: str,
    category: str = "",
    community_id: UUID | None,
    scope: Sequence[PlaceRef] = (),
    period: Period | None = None,
    attachments: Sequence[NoticeFile] = (),
    is_public: bool | None = None,
    allows_objections: bool | None = None,
    source: tuple[str, UUID],
    corrects: UUID | None = None,
    publish: bool = True,
) -> UUID:
    """Post a notice for a thing of another plugin; asked again for the same thing, it is the same notice.

    Args:
        session: of the community, or of the street.
        actor: on whose behalf; must be allowed to draft, and with ``publish`` to publish, at the place.
        title: at most 100 characters.
        body: with the simple marks of notices, or HTML, which is cleaned.
        category: a key of the street's list; kind, days and whether objections are taken follow it.
        community_id: ``None`` for a notice of the whole street.
        scope: compounds and buildings that it is for; none for the whole community.
        period: its days.
        attachments: files that go with it.
        is_public: may be read without signing in; as its category says where ``None``.
        allows_objections: residents may object; as its category says where ``None``.
        source: the plugin's name and the id of its thing.
        corrects: the published or withdrawn notice, of the same place, that this one puts right.
        publish: at once; otherwise it stays a draft that a person publishes.

    Returns:
        The notice's id.

    Raises:
        Invalid: naming each field at fault.
        Forbidden: the actor may not do this at this place.
    """
    plugin, thing = source
    if (known := repository.find_by_source(session, community_id, plugin, thing)) is not None:
        return known.id
    days = period or Period()
    data = NoticeCreate(
        title=title,
        body=body,
        category=category,
        places=list(scope),
        posting_from=days.first,
        posting_to=days.last,
        period_days=days.days,
        period_unit=days.unit,
        is_public=is_public,
        allows_objections=allows_objections,
        corrects_id=corrects,
    )
    notice = create_notice(session, actor, community_id, data, source=source)
    for file in attachments:
        attach(session, actor, community_id, notice.id, file.content, name=file.name, field="attachments")
    if publish:
        publish_notice(session, actor, community_id, notice.id)
    return notice.id


def take_notice_back(
    session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID, reason: str
) -> None:
    """Withdraw a notice that was posted for a thing of another plugin; it stays on record with the reason.

    A second call changes nothing.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Forbidden: the actor may not withdraw it.
        Conflict: it is not published yet.
        Invalid: no reason is given.
    """
    _withdraw(session, actor, community_id, notice_id, reason)


def notice_status(session: ScopedSession, notice_id: UUID) -> NoticeStatus:
    """How a notice stands.

    Raises:
        NotFound: there is none in this scope.
    """
    notice = repository.find(session, notice_id)
    if notice is None:
        raise NotFound(_("没有找到这则公告"))
    return NoticeStatus(
        status_of(notice),
        notice.posting_from,
        notice.posting_to,
        notice.published_at,
        notice.closed_at,
        notice.withdraw_reason,
    )


def snapshot_of(session: ScopedSession, notice_id: UUID) -> Snapshot | None:
    """The record that was written when a notice was closed; ``None`` while it is open."""
    found = snapshots_of(session, notice_id)
    if not found:
        return None
    first = found[0]
    return Snapshot(first.number, first.content, first.sha256.hex(), first.made_at)
