"""What runs by itself: tasks have words, do their work, and keep to where the plugin is on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from linli.kit.clock import frozen, now
from linli.plugins.contributions import TaskSpec
from linli.plugins.events import BoundHandler
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.tasks.service import enqueue
from linli.testing.contract.elsewhere import Neighbourhood, strayed
from linli.testing.contract.stage import Stage
from linli.testing.world import WORLD

#: Days after which most of what a plugin watches has become old.
_LATER = timedelta(days=370)


def faults_of_tasks(stage: Stage) -> list[str]:
    """Tasks and handlers without a title, scheduled work that fails, and what it changes where it has no business."""
    bound = [BoundHandler(stage.name, each) for each in stage.own("event_handlers")]
    untitled = [each.name for each in stage.own("tasks") if not each.title.strip()]
    untitled += [each.task for each in bound if not each.title.strip()]
    return [f"{name}: give it a title; people read it in the list of jobs" for name in untitled] + _scheduled(stage)


def _scheduled(stage: Stage) -> list[str]:
    scheduled: list[TaskSpec] = [each for each in stage.own("tasks") if each.when is not None]
    if not scheduled:
        return []
    faults: list[str] = []
    strays: dict[str, list[str]] = {}
    at = Neighbourhood.filled(stage)
    runner = _runner(stage, at)
    for each in scheduled:
        before = at.elsewhere()
        if error := _run(at, runner, each):
            faults.append(f"{each.name}: failed on a street with demo data: {error}")
        # Again when a year has gone by and there is something to do; that it may fail then is its own affair.
        with frozen(now() + _LATER):
            _run(at, runner, each)
        strays[each.name] = strayed(before, at.elsewhere())
    # And where there are rows in the tables that the demo leaves empty. They need make no sense, so it may fail there.
    at = Neighbourhood.planted(stage)
    runner = _runner(stage, at)
    for each in (each for each in scheduled if not strays[each.name]):
        before = at.elsewhere()
        with frozen(now() + _LATER):
            _run(at, runner, each)
        strays[each.name] = strayed(before, at.elsewhere())
    return faults + [f"{name}: {change}" for name, changes in strays.items() for change in changes]


def _runner(stage: Stage, at: Neighbourhood) -> JobRunner:
    """One that has done what waits, and knows all other tasks, too: what a task causes is done with it."""
    runner = JobRunner(at.house, Tasks.of(stage.plugins), pause=0.0)
    runner.run_due()
    return runner


def _run(at: Neighbourhood, runner: JobRunner, each: TaskSpec) -> str:
    """Why it did not end well; empty when it did."""
    with at.house.database.unit_of_work(WORLD.here.scope) as session:
        job_id = enqueue(session, each.name, {}, owner=at.plugin, max_attempts=1)
    runner.run_due()
    with at.house.database.unit_of_work(WORLD.here.scope, read_only=True) as session:
        row = session.execute(text("SELECT state, error FROM core.job WHERE id = :id"), {"id": job_id}).one()
    return "" if row.state == "done" else str(row.error or row.state)
