"""What became of messages in the channels: counts, faults, another try. Tells of no address, no name and no text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, and_, func, select, update

from linli.audit import record
from linli.db.paging import Order, sorted_slice
from linli.db.session import ScopedSession
from linli.kit.clock import now
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, NotFound
from linli.kit.text import gettext as _
from linli.notifications.models import Delivery, Notification
from linli.notifications.service import deliver_soon

State = Literal["queued", "held", "sent", "failed", "suppressed"]

#: Days that the counts and the resending of everything reach back.
DAYS = 30

STATES: Mapping[str, str] = {
    "queued": "等待发送",
    "held": "等免打扰结束",
    "sent": "已发出",
    "failed": "未发出",
    "suppressed": "不需发送",
}
CHANNEL_TITLES: Mapping[str, str] = {"email": "邮件", "sms": "短信", "wechat": "微信"}
#: Kinds of faults in words; what a provider calls otherwise is shown by its own short name.
ERRORS: Mapping[str, str] = {
    "busy": "对方系统繁忙",
    "login": "邮件服务器拒绝登录",
    "no_address": "没有可用的邮箱或手机号",
    "not_connected": "这个通道还没有接通",
    "process_died": "发送时程序中断",
    "refused": "对方不接收",
    "rejected": "邮件服务器退回",
    "switched_off": "发出消息的功能已停用",
    "tls": "与邮件服务器的加密连接失败",
    "unknown": "没有关注街道的微信",
    "unreachable": "连接不上服务器",
    "unwanted": "本人已关闭这种消息",
    "unwritable": "地址不合格式",
}


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One message's way through one channel."""

    id: UUID
    kind: str
    community_id: UUID | None
    channel: str
    state: str
    attempts: int
    error: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None


#: The orders of the list.
DELIVERIES = {
    "created_at": Order(Delivery.created_at, lambda row: row[0].created_at),
    "attempts": Order(Delivery.attempts, lambda row: row[0].attempts),
}


def list_deliveries(
    session: ScopedSession,
    *,
    state: str = "",
    channel: str = "",
    kind: str = "",
    sort: str = "-created_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[DeliveryRow], str | None]:
    """A page of deliveries within the scope, newest first where nothing else is said, and the ``after`` of the next."""
    statement = _deliveries()
    for column, wanted in ((Delivery.state, state), (Delivery.channel, channel), (Notification.kind, kind)):
        if wanted:
            statement = statement.where(column == wanted)
    page = sorted_slice(
        session, statement, Delivery.id, DELIVERIES, sort, id_of=lambda row: row[0].id, after=after, limit=limit
    )
    return [_row(row, kind_name) for row, kind_name in page.items], page.next


def find_deliveries(session: ScopedSession, delivery_ids: Sequence[UUID]) -> list[DeliveryRow]:
    """Those of these deliveries that are within the scope."""
    return [_row(row, kind) for row, kind in session.execute(_deliveries().where(Delivery.id.in_(delivery_ids)))]


def _deliveries() -> Select[Delivery, str]:
    return select(Delivery, Notification.kind).join(
        Notification, and_(Notification.tenant_id == Delivery.tenant_id, Notification.id == Delivery.notification_id)
    )


def counts(session: ScopedSession) -> dict[str, dict[str, int]]:
    """Channel to state to number, of the last thirty days."""
    rows = session.execute(
        select(Delivery.channel, Delivery.state, func.count())
        .where(Delivery.created_at > now() - timedelta(days=DAYS))
        .group_by(Delivery.channel, Delivery.state)
    )
    found: dict[str, dict[str, int]] = {channel: dict.fromkeys(STATES, 0) for channel in CHANNEL_TITLES}
    for channel, state, count in rows:
        found[channel][state] = count
    return found


def resend(session: ScopedSession, delivery_id: UUID) -> DeliveryRow:
    """Try a delivery anew, with all its tries; what its reader does not want is still not sent.

    Raises:
        NotFound: there is none here.
        Conflict: it was sent, or waits to be.
    """
    row = session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    if row is None:
        raise NotFound(_("没有找到这次发送"))
    if row.state not in ("failed", "suppressed"):
        raise Conflict(_("这条消息已经发出或正在等待发送"))
    row.state, row.attempts, row.error, row.due_at = "queued", 0, "", now()
    session.flush()
    deliver_soon(session, row.community_id)
    record(
        session,
        "core.delivery.resend",
        ("delivery", row.id),
        community_id=row.community_id,
        after={"channel": row.channel},
    )
    kind = session.scalar(select(Notification.kind).where(Notification.id == row.notification_id))
    return _row(row, kind or "")


def resend_failed(session: ScopedSession) -> int:
    """Try anew whatever failed in the last thirty days within the scope; how many deliveries that were."""
    tried = session.execute(
        update(Delivery)
        .where(Delivery.state == "failed", Delivery.created_at > now() - timedelta(days=DAYS))
        .values(state="queued", attempts=0, error="", due_at=now())
        .returning(Delivery.id),
        execution_options={"synchronize_session": False},
    ).all()
    if tried:
        deliver_soon(session, session.scope.community_id)
        record(session, "core.delivery.resend", ("delivery", ""), after={"rows": len(tried)})
    return len(tried)


def error_title(error: str) -> str:
    """A fault in words, in the language of the request."""
    return _(ERRORS[error]) if error in ERRORS else error


def _row(row: Delivery, kind: str) -> DeliveryRow:
    return DeliveryRow(
        id=row.id,
        kind=kind,
        community_id=row.community_id,
        channel=row.channel,
        state=row.state,
        attempts=row.attempts,
        error=row.error,
        created_at=row.created_at,
        due_at=row.due_at,
        sent_at=row.sent_at,
    )
