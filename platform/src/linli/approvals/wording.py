"""Requests for approval in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from linli.approvals.acts import find_act
from linli.approvals.models import Approval
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.errors import LinliError
from linli.kit.text import gettext as _

log = structlog.get_logger(__name__)

#: State to its title and the tone of its badge; messages.
STATES = {
    "waiting": ("待审批", "brand"),
    "approved": ("已批准", "good"),
    "rejected": ("已驳回", "bad"),
    "withdrawn": ("已撤回", "calm"),
    "expired": ("已过期", "warn"),
}


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """A request as a page shows it.

    Attributes:
        words: what was asked, label and value; empty in lists.
        can_decide: this reader may approve or reject it now.
        can_withdraw: this reader asked for it, and it still waits.
    """

    id: UUID
    title: str
    state: str
    state_title: str
    tone: str
    reason: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str
    decided_at: datetime | None
    outcome: str
    digest: str
    community_id: UUID | None
    words: list[tuple[str, str]]
    can_decide: bool
    can_withdraw: bool
    is_pass: bool
    used_at: datetime | None


def line_of(session: ScopedSession, actor: Actor, row: Approval, *, with_words: bool = False) -> ApprovalLine:
    """The request in the language of the reader."""
    act = find_act(row.act)
    is_waiting = row.state == "waiting" and row.expires_at > now()
    state = row.state if row.state != "waiting" or is_waiting else "expired"
    title, tone = STATES[state]
    is_own = row.asked_by == actor.account_id
    return ApprovalLine(
        id=row.id,
        title=_(act.title) if act else row.act,
        state=state,
        state_title=_(title),
        tone=tone,
        reason=row.reason,
        asked_by=row.asked_by_name,
        asked_at=row.created_at,
        expires_at=row.expires_at,
        decided_by=row.decided_by_name,
        decided_at=row.decided_at,
        outcome=row.outcome,
        digest=row.digest.hex(),
        community_id=row.community_id,
        words=_words(session, row) if with_words else [],
        can_decide=bool(
            is_waiting and not is_own and act is not None and actor.can(act.approves, community_id=row.community_id)
        ),
        can_withdraw=is_waiting and is_own,
        is_pass=act is not None and act.is_pass,
        used_at=row.used_at,
    )


def _words(session: ScopedSession, row: Approval) -> list[tuple[str, str]]:
    act = find_act(row.act)
    if act is not None and act.describe is not None:
        try:
            # Of a plugin this comes contained; the core's own acts stand in this savepoint.
            with session.begin_nested():
                return [(label, value) for label, value in act.describe(session, row.payload) if value]
        except LinliError as error:
            return [(_("说明"), error.message), *_as_stored(row.payload)]
        except Exception:
            # A plugin's words: its fault costs its own words, and the approver still sees what is stored.
            log.exception("an act cannot be described", act=row.act)
    return _as_stored(row.payload)


def _as_stored(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, value in payload.items()]
