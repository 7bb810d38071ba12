"""Asking for an approval and deciding about it. Nobody decides about their own, and what was asked cannot change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from linli.approvals.acts import Act, ApprovalRequired, digest_of, find_act, frozen_payload
from linli.approvals.models import Approval
from linli.approvals.repository import find_approval
from linli.approvals.standing import somebody_else_may, standing_of
from linli.audit import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from linli.kit.text import gettext as _
from linli.kit.tidings import Tiding
from linli.settings.service import get_setting

#: Told in the transaction that asks: what was asked, and the accounts that may decide.
approval_asked: Tiding[ScopedSession, Approval, Sequence[UUID]] = Tiding()
#: Told in the transaction that approves, rejects or lets expire.
approval_decided: Tiding[ScopedSession, Approval] = Tiding()

#: An approval that only gives leave is good for so long.
PASS_LIFE = timedelta(hours=24)
_MOST_REASON = 500
#: Where ``session.info`` keeps what is being performed, approved.
_RUNNING = "approved_act"

_PLUGIN_IS_ON = text("""
SELECT EXISTS (SELECT FROM core.plugin_allowance WHERE plugin = :plugin)
   AND (CAST(:community AS uuid) IS NULL
        OR EXISTS (SELECT FROM core.plugin_enablement WHERE plugin = :plugin AND community_id = :community))
