"""What the plugin's own events earn: a bag found correct, a watch, a pick-up; and what falls when a record falls."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from linli.sdk import EventHandler, ScopedSession, now, rule_value, stays_of_account
from linli.sdk import gettext as _
from linli_waste_sorting.bookings.events import PickupFetched
from linli_waste_sorting.bookings.models import Booking
from linli_waste_sorting.inspections.events import BagFoundCorrect, FindingStruck
from linli_waste_sorting.inspections.models import Finding, Round
from linli_waste_sorting.points import earning, terms
from linli_waste_sorting.points.earning import Ground
from linli_waste_sorting.points.models import Claim, Purse
from linli_waste_sorting.points.purses import lives_there, lock_purse, purse_at
from linli_waste_sorting.points.rule_keys import BAG, PICKUP, PICKUP_KINDS, WATCH_HOUR
from linli_waste_sorting.watch.events import WatchCounted

_HOUR = 60


def earn_for_bag(session: ScopedSession, event: BagFoundCorrect) -> None:
    """A household's bag was found correct on a round: it earns, unless it was struck out meanwhile."""
    found = session.execute(
        select(Finding, Round.inspector_id)
        .join(Round, (Round.tenant_id == Finding.tenant_id) & (Round.id == Finding.round_id))
        .where(Finding.id == event.finding_id, Finding.community_id == event.community_id)
    ).one_or_none()
    if found is None:
        return
    finding, inspector_id = found
    if finding.dwelling_id is None or finding.result != "correct" or finding.struck_at is not None:
        return
    purse = purse_at(session, event.community_id, finding.dwelling_id)
    if purse is None:
        return
    cut = "" if terms.is_within_hours(session, finding.noted_at, purse.compound_id) else "window"
    if inspector_id is not None and lives_there(session, inspector_id, finding.dwelling_id):
        cut = "own"
    ground = Ground(source="bag", source_id=finding.id, day=finding.day, at=finding.noted_at)
    earning.earn(session, purse, ground, terms.number(session, BAG, purse.compound_id) or 0, cut=cut)


def drop_bag(session: ScopedSession, event: FindingStruck) -> None:
    """The finding was struck out: what it earned is taken back."""
    claim = earning.find_claim(session, event.community_id, "bag", event.finding_id)
    if claim is not None:
        _take_back(session, claim, _("依据的检查结果已划去"))


def earn_for_watch(session: ScopedSession, event: WatchCounted) -> None:
    """Somebody stood by a station so long; counted anew, the earlier points are taken back and given anew."""
    held = earning.newest_claim(session, event.community_id, "watch", event.duty_id)
    if held is not None and held.measure == event.minutes:
        return
    purse = _purse_of_watch(session, event, held)
    if purse is None:
        return
    if held is not None:
        _take_back(session, held, _("值守时长已更正，按新的时长重新计分"))
    if purse.closed_at is not None:
        return
    points = event.minutes // _HOUR * (terms.number(session, WATCH_HOUR, purse.compound_id) or 0)
    turn = held.turn + 1 if held is not None else 0
    ground = Ground(source="watch", source_id=event.duty_id, day=event.day, at=now(), measure=event.minutes, turn=turn)
    earning.earn(session, purse, ground, points)


def earn_for_pickup(session: ScopedSession, event: PickupFetched) -> None:
    """What a household had booked was fetched."""
    booking = session.scalar(
        select(Booking).where(Booking.id == event.booking_id, Booking.community_id == event.community_id)
    )
    if booking is None or booking.state != "done" or booking.dwelling_id is None:
        return
    purse = purse_at(session, event.community_id, booking.dwelling_id)
    if purse is None:
        return
    kinds = rule_value(session, PICKUP_KINDS, compound_id=purse.compound_id).value
    if not isinstance(kinds, tuple) or event.category not in kinds:
        return
    ground = Ground(source="pickup", source_id=booking.id, day=event.day, at=now())
    earning.earn(session, purse, ground, terms.number(session, PICKUP, purse.compound_id) or 0)


def _purse_of_watch(session: ScopedSession, event: WatchCounted, held: Claim | None) -> Purse | None:
    """Where it was counted before; else the household of whoever stood there, one of that compound first."""
    if held is not None:
        return lock_purse(session, event.community_id, held.purse_id)
    if event.account_id is None:
        return None
    stays = [each for each in stays_of_account(session, event.account_id) if each.community_id == event.community_id]
    home = next((each for each in stays if each.compound_id == event.compound_id), next(iter(stays), None))
    return purse_at(session, event.community_id, home.dwelling_id) if home is not None else None


def _take_back(session: ScopedSession, claim: Claim, reason: str) -> UUID | None:
    purse = lock_purse(session, claim.community_id, claim.purse_id)
    entry = earning.entry_of(session, claim)
    if entry is None:
        return None
    return earning.take_back(session, purse, entry, reason).id


POINT_HANDLERS = (
    EventHandler(BagFoundCorrect, earn_for_bag, "分对垃圾计分"),
    EventHandler(FindingStruck, drop_bag, "划去检查结果时冲回积分"),
    EventHandler(WatchCounted, earn_for_watch, "桶站值守计分"),
    EventHandler(PickupFetched, earn_for_pickup, "上门回收计分"),
)
