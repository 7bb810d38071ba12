"""Collecting audit rows during a unit of work and writing them as its last act."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from linli.db.session import LastRank, before_commit
from linli.kit.actor import Actor
from linli.kit.ids import new_id
from linli.kit.phones import mask_numbers

_APPEND = text("SELECT core.append_audit(CAST(:rows AS jsonb))")


def record(
    session: Session,
    action: str,
    subject: tuple[str, object],
    *,
    community_id: UUID | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Note one act; it joins the tenant's chain as the last thing before the commit, or vanishes with the rollback.

    Args:
        session: the unit of work in which the act happens.
        action: the permission-like name, e.g. ``core.resident.update``.
        subject: type and id of what was acted upon.
        community_id: the community it belongs to. Left out, it is the session's own where that has exactly one,
            as in a community's portal; in a street's session the act is then the street's own.
        before: changed fields as they were, personal data masked.
        after: changed fields as they are now, personal data masked.
        reason: why, where the act asks for a reason.

    Phone and identity numbers that a text holds all the same, as somebody typed them, are masked here.
    """
    actor: Actor = session.info["actor"]
    session.info.setdefault("audit_rows", []).append(
        {
            "id": new_id(),
            # From a community's session the wall lets no row of the whole street through.
            "community_id": community_id or session.info["scope"].community_id,
            "actor_id": actor.account_id,
            "actor_name": actor.display_name,
            "action": action,
            "subject_type": subject[0],
            "subject_id": str(subject[1]),
            "ip": actor.ip,
            "request_id": actor.request_id,
            "reason": mask_numbers(reason),
            "before": _masked(before),
            "after": _masked(after),
        }
    )
    before_commit(session, "audit", _append, rank=LastRank.AUDIT)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_numbers(value)
    if isinstance(value, dict):
        return {key: _masked(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(each) for each in value]
    return value


def _append(session: Session) -> None:
    rows, session.info["audit_rows"] = session.info.get("audit_rows", []), []
    if rows:
        session.execute(_APPEND, {"rows": msgspec.json.encode(rows).decode()})
