"""When work comes round: by the clock of Shanghai, by the month's ends, and by the official calendar with 调休."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM
from linli.kit.clock import SHANGHAI, frozen, now
from linli.kit.errors import NotFound
from linli.plugins.contributions import TaskSpec
from linli.plugins.registry import Plugins
from linli.tasks import job_state
from linli.tasks.models import Job
from linli.tasks.registry import Schedule, Task, Tasks
from linli.tasks.schedules import run_now, schedule_lines
from linli.tasks.turns import plan_turns
from linli.tenancy.workdays import known_calendar_until, workday_rule

NINE = time(9, 0)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def calendar(open_session, world):
    """The calendar of 2026, in which 1 to 8 October are off and 10 October, a Saturday, is a working day."""
    with open_session(world.here.scope) as session:
        return workday_rule(session, date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("schedule", "after", "turn"),
    [
        (Schedule.hourly(30), "2026-03-01T08:29", "2026-03-01T08:30"),
        (Schedule.hourly(30), "2026-03-01T08:30", "2026-03-01T09:30"),
        (Schedule.daily(NINE), "2026-03-01T08:59", "2026-03-01T09:00"),
        (Schedule.daily(NINE), "2026-03-01T09:00", "2026-03-02T09:00"),
        (Schedule.weekly(1, NINE), "2026-03-02T08:59", "2026-03-02T09:00"),
        (Schedule.weekly(1, NINE), "2026-03-02T09:00", "2026-03-09T09:00"),
        (Schedule.weekly(7, NINE), "2026-03-02T09:00", "2026-03-08T09:00"),
        (Schedule.monthly(1, NINE), "2026-12-01T09:00", "2027-01-01T09:00"),
        (Schedule.monthly(31, NINE), "2026-01-31T09:00", "2026-02-28T09:00"),
        (Schedule.monthly(30, NINE), "2028-02-01T00:00", "2028-02-29T09:00"),
        (Schedule.monthly(-1, NINE), "2026-02-28T08:59", "2026-02-28T09:00"),
        (Schedule.monthly(-1, NINE), "2026-02-28T09:00", "2026-03-31T09:00"),
        (Schedule.monthly(-3, NINE), "2026-04-01T00:00", "2026-04-28T09:00"),
        # The days before National Day, the holiday, and the Saturday that makes up for it.
        (Schedule.workdays(NINE), "2026-09-30T09:00", "2026-10-08T09:00"),
        (Schedule.workdays(NINE), "2026-10-09T09:00", "2026-10-10T09:00"),
        (Schedule.workdays(NINE), "2026-10-10T09:00", "2026-10-12T09:00"),
        (Schedule.monthly_workday(1, NINE), "2026-09-01T09:00", "2026-10-08T09:00"),
        (Schedule.monthly_workday(3, NINE), "2026-10-01T00:00", "2026-10-10T09:00"),
        (Schedule.monthly_workday(-1, NINE), "2026-10-01T00:00", "2026-10-30T09:00"),
        (Schedule.monthly_workday(23, NINE), "2026-02-01T00:00", "2026-02-28T09:00"),
    ],
)
def test_the_first_turn_after_a_moment(calendar, schedule: Schedule, after: str, turn: str) -> None:
    assert schedule.next_turn(at(after), calendar) == at(turn)
    assert schedule.next_turn(at(after).astimezone(UTC), calendar) == at(turn), "whatever zone the moment is told in"


@pytest.mark.parametrize(
    ("make", "bad", "good"),
    [
        (Schedule.weekly, (0, 8), (1, 7)),
        (Schedule.monthly, (0, 32, -29), (1, 31, -28)),
        (Schedule.monthly_workday, (0, 24, -24), (1, 23, -23)),
    ],
)
def test_a_day_that_never_comes_is_refused(make, bad, good) -> None:
    for n in bad:
        with pytest.raises(ValueError, match=str(n)):
            make(n, NINE)
    assert [make(n, NINE).n for n in good] == list(good)


def test_a_time_of_another_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="Shanghai"):
        Schedule.daily(time(9, 0, tzinfo=UTC))


def test_in_words() -> None:
    told = {
        Schedule.hourly(5): "每小时的第 5 分钟",
        Schedule.daily(NINE): "每天 9:00",
        Schedule.weekly(3, NINE): "每周三 9:00",
        Schedule.monthly(15, NINE): "每月 15 日 9:00",
        Schedule.monthly(-1, NINE): "每月最后一天 9:00",
        Schedule.monthly(-2, NINE): "每月倒数第 2 天 9:00",
        Schedule.workdays(NINE): "每个工作日 9:00",
        Schedule.monthly_workday(5, NINE): "每月第 5 个工作日 9:00",
        Schedule.monthly_workday(-1, NINE): "每月最后一个工作日 9:00",
        Schedule.monthly_workday(-2, NINE): "每月倒数第 2 个工作日 9:00",
    }
    assert {schedule: schedule.title for schedule in told} == told


def test_a_year_whose_calendar_is_not_known_goes_by_the_week(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        known = known_calendar_until(session, 2026)
        rule = workday_rule(session, date(known + 1, 1, 1), date(known + 1, 12, 31))
        assert not known_calendar_until(session, 1999) >= 1999
    first_friday = next(day for n in range(7) if (day := date(known + 1, 10, 1) + timedelta(days=n)).weekday() == 4)
    assert rule(first_friday)
    assert not rule(first_friday + timedelta(days=1))


class TestPlans:
    def tasks(self, schedule: Schedule, owner: str = "core") -> Tasks:
        return Tasks({f"{owner}.tidy": Task(f"{owner}.tidy", lambda run: None, "整理", schedule=schedule)})

    def waiting(self, house, street) -> list[Job]:
        with house.database.unit_of_work(street.scope) as session:
            return list(session.scalars(select(Job).where(Job.task.like("%.tidy")).order_by(Job.created_at)))

    def test_a_schedule_that_was_changed_moves_its_waiting_turn(self, house, world) -> None:
        before, after = (now() + timedelta(hours=n) for n in (5, 7))
        clock = before.astimezone(SHANGHAI).time().replace(second=0, microsecond=0)
        plan_turns(house.database, self.tasks(Schedule.daily(clock)))
        [planned] = self.waiting(house, world.here)
        clock = after.astimezone(SHANGHAI).time().replace(second=0, microsecond=0)
        plan_turns(house.database, self.tasks(Schedule.daily(clock)))
        [moved] = self.waiting(house, world.here)
        assert moved.id == planned.id
        assert (moved.run_after, moved.turn) == (moved.turn, planned.turn + timedelta(hours=2))

    def test_an_overdue_turn_does_not_move(self, house, world) -> None:
        tasks = self.tasks(Schedule.hourly(0))
        plan_turns(house.database, tasks)
        with house.database.unit_of_work(world.here.scope) as session:
            session.execute(update(Job).values(run_after=now() - timedelta(hours=3), turn=now() - timedelta(hours=3)))
        [overdue] = self.waiting(house, world.here)
        plan_turns(house.database, tasks)
        assert [each.turn for each in self.waiting(house, world.here)] == [overdue.turn]

    def test_the_list_tells_when_next_and_how_the_last_one_ended(self, house, world) -> None:
        tasks = self.tasks(Schedule.monthly_workday(-1, NINE))
        with frozen(at("2026-09-01T00:00")):
            plan_turns(house.database, tasks)
            with house.database.unit_of_work(world.here.scope) as session:
                [line] = schedule_lines(session, tasks)
        assert (line.title, line.when) == ("整理", "每月最后一个工作日 9:00")
        assert (line.next_turn, line.last_state, line.guesses) == (at("2026-09-30T09:00"), "", False)
        with house.database.unit_of_work(world.here.scope) as session:
            session.execute(update(Job).values(state="done", dedup_key=None, finished_at=now()))
            [line] = schedule_lines(session, tasks)
        assert (line.last_state, line.last_job is not None) == ("done", True)

    def test_a_plugin_that_the_street_does_not_allow_has_no_schedule_there(self, house, world) -> None:
        tasks = self.tasks(Schedule.daily(NINE), owner="absent")
        with house.database.unit_of_work(world.here.scope) as session:
            assert schedule_lines(session, tasks) == []
            with pytest.raises(NotFound):
                run_now(session, SYSTEM, tasks, "absent.tidy")

    def test_running_now_is_one_job_beside_the_turn(self, house, world) -> None:
        tasks = self.tasks(Schedule.daily(NINE))
        plan_turns(house.database, tasks)
        with house.database.unit_of_work(world.here.scope) as session:
            first = run_now(session, SYSTEM, tasks, "core.tidy")
            assert run_now(session, SYSTEM, tasks, "core.tidy") == first, "a second click starts nothing"
            assert job_state(session, first).turn is None
            with pytest.raises(NotFound):
                run_now(session, SYSTEM, tasks, "core.unknown")
        assert len(self.waiting(house, world.here)) == 2
        with house.database.unit_of_work(world.here.scope) as session:
            recorded = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == str(first))).all()
        assert set(recorded) == {"core.job.run"}


class TestSpecs:
    def test_daily_at_is_short_for_a_daily_schedule(self) -> None:
        assert TaskSpec("x.y", print, daily_at=NINE).when == Schedule.daily(NINE)
        assert TaskSpec("x.y", print, schedule=Schedule.workdays(NINE)).when == Schedule.workdays(NINE)
        assert TaskSpec("x.y", print).when is None

    @pytest.mark.parametrize(
        ("spec", "fault"),
        [
            (TaskSpec("odd.tidy", print, daily_at=NINE, schedule=Schedule.hourly()), "not both"),
            (TaskSpec("odd.tidy", print, queue="urgent"), "urgent"),  # type: ignore[arg-type]
        ],
    )
    def test_a_spec_that_contradicts_itself_is_refused(self, make_plugin, spec, fault) -> None:
        plugins = Plugins.load(found=[make_plugin("odd", register_tasks=[spec])], on_failure="quarantine")
        assert fault in plugins.faults[0].message

    def test_a_plugins_schedule_and_queue_reach_its_task(self, make_plugin) -> None:
        spec = TaskSpec("odd.grind", print, schedule=Schedule.weekly(2, NINE), queue="slow")
        tasks = Tasks.of(Plugins.load(found=[make_plugin("odd", register_tasks=[spec])]))
        found = tasks.find("odd.grind")
        assert found is not None
        assert (found.schedule, found.queue) == (Schedule.weekly(2, NINE), "slow")
