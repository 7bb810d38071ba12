"""Earning: what was asked for, cut to the day's caps, noted, and written to the ledger. Told twice it earns once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import aliased

from linli.sdk import Actor, Invalid, ScopedSession, new_id, now, record, today
from linli.sdk import gettext as _
from linli_waste_sorting.points import ledger, terms
from linli_waste_sorting.points.models import RULES, Claim, Entry, Purse
from linli_waste_sorting.points.rule_keys import CAPS, HOUSEHOLD_CAP
from linli_waste_sorting.points.telling import tell_reversed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What points rest on.

    Attributes:
        source: one of ``models.SOURCES``.
        source_id: tells it from all others of the source for good.
        day: on which it happened, Asia/Shanghai: its caps hold.
        at: when it happened or was seen.
        measure: minutes of a watch.
        turn: how often it was counted before.
        actor: of the staff; ``None`` where it follows from a record.
        note: why, in somebody's words.
    """

    source: str
    source_id: UUID
    day: date
    at: datetime
    measure: int = 0
    turn: int = 0
    actor: Actor | None = None
    note: str = ""


def earn(session: ScopedSession, purse: Purse, ground: Ground, points: int, *, cut: str = "") -> Claim:
    """Give points, as many as the caps leave; the same ground a second time gives what was given the first time.

    Args:
        session: the unit of work; the purse is locked in it, so that nobody earns beside.
        purse: of the household.
        ground: what they rest on.
        points: what the rule asks for.
        cut: why nothing is given at all, one of ``models.CUTS``; empty where the caps alone decide.
    """
    held = find_claim(session, purse.community_id, ground.source, ground.source_id, ground.turn)
    if held is not None:
        return held
    given, why = (0, cut) if cut and points else _capped(session, purse, ground, points)
    claim = _noted(session, purse, ground, points, given, why)
    if given:
        ends_on = ledger.last_day(session, ground.day, purse.compound_id)
        ledger.post(session, purse, "earn", given, day=ground.day, ends_on=ends_on, claim=claim)
    return claim


def find_claim(session: ScopedSession, community_id: UUID, source: str, source_id: UUID, turn: int = 0) -> Claim | None:
    """What was asked for on a ground."""
    same = (Claim.source == source, Claim.source_id == source_id, Claim.turn == turn)
    return session.scalar(select(Claim).where(Claim.community_id == community_id, *same))


def newest_claim(session: ScopedSession, community_id: UUID, source: str, source_id: UUID) -> Claim | None:
    """What was asked for last on a ground that is counted anew."""
    same = select(Claim).where(Claim.community_id == community_id, Claim.source == source, Claim.source_id == source_id)
    return session.scalar(same.order_by(Claim.turn.desc()).limit(1))


def entry_of(session: ScopedSession, claim: Claim) -> Entry | None:
    """The entry that a claim was given by; ``None`` where nothing was given."""
    return session.scalar(select(Entry).where(Entry.community_id == claim.community_id, Entry.claim_id == claim.id))


def is_reversed(session: ScopedSession, entry: Entry) -> bool:
    """Whether an entry was taken back."""
    mine = select(Entry.id).where(Entry.community_id == entry.community_id, Entry.reverses_id == entry.id)
    return session.scalar(mine) is not None


def take_back(session: ScopedSession, purse: Purse, entry: Entry, reason: str, actor: Actor | None = None) -> Entry:
    """Take points back that were given, whole; a second call changes nothing. The household is told, and why.

    What of it was spent meanwhile stays as a debt that the next points cover: nobody keeps what they should not have
    had, and nobody has to bring anything back.

    Args:
        session: the unit of work; the purse is locked in it.
        purse: of the household, as it was when they were given.
        entry: of the kind ``earn``.
        reason: why; the household reads it.
        actor: of the staff; ``None`` where a record was corrected.

    Raises:
        Invalid: no reason is given.
    """
    held = session.scalar(select(Entry).where(Entry.community_id == entry.community_id, Entry.reverses_id == entry.id))
    if held is not None:
        return held
    if not reason.strip():
        raise Invalid.one("reason", _("请写明原因"), _("住户会看到"))
    ground = Ground(source="reversal", source_id=entry.id, day=today(), at=now(), actor=actor, note=reason.strip())
    claim = _noted(session, purse, ground, 0, 0, "")
    row = ledger.post(session, purse, "reverse", entry.points, day=today(), claim=claim, reverses=entry)
    subject = ("points_entry", entry.id)
    record(
        session, "waste_sorting.entry.reverse", subject, community_id=purse.community_id, after={"given": entry.points}
    )
    if purse.closed_at is None:
        tell_reversed(session, purse, row, reason.strip())
    return row


def earned_on(session: ScopedSession, purse_id: UUID, day: date) -> dict[str, int]:
    """Rule to the points that a household has of a day by it; what was taken back counts in no cap."""
    undone = aliased(Entry)
    rows = session.execute(
        select(Claim.source, func.sum(Entry.points))
        .join(Entry, and_(Entry.tenant_id == Claim.tenant_id, Entry.claim_id == Claim.id, Entry.kind == "earn"))
        .where(
            Claim.purse_id == purse_id,
            Claim.day == day,
            Claim.source.in_(RULES),
            ~exists().where(undone.tenant_id == Entry.tenant_id, undone.reverses_id == Entry.id),
        )
        .group_by(Claim.source)
    )
    found: dict[str, int] = {}
    for source, points in rows:
        found[RULES[source]] = found.get(RULES[source], 0) + int(points)
    return found


def _capped(session: ScopedSession, purse: Purse, ground: Ground, points: int) -> tuple[int, str]:
    """How many are given, and why no more."""
    rule = RULES.get(ground.source)
    if rule is None or not points:
        return points, ""
    earned = earned_on(session, purse.id, ground.day)
    caps = (
        ("rule_cap", terms.number(session, CAPS[rule], purse.compound_id), earned.get(rule, 0)),
        ("household_cap", terms.number(session, HOUSEHOLD_CAP, purse.compound_id), sum(earned.values())),
    )
    given, why = points, ""
    for name, cap, had in caps:
        left = given if cap is None else max(cap - had, 0)
        if left < given:
            given, why = left, name
    return given, why


def _noted(session: ScopedSession, purse: Purse, ground: Ground, asked: int, given: int, why: str) -> Claim:
    actor = ground.actor
    row = Claim(
        id=new_id(),
        community_id=purse.community_id,
        purse_id=purse.id,
        source=ground.source,
        source_id=ground.source_id,
        turn=ground.turn,
        day=ground.day,
        at=ground.at,
        asked=asked,
        given=given,
        why=why,
        measure=ground.measure,
        acted_by=actor.account_id if actor else None,
        acted_by_name=actor.display_name if actor else "",
        note=ground.note,
    )
    session.add(row)
    session.flush()
    return row
