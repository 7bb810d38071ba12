"""A notice of the street in many communities at once: each has its own, which it closes and answers for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.sdk import Actor, Conflict, Foreseen, Invalid, Push, Pushed, ScopedSession, Undoing
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.api import Period, post_notice
from linli_notices.categories import categories
from linli_notices.permissions import PUBLISH
from linli_notices.publishing import withdraw_notice
from linli_notices.schemas import BodyText, ShortText, Title

Days = Annotated[int, Meta(ge=1, le=365)]


class NoticePush(msgspec.Struct, kw_only=True):
    """A notice for communities; kind and days follow its category unless days are named."""

    title: Title
    body: BodyText
    category: ShortText
    days: Days | None = None
    is_public: bool = False


def _choices(session: ScopedSession, _actor: Actor, _asked: Mapping[str, str]) -> Mapping[str, Any]:
    return {"categories": {key: each.title for key, each in categories(session).items()}}


def _preview(
    session: ScopedSession, _actor: Actor, communities: Sequence[UUID], data: NoticePush
) -> Mapping[UUID, Foreseen]:
    category = categories(session).get(data.category)
    if category is None:
        raise Invalid.one("category", _("没有这个类别"), _("请从列表中选择"))
    days = data.days or category.days
    told = _("发布{category}“{title}”").format(category=category.title, title=data.title)
    until = _("，展示 {n} 天").format(n=days) if days else _("，一直展示到撤回")
    return dict.fromkeys(communities, Foreseen(told + until))


def _perform(session: ScopedSession, actor: Actor, community_id: UUID, data: NoticePush, push_id: UUID) -> Pushed:
    notice_id = post_notice(
        session,
        actor,
        title=data.title,
        body=data.body,
        category=data.category,
        community_id=community_id,
        period=Period(days=data.days),
        is_public=data.is_public or None,
        source=("notices", push_id),
    )
    return Pushed(_("已发布"), str(notice_id), (notice_id,))


def _undo(session: ScopedSession, actor: Actor, community_id: UUID, undoing: Undoing) -> str:
    notice = repository.find_by_source(session, community_id, "notices", undoing.push_id)
    if notice is None:
        raise Conflict(_("没有找到这则公告"))
    withdraw_notice(session, actor, community_id, notice.id, undoing.reason)
    return _("公告已撤回，留有记录")


PUSHES = (
    Push(
        name="notices.notice",
        title="公告公示",
        help="在所选的每个社区发布同一则公告；各社区各有一则，异议和阅读分别统计。",
        needs=PUBLISH,
        template="notices/push.html",
        data=NoticePush,
        titled=lambda data: data.title,
        choices=_choices,
        preview=_preview,
        perform=_perform,
        undo=_undo,
        order=100,
    ),
)
