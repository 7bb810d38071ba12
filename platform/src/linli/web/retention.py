"""How long the web keeps what it has to remember of requests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from linli.db.session import ScopedSession
from linli.plugins.contributions import DataClass
from linli.web.idempotency import KEPT_HOURS
from linli.web.models import IdempotencyKey


def purge_idempotency_keys(session: ScopedSession, before: datetime, most: int, held: frozenset[UUID]) -> int:
    """Delete at most so many stored answers that are older than the moment; those of people under ``held`` stay."""
    old = select(IdempotencyKey.id).where(
        IdempotencyKey.tenant_id == session.scope.tenant_id, IdempotencyKey.created_at < before
    )
    if held:
        old = old.where(IdempotencyKey.account_id.is_(None) | IdempotencyKey.account_id.not_in(held))
    gone = session.execute(
        delete(IdempotencyKey)
        .where(IdempotencyKey.tenant_id == session.scope.tenant_id, IdempotencyKey.id.in_(old.limit(most)))
        .returning(IdempotencyKey.id),
        execution_options={"synchronize_session": False},
    )
    return len(gone.all())


RETENTION = (
    DataClass(
        name="core.idempotency_keys",
        title="接口重试时返回的答复",
        days=KEPT_HOURS // 24,
        most_days=KEPT_HOURS // 24,
        source="调用方在断线后三天内重试；超过之后只是重复保存个人信息（个人信息保护法第十九条）",
        purge=purge_idempotency_keys,
    ),
)
