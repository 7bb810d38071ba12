"""Filing objections and comments: by residents, or by staff from paper; edited and withdrawn until answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from linli.sdk import (
    Actor,
    Conflict,
    Forbidden,
    Home,
    Invalid,
    NotFound,
    ScopedSession,
    StoredFile,
    TooMany,
    account_of,
    get_setting,
    homes_of,
    homes_of_resident,
    list_files,
    names_of,
    now,
    record,
    remove_file,
    store_file,
    today,
)
from linli.sdk import gettext as _
from linli_notices import board, repository
from linli_notices.models import Notice
from linli_notices.objections.counts import recount
from linli_notices.objections.models import Objection
from linli_notices.objections.permissions import FILE_PAPER
from linli_notices.objections.schemas import ObjectionCreate, ObjectionUpdate, PaperCreate
from linli_notices.objections.telling import tell_staff
from linli_notices.objections.window import answer_due, concerned, window_of
from linli_notices.participation_settings import ANSWER_DAYS, OBJECTIONS_PER_PERSON

#: Files of one objection, and bytes of one file.
MOST_FILES = 3
FILE_LIMIT = 10 * 1024 * 1024
#: Raised by the trigger that looks at the database's own clock.
_TOO_LATE = "OB001"
_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))")

#: Content, name and media type of a file.
Upload = tuple[bytes, str, str]


def file_objection(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    notice_id: UUID,
    data: ObjectionCreate,
    uploads: Sequence[Upload] = (),
) -> Objection:
    """File what a resident says. The same words sent again give what was filed the first time.

    Raises:
        NotFound: there is no such notice for this reader.
        Forbidden: no home of theirs is among those that the notice is for.
        Invalid: the notice takes none now, or a field is at fault.
        TooMany: they have said as much about this notice as one person may.
    """
    notice = board.readable_notice(session, actor, community_id, notice_id)
    homes = homes_of(session, actor, community_id=community_id)
    home = concerned(notice, homes)
    if home is None or actor.account_id is None:
        raise Forbidden(_("只有这则公告范围内的住户和业主可以提出异议或意见"))
    resident_id = _resident_of(session, actor, community_id)
    words = _cleaned(data.body)
    session.execute(_ONE_BY_ONE, {"key": f"{notice.id}/{actor.account_id}"})
    if again := _same(session, community_id, notice.id, resident_id, words):
        return again
    _check_number(session, community_id, notice.id, resident_id)
    row = _new(session, notice, community_id, home, resident_id, data.kind, words, data.shows_name)
    row.account_id = actor.account_id
    return _filed(session, actor, row, uploads)


def file_on_paper(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    notice_id: UUID,
    data: PaperCreate,
    uploads: Sequence[Upload],
) -> Objection:
    """File for a resident what they handed in on paper; its scan belongs to it.

    Raises:
        NotFound: there is no such notice in this community, or no such resident.
        Forbidden: the actor may not.
        Invalid: the notice takes none now, the resident has no home in its scope, or the scan is missing.
        TooMany: the resident has said as much about this notice as one person may.
    """
    notice = repository.find(session, notice_id)
    if notice is None or notice.community_id not in (None, community_id) or notice.state != "published":
        raise NotFound(_("没有找到这则公告"))
    if not actor.can(FILE_PAPER, community_id=community_id):
        raise Forbidden
    if data.resident_id not in names_of(session, [data.resident_id]):
        raise Invalid.one("resident_id", _("没有找到这位居民"))
    home = concerned(notice, list(homes_of_resident(session, data.resident_id)))
    if home is None or home.community_id != community_id:
        raise Invalid.one("resident_id", _("这位居民在公告的范围内没有住房"))
    if not uploads:
        raise Invalid.one("file1", _("请上传纸质材料的照片或扫描件"))
    words = _cleaned(data.body)
    session.execute(_ONE_BY_ONE, {"key": f"{notice.id}/{data.resident_id}"})
    if again := _same(session, community_id, notice.id, data.resident_id, words):
        return again
    _check_number(session, community_id, notice.id, data.resident_id)
    row = _new(session, notice, community_id, home, data.resident_id, data.kind, words, data.shows_name)
    row.is_on_paper, row.filed_by, row.filed_by_name = True, actor.account_id, actor.display_name
    # So that the person finds it among their own, and is told of the answer.
    row.account_id = account_of(session, data.resident_id)
    return _filed(session, actor, row, uploads)


def edit_objection(
    session: ScopedSession, actor: Actor, community_id: UUID, objection_id: UUID, data: ObjectionUpdate
) -> Objection:
    """Say something else instead, until it is answered or the days are over.

    Raises:
        NotFound: it is not the actor's own.
        Conflict: it was answered or withdrawn, or changed meanwhile.
        Invalid: the days are over.
    """
    row = own_objection(session, actor, community_id, objection_id, lock=True)
    _require_open(row)
    if row.version != data.version:
        raise Conflict(_("这条意见刚刚被修改过，您的修改没有保存；请刷新后再改"))
    _require_window(session, _notice_of(session, row))
    before = _audited(row)
    row.body, row.kind, row.shows_name = _cleaned(data.body), data.kind, data.shows_name
    _flush(session)
    recount(session, row.notice_id, row.community_id)
    _note(session, "update", row, before=before, after=_audited(row))
    return row


def withdraw_objection(session: ScopedSession, actor: Actor, community_id: UUID, objection_id: UUID) -> Objection:
    """Take it back; it stays on record as withdrawn. A second call changes nothing.

    Raises:
        NotFound: it is not the actor's own.
        Conflict: it was answered.
        Invalid: the days are over: what was said then belongs to the record.
    """
    row = own_objection(session, actor, community_id, objection_id, lock=True)
    if row.state == "withdrawn":
        return row
    _require_open(row)
    _require_window(session, _notice_of(session, row))
    row.state, row.withdrawn_at = "withdrawn", now()
    session.flush()
    recount(session, row.notice_id, row.community_id)
    _note(session, "withdraw", row)
    return row


def add_file(
    session: ScopedSession, actor: Actor, community_id: UUID, objection_id: UUID, upload: Upload, *, field: str = ""
) -> StoredFile:
    """Attach a file to one's own objection while it may be changed. ``field`` is what errors name.

    Raises:
        NotFound: it is not the actor's own.
        Conflict: it was answered or withdrawn.
        Invalid: the days are over, there are too many, or the file is not taken in.
    """
    row = own_objection(session, actor, community_id, objection_id, lock=True)
    _require_open(row)
    _require_window(session, _notice_of(session, row))
    kept = len(list_files(session, "notices", ("objection", row.id)))
    [file] = _store(session, actor, row, [upload], kept=kept, field=field)
    _note(session, "update", row, after={"file": file.name})
    return file


def drop_file(session: ScopedSession, actor: Actor, community_id: UUID, objection_id: UUID, file_id: UUID) -> None:
    """Take a file off one's own objection while it may be changed. Raises as ``add_file``."""
    row = own_objection(session, actor, community_id, objection_id, lock=True)
    _require_open(row)
    _require_window(session, _notice_of(session, row))
    if all(each.id != file_id for each in list_files(session, "notices", ("objection", row.id))):
        raise NotFound(_("没有找到这个文件"))
    remove_file(session, actor, file_id)


