"""A process that takes a job and dies in the middle of its second step. Started by test_runner.py."""

from __future__ import annotations

import os
import signal
import sys

from linli.tasks.registry import Task, Tasks
from linli.tasks.run import JobRun
from linli.tasks.runner import JobRunner
from linli.tenancy.models import Compound
from linli.testing.databases import MASTER
from linli.testing.houses import open_test_house


def die(run: JobRun) -> None:
    with run.unit_of_work() as session:
        session.add(Compound(community_id=run.scope.community_id, name="第一步"))
    run.progress(1, 2)
    with run.unit_of_work() as session:
        session.add(Compound(community_id=run.scope.community_id, name="第二步"))
        session.flush()
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    house = open_test_house(sys.argv[1], MASTER)
    JobRunner(house, Tasks({"core.add_compounds": Task("core.add_compounds", die, lease=1)})).run_due()
