"""What the demo street shows of the plugin."""

# The Chinese here is data, not interface.
from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from linli.sdk import Actor, ScopedSession, community_outline, today
from linli_waste_sorting.bookings.demo import fill_bookings
from linli_waste_sorting.guide.demo import fill_guide
from linli_waste_sorting.indicators.demo import fill_indicators, fill_street_rankings
from linli_waste_sorting.inspections.demo import fill_inspections
from linli_waste_sorting.instructors.demo import fill_instructors
from linli_waste_sorting.parties.schemas import PartyWrite
from linli_waste_sorting.parties.service import name_party
from linli_waste_sorting.points.demo import fill_points
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.stations.schemas import Bins, StationCreate
from linli_waste_sorting.stations.service import create_station
from linli_waste_sorting.watch.demo import fill_watch
from linli_waste_sorting.weights.demo import fill_weights

_PEAKS = "7:00-9:00、18:00-20:00"
_FOUR = [
    Bins(category="kitchen", pieces=2, litres=240),
    Bins(category="other", pieces=3, litres=240),
    Bins(category="recyclable", pieces=1, litres=240),
    Bins(category="hazardous", pieces=1, litres=120),
]
_PAIR = [Bins(category="kitchen", pieces=1, litres=120), Bins(category="other", pieces=2, litres=240)]


def fill(session: ScopedSession, actor: Actor, community_id: UUID | None) -> None:
    """Stations in each compound of a community and three months of what happened there, unless it has some."""
    if community_id is None:
        fill_street_rankings(session, actor)
        return
    if session.scalar(select(Station.id).limit(1)) is None:
        _fill_stations(session, actor, community_id)
    # Each by itself looks whether it has rows: a demo of an earlier version gets those of what came later.
    fill_watch(session, community_id)
    fill_inspections(session, actor, community_id)
    fill_weights(session, actor, community_id)
    fill_bookings(session, actor, community_id)
    fill_guide(session, actor, community_id)
    fill_points(session, actor, community_id)
    fill_instructors(session, community_id)
    # The last: it counts what the others have.
    fill_indicators(session, actor, community_id)


def _fill_stations(session: ScopedSession, actor: Actor, community_id: UUID) -> None:
    for compound in community_outline(session, community_id):
        for data in _stations(compound.id, len(compound.buildings)):
            create_station(session, actor, community_id, data)
        decided = today().replace(month=1, day=10)
        party = PartyWrite(
            compound_id=compound.id,
            kind="street_decision",
            name="示范社区居委会准物业服务站",
            contact="010-0000-0000",
            decision="示范街发〔2026〕1号",
            decided_on=decided,
            starts_on=decided,
        )
        name_party(session, actor, community_id, party)


def _stations(compound_id: UUID, buildings: int) -> list[StationCreate]:
    found = [
        StationCreate(
            compound_id=compound_id,
            name="1号站",
            kind="staffed",
            place="南门内东侧",
            hours=_PEAKS,
            containers=_FOUR,
            note="其他时间请联系值守人员开门。",
        )
    ]
    found += [
        StationCreate(
            compound_id=compound_id, name=f"{n + 1}号点", place=f"{2 * n}号楼北侧", hours=_PEAKS, containers=_PAIR
        )
        for n in range(1, max(buildings // 2, 1) + 1)
    ]
    bulky = StationCreate(
        compound_id=compound_id,
        name="大件垃圾点",
        kind="bulky",
        place="东墙外空地",
        weekdays=[5, 6],
        hours="9:00-17:00",
        containers=[Bins(category="bulky", pieces=1)],
        note="沙发、床垫等请提前拆开；装修垃圾不收。",
    )
    return [*found, bulky]
