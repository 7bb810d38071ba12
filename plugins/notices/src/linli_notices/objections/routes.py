"""The JSON API of objections: for residents on the board, for staff beside the notices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from linli.sdk import PAGE, Actor, After, Limit, Page, Place, ScopedSession, delete, get, patch, post
from linli_notices import board
from linli_notices.attachments import decoded
from linli_notices.choices import community_of, listed_files, required_community
from linli_notices.objections import answering, files, filing, view
from linli_notices.objections.answering import ObjectionFilter
from linli_notices.objections.filing import MOST_FILES, Upload
from linli_notices.objections.models import Objection
from linli_notices.objections.permissions import ANSWER, FILE_PAPER, READ_OBJECTIONS, REVEAL
from linli_notices.objections.schemas import (
    ObjectionAnswer,
    ObjectionAuthor,
    ObjectionBoard,
    ObjectionCreate,
    ObjectionKind,
    ObjectionLine,
    ObjectionOut,
    ObjectionOwn,
    ObjectionReveal,
    ObjectionState,
    ObjectionUpdate,
    PaperCreate,
)
from linli_notices.schemas import Attachment, AttachmentCreate

Words = Annotated[str, msgspec.Meta(max_length=100)]
#: Files in base64 are a third larger than themselves.
_LARGEST_FILE = 15 * 1024 * 1024
_LARGEST_BODY = MOST_FILES * _LARGEST_FILE


@get("/objections", needs=READ_OBJECTIONS)
def list_objections(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    q: Words = "",
    state: ObjectionState | None = None,
    kind: ObjectionKind | None = None,
    overdue: bool = False,
    notice_id: UUID | None = None,
    sort: Literal["filed_at", "-filed_at", "answer_due_on", "-answer_due_on"] = "-filed_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[ObjectionLine]:
    """What residents have said about notices, newest first, authors masked."""
    wanted = ObjectionFilter(notice_id, state or "", kind or "", overdue, q)
    lines, following = answering.list_objections(
        session, actor, community_of(place), wanted, sort=sort, after=after, limit=limit
    )
    return Page(items=lines, next=following)


@get("/objections/{objection_id:uuid}", needs=READ_OBJECTIONS)
def show_objection(session: ScopedSession, actor: Actor, place: Place, objection_id: UUID) -> ObjectionOut:
    """One objection with its answer, the author masked."""
    return _out(session, actor, place, objection_id)


@post("/objections/{objection_id:uuid}/answer", needs=ANSWER, status=200, max_body=_LARGEST_BODY)
def answer_objection(
    session: ScopedSession, actor: Actor, place: Place, objection_id: UUID, data: ObjectionAnswer
) -> ObjectionOut:
    """Answer an objection, once; whoever filed it is told."""
    uploads = _uploads(data.attachments)
    answering.answer_objection(session, actor, community_of(place), objection_id, data, uploads)
    return _out(session, actor, place, objection_id)


@post("/objections/{objection_id:uuid}/reveal", needs=REVEAL, status=200)
def reveal_author(
    session: ScopedSession, actor: Actor, place: Place, objection_id: UUID, data: ObjectionReveal
) -> ObjectionAuthor:
    """Who filed it, by name and door, for a reason that is put on record."""
    return answering.reveal_author(session, actor, community_of(place), objection_id, data.reason)


@post("/{notice_id:uuid}/paper", needs=FILE_PAPER, max_body=_LARGEST_BODY)
def file_on_paper(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: PaperCreate
) -> ObjectionOut:
    """File what a resident handed in on paper, with its scan."""
    community_id = required_community(place)
    row = filing.file_on_paper(session, actor, community_id, notice_id, data, _uploads(data.attachments))
    return _out(session, actor, place, row.id)


@get("/board/{notice_id:uuid}/objections", public=True)
def list_said(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    notice_id: UUID,
    after: UUID | None = None,
    limit: Limit = PAGE,
) -> ObjectionBoard | None:
    """What was said about a notice, as its rule shows it to this reader; null where it takes no objections."""
    community_id = required_community(place)
    notice = board.readable_notice(session, actor, community_id, notice_id)
    return view.objection_board(session, actor, community_id, notice, after=after, limit=limit)


@post("/board/{notice_id:uuid}/objections", signed_in=True, max_body=_LARGEST_BODY)
def file_objection(
    session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, data: ObjectionCreate
) -> ObjectionOwn:
    """File what a resident says about a notice; the same words again give what was filed the first time."""
    community_id = required_community(place)
    row = filing.file_objection(session, actor, community_id, notice_id, data, _uploads(data.attachments))
    return _own(session, place, row)


@get("/board/objections/{objection_id:uuid}", signed_in=True)
def show_own(session: ScopedSession, actor: Actor, place: Place, objection_id: UUID) -> ObjectionOwn:
    """One's own objection and its answer."""
    return _own(session, place, filing.own_objection(session, actor, required_community(place), objection_id))


