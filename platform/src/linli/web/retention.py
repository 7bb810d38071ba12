"""How long the web keeps what it has to remember of requests, and whose that is and what people keep of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select

from linli.db.session import ScopedSession
from linli.plugins.contributions import DataClass, Erased, Person, PersonalData
from linli.web.idempotency import KEPT_HOURS
from linli.web.models import FormDraft, IdempotencyKey, ListView


def purge_idempotency_keys(
    session: ScopedSession, before: datetime, most: int, held: frozenset[UUID]
) -> Sequence[UUID]:
    """Delete at most so many stored answers that are older than the moment; those of people under ``held`` stay."""
    old = select(IdempotencyKey.id).where(
        IdempotencyKey.tenant_id == session.scope.tenant_id, IdempotencyKey.created_at < before
    )
    if held:
        columns = (IdempotencyKey.account_id, IdempotencyKey.community_id)
        old = old.where(*(or_(column.is_(None), column.not_in(held)) for column in columns))
    return _delete(session, IdempotencyKey.id.in_(old.limit(most)))


def _delete(session: ScopedSession, which: Any) -> Sequence[UUID]:
    gone = (
        delete(IdempotencyKey)
        .where(IdempotencyKey.tenant_id == session.scope.tenant_id, which)
        .returning(IdempotencyKey.id)
    )
    return session.scalars(gone, execution_options={"synchronize_session": False}).all()


def purge_drafts(session: ScopedSession, before: datetime, most: int, held: frozenset[UUID]) -> Sequence[UUID]:
    """Delete at most so many drafts that nobody typed into since the moment; those of people under ``held`` stay."""
    old = select(FormDraft.id).where(FormDraft.tenant_id == session.scope.tenant_id, FormDraft.updated_at < before)
    if held:
        columns = (FormDraft.account_id, FormDraft.community_id)
        old = old.where(*(or_(column.is_(None), column.not_in(held)) for column in columns))
    return _delete_drafts(session, FormDraft.id.in_(old.limit(most)))


def _delete_drafts(session: ScopedSession, which: Any) -> Sequence[UUID]:
    gone = delete(FormDraft).where(FormDraft.tenant_id == session.scope.tenant_id, which).returning(FormDraft.id)
    return session.scalars(gone, execution_options={"synchronize_session": False}).all()


def _export_drafts(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    rows = session.scalars(
        select(FormDraft).where(FormDraft.account_id == person.account_id).order_by(FormDraft.updated_at, FormDraft.id)
    )
    return [
        {
            "at": each.updated_at,
            "task": each.form,
            "content": session.vault.decrypt(session, "form_draft", "values", each.id, each.values_ct),
        }
        for each in rows
    ]


def _erase_drafts(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    mine = FormDraft.account_id == person.account_id
    if (here := session.scope.communities) is not None:
        # The street's own go with the account, which the street forgets as the last step of an erasure.
        mine = mine & FormDraft.community_id.in_(here)
    return Erased(len(_delete_drafts(session, mine)))


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    rows = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.account_id == person.account_id).order_by(IdempotencyKey.created_at)
    )
    return [{"at": each.created_at, "task": each.route} for each in rows]


def _erase(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    mine = IdempotencyKey.account_id == person.account_id
    if (here := session.scope.communities) is not None:
        # The street's own rows are not a community's to delete; they go by themselves within days.
        mine = mine & IdempotencyKey.community_id.in_(here)
    return Erased(len(_delete(session, mine)))


def _export_views(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    rows = session.scalars(
        select(ListView)
        .where(ListView.account_id == person.account_id)
        .order_by(ListView.table_name, ListView.title, ListView.id)
    )
    return [
        {"list": each.table_name, "title": each.title, "query": each.query, "columns": each.columns} for each in rows
    ]


def _erase_views(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    gone = delete(ListView).where(ListView.account_id == person.account_id)
    if (here := session.scope.communities) is not None:
        # What somebody keeps of the street's own lists is not a community's to delete.
        gone = gone.where(ListView.community_id.in_(here))
    rows = session.scalars(gone.returning(ListView.id), execution_options={"synchronize_session": False})
    return Erased(len(rows.all()))


PERSONAL_DATA = (
    PersonalData(
        title="列表的视图和显示的列",
        purpose="再次打开列表时，按本人保存的条件和列显示。",
        basis="为提供服务所必需（个人信息保护法 第十三条）",
        export=_export_views,
        erase=_erase_views,
        tables=("core.list_view",),
    ),
    PersonalData(
        title="接口重试时返回的答复",
        purpose="网络中断后重新提交时，不重复办理。",
        basis="为提供服务所必需（个人信息保护法 第十三条）",
        export=_export,
        erase=_erase,
        tables=("core.idempotency_key",),
    ),
    PersonalData(
        title="没有提交的表单草稿",
        purpose="填到一半的表单不丢失，下次接着填。",
        basis="为提供服务所必需（个人信息保护法 第十三条）",
        export=_export_drafts,
        erase=_erase_drafts,
        tables=("core.form_draft",),
    ),
)
DATA_CLASSES = (
    DataClass(
        name="core.idempotency_keys",
        title="接口重试时返回的答复",
        days=KEPT_HOURS // 24,
        most_days=KEPT_HOURS // 24,
        source="调用方在断线后三天内重试；超过之后只是重复保存个人信息（个人信息保护法第十九条）",
        purge=purge_idempotency_keys,
    ),
    DataClass(
        name="core.form_drafts",
        title="没有提交的表单草稿",
        days=14,
        most_days=60,
        source="两周没有接着填，多半不再需要（个人信息保护法第十九条）",
        purge=purge_drafts,
    ),
)
