"""What staff do with objections: find them, learn who it was with a reason, answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true

from linli.sdk import (
    Actor,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Order,
    Reach,
    ScopedSession,
    StoredFile,
    building_names,
    door_labels,
    list_files,
    mask_name,
    names_of,
    now,
    reach_of,
    record,
    sorted_rows,
    store_file,
    today,
)
from linli.sdk import gettext as _
from linli_notices.models import Notice
from linli_notices.objections.counts import recount
from linli_notices.objections.filing import FILE_LIMIT, MOST_FILES, Upload
from linli_notices.objections.models import Objection
from linli_notices.objections.permissions import ANSWER, READ_OBJECTIONS, REVEAL
from linli_notices.objections.schemas import (
    OBJECTION_KINDS,
    OBJECTION_STATES,
    ObjectionAnswer,
    ObjectionAuthor,
    ObjectionLine,
)
from linli_notices.objections.telling import tell_author

PAGE = 50


@dataclass(frozen=True, slots=True)
class ObjectionFilter:
    """What a list is narrowed by; empty fields narrow nothing."""

    notice_id: UUID | None = None
    state: str = ""
    kind: str = ""
    overdue: bool = False
    words: str = ""

    def __post_init__(self) -> None:
        faults = []
        if self.state and self.state not in OBJECTION_STATES:
            faults.append(FieldError("state", _("没有这种状态"), "、".join(OBJECTION_STATES)))
        if self.kind and self.kind not in OBJECTION_KINDS:
            faults.append(FieldError("kind", _("没有这种类别"), "、".join(OBJECTION_KINDS)))
        if faults:
            raise Invalid(errors=faults)


#: The orders of the list; ids grow as objections are filed.
OBJECTIONS = {
    "filed_at": Order(),
    "answer_due_on": Order(Objection.answer_due_on, lambda row: row[0].answer_due_on),
}


def list_objections(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID | None,
    wanted: ObjectionFilter,
    *,
    sort: str = "-filed_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[ObjectionLine], str | None]:
    """A page of what was said in a community, or in the whole street for ``None``; authors masked.

    The newest first where nothing else is said; ``sort`` is an order of ``OBJECTIONS``.
    """
    statement = select(Objection).where(_within(reach_of(actor, READ_OBJECTIONS)), *_narrowed(wanted))
    if community_id is not None:
        statement = statement.where(Objection.community_id == community_id)
    rows, following = sorted_rows(session, statement, Objection.id, OBJECTIONS, sort, after=after, limit=limit)
    return lines_of(session, rows), following


def get_objection(
    session: ScopedSession, actor: Actor, community_id: UUID | None, objection_id: UUID
) -> tuple[Objection, ObjectionLine]:
    """One objection, its author masked.

    Raises:
        NotFound: there is none here within the actor's reach.
    """
    row = _find(session, actor, READ_OBJECTIONS, community_id, objection_id)
    return row, lines_of(session, [row])[0]


def reveal_author(
    session: ScopedSession, actor: Actor, community_id: UUID | None, objection_id: UUID, reason: str
) -> ObjectionAuthor:
    """Who filed it, by name and door; noted with the reason.

    Raises:
        NotFound: there is none here within the actor's reach.
        Forbidden: the actor may not learn it.
        Invalid: no reason is given.
    """
    row = _find(session, actor, REVEAL, community_id, objection_id)
    if not reason.strip():
        raise Invalid.one("reason", _("请写明为什么需要查看"))
    names = names_of(session, [row.resident_id] if row.resident_id else [])
    name = names.get(row.resident_id) if row.resident_id else None
    doors = door_labels(session, [row.dwelling_id] if row.dwelling_id else [])
    _note(session, "identify", row, reason=reason.strip(), after={"name": mask_name(name or "")})
    return ObjectionAuthor(
        name=name or _("已删除的居民"), door=doors.get(row.dwelling_id, "") if row.dwelling_id else ""
    )


def answer_objection(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID | None,
    objection_id: UUID,
    data: ObjectionAnswer,
    uploads: Sequence[Upload] = (),
) -> Objection:
    """Answer an objection, also after the notice is closed: it is then kept beside the record as a later answer.

    The same answer sent again changes nothing.

    Raises:
        NotFound: there is none here within the actor's reach.
        Forbidden: the actor may not answer.
        Conflict: it was withdrawn, answered otherwise, or changed meanwhile.
        Invalid: naming each field at fault.
    """
    row = _find(session, actor, ANSWER, community_id, objection_id, lock=True)
    words = data.answer.replace("\r\n", "\n").strip()
    if row.state == "answered" and (row.answer, row.outcome) == (words, data.outcome):
        return row
    if row.state != "open":
        raise Conflict(_("这条意见已经答复或撤销，不能再答复"))
    if row.version != data.version:
        raise Conflict(_("这条意见刚刚被修改过，请刷新后核对再答复"))
    if not words:
        raise Invalid.one("answer", _("必须填写"))
    merged_into = _merge_target(session, row, data)
    row.answer, row.outcome, row.merged_into = words, data.outcome, merged_into
    row.state, row.answered_at = "answered", now()
    row.answered_by, row.answered_by_name = actor.account_id, actor.display_name
    session.flush()
    _store(session, actor, row, uploads)
    recount(session, row.notice_id, row.community_id)
    _note(session, "answer", row, after={"outcome": row.outcome, "characters": len(row.answer)})
    tell_author(session, row)
    return row


def files_of(session: ScopedSession, row: Objection) -> tuple[Sequence[StoredFile], Sequence[StoredFile]]:
    """What came with an objection, and what came with its answer."""
    return (
        list_files(session, "notices", ("objection", row.id)),
        list_files(session, "notices", ("objection_answer", row.id)),
    )


def lines_of(session: ScopedSession, rows: Sequence[Objection]) -> list[ObjectionLine]:
    """These objections as lists show them; three queries for all of them."""
    names = names_of(session, [row.resident_id for row in rows if row.resident_id])
    buildings = building_names(session, [row.building_id for row in rows if row.building_id])
    wanted = select(Notice.id, Notice.title).where(Notice.id.in_([row.notice_id for row in rows]))
    titles: dict[UUID, str] = {row[0]: row[1] for row in session.execute(wanted)} if rows else {}
    day = today()
    return [
        ObjectionLine(
            id=row.id,
            community_id=row.community_id,
            notice_id=row.notice_id,
            notice_title=titles.get(row.notice_id, ""),
            kind=row.kind,
            body=row.body,
            author=mask_name(names.get(row.resident_id, "")) if row.resident_id else _("已删除的居民"),
            building=buildings.get(row.building_id, "") if row.building_id else "",
            state=row.state,
            outcome=row.outcome,
            answer=row.answer,
            answered_by_name=row.answered_by_name,
            answered_at=row.answered_at,
            answer_due_on=row.answer_due_on,
            is_overdue=row.state == "open" and row.answer_due_on < day,
            is_on_paper=row.is_on_paper,
            filed_at=row.filed_at,
            version=row.version,
        )
        for row in rows
    ]


def may(actor: Actor, row: Objection, permission: str) -> bool:
    """Whether the actor holds a permission at the home on which an objection rests."""
    return actor.can(
        permission, community_id=row.community_id, compound_id=row.compound_id, building_id=row.building_id
    )


def _narrowed(wanted: ObjectionFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.notice_id is not None:
        found.append(Objection.notice_id == wanted.notice_id)
    if wanted.state:
        found.append(Objection.state == wanted.state)
    if wanted.kind:
        found.append(Objection.kind == wanted.kind)
    if wanted.overdue:
        found.append(and_(Objection.state == "open", Objection.answer_due_on < today()))
    found += [
        or_(Objection.body.icontains(word, autoescape=True), Objection.answer.icontains(word, autoescape=True))
        for word in wanted.words.split()
    ]
    return found


def _within(reach: Reach) -> ColumnElement[bool]:
    if reach.everywhere:
        return true()
    return or_(
        Objection.community_id.in_(reach.communities),
        Objection.compound_id.in_(reach.compounds),
        Objection.building_id.in_(reach.buildings),
    )


def _find(
    session: ScopedSession,
    actor: Actor,
    permission: str,
    community_id: UUID | None,
    objection_id: UUID,
    *,
    lock: bool = False,
) -> Objection:
    statement = select(Objection).where(Objection.id == objection_id)
    if community_id is not None:
        statement = statement.where(Objection.community_id == community_id)
    row = session.scalar(statement.with_for_update() if lock else statement)
    if row is None or not may(actor, row, READ_OBJECTIONS):
        raise NotFound(_("没有找到这条意见"))
    if not may(actor, row, permission):
        raise Forbidden
    return row


def _merge_target(session: ScopedSession, row: Objection, data: ObjectionAnswer) -> UUID | None:
    if data.outcome != "merged":
        if data.merged_into is not None:
            raise Invalid.one("merged_into", _("只有合并答复时才填写"))
        return None
    target = None
    if data.merged_into is not None and data.merged_into != row.id:
        target = session.scalar(
            select(Objection).where(
                Objection.id == data.merged_into,
                Objection.community_id == row.community_id,
                Objection.notice_id == row.notice_id,
                Objection.state != "withdrawn",
                Objection.merged_into.is_(None),
            )
        )
    if target is None:
        raise Invalid.one("merged_into", _("请选择同一则公告下另一条没有撤销、也没有合并的意见"))
    return target.id


def _store(session: ScopedSession, actor: Actor, row: Objection, uploads: Sequence[Upload]) -> None:
    if len(uploads) > MOST_FILES:
        raise Invalid.one("file1", _("附件太多"), _("最多 {n} 个").format(n=MOST_FILES))
    for n, (content, name, media_type) in enumerate(uploads, start=1):
        store_file(
            session,
            actor,
            content,
            owner="notices",
            name=name,
            media_type=media_type,
            subject=("objection_answer", row.id),
            community_id=row.community_id,
            limit=FILE_LIMIT,
            field=f"file{n}",
        )


def _note(session: ScopedSession, verb: str, row: Objection, **details: Any) -> None:
    record(session, f"notices.objection.{verb}", ("objection", row.id), community_id=row.community_id, **details)
