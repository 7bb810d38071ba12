"""The duties of a plugin that ships, judged day by day: kitchen waste each day, the ledger each month."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from linli.kit.actor import SYSTEM
from linli.kit.clock import SHANGHAI, frozen, today
from linli.obligations.models import ObligationRecord
from linli.obligations.service import judge_community
from linli_waste_sorting.stations.schemas import Bins, StationCreate
from linli_waste_sorting.stations.service import create_station
from linli_waste_sorting.weights.carriers import create_carrier
from linli_waste_sorting.weights.ledger import Month, month_of
from linli_waste_sorting.weights.reports import reopen_ledger, report_ledger
from linli_waste_sorting.weights.schemas import CarrierWrite, CollectionCreate, ReportReopen
from linli_waste_sorting.weights.service import create_collection


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def month() -> Month:
    """A month that begins after the plugin was switched on, so that all of it is owed."""
    return month_of(today()).after.after


def at(day: date) -> AbstractContextManager[None]:
    """Noon of a day, Asia/Shanghai."""
    return frozen(datetime.combine(day, time(12), SHANGHAI))


@pytest.fixture
def judged(open_session, own, month):
    """How a duty stands on a day, by the last day of its periods; watched since the first day of the month."""

    def look(name: str, day: date) -> dict[date, str]:
        with at(day), open_session(own.scope) as session:
            judge_community(session, own.id)
        with open_session(own.scope) as session:
            mine = select(ObligationRecord).where(
                ObligationRecord.obligation == f"waste_sorting.{name}", ObligationRecord.community_id == own.id
            )
            return {row.last_day: row.state for row in session.scalars(mine)}

    with open_session(own.scope) as session:
        data = StationCreate(
            compound_id=own.compound, name="厨余站", place="南门", containers=[Bins(category="kitchen", pieces=1)]
        )
        create_station(session, SYSTEM, own.id, data)
    look("ledger", month.first)
    return look


def test_the_ledger_is_owed_until_the_tenth_and_again_once_it_is_taken_back(open_session, own, month, judged) -> None:
    tenth = month.last + timedelta(days=10)
    with at(tenth), open_session(own.scope) as session:
        row = report_ledger(session, SYSTEM, own.id, month)
    assert judged("ledger", tenth)[month.last] == "fulfilled"
    with at(tenth), open_session(own.scope) as session:
        reopen_ledger(session, SYSTEM, own.id, row.id, ReportReopen(reason="漏记"))
    assert judged("ledger", tenth)[month.last] == "due"
    day_after = tenth + timedelta(days=1)
    assert judged("ledger", day_after)[month.last] == "overdue"
    with at(day_after), open_session(own.scope) as session:
        report_ledger(session, SYSTEM, own.id, month)
    assert judged("ledger", day_after)[month.last] == "late"


def test_kitchen_waste_is_owed_each_day_and_counts_for_the_day_on_which_it_was_taken(
    open_session, own, month, judged
) -> None:
    second, third = (month.first + timedelta(days=n) for n in (1, 2))
    assert judged("kitchen", second)[second] == "due"
    found = judged("kitchen", third)
    assert (found[second], found[third]) == ("overdue", "due")
    with at(third), open_session(own.scope) as session:
        carrier = create_carrier(session, SYSTEM, own.id, CarrierWrite(name="环卫中心"))
        given = {"compound_id": own.compound, "category": "kitchen", "carrier_id": carrier.id, "pieces": 1}
        for day in (second, third):
            data = CollectionCreate(day=day, destination="处理厂", confirmed=True, **given)
            create_collection(session, SYSTEM, own.id, data)
    found = judged("kitchen", third)
    assert (found[second], found[third]) == ("fulfilled", "fulfilled")
