"""What the bin watch does by itself."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from linli.sdk import SHANGHAI, SYSTEM, new_id, today
from linli.testing.jobs import run_task
from linli_waste_sorting.watch import planning
from linli_waste_sorting.watch.models import Duty, Shift
from linli_waste_sorting.watch.schemas import ShiftPlan


def test_reminded_once_counted_once_and_gaps_told_once(house, world, own, make_station) -> None:
    yesterday, tomorrow = today() - timedelta(days=1), today() + timedelta(days=1)

    def shift(session, station, day: date, hours: str):
        wanted = ShiftPlan(stations=[station.id], first=tomorrow, last=tomorrow, hours=hours, wanted=2)
        plan_id = planning.plan_shifts(session, SYSTEM, own.id, wanted).plan_id
        row = session.scalars(select(Shift).where(Shift.plan_id == plan_id)).one()
        row.day = day
        return row.id

    with house.database.unit_of_work(own.scope, SYSTEM) as session:
        station = make_station(session, own)
        coming, over = shift(session, station, tomorrow, "7:00-9:00"), shift(session, station, yesterday, "9:00-11:00")
        given = {"community_id": own.id, "account_id": own.resident_account, "person_name": "示范居民"}
        session.add(Duty(id=new_id(), shift_id=coming, **given))
        came = datetime.combine(yesterday, time(9), SHANGHAI)
        duty_id = new_id()
        session.add(Duty(id=duty_id, shift_id=over, came_at=came, came_by="code", **given))

    def run(name: str):
        return run_task(house, world.here.scope, f"waste_sorting.{name}")

    assert [run("remind_of_shifts")["told"] for _each in range(2)] == [1, 0]
    assert [run("count_watches")["counted"] for _each in range(2)] == [1, 0]
    with house.database.unit_of_work(own.scope, SYSTEM) as session:
        assert session.scalars(select(Duty.minutes).where(Duty.id == duty_id)).one() == 120
    told = [run("warn_of_gaps")["told"] for _each in range(2)]
    assert told[0] >= 1, "one place of tomorrow is free"
    assert told[1] == 0