def own_objection(
    session: ScopedSession, actor: Actor, community_id: UUID, objection_id: UUID, *, lock: bool = False
) -> Objection:
    """An objection that the actor filed, or that was filed for them on paper.

    Raises:
        NotFound: there is none.
    """
    statement = select(Objection).where(Objection.id == objection_id, Objection.community_id == community_id)
    row = session.scalar(statement.with_for_update() if lock else statement)
    mine = row is not None and (
        row.resident_id in actor.resident_ids or (actor.account_id is not None and row.account_id == actor.account_id)
    )
    if row is None or not mine:
        raise NotFound(_("没有找到这条意见"))
    return row


def _resident_of(session: ScopedSession, actor: Actor, community_id: UUID) -> UUID:
    for each in actor.resident_ids:
        if any(home.community_id == community_id for home in homes_of_resident(session, each)):
            return each
    raise Forbidden(_("只有这则公告范围内的住户和业主可以提出异议或意见"))


def _cleaned(words: str) -> str:
    kept = "".join(each for each in words.replace("\r\n", "\n") if each == "\n" or each.isprintable()).strip()
    if not kept:
        raise Invalid.one("body", _("必须填写"))
    return kept


def _same(session: ScopedSession, community_id: UUID, notice_id: UUID, resident_id: UUID, words: str) -> Any:
    return session.scalar(
        select(Objection)
        .where(
            Objection.community_id == community_id,
            Objection.notice_id == notice_id,
            Objection.resident_id == resident_id,
            Objection.body == words,
            Objection.state != "withdrawn",
        )
        .limit(1)
    )


