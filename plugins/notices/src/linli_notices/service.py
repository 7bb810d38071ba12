"""Drafts of notices: written, changed, discarded; and what managers see of all notices. Publishing lies beside."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from linli.sdk import (
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Reach,
    ScopedSession,
    list_files,
    reach_of,
    record,
    remove_file,
)
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.body import make_body
from linli_notices.categories import Category, known_categories
from linli_notices.checks import check
from linli_notices.models import Notice, NoticePlace
from linli_notices.permissions import CREATE, READ
from linli_notices.repository import PAGE, Audience, Filter, status_of
from linli_notices.schemas import NoticeCreate, NoticeLine, NoticeOut, NoticeUpdate, PlaceRef

_EXCERPT = 80
#: What a notice has in lists, and more on its own page.
_IN_LISTS = frozenset(each.name for each in msgspec.structs.fields(NoticeLine))
_ON_ITS_PAGE = frozenset(each.name for each in msgspec.structs.fields(NoticeOut))
_AUDITED = (
    "title",
    "kind",
    "category",
    "posting_from",
    "posting_to",
    "period_days",
    "period_unit",
    "is_public",
    "is_pinned",
    "allows_objections",
    "corrects_id",
)
#: Taken over from a draft's data as they are.
_PLAIN = (
    "category",
    "posting_from",
    "posting_to",
    "period_days",
    "period_unit",
    "is_pinned",
    "objection_days",
    "notifies",
    "corrects_id",
)


def list_notices(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID | None,
    wanted: Filter,
    *,
    sort: str = "-created_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[NoticeLine], str | None]:
    """A page of what the actor manages in a community, or of the street's own for ``None``.

    The newest first where nothing else is said; ``sort`` is an order of ``repository.ORDERS``.
    """
    reach = _reach(actor, community_id)
    rows, following = repository.managed(session, reach, community_id, wanted, sort=sort, after=after, limit=limit)
    readers = repository.readers_of(session, rows)
    return [line_of(row, readers.get(row.id, 0)) for row in rows], following


def count_notices(session: ScopedSession, actor: Actor, community_id: UUID | None, wanted: Filter) -> int:
    """How many ``list_notices`` lists on all its pages."""
    return repository.count_managed(session, _reach(actor, community_id), community_id, wanted)


def notice_titles(
    session: ScopedSession, actor: Actor, community_id: UUID | None, *, most: int
) -> list[repository.Title]:
    """The newest titles of what ``list_notices`` lists."""
    return repository.managed_titles(session, _reach(actor, community_id), community_id, most=most)


def titles_of(session: ScopedSession, actor: Actor, community_id: UUID | None, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The titles of those of these notices that the actor manages there."""
    return repository.titles(session, _reach(actor, community_id), community_id, ids)


def get_notice(session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID) -> NoticeOut:
    """One notice with all that its managers see.

    Raises:
        NotFound: there is none in this community, or it is for a place beyond the actor's reach.
    """
    notice = find_managed(session, actor, READ, community_id, notice_id)
    return out_of(notice, repository.readers_of(session, [notice]).get(notice.id, 0))


