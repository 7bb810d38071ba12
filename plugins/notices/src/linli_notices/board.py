"""What readers see: the board of a community, one notice of it, and who has read it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy.orm import Session

from linli.sdk import (
    PUBLIC,
    Actor,
    NotFound,
    ScopedSession,
    StoredFile,
    Unauthenticated,
    file_reader,
    get_setting,
    homes_of,
    is_enabled,
    list_files,
)
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.audience import audience_of, is_resident
from linli_notices.models import Notice
from linli_notices.objections.window import concerned
from linli_notices.reach import count_read
from linli_notices.repository import PAGE, Audience, BoardCursor, Filter, status_of
from linli_notices.schemas import NoticeLine, NoticePublic
from linli_notices.service import line_of, may_manage
from linli_notices.settings import PUBLIC_PAGE

#: What readers may narrow the board by.
BOARD_STATUSES = ("showing", "closed")


@dataclass(frozen=True, slots=True)
class BoardPage:
    """A page of the board. ``next`` is the ``after`` of the following one, empty on the last."""

    notices: list[NoticeLine]
    next: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One notice in front of a reader.

    Attributes:
        notice: without its text once it was withdrawn.
        withdraw_reason: why it was taken back; empty while it stands.
        withdrawn_at: when; ``None`` while it stands.
        files: what is attached.
        may_confirm: whether this reader counts among the readers and has not confirmed yet.
        has_read: whether they have confirmed.
        corrects: the earlier notice that this one puts right, where this reader may read it.
        corrected_by: later ones that put this one right, likewise.
    """

    notice: NoticePublic
    withdraw_reason: str
    withdrawn_at: datetime | None
    files: list[StoredFile]
    may_confirm: bool
    has_read: bool
    corrects: NoticeLine | None
    corrected_by: list[NoticeLine]


def read_board(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    wanted: Filter | None = None,
    after: str = "",
    *,
    limit: int = PAGE,
) -> BoardPage:
    """What the actor sees on a community's board: showing ones unless closed ones are asked for.

    Raises:
        Unauthenticated: the community wants readers to sign in.
        Invalid: a status that readers do not see, or a broken ``after``.
    """
    wanted = wanted or Filter()
    if wanted.status not in BOARD_STATUSES:
        wanted = replace(wanted, status="showing")
    cursor = BoardCursor.parse(after) if after else None
    audience = _audience(session, actor, community_id)
    rows, following = repository.board(session, audience, community_id, wanted, after=cursor, limit=limit)
    return BoardPage([line_of(row, 0) for row in rows], str(following) if following else "")


def board_titles(session: ScopedSession, actor: Actor, community_id: UUID, *, most: int) -> list[repository.Title]:
    """The newest titles of what the actor sees showing on a community's board.

    Raises:
        Unauthenticated: the community wants readers to sign in.
    """
    return repository.board_titles(session, _audience(session, actor, community_id), community_id, most=most)


def read_public(session: ScopedSession, community_id: UUID, wanted: Filter, after: str = "") -> BoardPage:
    """What everybody may read, whoever asks.

    Raises:
        Unauthenticated: the community wants readers to sign in.
    """
    return read_board(session, PUBLIC, community_id, wanted, after)


def read_notice(session: ScopedSession, actor: Actor, community_id: UUID, notice_id: UUID) -> Reading:
    """One published notice.

    Raises:
        NotFound: there is none for this reader; a draft and a scheduled one are none.
        Unauthenticated: the community wants readers to sign in.
    """
    audience = _audience(session, actor, community_id)
    notice = _readable(session, audience, community_id, notice_id)
    withdrawn = notice.state == "withdrawn"
    counts = actor.account_id is not None and not withdrawn and is_resident(actor, community_id)
    has_read = (
        counts
        and actor.account_id is not None
        and repository.has_read(session, notice.id, actor.account_id, community_id)
    )
    return Reading(
        public_of(notice),
        notice.withdraw_reason,
        notice.withdrawn_at,
        [] if withdrawn else list(list_files(session, "notices", ("notice", notice.id))),
        counts and not has_read,
        has_read,
        _corrected(session, audience, community_id, notice),
        _corrections(session, audience, community_id, notice),
    )


def readable_notice(session: ScopedSession, actor: Actor, community_id: UUID, notice_id: UUID) -> Notice:
    """The row of a notice that this reader may read; for pages beside it.

    Raises:
        NotFound: there is none for this reader.
        Unauthenticated: the community wants readers to sign in.
    """
    return _readable(session, _audience(session, actor, community_id), community_id, notice_id)


def confirm_read(session: ScopedSession, actor: Actor, community_id: UUID, notice_id: UUID) -> bool:
    """Count a resident among the readers, once. Returns whether it is the first time.

    Raises:
        NotFound: there is no such notice for this reader.
    """
    notice = _readable(session, _audience(session, actor, community_id), community_id, notice_id)
    if actor.account_id is None or notice.state != "published" or not is_resident(actor, community_id):
        return False
    home = concerned(notice, homes_of(session, actor, community_id=community_id))
    if not repository.note_read(session, notice.id, actor.account_id, community_id, home):
        return False
    if home is not None:
        count_read(session, notice.id, home)
    return True


def public_of(notice: Notice) -> NoticePublic:
    """A notice as its readers see it; a withdrawn one without its text."""
    return NoticePublic(
        id=notice.id,
        kind=notice.kind,
        category=notice.category,
        title=notice.title,
        body_html="" if notice.state == "withdrawn" else notice.body_html,
        status=status_of(notice),
        posting_from=notice.posting_from,
        posting_to=notice.posting_to,
        published_at=notice.published_at,
        closed_at=notice.closed_at,
        allows_objections=notice.allows_objections,
        corrects_id=notice.corrects_id,
    )


def _corrected(session: ScopedSession, audience: Audience, community_id: UUID, notice: Notice) -> NoticeLine | None:
    if notice.corrects_id is None:
        return None
    found = repository.find_readable(session, audience, community_id, notice.corrects_id)
    return line_of(found, 0) if found is not None and found.state in ("published", "withdrawn") else None


def _corrections(session: ScopedSession, audience: Audience, community_id: UUID, notice: Notice) -> list[NoticeLine]:
    if notice.closed_at is None:
        return []
    rows = repository.corrections_of(session, notice.id, audience, community_id)
    return [line_of(row, 0) for row in rows if status_of(row) != "scheduled"]


def _audience(session: ScopedSession, actor: Actor, community_id: UUID) -> Audience:
    if actor.is_anonymous and not get_setting(session, "notices", PUBLIC_PAGE, community_id=community_id):
        raise Unauthenticated(_("这个社区的公告需要登录后查看"))
    return audience_of(session, actor, community_id)


def _readable(session: ScopedSession, audience: Audience, community_id: UUID, notice_id: UUID) -> Notice:
    notice = repository.find_readable(session, audience, community_id, notice_id)
    if notice is None or status_of(notice) in ("draft", "scheduled"):
        raise NotFound(_("没有找到这则公告"))
    return notice


@file_reader("notices", "notice")
def _may_read_file(unit: Session, actor: Actor, file: StoredFile) -> bool:
    session = cast(ScopedSession, unit)
    notice = repository.find(session, file.subject_id) if file.subject_id else None
    if notice is None or not is_enabled(session, "notices"):
        return False
    if may_manage(actor, notice):
        return True
    community_id = session.scope.community_id
    if community_id is None:
        return False
    try:
        found = _readable(session, _audience(session, actor, community_id), community_id, notice.id)
    except (NotFound, Unauthenticated):
        return False
    return found.state == "published"
