"""The JSON API: the same handlers for a community's notices and for the street's own, and the community's board."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from linli.sdk import PAGE, Actor, After, Limit, Page, Place, ScopedSession, delete, get, patch, post
from linli_notices import attachments, board, participation_routes, publishing, record_routes, service
from linli_notices.board import read_board
from linli_notices.body import gaps_in, make_body
from linli_notices.choices import community_of, listed_files, required_community, with_images
from linli_notices.objections import routes as objection_routes
from linli_notices.permissions import CREATE, PUBLISH, READ, WITHDRAW
from linli_notices.repository import Filter
from linli_notices.schemas import (
    Attachment,
    AttachmentCreate,
    BodyText,
    Kind,
    NoticeCreate,
    NoticeDetail,
    NoticeLine,
    NoticePublish,
    NoticeReading,
    NoticeSchedule,
    NoticeUpdate,
    NoticeWithdraw,
    Status,
)

Words = Annotated[str, msgspec.Meta(max_length=100)]
BoardStatus = Literal["showing", "closed"]
Sort = Literal["created_at", "-created_at", "posting_from", "-posting_from", "published_at", "-published_at"]
#: A file in base64 is a third larger than itself; with room for one that is a little too large, to say so by its field.
_LARGEST_UPLOAD = 28 * 1024 * 1024


class ReadConfirmed(msgspec.Struct, kw_only=True):
    """Whether the caller was counted by this request; ``false`` for who had been, and for who is no reader here."""

    counted: bool


class TextIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A text as it is written."""

    body: BodyText


class TextPreview(msgspec.Struct, kw_only=True):
    """A text as it is shown, cleaned; ``gaps`` is what a template still asks to be filled in."""

    body_html: str
    gaps: list[str]