""")


def needs_approval(session: ScopedSession, act_name: str, *, community_id: UUID | None = None) -> bool:  # noqa: ARG001 the street's choice holds in all of its communities
    """Whether this act takes two people here: the street's setting names it, or it always does.

    Raises:
        ValueError: no such act is registered.
    """
    act = _known(act_name)
    return act.always or act_name in get_setting(session, "core", "two_person_acts")


def ask_approval(
    session: ScopedSession,
    actor: Actor,
    act_name: str,
    payload: Mapping[str, Any],
    *,
    reason: str,
    subject: tuple[str, object],
    community_id: UUID | None = None,
) -> UUID:
    """Ask for something that another person has to approve; asking twice for the same gives the same request.

    Args:
        session: the unit of work, of the place.
        actor: who asks; holds ``Act.asks`` there.
        act_name: a registered act.
        payload: JSON values with all that performing it needs; no personal data in clear. Frozen from here on.
        reason: why; the approver reads it.
        subject: type and id of what is acted upon.
        community_id: the community it belongs to; left out, the scope's only one, else the whole street.

    Returns:
        The request's id.

    Raises:
        Forbidden: the actor may not ask for this here.
        Invalid: the reason is too long.
        Conflict: nobody but the actor could approve it.
        ValueError: no such act is registered.
    """
    act = _known(act_name)
    community_id = community_id or session.scope.community_id
    if actor.account_id is None or not actor.can(act.asks, community_id=community_id):
        raise Forbidden
    why = _reason(reason)
    digest = digest_of(act_name, payload)
    same = session.scalar(
        select(Approval.id).where(
            Approval.asked_by == actor.account_id,
            Approval.digest == digest,
            Approval.community_id.is_not_distinct_from(community_id),
            Approval.state == "waiting",
            Approval.expires_at > now(),
        )
    )
    if same is not None:
        return same
    _close_expired(session, actor.account_id, digest, community_id)
    approvers = somebody_else_may(session, act.approves, actor.account_id, actor.permissions, community_id)
    if not approvers:
        raise Conflict(_("这里还没有别人可以审批这件事，请先授予另一人审批的权限"))
    row = Approval(
        community_id=community_id,
        act=act_name,
        subject_type=subject[0],
        subject_id=str(subject[1]),
        payload=frozen_payload(payload),
        digest=digest,
        reason=why,
        asked_by=actor.account_id,
        asked_by_name=actor.display_name,
        expires_at=now() + timedelta(days=get_setting(session, "core", "approval_days")),
    )
    session.add(row)
    session.flush()
    _record(
        session,
        "core.approval.ask",
        row,
        {"digest": digest.hex(), "subject": f"{row.subject_type} {row.subject_id}"},
        why,
    )
    approval_asked.tell(session, row, approvers)
    return row.id


def require_approved(
    session: ScopedSession,
    actor: Actor,
    act_name: str,
    payload: Mapping[str, Any],
    *,
    subject: tuple[str, object],
    reason: str = "",
    community_id: UUID | None = None,
) -> None:
    """Call this at the head of the service function that does the act: it returns only where the act may go on.

    It may where the act takes no second person here, where it is just being performed as approved, with exactly this
    payload, where the asker holds an unused approval for exactly this (an act that ``is_pass``), and for the
    platform's own work from the command line.

    Raises:
        ApprovalRequired: with all that asking needs; a portal or the API then asks by itself.
    """
    if actor.system and actor.account_id is None:
        return
    digest = digest_of(act_name, payload)
    if session.info.get(_RUNNING) == digest or not needs_approval(session, act_name, community_id=community_id):
        return
    act = _known(act_name)
    if act.is_pass and _use_pass(session, actor, act_name, digest):
        return
    raise ApprovalRequired(
        act, payload, subject=subject, reason=reason, community_id=community_id or session.scope.community_id
    )


def approve(session: ScopedSession, actor: Actor, approval_id: UUID, *, digest: str = "") -> Approval:
    """Approve a request and perform it, in this transaction: of two who approve at once, one does.

    Args:
        session: the unit of work, of the request's place.
        actor: who approves.
        approval_id: of the request.
        digest: of what the approver was shown, in hex; refused when it is not what was asked.

    Raises:
        NotFound: no such request that the actor may see.
        Forbidden: the actor asked for it, or holds no role that approves it at that place now.
        Conflict: it was decided or has expired; or the asker may no longer do it; or the act itself is refused.
    """
    row, act = _to_decide(session, actor, approval_id)
    if digest_of(row.act, row.payload) != row.digest or (digest and digest != row.digest.hex()):
        raise Conflict(_("申请的内容与提交时不一致，不能批准"))
    asker = standing_of(session, row.asked_by, actor.permissions, lock=True)
    if asker is None or not asker.can(act.asks, community_id=row.community_id):
        raise Conflict(_("申请人已经没有做这件事的权限，不能批准，请驳回"))
    _decide(row, actor, "approved")
    session.flush()
    _record(session, "core.approval.approve", row, {"asked_by": row.asked_by_name, "digest": row.digest.hex()})
    row.outcome = _performed(session, actor, asker, act, row)[:_MOST_REASON]
    session.flush()
    approval_decided.tell(session, row)
    return row


def reject(session: ScopedSession, actor: Actor, approval_id: UUID, *, reason: str) -> Approval:
    """Refuse a request, saying why.

    Raises:
        NotFound, Forbidden, Conflict: as ``approve``.
        Invalid: no reason was given.
    """
    why = _reason(reason)
    if not why:
        raise Invalid.one("reason", _("请填写驳回原因"))
    row, _act = _to_decide(session, actor, approval_id)
    _decide(row, actor, "rejected")
    row.outcome = why
    session.flush()
    _record(session, "core.approval.reject", row, {"asked_by": row.asked_by_name}, why)
    approval_decided.tell(session, row)
    return row


def withdraw(session: ScopedSession, actor: Actor, approval_id: UUID) -> Approval:
    """Take back one's own request.

    Raises:
        NotFound: no such request that the actor may see.
        Forbidden: somebody else asked for it.
        Conflict: it was decided or has expired.
    """
    row = _waiting(session, actor, approval_id)
    if row.asked_by != actor.account_id:
        raise Forbidden(_("只有申请人可以撤回"))
    _decide(row, actor, "withdrawn")
    session.flush()
    _record(session, "core.approval.take_back", row)
    return row


def expire_approvals(session: ScopedSession, *, limit: int = 500) -> int:
    """Close requests of this scope whose time is over; how many that were. They count as over all the while."""
    rows = session.scalars(
        select(Approval)
        .where(Approval.state == "waiting", Approval.expires_at <= now())
        .order_by(Approval.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _expire(session, row)
    session.flush()
    return len(rows)


def _close_expired(session: ScopedSession, asked_by: UUID, digest: bytes, community_id: UUID | None) -> None:
    # The key that keeps a second click from asking twice knows no clock.
    for row in session.scalars(
        select(Approval)
        .where(
            Approval.asked_by == asked_by,
            Approval.digest == digest,
            Approval.community_id.is_not_distinct_from(community_id),
            Approval.state == "waiting",
        )
        .with_for_update()
    ):
        _expire(session, row)
    session.flush()


def _expire(session: ScopedSession, row: Approval) -> None:
    row.state, row.decided_at = "expired", now()
    _record(session, "core.approval.expire", row)
    approval_decided.tell(session, row)


def _to_decide(session: ScopedSession, actor: Actor, approval_id: UUID) -> tuple[Approval, Act]:
    row = _waiting(session, actor, approval_id)
    act = find_act(row.act)
    if act is None or not _is_on(session, act, row.community_id):
        raise Conflict(_("这项功能已经停用，不能审批；申请人可以撤回"))
    if actor.account_id is None or row.asked_by == actor.account_id:
        raise Forbidden(_("不能审批自己的申请，请由另一人审批"))
    # Both as the request knows them (a token may carry less) and as the grants stand at this moment.
    now_held = standing_of(session, actor.account_id, actor.permissions, lock=True)
    places = {"community_id": row.community_id}
    if not actor.can(act.approves, **places) or now_held is None or not now_held.can(act.approves, **places):
        raise Forbidden(_("您没有审批这件事的权限"))
    return row, act


def _waiting(session: ScopedSession, actor: Actor, approval_id: UUID) -> Approval:
    row = find_approval(session, actor, approval_id, lock=True)
    if row is None:
        raise NotFound(_("没有找到这项申请"))
    if row.state != "waiting":
        raise Conflict(_("这项申请已经有结果了"))
    if row.expires_at <= now():
        raise Conflict(_("这项申请已经过期，请重新提出"))
    return row


def _is_on(session: ScopedSession, act: Act, community_id: UUID | None) -> bool:
    if act.owner == "core":
        return True
    return bool(session.scalar(_PLUGIN_IS_ON, {"plugin": act.owner, "community": community_id}))


def _decide(row: Approval, actor: Actor, state: str) -> None:
    row.state, row.decided_by, row.decided_by_name = state, actor.account_id, actor.display_name
    row.decided_at = now()


def _performed(session: ScopedSession, actor: Actor, asker: Actor, act: Act, row: Approval) -> str:
    # The record names the asker for the act itself, and the approver for the approval, under one request id.
    asker = Actor(
        account_id=asker.account_id,
        display_name=asker.display_name,
        grants=asker.grants,
        permissions=asker.permissions,
        request_id=actor.request_id,
        locale=actor.locale,
    )
    session.info[_RUNNING], session.info["actor"] = row.digest, asker
    try:
        return act.perform(session, asker, row.payload)
    except ApprovalRequired as error:
        # What would be done now is no longer what was asked for.
        raise Conflict(_("情况已经变化，与申请的内容不一致，请驳回后重新申请")) from error
    finally:
        session.info[_RUNNING], session.info["actor"] = None, actor


def _use_pass(session: ScopedSession, actor: Actor, act_name: str, digest: bytes) -> bool:
    row = session.scalar(
        select(Approval)
        .where(
            Approval.act == act_name,
            Approval.digest == digest,
            Approval.asked_by == actor.account_id,
            Approval.state == "approved",
            Approval.used_at.is_(None),
            Approval.decided_at > now() - PASS_LIFE,
        )
        .order_by(Approval.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or row.used_at is not None:
        return False
    row.used_at = now()
    session.flush()
    _record(session, "core.approval.use", row)
    return True


def _known(act_name: str) -> Act:
    act = find_act(act_name)
    if act is None:
        raise ValueError(f"no act {act_name!r} is registered")
    return act


def _reason(text_: str) -> str:
    why = " ".join(text_.split())
    if len(why) > _MOST_REASON:
        raise Invalid(errors=[FieldError("reason", _("太长"), _("最多 {n} 个字").format(n=_MOST_REASON))])
    return why


def _record(
    session: ScopedSession, action: str, row: Approval, more: Mapping[str, Any] | None = None, reason: str = ""
) -> None:
    after = {"act": row.act, **(more or {})}
    record(session, action, ("approval", row.id), community_id=row.community_id, after=after, reason=reason)