def create_notice(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID | None,
    data: NoticeCreate,
    *,
    source: tuple[str, UUID | None] = ("", None),
) -> Notice:
    """A new draft; what is not said follows its category.

    Args:
        session: the unit of work.
        actor: who drafts it.
        community_id: ``None`` for a notice of the street.
        data: what was written.
        source: the plugin that asks for it, and its thing's id.

    Raises:
        Invalid: naming each field at fault.
        Forbidden: the actor may not write for this place.
    """
    category = known_categories(session).get(data.category)
    notice = Notice(
        community_id=community_id,
        title=data.title.strip(),
        state="draft",
        created_by=actor.account_id,
        author_name=actor.display_name,
        source_plugin=source[0],
        source_id=source[1],
        **({name: getattr(data, name) for name in _PLAIN} | _defaults(data, category)),
    )
    _place(notice, _wanted_places(data))
    _write(notice, data.body)
    require(actor, CREATE, notice)
    check(session, notice, category)
    session.add(notice)
    session.flush()
    note(session, "create", notice, after=state_of(notice))
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
    before, old_category = state_of(notice), notice.category
    for field in msgspec.structs.fields(data):
        value = getattr(data, field.name)
        if value is UNSET or field.name == "version":
            continue
        if field.name == "places":
            _place(notice, value)
        elif field.name != "body":
            setattr(notice, field.name, value.strip() if field.name == "title" else value)
    _write(notice, notice.body if data.body is UNSET else data.body)
    notice.schedule_note = ""
    require(actor, CREATE, notice)
    # A category that was archived meanwhile stays with the drafts that have it.
    found = known_categories(session, archived=notice.category == old_category)
    check(session, notice, found.get(notice.category))
    session.flush()
    after = state_of(notice)
    changed = [name for name in after if after[name] != before[name]]
    note(
        session,
        "update",
        notice,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return notice


def discard_draft(session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID) -> None:
    """Delete a draft with its attachments.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Conflict: it has been published: such a notice is kept for ever; or it waits for its moment.
    """
    notice = find_managed(session, actor, CREATE, community_id, notice_id, lock=True)
    if notice.state == "scheduled":
        raise Conflict(_("已设定定时发布；请先取消定时，再删除草稿"))
    if notice.state != "draft":
        raise Conflict(_("发布过的公告不能删除，只能撤回"))
    for file in list_files(session, "notices", ("notice", notice.id)):
        remove_file(session, actor, file.id)
    session.delete(notice)
    session.flush()
    note(session, "discard", notice, before=state_of(notice))


def require_draft(
    session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID, *, lock: bool = True
) -> Notice:
    """The draft that is to be changed; with ``lock`` nobody else changes it until the commit.

    Raises:
        NotFound: there is none in this community within the actor's reach.
        Conflict: it is no draft any more.
    """
    notice = find_managed(session, actor, CREATE, community_id, notice_id, lock=lock)
    if notice.state == "scheduled":
        raise Conflict(_("已设定定时发布；请先取消定时，再修改"))
    if notice.state != "draft":
        raise Conflict(_("已发布或已撤回的公告不能修改；请撤回后重新起草"))
    return notice


def find_managed(
    session: ScopedSession,
    actor: Actor,
    permission: str,
    community_id: UUID | None,
    notice_id: UUID,
    *,
    lock: bool = False,
) -> Notice:
    """A notice of a community (``None``: the street's own) for which the actor holds a permission.

    Raises:
        NotFound: there is none within the actor's reach.
        Forbidden: the actor sees it and may not do this.
    """
    notice = repository.find(session, notice_id, lock=lock)
    if notice is None or notice.community_id != community_id or not may_manage(actor, notice):
        raise NotFound(_("没有找到这则公告"))
    require(actor, permission, notice)
    return notice


def may_manage(actor: Actor, notice: Notice, permission: str = READ) -> bool:
    """Whether the actor holds a permission at the places that a notice is for.

    To read it one of them is enough; to do anything about it, all of them are asked for.
    """
    if not notice.is_narrowed:
        return actor.can(permission, community_id=notice.community_id)
    held = [
        actor.can(
            permission,
            community_id=notice.community_id,
            compound_id=place.compound_id,
            building_id=place.building_id,
        )
        for place in notice.places
    ]
    return any(held) if permission == READ else all(held)


def require(actor: Actor, permission: str, notice: Notice) -> None:
    """Raises ``Forbidden`` where the actor does not hold the permission at every place of a notice."""
    if not may_manage(actor, notice, permission):
        raise Forbidden(_("您不能为这个范围办理公告；请选择您负责的小区或楼栋"))


def find_corrected(session: ScopedSession, actor: Actor, notice: Notice) -> NoticeLine | None:
    """The notice that this one puts right, where the actor manages it."""
    if notice.corrects_id is None:
        return None
    found = repository.find(session, notice.corrects_id)
    return line_of(found, 0) if found is not None and may_manage(actor, found) else None


def corrections_of(session: ScopedSession, actor: Actor, notice: Notice) -> list[NoticeLine]:
    """The published notices that put this one right, where the actor manages them."""
    if notice.published_at is None:
        return []
    rows = repository.corrections_of(session, notice.id, Audience(everything=True), notice.community_id)
    return [line_of(row, 0) for row in rows if may_manage(actor, row)]


def line_of(notice: Notice, readers: int) -> NoticeLine:
    """A notice as lists show it."""
    return NoticeLine(**_line(notice, readers))


def out_of(notice: Notice, readers: int) -> NoticeOut:
    """A notice as its managers see it."""
    line = _line(notice, readers)
    return NoticeOut(**line, **{name: getattr(notice, name) for name in _ON_ITS_PAGE - set(line)})


def state_of(notice: Notice) -> dict[str, Any]:
    """What the audit trail keeps of a notice: the text itself as its fingerprint."""
    values = {name: getattr(notice, name) for name in _AUDITED}
    return {
        name: str(value) if value is not None and not isinstance(value, bool | str | int) else value
        for name, value in values.items()
    } | {
        "places": [str(place.building_id or place.compound_id) for place in notice.places],
        "characters": len(notice.body),
        "text_sha256": hashlib.sha256(notice.body_html.encode()).hexdigest(),
    }


def note(session: ScopedSession, verb: str, notice: Notice, **details: Any) -> None:
    """Write an act on a notice into the audit trail."""
    record(session, f"notices.notice.{verb}", ("notice", notice.id), community_id=notice.community_id, **details)


def _line(notice: Notice, readers: int) -> dict[str, Any]:
    text = " ".join(notice.body_text.split())
    values: dict[str, Any] = {
        "places": places_of(notice),
        "excerpt": text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…",
        "status": status_of(notice),
        "readers": readers,
    }
    return values | {name: getattr(notice, name) for name in _IN_LISTS - set(values)}


def places_of(notice: Notice) -> list[PlaceRef]:
    """The compounds and buildings that a notice is for; none when it is for the whole community or street."""
    return [PlaceRef(compound_id=each.compound_id, building_id=each.building_id) for each in notice.places]


def _defaults(data: NoticeCreate, category: Category | None) -> dict[str, Any]:
    named = category or Category(key="", name="", kind="announcement")
    kind = data.kind or named.kind
    allows = named.allows_objections if data.allows_objections is None else data.allows_objections
    return {
        "kind": kind,
        "is_public": named.is_public if data.is_public is None else data.is_public,
        "allows_objections": allows,
        "identity_rule": data.identity_rule or named.identity_rule,
    } | ({"objection_days": named.objection_days} if allows and data.objection_days is None else {})


def _wanted_places(data: NoticeCreate) -> Sequence[PlaceRef]:
    if data.compound_id is None:
        if data.building_id is not None:
            raise Invalid.one("building_id", _("选择楼栋之前请先选择小区"))
        return data.places
    return [*data.places, PlaceRef(compound_id=data.compound_id, building_id=data.building_id)]


def _place(notice: Notice, places: Sequence[PlaceRef]) -> None:
    whole = {each.compound_id for each in places if each.building_id is None}
    # A building of a compound that is named as a whole adds nobody.
    wanted = [each for each in dict.fromkeys(places) if each.building_id is None or each.compound_id not in whole]
    kept = {(each.compound_id, each.building_id): each for each in notice.places}
    notice.places = [
        kept.get((each.compound_id, each.building_id))
        or NoticePlace(compound_id=each.compound_id, building_id=each.building_id)
        for each in wanted
    ]
    notice.is_narrowed = bool(wanted)


def _write(notice: Notice, source: str) -> None:
    body = make_body(source)
    notice.body, notice.body_html, notice.body_text = source, body.html, body.text


def _reach(actor: Actor, community_id: UUID | None) -> Reach:
    reach = reach_of(actor, READ)
    if community_id is None and not reach.everywhere:
        raise Forbidden
    return reach
