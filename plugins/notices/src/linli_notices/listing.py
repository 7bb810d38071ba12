"""How the list of notices is arranged, and what is done to several of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from linli.sdk import Actor, DataTable, Place, RowAct, ScopedSession, TableColumn
from linli_notices import publishing, service
from linli_notices.choices import community_of
from linli_notices.permissions import CREATE, PUBLISH, WITHDRAW


def _titles(session: ScopedSession, actor: Actor, place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    return service.titles_of(session, actor, community_of(place), ids)


def _withdraw(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, reason: str) -> bool:
    if service.get_notice(session, actor, community_of(place), notice_id).status == "withdrawn":
        return False
    publishing.withdraw_notice(session, actor, community_of(place), notice_id, reason)
    return True


def _unschedule(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, _answer: str) -> bool:
    if service.get_notice(session, actor, community_of(place), notice_id).status == "draft":
        return False
    publishing.unschedule_notice(session, actor, community_of(place), notice_id)
    return True


def _discard(session: ScopedSession, actor: Actor, place: Place, notice_id: UUID, _answer: str) -> bool:
    service.discard_draft(session, actor, community_of(place), notice_id)
    return True


NOTICES = DataTable(
    name="notices",
    columns=(
        TableColumn("title", "标题", is_fixed=True),
        TableColumn("category", "类别"),
        TableColumn("status", "状态"),
        TableColumn("posting", "展示日期", sort="posting_from", falls=True),
        TableColumn("places", "发布范围", is_shown=False),
        TableColumn("published_at", "发布时间", sort="published_at", falls=True, is_shown=False),
        TableColumn("closed_at", "存档时间", is_shown=False),
        TableColumn("is_public", "对外公开", is_shown=False),
        TableColumn("allows_objections", "接受意见", is_shown=False),
        TableColumn("readers", "阅读人数", is_number=True),
        TableColumn("created_at", "起草", sort="created_at", falls=True, is_shown=False),
    ),
    sort="-created_at",
    filters=("q", "status", "kind", "category", "compound"),
    acts=(
        RowAct(
            "withdraw",
            "撤回",
            "撤回选中的公告？撤回后居民不能再看，记录和原因会一直保留。",
            _withdraw,
            needs=WITHDRAW,
            asks="撤回的原因",
            most_words=500,
            tone="danger",
        ),
        RowAct("unschedule", "取消定时", "取消选中公告的定时发布？它们回到草稿。", _unschedule, needs=PUBLISH),
        RowAct(
            "discard",
            "删除草稿",
            "删除选中的草稿和它们的附件？不能恢复。",
            _discard,
            needs=CREATE,
            tone="danger",
        ),
    ),
    titles=_titles,
)