@patch("/board/objections/{objection_id:uuid}", signed_in=True)
def update_own(
    session: ScopedSession, actor: Actor, place: Place, objection_id: UUID, data: ObjectionUpdate
) -> ObjectionOwn:
    """Say something else instead, until it is answered or the days are over; a stale ``version`` is refused."""
    row = filing.edit_objection(session, actor, required_community(place), objection_id, data)
    return _own(session, place, row)


@post("/board/objections/{objection_id:uuid}/withdraw", signed_in=True, status=200)
def withdraw_own(session: ScopedSession, actor: Actor, place: Place, objection_id: UUID) -> ObjectionOwn:
    """Take one's own objection back; it stays on record as withdrawn. A second call changes nothing."""
    row = filing.withdraw_objection(session, actor, required_community(place), objection_id)
    return _own(session, place, row)


@post("/board/objections/{objection_id:uuid}/files", signed_in=True, max_body=_LARGEST_FILE)
def add_own_file(
    session: ScopedSession, actor: Actor, place: Place, objection_id: UUID, data: AttachmentCreate
) -> Attachment:
    """Attach one more file to one's own objection, until it is answered or the days are over."""
    upload = (decoded(data.content, "content"), data.name, "")
    file = filing.add_file(session, actor, required_community(place), objection_id, upload, field="content")
    return listed_files(place, [file])[0]


@delete("/board/objections/{objection_id:uuid}/files/{file_id:uuid}", signed_in=True)
def drop_own_file(session: ScopedSession, actor: Actor, place: Place, objection_id: UUID, file_id: UUID) -> None:
    """Take a file off one's own objection."""
    filing.drop_file(session, actor, required_community(place), objection_id, file_id)


def _uploads(given: Iterable[AttachmentCreate]) -> list[Upload]:
    return [(decoded(each.content, "attachments"), each.name, "") for each in given]


def _out(session: ScopedSession, actor: Actor, place: Place, objection_id: UUID) -> ObjectionOut:
    row, line = answering.get_objection(session, actor, community_of(place), objection_id)
    sent, answer_files = answering.files_of(session, row)
    return ObjectionOut(
        **msgspec.structs.asdict(line),
        filed_by_name=row.filed_by_name,
        edited_at=row.edited_at,
        merged_into=row.merged_into,
        shows_name=row.shows_name,
        attachments=listed_files(place, sent),
        answer_attachments=listed_files(place, answer_files),
    )


def _own(session: ScopedSession, place: Place, row: Objection) -> ObjectionOwn:
    sent, answer_files = answering.files_of(session, row)
    session.flush()
    plain: dict[str, Any] = {
        name: getattr(row, name)
        for name in ObjectionOwn.__struct_fields__
        if name not in ("attachments", "answer_attachments")
    }
    return ObjectionOwn(
        **plain, attachments=listed_files(place, sent), answer_attachments=listed_files(place, answer_files)
    )


# Imported for what it declares: who reads the files that these answers name.
_ = files

managing = (list_objections, show_objection, answer_objection, reveal_author)
community = (
    file_on_paper,
    list_said,
    file_objection,
    show_own,
    update_own,
    withdraw_own,
    add_own_file,
    drop_own_file,
)
