"""What a household sees of itself: what was found in its bags, what followed, and what it may object to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from linli.sdk import (
    SHANGHAI,
    Actor,
    Duration,
    NotFound,
    ScopedSession,
    Stay,
    due_on,
    now,
    rule_value,
    stays_of,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.inspections.models import Appeal, Finding, Round, Step
from linli_waste_sorting.inspections.rule_keys import APPEAL

#: Of each, the newest.
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A finding or a step of one's own household.

    Attributes:
        appeal: what was said against it; ``None`` for nothing.
        last_day: the last day on which something may be said; ``None`` where the rule knows no end.
    """

    row: Finding | Step
    appeal: Appeal | None
    last_day: date | None

    @property
    def may_appeal(self) -> bool:
        """Whether something may still be said against it."""
        if isinstance(self.row, Finding):
            stands = self.row.struck_at is None and self.row.result != "correct"
        else:
            stands = self.row.taken_back_at is None and self.row.kind != "service"
        return stands and self.appeal is None and (self.last_day is None or today() <= self.last_day)


def homes(session: ScopedSession, actor: Actor, community_id: UUID) -> list[Stay]:
    """Where the actor is at home in a community."""
    return [each for each in stays_of(session, actor.resident_ids) if each.community_id == community_id]


def is_at_home(session: ScopedSession, actor: Actor, dwelling_id: UUID, day: date) -> bool:
    """Whether the actor is at home in a dwelling, and was so on a day."""
    return any(
        each.dwelling_id == dwelling_id and (each.since is None or each.since <= day)
        for each in stays_of(session, actor.resident_ids)
    )


def own_findings(session: ScopedSession, actor: Actor, community_id: UUID) -> list[OwnLine]:
    """What was found in one's own household's bags since one lives there, the newest first."""
    stays = homes(session, actor, community_id)
    if not stays:
        return []
    theirs = or_(*(_since(Finding.dwelling_id, Finding.day, each) for each in stays))
    rows = session.execute(
        select(Finding, Round.finished_at, Appeal)
        .join(Round, and_(Round.tenant_id == Finding.tenant_id, Round.id == Finding.round_id))
        .outerjoin(Appeal, and_(Appeal.tenant_id == Finding.tenant_id, Appeal.finding_id == Finding.id))
        .where(Finding.is_final, theirs)
        .order_by(Finding.id.desc())
        .limit(MOST_SHOWN)
    ).all()
    lasts = _periods(session, stays)
    return [OwnLine(row, appeal, _last_day(session, lasts, row, _day(told))) for row, told, appeal in rows]


def own_steps(session: ScopedSession, actor: Actor, community_id: UUID) -> list[OwnLine]:
    """What was done about one's own household since one lives there, the newest first."""
    stays = homes(session, actor, community_id)
    if not stays:
        return []
    theirs = or_(*(_since(Step.dwelling_id, Step.done_on, each) for each in stays))
    rows = session.execute(
        select(Step, Appeal)
        .outerjoin(Appeal, and_(Appeal.tenant_id == Step.tenant_id, Appeal.step_id == Step.id))
        .where(theirs)
        .order_by(Step.id.desc())
        .limit(MOST_SHOWN)
    ).all()
    lasts = _periods(session, stays)
    return [OwnLine(row, appeal, _last_day(session, lasts, row, _day(row.created_at))) for row, appeal in rows]


def own_finding(session: ScopedSession, actor: Actor, community_id: UUID, finding_id: UUID) -> OwnLine:
    """One finding about one's own household. Raises ``NotFound``."""
    return _one(own_findings(session, actor, community_id), finding_id)


def own_step(session: ScopedSession, actor: Actor, community_id: UUID, step_id: UUID) -> OwnLine:
    """One step about one's own household. Raises ``NotFound``."""
    return _one(own_steps(session, actor, community_id), step_id)


def _one(lines: Sequence[OwnLine], row_id: UUID) -> OwnLine:
    found = next((each for each in lines if each.row.id == row_id), None)
    if found is None:
        raise NotFound(_("没有找到这条记录"))
    return found


def _since(dwelling: Any, day: Any, stay: Stay) -> ColumnElement[bool]:
    here = dwelling == stay.dwelling_id
    return here if stay.since is None else and_(here, day >= stay.since)


def _periods(session: ScopedSession, stays: Sequence[Stay]) -> dict[UUID, Duration | None]:
    """Compound to how long one may object there."""
    compounds = {each.compound_id for each in stays}
    return {each: rule_value(session, APPEAL, compound_id=each).value for each in compounds}  # type: ignore[misc]


def _last_day(
    session: ScopedSession, periods: Mapping[UUID, Duration | None], row: Finding | Step, told: date
) -> date | None:
    period = periods.get(row.compound_id)
    return due_on(session, told, period) if period else None


def _day(moment: datetime | None) -> date:
    return (moment or now()).astimezone(SHANGHAI).date()
