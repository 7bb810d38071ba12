"""Points that staff give: on the spot for a bag that they see, and by hand for a reason; and what looks odd in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from linli.sdk import (
    Act,
    Actor,
    Conflict,
    Duration,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    door_labels,
    new_id,
    now,
    recheck_obligations,
    record,
    require_approved,
    rule_value,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.points import codes, earning, terms
from linli_waste_sorting.points.earning import Ground
from linli_waste_sorting.points.models import Claim, Entry, Flag, Purse
from linli_waste_sorting.points.permissions import APPROVE, AWARD, GRANT
from linli_waste_sorting.points.purses import lock_purse, purse_at, purse_of_code, refuse_own
from linli_waste_sorting.points.rule_keys import (
    BAG,
    BURST_MINUTES,
    BURST_MOST,
    GRANT_ALONE,
    GRANT_MOST,
    OFTEN_MOST,
    OFTEN_WITHIN,
)
from linli_waste_sorting.points.telling import tell_flagged

GRANT_ACT = "waste_sorting.grant_points"


@dataclass(frozen=True, slots=True)
class Given:
    """What became of giving points: what was asked for and given, and why it will be looked at."""

    claim: Claim
    flags: tuple[str, ...] = ()


def award(session: ScopedSession, actor: Actor, community_id: UUID, code: str, once: UUID | None = None) -> Given:
    """Give the points of a bag that one sees sorted right, to the household whose code was read.

    Args:
        session: of the community.
        actor: who sees it.
        community_id: whose household it is.
        code: of the household.
        once: what the sender calls this bag; sent again it gives nothing more.

    Raises:
        NotFound: no household has the code.
        Forbidden: the actor may not there.
        Conflict: it is the actor's own household, or the rule gives nothing for a bag.
    """
    purse = purse_of_code(session, community_id, code)
    if not may(actor, AWARD, purse):
        raise Forbidden
    refuse_own(session, actor, purse)
    points = terms.number(session, BAG, purse.compound_id) or 0
    if not points:
        raise Conflict(_("这里的规则不给投放垃圾计分"))
    moment = now()
    ground = Ground(source="award", source_id=once or new_id(), day=today(), at=moment, actor=actor)
    held = earning.find_claim(session, community_id, "award", ground.source_id)
    if held is not None:
        return _again(session, purse, held)
    claim = earning.earn(session, purse, ground, points)
    _note(session, "award", purse, claim)
    entry = earning.entry_of(session, claim)
    if entry is None:
        return Given(claim)
    flags = tuple(_suspicions(session, purse, claim))
    for reason in flags:
        _raise_flag(session, purse, entry, reason)
    return Given(claim, flags)


def grant(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    dwelling_id: UUID,
    points: int,
    reason: str,
    once: UUID | None = None,
) -> Claim:
    """Give points by hand, for a reason that the household reads. Many points take a second person.

    Args:
        session: of the community.
        actor: who gives them.
        community_id: whose household it is.
        dwelling_id: where it lives.
        points: how many; the day's caps do not hold.
        reason: what for.
        once: what the sender calls this gift; sent again it gives nothing more.

    Raises:
        Forbidden: the actor may not.
        Invalid: nobody lives there, or it is more than may be given at once.
        Conflict: it is the actor's own household; as ``ApprovalRequired`` where a second person has to approve.
    """
    if not actor.can(GRANT, community_id=community_id):
        raise Forbidden
    purse = purse_at(session, community_id, dwelling_id)
    if purse is None:
        raise Invalid.one("door", _("这一户现在没有人住"), _("请选择有人居住的房屋"))
    refuse_own(session, actor, purse)
    once = once or new_id()
    held = earning.find_claim(session, community_id, "grant", once)
    if held is not None:
        return _again(session, purse, held).claim
    most, alone = (terms.number(session, key, purse.compound_id) for key in (GRANT_MOST, GRANT_ALONE))
    if not reason.strip():
        raise Invalid.one("reason", _("请写明原因"), _("住户会看到"))
    if points < 1 or (most is not None and points > most):
        raise Invalid.one("points", _("超出一次能发的积分"), _("1 到 {n}").format(n=most if most is not None else "…"))
    if alone is not None and points > alone:
        payload = {
            "dwelling_id": str(dwelling_id),
            "community_id": str(community_id),
            "points": points,
            "reason": reason.strip(),
            "once": str(once),
        }
        subject = ("dwelling", dwelling_id)
        require_approved(
            session, actor, GRANT_ACT, payload, subject=subject, reason=reason.strip(), community_id=community_id
        )
    ground = Ground(source="grant", source_id=once, day=today(), at=now(), actor=actor, note=reason.strip())
    claim = earning.earn(session, purse, ground, points)
    _note(session, "grant", purse, claim)
    return claim


def give_card(session: ScopedSession, actor: Actor, community_id: UUID, purse_id: UUID) -> Purse:
    """Let a household that has no phone have a card: its letters are drawn anew, and the card before is worth nothing.

    Raises:
        NotFound: there is no such purse, or its household is gone.
        Forbidden: the actor may not there.
    """
    row = lock_purse(session, community_id, purse_id)
    if not may(actor, GRANT, row):
        raise Forbidden
    if row.closed_at is not None:
        raise NotFound(_("这一户已经搬走，账户已关闭"))
    row.code, row.carded_at = codes.new_card(row), now()
    session.flush()
    record(session, "waste_sorting.purse.give_card", ("points_purse", row.id), community_id=community_id)
    return row


def may(actor: Actor, permission: str, purse: Purse) -> bool:
    """Whether the actor holds a permission at the door of a purse."""
    where = {"community_id": purse.community_id, "compound_id": purse.compound_id, "building_id": purse.building_id}
    return actor.can(permission, **where)


def _again(session: ScopedSession, purse: Purse, held: Claim) -> Given:
    if held.purse_id != purse.id:
        raise Conflict(_("这个编号已经用于另一户，请重新打开页面再发"))
    entry = earning.entry_of(session, held)
    if entry is None:
        return Given(held)
    flags = session.scalars(select(Flag.reason).where(Flag.entry_id == entry.id).order_by(Flag.id))
    return Given(held, tuple(flags))


def _suspicions(session: ScopedSession, purse: Purse, claim: Claim) -> list[str]:
    found = []
    if not terms.is_within_hours(session, claim.at, purse.compound_id):
        found.append("window")
    if claim.acted_by is None:
        return found
    mine = (Claim.community_id == claim.community_id, Claim.source == "award", Claim.acted_by == claim.acted_by)
    span = rule_value(session, OFTEN_WITHIN, compound_id=purse.compound_id).value
    most = terms.number(session, OFTEN_MOST, purse.compound_id)
    if isinstance(span, Duration) and most is not None:
        since = claim.at - timedelta(days=span.n)
        if _count(session, *mine, Claim.purse_id == purse.id, Claim.at > since) > most:
            found.append("often")
    minutes, many = (terms.number(session, key, purse.compound_id) for key in (BURST_MINUTES, BURST_MOST))
    if minutes is not None and many is not None:
        since = claim.at - timedelta(minutes=minutes)
        if _count(session, *mine, Claim.at > since) > many:
            found.append("burst")
    return found


def _count(session: ScopedSession, *conditions: Any) -> int:
    return session.scalar(select(func.count()).select_from(Claim).where(*conditions)) or 0


def _raise_flag(session: ScopedSession, purse: Purse, entry: Entry, reason: str) -> None:
    row = Flag(
        id=new_id(),
        community_id=purse.community_id,
        compound_id=purse.compound_id,
        entry_id=entry.id,
        reason=reason,
        raised_at=now(),
    )
    session.add(row)
    session.flush()
    tell_flagged(session, row)
    recheck_obligations(session, row.community_id)


def _note(session: ScopedSession, verb: str, purse: Purse, claim: Claim) -> None:
    # Which household it is stays out of the record: others read it.
    told = {"asked": claim.asked, "given": claim.given, "cut": claim.why}
    record(
        session,
        f"waste_sorting.purse.{verb}",
        ("points_purse", purse.id),
        community_id=purse.community_id,
        after=told,
        reason=claim.note,
    )


def _perform(session: ScopedSession, actor: Actor, payload: Mapping[str, Any]) -> str:
    claim = grant(
        session,
        actor,
        UUID(payload["community_id"]),
        UUID(payload["dwelling_id"]),
        payload["points"],
        payload["reason"],
        UUID(payload["once"]),
    )
    return _("已发 {n} 分").format(n=claim.given)


def _describe(session: ScopedSession, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    dwelling_id = UUID(payload["dwelling_id"])
    return [
        (_("住户"), door_labels(session, [dwelling_id]).get(dwelling_id, "—")),
        (_("积分"), str(payload["points"])),
        (_("原因"), payload["reason"]),
    ]


POINT_ACTS = (
    # Which of them take two people is the rule's to say, see ``grant``: those that come here always do.
    Act(GRANT_ACT, "手工发积分", GRANT, APPROVE, _perform, _describe, always=True),
)
