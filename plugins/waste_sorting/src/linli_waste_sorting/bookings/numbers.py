"""The numbers of pick-ups and full bins on the street's board and the first pages' cards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select, true

from linli.sdk import Actor, Card, Metric, ScopedSession, Todo, focus, reach_of, today
from linli.sdk import gettext as _
from linli_waste_sorting.bookings import repository
from linli_waste_sorting.bookings.models import OPEN, Booking, FullReport, Slot
from linli_waste_sorting.bookings.permissions import BOOK, COUNT_BOOKINGS, READ_BOOKINGS, READ_REPORTS
from linli_waste_sorting.bookings.words import STATES, TONES, fetched_titles, hours_of

BOOKING_METRICS = (
    Metric(
        name="waste_sorting.open_bookings",
        title="未办结的上门回收预约",
        measure=repository.open_bookings,
        needs=COUNT_BOOKINGS,
        path="bookings",
        path_needs=READ_BOOKINGS,
        order=310,
    ),
    Metric(
        name="waste_sorting.open_full_reports",
        title="未处理的满桶报告",
        measure=repository.open_reports,
        needs=COUNT_BOOKINGS,
        path="full_reports",
        path_needs=READ_REPORTS,
        order=320,
    ),
)


def _for_staff(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:
    mine, on = repository.within(reach_of(actor, READ_BOOKINGS)), focus().compound_id
    here = Booking.compound_id == on if on else true()
    reported_here = FullReport.compound_id == on if on else true()
    is_today = (Booking.state == "confirmed") & (Slot.day == today())
    full = (
        select(func.count())
        .where(FullReport.handled_at.is_(None), _reports_within(actor), reported_here)
        .scalar_subquery()
    )
    asked, fetched, reported = session.execute(
        select(
            func.count().filter(Booking.state == "requested"),
            func.count().filter(is_today),
            full,
        )
        .join(Slot, (Slot.tenant_id == Booking.tenant_id) & (Slot.id == Booking.slot_id))
        .where(Booking.state.in_(OPEN), mine, here)
    ).one()
    return {"asked": asked, "fetched": fetched, "full": reported, "today": today().isoformat()}


def _reports_within(actor: Actor) -> Any:
    reach = reach_of(actor, READ_REPORTS)
    if reach.everywhere:
        return True
    return FullReport.community_id.in_(reach.communities) | FullReport.compound_id.in_(reach.compounds)


def _for_residents(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:
    found = repository.next_pickup(session, actor)
    if found is None:
        return {"booking": None}
    row, slot = found
    return {
        "booking": {"id": row.id, "state": _(STATES[row.state]), "tone": TONES.get(row.state, "calm")},
        "kind": fetched_titles(session)[slot.category],
        "day": slot.day,
        "hours": hours_of(slot),
    }


def _pickup(session: ScopedSession, actor: Actor, _first: date, last: date) -> list[Todo]:
    """What is fetched from the actor next."""
    found = repository.next_pickup(session, actor)
    if found is None or found[1].day > last:
        return []
    row, slot = found
    title = _("上门回收：{kind}").format(kind=fetched_titles(session)[slot.category])
    return [Todo(title=title, path=f"bookings/{row.id}", on=slot.day, detail=hours_of(slot), is_planned=True)]


BOOKING_CARDS = (
    Card(
        "admin", "上门回收和满桶", "waste_sorting/bookings_card_admin.html", _for_staff, needs=READ_BOOKINGS, order=61
    ),
    Card(
        "resident",
        "上门回收",
        "waste_sorting/bookings_card_resident.html",
        _for_residents,
        needs=BOOK,
        order=61,
        group="requests",
        todo=_pickup,
    ),
)
