"""The life of a notice: drafted, published for its days, withdrawn with a reason; never deleted once published."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from linli.sdk import (
    Actor,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Reach,
    ScopedSession,
    community_outline,
    get_setting,
    list_files,
    now,
    reach_of,
    record,
    remove_file,
    today,
)
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.body import make_body
from linli_notices.models import Notice
from linli_notices.permissions import CREATE, PUBLISH, READ, WITHDRAW
from linli_notices.repository import Filter, status_of
from linli_notices.schemas import NoticeCreate, NoticeLine, NoticeOut, NoticeUpdate
from linli_notices.settings import POSTING_DAYS

_EXCERPT = 80
#: Days ahead of today that a period may reach; a slip of the year is caught before people wait for it.
_FARTHEST = 3660
_AUDITED = ("title", "kind", "compound_id", "building_id", "posting_from", "posting_to", "is_public", "is_pinned")


def list_notices(
    session: ScopedSession, actor: Actor, community_id: UUID | None, wanted: Filter, *, after: UUID | None = None
) -> tuple[list[NoticeLine], UUID | None]:
    """A page of what the actor manages in a community, or of the street's own for ``None``; newest first."""
    rows, following = repository.managed(session, _reach(actor, community_id), community_id, wanted, after=after)
    readers = repository.readers_of(session, rows)
    return [line_of(row, readers.get(row.id, 0)) for row in rows], following


def get_notice(session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID) -> NoticeOut:
    """One notice with all that its managers see.

    Raises:
        NotFound: there is none in this community, or it is for a place beyond the actor's reach.
    """
    notice = _find(session, actor, READ, community_id, notice_id)
    return out_of(notice, repository.readers_of(session, [notice]).get(notice.id, 0))


def create_notice(session: ScopedSession, actor: Actor, community_id: UUID | None, data: NoticeCreate) -> Notice:
    """A new draft.

    Raises:
        Invalid: naming each field at fault.
        Forbidden: the actor may not write for this place.
    """
    body = make_body(data.body)
    notice = Notice(
        community_id=community_id,
        compound_id=data.compound_id,
        building_id=data.building_id,
        kind=data.kind,
        title=data.title.strip(),
        body=data.body,
        body_html=body.html,
        body_text=body.text,
        state="draft",
        posting_from=data.posting_from,
        posting_to=data.posting_to,
        is_public=data.is_public,
        is_pinned=data.is_pinned,
        created_by=actor.account_id,
        author_name=actor.display_name,
    )
    _require(actor, CREATE, notice)
    _check(session, notice)
    session.add(notice)
    session.flush()
    _note(session, "create", notice, after=_state_of(notice))
    return notice


