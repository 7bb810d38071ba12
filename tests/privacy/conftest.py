"""What the tests of people's data share: the community, its office, and a person with an account."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from tests.residents.actors import community_administrator, resident

from linli.db.session import Database
from linli.kit.actor import SYSTEM, Actor, Grant
from linli.privacy import tasks as _tasks  # noqa: F401 registers the work of this domain
from linli.privacy.permissions import HANDLE, MANAGE, READ
from linli.residents.permissions import MANAGE as MANAGE_PEOPLE
from linli.residents.permissions import READ as READ_PEOPLE
from linli.residents.permissions import REVEAL
from linli.tasks.registry import Tasks
from linli.tasks.run import ClaimedJob, JobRun

OFFICE = frozenset({READ, HANDLE, MANAGE, READ_PEOPLE, MANAGE_PEOPLE, REVEAL})


@pytest.fixture
def here(world):
    """The community in which the tests work."""
    return world.here.communities[0]


@pytest.fixture
def office(here) -> Actor:
    """Who handles requests in the community."""
    return community_administrator(here, OFFICE)


@pytest.fixture
def me(here) -> Actor:
    """The first resident, who has an account."""
    return resident(here, here.residents[0])


def street_officer(street) -> Actor:
    """Who manages periods, holds and assessments in a street."""
    return Actor(
        account_id=street.administrator,
        display_name="街道管理员",
        grants=(Grant("street_administrator"),),
        permissions={"street_administrator": OFFICE},
    )


@pytest.fixture
def officer(world) -> Actor:
    return street_officer(world.here)


def run_job(database: Database, tenant_id: UUID, job, *, tasks: Tasks | None = None):
    """Do a job's work at once, unfenced steps included, as a runner would."""
    task = (tasks or Tasks()).find(job.task)
    assert task is not None, job.task
    claimed = ClaimedJob(
        id=job.id,
        community_id=job.community_id,
        task=job.task,
        owner=job.owner,
        args=job.args,
        attempt=job.attempts,
        max_attempts=job.max_attempts,
        done=0,
        total=0,
        created_by=job.created_by,
        created_by_name=job.created_by_name,
    )
    return task.handler(JobRun(database, tenant_id, claimed, lease=60, stopping=lambda: False))


@pytest.fixture
def work() -> Callable:
    """``work(house, tenant_id, job_id)``: run a waiting job to its end."""
    from sqlalchemy import select, update

    from linli.kit.scope import Scope
    from linli.tasks.models import Job

    def run(house, tenant_id: UUID, job_id: UUID):
        with house.database.unit_of_work(Scope.of_street(tenant_id), SYSTEM) as session:
            session.execute(update(Job).where(Job.id == job_id).values(state="running", attempts=Job.attempts + 1))
            job = session.scalar(select(Job).where(Job.id == job_id).execution_options(populate_existing=True))
        try:
            return run_job(house.database, tenant_id, job)
        finally:
            with house.database.unit_of_work(Scope.of_street(tenant_id), SYSTEM) as session:
                session.execute(update(Job).where(Job.id == job_id).values(state="done"))

    return run
