"""Queries on the record of acts, newest first, in pages by their number in the chain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Select, select

from linli.audit.models import AuditEntry
from linli.db.session import ScopedSession
from linli.kit.clock import SHANGHAI
from linli.kit.cursor import PAGE
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _

#: An export holds the newest acts, at most so many.
MOST = 20_000

_FIRST_YEAR, _LAST_YEAR = 2000, 2200


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which acts to show: what pages and the API take behind the question mark."""

    action: Annotated[
        str, Meta(max_length=100, description="an action's whole name, or its beginning up to a dot: `core.resident`")
    ] = ""
    actor_name: Annotated[str, Meta(max_length=60, description="a part of the name of who acted")] = ""
    community_id: Annotated[
        UUID | None, Meta(description="acts in one community; within a community's address only its own are shown")
    ] = None
    subject_type: Annotated[str, Meta(max_length=60, description="the kind of what was acted upon: `resident`")] = ""
    subject_id: Annotated[str, Meta(max_length=100, description="the id of what was acted upon")] = ""
    since: Annotated[date | None, Meta(description="first day, Asia/Shanghai")] = None
    until: Annotated[date | None, Meta(description="last day, which is included, Asia/Shanghai")] = None

    @property
    def is_empty(self) -> bool:
        """Whether every act is wanted."""
        return self == AuditFilter()


def list_entries(
    session: ScopedSession, wanted: AuditFilter, *, oldest_first: bool = False, after: str = "", limit: int = PAGE
) -> tuple[Sequence[AuditEntry], str | None]:
    """Acts, newest first unless it is said otherwise, and the ``after`` of the next page; ``None`` on the last.

    Raises:
        Invalid: ``after`` is no number of this list, or a day lies outside of what a calendar needs.
    """
    query = _matching(session, wanted)
    if after:
        place = _number(after)
        query = query.where(AuditEntry.n > place if oldest_first else AuditEntry.n < place)
    order = AuditEntry.n if oldest_first else AuditEntry.n.desc()
    rows = session.scalars(query.order_by(order).limit(limit + 1)).all()
    shown = rows[:limit]
    return shown, str(shown[-1].n) if len(rows) > limit else None


def _matching(session: ScopedSession, wanted: AuditFilter) -> Select[Any]:
    query = select(AuditEntry).where(AuditEntry.tenant_id == session.scope.tenant_id)
    # The wall lets a community's scope see the street's own acts too; these belong to the street's console.
    if session.scope.communities is not None:
        query = query.where(AuditEntry.community_id.in_(session.scope.communities))
    if wanted.community_id is not None:
        query = query.where(AuditEntry.community_id == wanted.community_id)
    if wanted.action:
        is_beginning = AuditEntry.action.startswith(f"{wanted.action}.", autoescape=True)
        query = query.where((AuditEntry.action == wanted.action) | is_beginning)
    if wanted.actor_name:
        query = query.where(AuditEntry.actor_name.icontains(wanted.actor_name.strip(), autoescape=True))
    if wanted.subject_type:
        query = query.where(AuditEntry.subject_type == wanted.subject_type)
    if wanted.subject_id:
        query = query.where(AuditEntry.subject_id == wanted.subject_id)
    if wanted.since:
        query = query.where(AuditEntry.at >= _midnight("since", wanted.since))
    if wanted.until:
        query = query.where(AuditEntry.at < _midnight("until", wanted.until) + timedelta(days=1))
    return query


def _midnight(field: str, day: date) -> datetime:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        allowed = _("{low} 至 {high}").format(low=_FIRST_YEAR, high=_LAST_YEAR)
        raise Invalid.one(field, _("年份超出范围"), allowed)
    return datetime.combine(day, time(), SHANGHAI)


def _number(after: str) -> int:
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise Invalid.one("after", _("不是这个列表的页码"), _("上一页返回的 next"))
    return int(after)