def update_notice(
    session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID, data: NoticeUpdate
) -> Notice:
    """Change a draft.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Conflict: it was changed meanwhile, or is no draft any more.
        Invalid: naming each field at fault; nothing was changed.
    """
    notice = require_draft(session, actor, community_id, notice_id)
    if notice.version != data.version:
        raise Conflict(_("这份草稿刚刚被修改过，您的修改没有保存；请刷新后再改"))
    before = _state_of(notice)
    for name, value in msgspec.structs.asdict(data).items():
        if name != "version" and value is not UNSET:
            setattr(notice, name, value.strip() if name == "title" else value)
    body = make_body(notice.body)
    notice.body_html, notice.body_text = body.html, body.text
    _require(actor, CREATE, notice)
    _check(session, notice)
    session.flush()
    after = _state_of(notice)
    changed = [name for name in after if after[name] != before[name]]
    _note(
        session,
        "update",
        notice,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return notice


def publish_notice(
    session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID, *, version: int | None = None
) -> Notice:
    """Publish a draft for its days; before the first of them nobody sees it. A second call changes nothing.

    Args:
        session: the unit of work.
        actor: who publishes.
        community_id: ``None`` for a notice of the street.
        notice_id: of the draft.
        version: the draft that the actor has read; ``None`` publishes it as it stands.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Conflict: it was changed meanwhile, or has been withdrawn.
        Invalid: its days are over or begin in the past.
    """
    notice = _find(session, actor, PUBLISH, community_id, notice_id, lock=True)
    if notice.state == "published":
        return notice
    if notice.state == "withdrawn":
        raise Conflict(_("已撤回的公告不能再发布；请重新起草"))
    if version is not None and notice.version != version:
        raise Conflict(_("这份草稿刚刚被修改过，还没有发布；请刷新后核对再发布"))
    day = today()
    first = notice.posting_from = notice.posting_from or day
    if notice.posting_to is None and notice.kind == "posting":
        days = get_setting(session, "notices", POSTING_DAYS, community_id=community_id)
        notice.posting_to = first + timedelta(days=days - 1)
    if first < day:
        raise Invalid.one("posting_from", _("首日已经过去"), _("今天或以后；留空表示发布当天"))
    _check(session, notice)
    notice.state, notice.published_at, notice.published_by = "published", now(), actor.account_id
    session.flush()
    _note(session, "publish", notice, after=_state_of(notice))
    return notice


def withdraw_notice(
    session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID, reason: str
) -> Notice:
    """Take a published notice back; it stays on record with the reason. A second call changes nothing.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Conflict: it is a draft.
        Invalid: no reason is given.
    """
    notice = _find(session, actor, WITHDRAW, community_id, notice_id, lock=True)
    if notice.state == "withdrawn":
        return notice
    if notice.state == "draft":
        raise Conflict(_("草稿还没有发布，不需要撤回；可以直接删除"))
    if not reason.strip():
        raise Invalid.one("reason", _("请写明撤回的原因"))
    notice.state, notice.withdraw_reason = "withdrawn", reason.strip()
    notice.withdrawn_at, notice.withdrawn_by = now(), actor.account_id
    session.flush()
    _note(session, "withdraw", notice, reason=notice.withdraw_reason)
    return notice


def discard_draft(session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID) -> None:
    """Delete a draft with its attachments.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Conflict: it has been published: such a notice is kept for ever.
    """
    notice = _find(session, actor, CREATE, community_id, notice_id, lock=True)
    if notice.state != "draft":
        raise Conflict(_("发布过的公告不能删除，只能撤回"))
    for file in list_files(session, "notices", ("notice", notice.id)):
        remove_file(session, actor, file.id)
    session.delete(notice)
    session.flush()
    _note(session, "discard", notice, before=_state_of(notice))


def require_draft(
    session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID, *, lock: bool = True
) -> Notice:
    """The draft that is to be changed; with ``lock`` nobody else changes it until the commit.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Conflict: it is no draft any more.
    """
    notice = _find(session, actor, CREATE, community_id, notice_id, lock=lock)
    if notice.state != "draft":
        raise Conflict(_("已发布或已撤回的公告不能修改；请撤回后重新起草"))
    return notice


def may_manage(actor: Actor, notice: Notice, permission: str = READ) -> bool:
    """Whether the actor holds a permission at the place that a notice is for."""
    return actor.can(
        permission,
        community_id=notice.community_id,
        compound_id=notice.compound_id,
        building_id=notice.building_id,
    )


def line_of(notice: Notice, readers: int) -> NoticeLine:
    """A notice as lists show it."""
    return NoticeLine(**_line(notice, readers))


def out_of(notice: Notice, readers: int) -> NoticeOut:
    """A notice as its managers see it."""
    return NoticeOut(
        **_line(notice, readers),
        body=notice.body,
        body_html=notice.body_html,
        author_name=notice.author_name,
        withdraw_reason=notice.withdraw_reason,
        withdrawn_at=notice.withdrawn_at,
        version=notice.version,
    )


def _line(notice: Notice, readers: int) -> dict[str, Any]:
    text = " ".join(notice.body_text.split())
    return {
        "id": notice.id,
        "community_id": notice.community_id,
        "compound_id": notice.compound_id,
        "building_id": notice.building_id,
        "kind": notice.kind,
        "title": notice.title,
        "excerpt": text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…",
        "status": status_of(notice),
        "posting_from": notice.posting_from,
        "posting_to": notice.posting_to,
        "is_public": notice.is_public,
        "is_pinned": notice.is_pinned,
        "published_at": notice.published_at,
        "readers": readers,
    }


def _reach(actor: Actor, community_id: UUID | None) -> Reach:
    reach = reach_of(actor, READ)
    if community_id is None and not reach.everywhere:
        raise Forbidden
    return reach


def _find(
    session: ScopedSession,
    actor: Actor,
    permission: str,
    community_id: UUID | None,
    notice_id: UUID,
    *,
    lock: bool = False,
) -> Notice:
    notice = repository.find(session, notice_id, lock=lock)
    if notice is None or notice.community_id != community_id or not may_manage(actor, notice):
        raise NotFound(_("没有找到这则公告"))
    _require(actor, permission, notice)
    return notice


def _require(actor: Actor, permission: str, notice: Notice) -> None:
    if not may_manage(actor, notice, permission):
        raise Forbidden(_("您不能为这个范围办理公告；请选择您负责的小区或楼栋"))


def _check(session: ScopedSession, notice: Notice) -> None:
    faults: list[FieldError] = []
    if not notice.title:
        faults.append(FieldError("title", _("必须填写")))
    if not notice.body_text.strip():
        faults.append(FieldError("body", _("必须填写")))
    if notice.posting_from and notice.posting_to and notice.posting_to < notice.posting_from:
        faults.append(FieldError("posting_to", _("末日不能早于首日")))
    elif notice.posting_to and notice.posting_to < today():
        faults.append(FieldError("posting_to", _("末日已经过去"), _("今天或以后")))
    farthest = today() + timedelta(days=_FARTHEST)
    faults += [
        FieldError(name, _("日期太远"), _("不晚于 {day}").format(day=farthest.isoformat()))
        for name, day in (("posting_from", notice.posting_from), ("posting_to", notice.posting_to))
        if day is not None and day > farthest
    ]
    faults += _place_faults(session, notice)
    if faults:
        raise Invalid(errors=faults)


def _place_faults(session: ScopedSession, notice: Notice) -> list[FieldError]:
    if notice.compound_id is None:
        if notice.building_id is None:
            return []
        return [FieldError("building_id", _("选择楼栋之前请先选择小区"))]
    outline = community_outline(session, notice.community_id) if notice.community_id else []
    compound = next((each for each in outline if each.id == notice.compound_id), None)
    if compound is None:
        return [FieldError("compound_id", _("没有找到这个小区"))]
    if notice.building_id is not None and all(each.id != notice.building_id for each in compound.buildings):
        return [FieldError("building_id", _("这个小区里没有这栋楼"))]
    return []


def _state_of(notice: Notice) -> dict[str, Any]:
    # The text itself stays out of the trail: its fingerprint by length is enough to see that it changed.
    values = {name: getattr(notice, name) for name in _AUDITED}
    return {
        name: str(value) if value is not None and not isinstance(value, bool | str) else value
        for name, value in values.items()
    } | {"characters": len(notice.body)}


def _note(session: ScopedSession, verb: str, notice: Notice, **details: Any) -> None:
    record(session, f"notices.notice.{verb}", ("notice", notice.id), community_id=notice.community_id, **details)
