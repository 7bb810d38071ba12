"""Work that comes round every day: planned once in every street, done at its time, planned again."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select, text, update

from linli.house import House
from linli.kit.clock import SHANGHAI, frozen, now
from linli.tasks.models import Job
from linli.tasks.registry import Schedule, Task, Tasks
from linli.tasks.runner import JobRunner
from linli.tasks.turns import plan_turns, turn_of
from linli.testing.world import WORLD

NIGHT = time(3, 30)


def every_day(_day: date) -> bool:
    return True


def tasks(handler=lambda run: None, owner: str = "core") -> Tasks:
    name = f"{owner}.tidy_up"
    return Tasks({name: Task(name, handler, schedule=Schedule.daily(NIGHT)), "core.wait": Task("core.wait", handler)})


def turns(house: House, street) -> list[Job]:
    with house.database.unit_of_work(street.scope) as session:
        return list(session.scalars(select(Job).order_by(Job.created_at, Job.id)))


@pytest.mark.parametrize(
    ("after", "turn"),
    [
        (datetime(2026, 5, 1, 19, 29, tzinfo=UTC), datetime(2026, 5, 2, 3, 30, tzinfo=SHANGHAI)),
        (datetime(2026, 5, 1, 19, 30, tzinfo=UTC), datetime(2026, 5, 3, 3, 30, tzinfo=SHANGHAI)),
        (datetime(2026, 5, 1, 19, 31, tzinfo=UTC), datetime(2026, 5, 3, 3, 30, tzinfo=SHANGHAI)),
    ],
)
def test_the_next_turn_is_by_the_clock_of_shanghai(after: datetime, turn: datetime) -> None:
    assert Schedule.daily(NIGHT).next_turn(after, every_day) == turn


@pytest.mark.parametrize(
    ("after", "turn"),
    [
        (datetime(2026, 5, 1, 19, 16, 59, tzinfo=UTC), datetime(2026, 5, 1, 19, 17, tzinfo=UTC)),
        (datetime(2026, 5, 1, 19, 17, tzinfo=UTC), datetime(2026, 5, 1, 20, 17, tzinfo=UTC)),
        (datetime(2026, 5, 1, 23, 59, tzinfo=UTC), datetime(2026, 5, 2, 0, 17, tzinfo=UTC)),
    ],
)
def test_an_hourly_turn_is_at_its_minute(after: datetime, turn: datetime) -> None:
    assert turn_of(Task("core.tick", lambda run: None, schedule=Schedule.hourly(17)), after, every_day) == turn
    assert turn_of(Task("core.wait", lambda run: None), after, every_day) is None


def test_an_hourly_task_waits_for_its_next_hour(house, world) -> None:
    hourly = Tasks({"core.tick": Task("core.tick", lambda run: None, schedule=Schedule.hourly(17))})
    assert plan_turns(house.database, hourly) == 2
    [waiting] = turns(house, world.here)
    assert now() < waiting.run_after <= now() + timedelta(hours=1)
    assert waiting.run_after.minute == 17


def test_each_street_has_one_turn_waiting_however_often_it_is_planned(house, world) -> None:
    for _again in range(3):
        plan_turns(house.database, tasks())
    for street in world.streets:
        waiting = turns(house, street)
        assert [(job.task, job.state) for job in waiting] == [("core.tidy_up", "queued")]
        assert now() < waiting[0].run_after <= now() + timedelta(days=1)


def test_a_turn_is_done_in_its_streets_scope_and_the_next_one_planned(house, world) -> None:
    seen = []
    runner = JobRunner(house, tasks(lambda run: seen.append(run.scope)))
    plan_turns(house.database, tasks())
    runner.run_due()
    assert seen == [], "its time has not come"
    with house.database.unit_of_work(world.here.scope) as session:
        session.execute(update(Job).values(run_after=func.now() - text("interval '1 minute'")))
        session.execute(text("SELECT core.ring_doorbell(now())"))
    runner.run_due()
    assert seen == [world.here.scope]
    assert [job.state for job in turns(house, world.here)] == ["done", "queued"]
    assert [job.state for job in turns(house, world.there)] == ["queued"]


def test_a_plugins_turn_is_planned_where_the_street_allows_it(house, world) -> None:
    plan_turns(house.database, tasks(owner="notices"))
    plan_turns(house.database, tasks(owner="absent"))
    assert {job.task for job in turns(house, world.here)} == {"notices.tidy_up"}


class TestTwoSchedulers:
    TASKS = Tasks({"core.tick": Task("core.tick", lambda run: None, schedule=Schedule.hourly(0))})

    def turns(self, house: House) -> list[Job]:
        with house.database.unit_of_work(WORLD.here.scope) as session:
            return list(session.scalars(select(Job).where(Job.task == "core.tick").order_by(Job.turn)))

    def test_plan_one_turn_at_the_same_moment(self, house) -> None:
        ready = threading.Barrier(4)

        def plan() -> None:
            ready.wait()
            plan_turns(house.database, self.TASKS)

        threads = [threading.Thread(target=plan) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert len(self.turns(house)) == 1

    def test_one_whose_clock_is_behind_takes_no_turn_twice(self, house) -> None:
        """A turn is done at its time; a machine for which it is still to come plans the one after it."""
        moment = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
        with frozen(moment - timedelta(seconds=2)):
            plan_turns(house.database, self.TASKS)
        with house.database.unit_of_work(WORLD.here.scope) as session:
            session.execute(update(Job).values(state="done", dedup_key=None))
        with frozen(moment - timedelta(seconds=1)):
            plan_turns(house.database, self.TASKS)
            plan_turns(house.database, self.TASKS)
        assert [(each.turn, each.state) for each in self.turns(house)] == [
            (moment, "done"),
            (moment + timedelta(hours=1), "queued"),
        ]

    def test_turns_missed_in_a_week_of_darkness_are_taken_once(self, house) -> None:
        with frozen(now() - timedelta(days=7)):
            plan_turns(house.database, self.TASKS)
        [missed] = [each.turn for each in self.turns(house)]
        assert missed < now() - timedelta(days=6)
        plan_turns(house.database, self.TASKS)
        assert [each.turn for each in self.turns(house)] == [missed], "overdue, and still the only one"
        JobRunner(house, self.TASKS).run_due()
        done, waiting = self.turns(house)
        assert (done.turn, done.state, waiting.state) == (missed, "done", "queued")
        assert now() < waiting.turn <= now() + timedelta(hours=1)