def _check_number(session: ScopedSession, community_id: UUID, notice_id: UUID, resident_id: UUID) -> None:
    most = get_setting(session, "notices", OBJECTIONS_PER_PERSON, community_id=community_id)
    filed = session.scalar(
        select(func.count())
        .select_from(Objection)
        .where(
            Objection.community_id == community_id,
            Objection.notice_id == notice_id,
            Objection.resident_id == resident_id,
        )
    )
    if (filed or 0) >= most:
        raise TooMany(_("每人对一则公告最多提出 {n} 条；可以修改已经提出的").format(n=most))


def _new(
    session: ScopedSession,
    notice: Notice,
    community_id: UUID,
    home: Home,
    resident_id: UUID,
    kind: str,
    words: str,
    shows_name: bool,
) -> Objection:
    closes_at = _require_window(session, notice)
    days = get_setting(session, "notices", ANSWER_DAYS, community_id=community_id)
    return Objection(
        community_id=community_id,
        notice_id=notice.id,
        kind=kind,
        body=words,
        resident_id=resident_id,
        dwelling_id=home.dwelling_id,
        compound_id=home.compound_id,
        building_id=home.building_id,
        shows_name=shows_name and notice.identity_rule == "shown",
        takes_until=closes_at,
        answer_due_on=answer_due(session, today(), days),
    )


def _filed(session: ScopedSession, actor: Actor, row: Objection, uploads: Sequence[Upload]) -> Objection:
    session.add(row)
    _flush(session)
    session.refresh(row)
    _store(session, actor, row, uploads)
    recount(session, row.notice_id, row.community_id)
    _note(session, "file", row, after=_audited(row) | {"on_paper": row.is_on_paper})
    tell_staff(session, row)
    return row


def _store(
    session: ScopedSession,
    actor: Actor,
    row: Objection,
    uploads: Sequence[Upload],
    *,
    kept: int = 0,
    field: str = "",
) -> list[StoredFile]:
    if kept + len(uploads) > MOST_FILES:
        raise Invalid.one(field or "file1", _("附件太多"), _("最多 {n} 个").format(n=MOST_FILES))
    return [
        store_file(
            session,
            actor,
            content,
            owner="notices",
            name=name,
            media_type=media_type,
            subject=("objection", row.id),
            community_id=row.community_id,
            limit=FILE_LIMIT,
            field=field or f"file{n}",
        )
        for n, (content, name, media_type) in enumerate(uploads, start=1)
    ]


def _flush(session: ScopedSession) -> None:
    try:
        session.flush()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") == _TOO_LATE:
            raise _over() from error
        raise


def _require_window(session: ScopedSession, notice: Notice) -> Any:
    window = window_of(session, notice)
    if window is None or not window.holds(now()):
        raise _over()
    return window.closes_at


def _over() -> Invalid:
    return Invalid.one("body", _("现在不在接受异议和意见的期限内"))


def _notice_of(session: ScopedSession, row: Objection) -> Notice:
    notice = repository.find(session, row.notice_id)
    if notice is None:
        raise NotFound(_("没有找到这则公告"))
    return notice


def _require_open(row: Objection) -> None:
    if row.state == "answered":
        raise Conflict(_("已经答复的意见不能再修改或撤销"))
    if row.state == "withdrawn":
        raise Conflict(_("已经撤销的意见不能再修改"))


def _audited(row: Objection) -> dict[str, Any]:
    # The words stay out of the trail: they are on record themselves.
    return {"kind": row.kind, "characters": len(row.body), "shows_name": row.shows_name}


def _note(session: ScopedSession, verb: str, row: Objection, **details: Any) -> None:
    record(session, f"notices.objection.{verb}", ("objection", row.id), community_id=row.community_id, **details)
