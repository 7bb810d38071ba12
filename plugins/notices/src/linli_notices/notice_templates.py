"""Texts to begin a notice with: the built-in ones, and those of a street and of its communities (NOT-004, NOT-005)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from linli.sdk import (
    Actor,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    now,
    place_names,
    record,
    today,
)
from linli.sdk import gettext as _
from linli_notices import texts
from linli_notices.body import fill_in, make_body
from linli_notices.categories import known_categories
from linli_notices.models import NoticeTemplate
from linli_notices.permissions import MANAGE_TEMPLATES
from linli_notices.schemas import TemplateOut, TemplateWrite

#: Templates of one place; enough for every occasion, few enough to choose from.
MOST_TEMPLATES = 100
_BUILT_IN = {each.key: each for each in texts.BUILT_IN}


def list_templates(session: ScopedSession, community_id: UUID | None, *, archived: bool = False) -> list[TemplateOut]:
    """The place's own templates, then its street's, then the built-in ones.

    Args:
        session: of the street or the community.
        community_id: ``None`` for the street.
        archived: those that were put away instead; no built-in one is.
    """
    condition = NoticeTemplate.archived_at.is_not(None) if archived else NoticeTemplate.archived_at.is_(None)
    statement = select(NoticeTemplate).where(_seen_from(community_id), condition)
    statement = statement.order_by(NoticeTemplate.community_id.is_(None), NoticeTemplate.name, NoticeTemplate.id)
    own = [_out(row) for row in session.scalars(statement.limit(2 * MOST_TEMPLATES))]
    return own if archived else [*own, *(_built_in(each) for each in texts.BUILT_IN)]


def get_template(session: ScopedSession, community_id: UUID | None, template_id: str) -> TemplateOut:
    """One template, archived or not.

    Raises:
        NotFound: there is none that this place may use.
    """
    if template_id in _BUILT_IN:
        return _built_in(_BUILT_IN[template_id])
    return _out(_find(session, community_id, template_id))


def begin_with(session: ScopedSession, community_id: UUID | None, template: TemplateOut) -> tuple[str, str]:
    """Title and text of a new draft, with what is known filled in: the names of street and community, and the day."""
    names = place_names(session, community_id)
    known = {
        "街道名称": names.street,
        "社区名称": names.community,
        "今天": _written(today()),
    }  # i18n: data, marks in texts
    return fill_in(template.title, known), fill_in(template.body, known)


def save_template(
    session: ScopedSession, actor: Actor, community_id: UUID | None, template_id: str, data: TemplateWrite
) -> TemplateOut:
    """Change a template of this place, or add one.

    Args:
        session: of the street or the community.
        actor: who does it.
        community_id: ``None`` for one of the street, which all its communities may use.
        template_id: of the one to change; empty for a new one. A built-in one becomes one's own by adding it anew.
        data: all its values; ``data.version`` is the one that was read.

    Raises:
        Forbidden: the actor may not manage templates here.
        NotFound: this place has none of this id.
        Conflict: somebody changed it meanwhile.
        Invalid: naming each field at fault.
    """
    _require(actor, community_id)
    row = _own(session, community_id, template_id) if template_id else None
    if row is not None and row.version != data.version:
        raise Conflict
    _check(session, community_id, data, row)
    verb = "update" if row else "create"
    if row is None:
        row = NoticeTemplate(community_id=community_id, created_by=actor.account_id, author_name=actor.display_name)
        session.add(row)
    row.name, row.title, row.category = data.name.strip(), data.title.strip(), data.category
    row.body, row.example = data.body, data.example
    session.flush()
    record(
        session,
        f"notices.template.{verb}",
        ("notice_template", row.id),
        community_id=community_id,
        after={"name": row.name, "title": row.title, "category": row.category},
    )
    return _out(row)


def archive_template(
    session: ScopedSession, actor: Actor, community_id: UUID | None, template_id: str, *, archived: bool = True
) -> TemplateOut:
    """Offer a template of this place no longer, or again. A second call changes nothing.

    Raises:
        Forbidden: the actor may not manage templates here.
        NotFound: this place has none of this id.
    """
    _require(actor, community_id)
    row = _own(session, community_id, template_id)
    if (row.archived_at is not None) == archived:
        return _out(row)
    row.archived_at = now() if archived else None
    session.flush()
    verb = "archive" if archived else "restore"
    record(
        session,
        f"notices.template.{verb}",
        ("notice_template", row.id),
        community_id=community_id,
        after={"name": row.name},
    )
    return _out(row)


def _seen_from(community_id: UUID | None) -> ColumnElement[bool]:
    if community_id is None:
        return NoticeTemplate.community_id.is_(None)
    return or_(NoticeTemplate.community_id == community_id, NoticeTemplate.community_id.is_(None))


def _find(session: ScopedSession, community_id: UUID | None, template_id: str) -> NoticeTemplate:
    try:
        wanted = UUID(template_id)
    except ValueError:
        raise NotFound(_("没有找到这个模板")) from None
    row = session.scalar(select(NoticeTemplate).where(NoticeTemplate.id == wanted, _seen_from(community_id)))
    if row is None:
        raise NotFound(_("没有找到这个模板"))
    return row


def _own(session: ScopedSession, community_id: UUID | None, template_id: str) -> NoticeTemplate:
    row = _find(session, community_id, template_id)
    if row.community_id != community_id:
        raise Forbidden(_("这是街道的模板，社区可以另存为自己的，不能修改"))
    return row


def _require(actor: Actor, community_id: UUID | None) -> None:
    if not actor.can(MANAGE_TEMPLATES, community_id=community_id):
        raise Forbidden(_("您不能管理这里的公告模板"))


def _check(session: ScopedSession, community_id: UUID | None, data: TemplateWrite, row: NoticeTemplate | None) -> None:
    faults: list[FieldError] = []
    faults += [
        FieldError(name, _("必须填写"))
        for name, value in (("name", data.name), ("title", data.title))
        if not value.strip()
    ]
    body = make_body(data.body)
    if not (body.text or body.images):
        faults.append(FieldError("body", _("必须填写")))
    if data.category and data.category not in known_categories(session, archived=True):
        faults.append(FieldError("category", _("没有这个类别")))
    same = select(NoticeTemplate.id).where(
        NoticeTemplate.community_id.is_not_distinct_from(community_id), NoticeTemplate.name == data.name.strip()
    )
    taken = session.scalar(same.where(NoticeTemplate.id != row.id) if row else same)
    if taken is not None:
        faults.append(FieldError("name", _("已经有这个名称的模板")))
    if row is None:
        here = NoticeTemplate.community_id.is_not_distinct_from(community_id)
        if (session.scalar(select(func.count()).where(here)) or 0) >= MOST_TEMPLATES:
            faults.append(FieldError("name", _("模板太多"), _("最多 {n} 个").format(n=MOST_TEMPLATES)))
    if faults:
        raise Invalid(errors=faults)


def _out(row: NoticeTemplate) -> TemplateOut:
    return TemplateOut(
        id=str(row.id),
        name=row.name,
        category=row.category,
        title=row.title,
        body=row.body,
        example=row.example,
        owner="community" if row.community_id else "street",
        is_archived=row.archived_at is not None,
        version=row.version,
    )


def _built_in(text: texts.Text) -> TemplateOut:
    return TemplateOut(
        id=text.key,
        name=text.name,
        category=text.category,
        title=text.title,
        body=text.body,
        example=text.example,
        owner="built_in",
        is_archived=False,
        version=0,
    )


def _written(day: date) -> str:
    return texts.DAY.format(year=day.year, month=day.month, day=day.day)
