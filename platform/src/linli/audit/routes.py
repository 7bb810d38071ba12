"""The record of acts for programs."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from linli.audit.models import AuditEntry
from linli.audit.repository import AuditFilter, list_entries
from linli.audit.schemas import AuditEntryOut
from linli.db.session import ScopedSession
from linli.web.results import Page
from linli.web.routing import get


@get("/audit", needs="core.audit.read", tags=["audit"])
def list_street_audit(
    session: ScopedSession,
    action: str = "",
    actor_name: str = "",
    community_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
    after: str = "",
) -> Page[AuditEntryOut]:
    """Acts in the street and in all of its communities, newest first."""
    wanted = AuditFilter(action=action, actor=actor_name, community_id=community_id, since=since, until=until)
    return _page(session, wanted, after)


@get("/audit", needs="core.audit.read", tags=["audit"])
def list_community_audit(
    session: ScopedSession,
    action: str = "",
    actor_name: str = "",
    since: date | None = None,
    until: date | None = None,
    after: str = "",
) -> Page[AuditEntryOut]:
    """Acts in the community, newest first."""
    return _page(session, AuditFilter(action=action, actor=actor_name, since=since, until=until), after)


def _page(session: ScopedSession, wanted: AuditFilter, after: str) -> Page[AuditEntryOut]:
    entries, following = list_entries(session, wanted, after=after)
    return Page(items=[_out(entry) for entry in entries], next=following)


def _out(entry: AuditEntry) -> AuditEntryOut:
    return AuditEntryOut(
        n=entry.n,
        id=entry.id,
        at=entry.at,
        community_id=entry.community_id,
        actor_id=entry.actor_id,
        actor_name=entry.actor_name,
        action=entry.action,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        reason=entry.reason,
        before=entry.before,
        after=entry.after,
        request_id=entry.request_id,
        hash=entry.hash.hex(),
    )


street_api = [list_street_audit]
community_api = [list_community_audit]