def _out(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> NoticeDetail:
    notice = service.get_notice(session, actor, community_of(place), notice_id)
    files = attachments.attachments_of(session, notice_id)
    fields: dict[str, Any] = msgspec.structs.asdict(notice)
    fields["body_html"] = with_images(notice.body_html, files, place)
    return NoticeDetail(**fields, attachments=listed_files(place, files))


@get("/", needs=READ)
def list_notices(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    q: Words = "",
    status: Status | None = None,
    kind: Kind | None = None,
    category: Words = "",
    compound_id: UUID | None = None,
    sort: Sort = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[NoticeLine]:
    """The notices that the caller manages, newest first."""
    wanted = Filter(status or "", kind or "", compound_id, q, category)
    lines, following = service.list_notices(
        session, actor, community_of(place), wanted, sort=sort, after=after, limit=limit
    )
    return Page(items=lines, next=following)


@get("/{notice_id:uuid}", needs=READ)
def show_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> NoticeDetail:
    """One notice with all that its managers see."""
    return _out(session, actor, place, notice_id)


@post("/", needs=CREATE)
def create_notice(session: ScopedSession, actor: Actor, place: Place, data: NoticeCreate) -> NoticeDetail:
    """A new draft; nobody but those who manage notices sees it before it is published."""
    notice = service.create_notice(session, actor, community_of(place), data)
    return NoticeDetail(**msgspec.structs.asdict(service.out_of(notice, 0)), attachments=[])


@patch("/{notice_id:uuid}", needs=CREATE)
def update_notice(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: NoticeUpdate
) -> NoticeDetail:
    """Change a draft; a stale ``version`` is refused."""
    service.update_notice(session, actor, community_of(place), notice_id, data)
    return _out(session, actor, place, notice_id)


@delete("/{notice_id:uuid}", needs=CREATE)
def discard_draft(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> None:
    """Delete a draft; what was once published is withdrawn instead."""
    service.discard_draft(session, actor, community_of(place), notice_id)


@post("/{notice_id:uuid}/publish", needs=PUBLISH, status=200)
def publish_notice(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: NoticePublish
) -> NoticeDetail:
    """Publish a draft for its days; a second call changes nothing."""
    publishing.publish_notice(session, actor, community_of(place), notice_id, version=data.version)
    return _out(session, actor, place, notice_id)


@post("/{notice_id:uuid}/schedule", needs=PUBLISH, status=200)
def schedule_notice(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: NoticeSchedule
) -> NoticeDetail:
    """Have a draft publish itself at a moment; asked again, the moment is moved."""
    publishing.schedule_notice(session, actor, community_of(place), notice_id, data.publish_at, version=data.version)
    return _out(session, actor, place, notice_id)


@post("/{notice_id:uuid}/unschedule", needs=PUBLISH, status=200)
def unschedule_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> NoticeDetail:
    """Make a draft again of a notice that waits for its moment; a second call changes nothing."""
    publishing.unschedule_notice(session, actor, community_of(place), notice_id)
    return _out(session, actor, place, notice_id)


@post("/{notice_id:uuid}/withdraw", needs=WITHDRAW, status=200)
def withdraw_notice(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: NoticeWithdraw
) -> NoticeDetail:
    """Take a published notice back, with the reason; a second call changes nothing."""
    publishing.withdraw_notice(session, actor, community_of(place), notice_id, data.reason)
    return _out(session, actor, place, notice_id)


@post("/{notice_id:uuid}/attachments", needs=CREATE, max_body=_LARGEST_UPLOAD)
def attach_file(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: AttachmentCreate
) -> Attachment:
    """Attach a file to a draft."""
    file = attachments.attach(
        session, actor, community_of(place), notice_id, data.content, name=data.name, field="content"
    )
    return listed_files(place, [file])[0]


@delete("/{notice_id:uuid}/attachments/{file_id:uuid}", needs=CREATE)
def detach_file(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, file_id: UUID) -> None:
    """Take an attachment off a draft."""
    attachments.detach(session, actor, community_of(place), notice_id, file_id)


@get("/board", public=True)
def show_board(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    q: Words = "",
    status: BoardStatus = "showing",
    kind: Kind | None = None,
    category: Words = "",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[NoticeLine]:
    """What the caller may read in the community: without a token what is public."""
    wanted = Filter(status, kind or "", words=q, category=category)
    found = read_board(session, actor, required_community(place), wanted, after, limit=limit)
    return Page(items=found.notices, next=found.next or None)


@get("/board/{notice_id:uuid}", public=True)
def read_notice(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> NoticeReading:
    """One notice of the board, as its readers see it."""
    reading = board.read_notice(session, actor, required_community(place), notice_id)
    notice = reading.notice
    fields: dict[str, Any] = msgspec.structs.asdict(notice)
    fields["body_html"] = with_images(notice.body_html, reading.files, place)
    return NoticeReading(**fields, attachments=listed_files(place, reading.files))


@post("/board/{notice_id:uuid}/read", signed_in=True, status=200)
def confirm_read(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID) -> ReadConfirmed:
    """Count the caller, if a resident here, among the readers; once, however often it is said."""
    is_first = board.confirm_read(session, actor, required_community(place), notice_id)
    return ReadConfirmed(counted=is_first)


@post("/preview", needs=CREATE, status=200)
def preview_text(place: Place, data: TextIn) -> TextPreview:
    """What a text will look like; nothing is kept."""
    return TextPreview(body_html=with_images(make_body(data.body).html, [], place), gaps=gaps_in(data.body))


_managing = (
    preview_text,
    list_notices,
    show_notice,
    create_notice,
    update_notice,
    discard_draft,
    publish_notice,
    schedule_notice,
    unschedule_notice,
    withdraw_notice,
    attach_file,
    detach_file,
)
_managing += (*objection_routes.managing, *participation_routes.managing)
street_api = [*_managing, *record_routes.street_api]
community_api = [*_managing, show_board, read_notice, confirm_read, *record_routes.community_api]
community_api += [*objection_routes.community, *participation_routes.community]
