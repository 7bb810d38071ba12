"""The record of acts for programs."""

from __future__ import annotations

from typing import Literal

from linli.audit.models import AuditEntry
from linli.audit.portal import export_audit
from linli.audit.repository import AuditFilter, list_entries
from linli.audit.schemas import AuditEntryOut
from linli.db.session import ScopedSession
from linli.kit.cursor import PAGE, Limit
from linli.web.results import Page
from linli.web.routing import get


@get("/audit", needs="core.audit.read", tags=["audit"])
def list_audit(
    session: ScopedSession,
    query: AuditFilter,
    sort: Literal["-at", "at"] = "-at",
    after: str = "",
    limit: Limit = PAGE,
) -> Page[AuditEntryOut]:
    """Acts of the community; at the street's address those of the street and of all its communities."""
    entries, following = list_entries(session, query, oldest_first=sort == "at", after=after, limit=limit)
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


street_api = community_api = [list_audit, export_audit]
