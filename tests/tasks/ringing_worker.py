"""A worker that Redis rings, or a scheduler, on a test's database. Started as a process by test_ringing.py."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from linli.house import House
from linli.tasks.broker import RedisBell
from linli.tasks.pool import serve_queue
from linli.tasks.registry import Schedule, Task, Tasks
from linli.tasks.run import JobRun
from linli.tasks.scheduler import Scheduler
from linli.tenancy.models import Compound
from linli.testing.databases import MASTER
from linli.testing.houses import open_test_house

#: Seconds that a step may take here; the watchdog adds its own.
LEASE = 3


def add(run: JobRun) -> None:
    """One compound for each job: what is done twice is seen."""
    with run.unit_of_work() as session:
        session.add(Compound(community_id=run.scope.community_id, name=run.args["name"]))
        session.flush()
        time.sleep(run.args.get("seconds", 0))


def step_by_step(run: JobRun) -> None:
    """Half a minute in steps of a tenth of a second."""
    for n in range(run.done, 300):
        run.progress(n + 1, 300)
        time.sleep(0.1)


def loop(run: JobRun) -> None:
    """Never comes back."""
    while True:
        pass


def die(run: JobRun) -> None:
    """Takes its process with it."""
    os.kill(os.getpid(), signal.SIGKILL)


TASKS = Tasks(
    {
        "core.add": Task("core.add", add, lease=LEASE),
        "core.add_slowly": Task("core.add_slowly", add, lease=LEASE, queue="slow"),
        "core.step": Task("core.step", step_by_step, lease=LEASE),
        "core.loop": Task("core.loop", loop, lease=1),
        "core.die": Task("core.die", die, lease=1),
        "notices.step": Task("notices.step", step_by_step, lease=LEASE),
        "core.tick": Task("core.tick", lambda run: None, schedule=Schedule.hourly(0)),
    }
)


def main() -> None:
    kind, superuser_url, redis_url, processes = sys.argv[1:5]

    def opening() -> tuple[House, Tasks]:
        return open_test_house(superuser_url, MASTER), TASKS

    if kind == "scheduler":
        house, tasks = opening()
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
        Scheduler(house.database, tasks, RedisBell(redis_url), sweep_every=0.5).run(stop)
        return
    sys.exit(serve_queue(redis_url, kind, processes=int(processes), opening=opening, pause=0.2))


if __name__ == "__main__":
    main()
