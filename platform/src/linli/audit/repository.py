"""Queries on the record of acts, newest first, in pages by their number in the chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, Select, Text, cast, or_, select

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
    q: Annotated[
        str, Meta(max_length=100, description="a text in the act: names, reason, the changed fields, ids, request id")
    ] = ""
    verb: Annotated[
        str, Meta(max_length=60, description="the last part of an action's name: `create`; several with commas")
    ] = ""
    actor_name: Annotated[str, Meta(max_length=60, description="a part of the name of who acted")] = ""
    actor_id: Annotated[UUID | None, Meta(description="the account of who acted")] = None
    ip: Annotated[str, Meta(max_length=60, description="the address it came from, or its beginning: `10.1.`")] = ""
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
    query = select(AuditEntry).where(AuditEntry.tenant_id == session.scope.tenant_id, *_conditions(wanted))
    # The wall lets a community's scope see the street's own acts too; these belong to the street's console.
    if session.scope.communities is not None:
        query = query.where(AuditEntry.community_id.in_(session.scope.communities))
    return query


def _conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    for name in ("community_id", "actor_id", "subject_type", "subject_id"):
        if value := getattr(wanted, name):
            yield getattr(AuditEntry, name) == value
    if wanted.action:
        is_beginning = AuditEntry.action.startswith(f"{wanted.action}.", autoescape=True)
        yield (AuditEntry.action == wanted.action) | is_beginning
    if wanted.verb:
        yield or_(*(AuditEntry.action.endswith(f".{each}", autoescape=True) for each in wanted.verb.split(",")))
    if wanted.actor_name:
        yield AuditEntry.actor_name.icontains(wanted.actor_name.strip(), autoescape=True)
    if wanted.ip:
        yield AuditEntry.ip.startswith(wanted.ip.strip(), autoescape=True)
    if needle := wanted.q.strip():
        texts = (AuditEntry.actor_name, AuditEntry.reason, AuditEntry.subject_id, AuditEntry.request_id)
        fields = (cast(AuditEntry.before, Text), cast(AuditEntry.after, Text))
        yield or_(*(each.icontains(needle, autoescape=True) for each in (*texts, *fields)))
    if wanted.since:
        yield AuditEntry.at >= _midnight("since", wanted.since)
    if wanted.until:
        yield AuditEntry.at < _midnight("until", wanted.until) + timedelta(days=1)


def _midnight(field: str, day: date) -> datetime:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        allowed = _("{low} 至 {high}").format(low=_FIRST_YEAR, high=_LAST_YEAR)
        raise Invalid.one(field, _("年份超出范围"), allowed)
    return datetime.combine(day, time(), SHANGHAI)


def _number(after: str) -> int:
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise Invalid.one("after", _("不是这个列表的页码"), _("上一页返回的 next"))
    return int(after)
