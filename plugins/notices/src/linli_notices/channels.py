"""Where else a notice was made known: when, by whom, with a photo as evidence (COM-005, COM-013)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linli.sdk import (
    Actor,
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    ScopedSession,
    StoredFile,
    file_reader,
    is_enabled,
    record,
    remove_file,
    store_file,
    today,
)
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.models import Notice, NoticeChannel
from linli_notices.permissions import CREATE, READ
from linli_notices.schemas import ChannelOut, ChannelWrite
from linli_notices.service import find_managed, may_manage

#: A notice is made known in so many places at most.
MOST_CHANNELS = 30
PHOTO_LIMIT = 10 * 1024 * 1024
#: Characters of a notice's text that a chat message carries.
_CHAT_TEXT = 120


def list_channels(
    session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID
) -> Sequence[ChannelOut]:
    """Where a notice was made known, in the order of recording.

    Raises:
        NotFound: there is no such notice in this community within the actor's reach.
    """
    find_managed(session, actor, READ, community_id, notice_id)
    return channels_of(session, notice_id)


def channels_of(session: ScopedSession, notice_id: UUID) -> list[ChannelOut]:
    """The same for who has found the notice already."""
    statement = select(NoticeChannel).where(NoticeChannel.notice_id == notice_id).order_by(NoticeChannel.id)
    return [_out(row) for row in session.scalars(statement.limit(MOST_CHANNELS))]


def add_channel(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID | None,
    notice_id: UUID,
    data: ChannelWrite,
    *,
    photo: tuple[str, bytes] | None = None,
) -> ChannelOut:
    """Record that a notice was made known somewhere else.

    Args:
        session: the unit of work.
        actor: who records it.
        community_id: ``None`` for a notice of the street.
        notice_id: of a published notice.
        data: which channel, where, when and by whom.
        photo: name and bytes of the evidence.

    Raises:
        NotFound: there is no such notice in this community within the actor's reach.
        Conflict: it is not published yet, or its record is closed.
        Invalid: naming each field at fault.
    """
    notice = _open_notice(session, actor, community_id, notice_id)
    faults = []
    if data.done_on > today():
        faults.append(FieldError("done_on", _("日期还没有到"), _("今天或以前")))
    count = session.scalar(select(func.count()).where(NoticeChannel.notice_id == notice.id))
    if (count or 0) >= MOST_CHANNELS:
        faults.append(FieldError("channel", _("记录太多"), _("最多 {n} 条").format(n=MOST_CHANNELS)))
    faults += [
        FieldError(name, _("必须填写"))
        for name, value in (("place", data.place), ("done_by", data.done_by))
        if not value.strip()
    ]
    if faults:
        raise Invalid(errors=faults)
    row = NoticeChannel(
        community_id=notice.community_id,
        notice_id=notice.id,
        channel=data.channel,
        place=data.place.strip(),
        done_on=data.done_on,
        done_by=data.done_by.strip(),
        note=data.note.strip(),
        recorded_by=actor.account_id,
        recorded_by_name=actor.display_name,
    )
    if photo is not None:
        row.file_id = _store(session, actor, notice, *photo).id
    session.add(row)
    session.flush()
    after = {"channel": row.channel, "place": row.place, "done_on": row.done_on.isoformat(), "photo": bool(photo)}
    record(session, "notices.channel.create", ("notice", notice.id), community_id=notice.community_id, after=after)
    return _out(row)


def remove_channel(
    session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID, channel_id: UUID
) -> None:
    """Take back what was recorded by mistake, while the notice's record is open.

    Raises:
        NotFound: there is no such notice within the actor's reach, or no such entry of it.
        Conflict: its record is closed.
    """
    notice = _open_notice(session, actor, community_id, notice_id)
    row = session.scalar(
        select(NoticeChannel).where(NoticeChannel.id == channel_id, NoticeChannel.notice_id == notice.id)
    )
    if row is None:
        raise NotFound(_("没有找到这条记录"))
    session.delete(row)
    session.flush()
    if row.file_id is not None:
        remove_file(session, actor, row.file_id)
    before = {"channel": row.channel, "place": row.place, "done_on": row.done_on.isoformat()}
    record(session, "notices.channel.remove", ("notice", notice.id), community_id=notice.community_id, before=before)


def chat_text(title: str, text: str, publisher: str, link: str) -> str:
    """A short text for a chat group: what it is about, who says so, and where to read on; line breaks stay."""
    words = "\n".join(line.strip() for line in text.splitlines() if line.strip())
    short = words if len(words) <= _CHAT_TEXT else f"{words[:_CHAT_TEXT]}…"
    lines = [f"【{title}】", short, publisher]
    return "\n".join([*lines, *([_("全文：{link}").format(link=link)] if link else [])])


def _open_notice(session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID) -> Notice:
    notice = find_managed(session, actor, CREATE, community_id, notice_id, lock=True)
    if notice.state not in ("published", "withdrawn"):
        raise Conflict(_("发布之后才能记录还通过哪些渠道告知"))
    if notice.closed_at is not None:
        raise Conflict(_("这则公告已经存档，不能再增减记录"))
    return notice


def _store(session: ScopedSession, actor: Actor, notice: Notice, name: str, content: bytes) -> StoredFile:
    file = store_file(
        session,
        actor,
        content,
        owner="notices",
        name=name,
        subject=("channel", notice.id),
        community_id=notice.community_id,
        limit=PHOTO_LIMIT,
        field="photo",
    )
    if not file.media_type.startswith("image/"):
        raise Invalid.one("photo", _("应当是一张照片"), "JPG、PNG、WebP")
    return file


def _out(row: NoticeChannel) -> ChannelOut:
    return ChannelOut(
        id=row.id,
        channel=row.channel,
        place=row.place,
        done_on=row.done_on,
        done_by=row.done_by,
        note=row.note,
        file_id=row.file_id,
        recorded_by_name=row.recorded_by_name,
        created_at=row.created_at,
    )


@file_reader("notices", "channel")
def _may_read_photo(unit: Session, actor: Actor, file: StoredFile) -> bool:
    # People may be in the picture: it is for those who manage the notice, its hash alone stands in the record.
    session = cast(ScopedSession, unit)
    notice = repository.find(session, file.subject_id) if file.subject_id else None
    return notice is not None and is_enabled(session, "notices") and may_manage(actor, notice)
