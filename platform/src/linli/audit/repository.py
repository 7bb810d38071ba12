"""Queries on the record of acts, newest first, in pages by their number in the chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from linli.audit.models import AuditEntry
from linli.db.session import ScopedSession
from linli.kit.clock import SHANGHAI
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _

PAGE = 50
#: An export holds the newest acts, at most so many.
MOST = 20_000

_FIRST_YEAR, _LAST_YEAR = 2000, 2200


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which acts to show.

    Attributes:
        action: an action's whole name, or its beginning up to a dot: ``core.resident`` finds all acts on residents.
        actor: a part of the name of who acted.
        community_id: acts in one community; in the scope of a community that community alone is shown anyway.
        subject: type and id of what was acted upon.
        since: first day, Asia/Shanghai.
        until: last day (inclusive), Asia/Shanghai.
    """

    action: str = ""
    actor: str = ""
    community_id: UUID | None = None
    subject: tuple[str, str] | None = None
    since: date | None = None
    until: date | None = None


def list_entries(
    session: ScopedSession, wanted: AuditFilter, *, after: str = "", limit: int = PAGE
) -> tuple[Sequence[AuditEntry], str | None]:
    """Acts, newest first, and the ``after`` of the next page; ``None`` on the last.

    Raises:
        Invalid: ``after`` is no number of this list, or a day lies outside of what a calendar needs.
    """
    query = _matching(session, wanted)
    if after:
        query = query.where(AuditEntry.n < _number(after))
    rows = session.scalars(query.order_by(AuditEntry.n.desc()).limit(limit + 1)).all()
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
    if wanted.actor:
        query = query.where(AuditEntry.actor_name.icontains(wanted.actor.strip()[:60], autoescape=True))
    if wanted.subject:
        query = query.where(AuditEntry.subject_type == wanted.subject[0], AuditEntry.subject_id == wanted.subject[1])
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
