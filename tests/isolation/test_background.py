"""Part C: background work carries its street in its row; neither a runner nor a handler can lose or exchange it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import time
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from linli.db.session import ScopeMissing
from linli.events import Event, EventHandler, emit
from linli.events.delivery import delivery_to
from linli.house import House
from linli.kit.actor import SYSTEM, Actor
from linli.kit.scope import Scope
from linli.plugins.events import BoundHandler, declare_handlers
from linli.plugins.models import PluginAllowance, PluginEnablement
from linli.residents.models import Resident
from linli.tasks import JobRun, JobState, enqueue, job_state
from linli.tasks.models import Job
from linli.tasks.registry import Schedule, Task, Tasks
from linli.tasks.runner import JobRunner
from linli.tasks.turns import plan_turns
from linli.testing.web import Api, serving
from linli.testing.world import WORLD

OWN, SIBLING = WORLD.here.communities
OTHER = WORLD.there.communities[0]
COUNT = text("SELECT count(*) FROM core.resident")
Handler = Callable[[JobRun], Any]


def runner(house: House, **handlers: Handler) -> JobRunner:
    """A runner that knows these tasks of the core and no others."""
    known = {f"core.{name}": Task(f"core.{name}", handler) for name, handler in handlers.items()}
    return JobRunner(house, Tasks(known), pause=0.0)


def ask(house: House, scope: Scope, name: str, args: Any = None, **options: Any) -> UUID:
    with house.database.unit_of_work(scope, options.pop("actor", SYSTEM)) as session:
        return enqueue(session, f"core.{name}", args, **options)


def state_of(house: House, scope: Scope, job_id: UUID) -> JobState:
    with house.database.unit_of_work(scope, read_only=True) as session:
        return job_state(session, job_id)


def residents_in(run: JobRun) -> set[UUID]:
    with run.unit_of_work(read_only=True) as session:
        return set(session.scalars(select(Resident.id)))


def make_due(house: House, *scopes: Scope) -> None:
    for scope in scopes:
        with house.database.unit_of_work(scope) as session:
            session.execute(update(Job).where(Job.state == "queued").values(run_after=func.now()))
            session.execute(text("SELECT core.ring_doorbell(now())"))


@pytest.fixture(autouse=True)
def _only_this_tests_jobs(module_house: House) -> Iterator[None]:
    yield
    for street in WORLD.streets:
        with module_house.database.unit_of_work(street.scope) as session:
            session.execute(update(Job).values(state="done", dedup_key=None))


def test_c1_a_handler_without_a_scope_sees_nothing(module_house) -> None:
    tried: dict[str, Any] = {}

    def past_the_run(run: JobRun) -> None:
        database = module_house.database
        with database.engine.connect() as connection, pytest.raises(DBAPIError) as bare:
            connection.execute(COUNT)
        with database.open_transaction() as connection, pytest.raises(DBAPIError) as opened, connection.begin_nested():
            connection.execute(COUNT)
        session = database._sessions()
        with pytest.raises(ScopeMissing):
            session.scalar(COUNT)
        session.close()
        tried["states"] = [error.value.orig.sqlstate for error in (bare, opened)]  # type: ignore[union-attr]
        tried["own"] = residents_in(run)

    job = ask(module_house, OWN.scope, "peek")
    runner(module_house, peek=past_the_run).run_due()
    assert state_of(module_house, OWN.scope, job).state == "done"
    assert tried["states"] == ["TN001", "TN001"]
    assert tried["own"] == set(OWN.residents), "control: through the run it sees its own"


def test_c2_the_next_streets_job_finds_nothing_of_the_last(module_house) -> None:
    seen: list[tuple[UUID, set[UUID], str]] = []

    def leave_something_behind(run: JobRun) -> None:
        database = run._database
        before = _leftover(database)
        seen.append((run.scope.tenant_id, residents_in(run), before))
        token = database.signer.token(run.scope)
        with database.engine.connect() as connection:
            connection.execute(text("SELECT set_config('app.scope', :t, false)"), {"t": token})
            connection.commit()

    for _turn in range(3):
        for street in WORLD.streets:
            ask(module_house, street.scope, "leave")
        runner(module_house, leave=leave_something_behind).run_due()
    expected = {street.id: {each for c in street.communities for each in c.residents} for street in WORLD.streets}
    assert len(seen) == 6
    assert all(found == expected[tenant] for tenant, found, _ in seen)
    assert {before for _, _, before in seen} == {""}
    assert len({tenant for tenant, _, _ in seen}) == 2, "control: both streets were served by one runner"


def _leftover(database) -> str:
    with database.open_transaction() as connection:
        return connection.scalar(text("SELECT current_setting('app.scope', true)")) or ""


@pytest.mark.parametrize("fault", [RuntimeError, SystemExit, "database"])
def test_c3_a_retry_has_its_own_scope_again(module_house, fault) -> None:
    attempts: list[tuple[int, set[UUID]]] = []

    def fail_first(run: JobRun) -> None:
        attempts.append((run.attempt, residents_in(run)))
        if run.attempt == 1:
            if fault == "database":
                with run.unit_of_work() as session:
                    session.execute(text("SELECT 1 / 0"))
            raise fault

    between: list[set[UUID]] = []
    job = ask(module_house, OWN.scope, "fail")
    ask(module_house, OTHER.scope, "look")
    look = runner(module_house, fail=fail_first, look=lambda run: between.append(residents_in(run)))
    look.run_due()
    make_due(module_house, OWN.scope)
    look.run_due()
    assert attempts == [(1, set(OWN.residents)), (2, set(OWN.residents))]
    assert between == [set(OTHER.residents)], "control: the other street's job ran too"
    assert state_of(module_house, OWN.scope, job).state == "done"


class CompoundCounted(Event):
    """Something happened, for the test of what follows it."""

    NAME = "core.CompoundCounted"
    wanted: str


def test_c4_what_a_job_causes_stays_in_its_scope(module_house) -> None:
    seen: dict[str, Any] = {}

    def cause(run: JobRun) -> None:
        with run.unit_of_work() as session:
            enqueue(session, "core.follow", {"community_id": str(OTHER.id), "tenant_id": str(OTHER.tenant_id)})
            emit(session, CompoundCounted(wanted=str(OTHER.id)))
        # A place of another street or community is no place to send work to.
        for community in (OTHER.id, SIBLING.id):
            with pytest.raises(DBAPIError), run.unit_of_work() as session:
                enqueue(session, "core.follow", community_id=community)

    def follow(run: JobRun) -> None:
        seen["follow"] = (run.scope, residents_in(run))

    def hear(session, event) -> None:
        seen["event"] = (session.scope, set(session.scalars(select(Resident.id))), event.wanted)

    handler = BoundHandler("core", EventHandler(CompoundCounted, hear))
    declare_handlers([handler])
    try:
        job = ask(module_house, OWN.scope, "cause")
        tasks = {"core.cause": cause, "core.follow": follow, handler.task: delivery_to(handler)}
        known = Tasks({name: Task(name, call) for name, call in tasks.items()})
        assert JobRunner(module_house, known).run_due() == 3
    finally:
        declare_handlers([])
    assert state_of(module_house, OWN.scope, job).state == "done"
    assert seen["follow"] == (OWN.scope, set(OWN.residents))
    assert seen["event"] == (OWN.scope, set(OWN.residents), str(OTHER.id)), "control: both followed"
    with module_house.database.unit_of_work(WORLD.there.scope, read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Job).where(Job.task == "core.follow")) == 0


def test_c5_the_daily_round_opens_each_street_by_itself(module_house) -> None:
    seen: list[tuple[UUID, set[UUID]]] = []
    name = "core.tidy_up"
    nightly = Schedule.daily(time(3, 30))
    tidy = Task(name, lambda run: seen.append((run.scope.tenant_id, residents_in(run))) or None, schedule=nightly)
    tasks = Tasks({name: tidy})
    plan_turns(module_house.database, tasks)
    make_due(module_house, *(street.scope for street in WORLD.streets))
    JobRunner(module_house, tasks).run_due()
    assert dict(seen) == {s.id: {each for c in s.communities for each in c.residents} for s in WORLD.streets}
    assert len(seen) == 2, "control: each street once"


def test_c6_a_street_that_is_forged_into_a_job(module_house, superuser) -> None:
    seen: list[tuple[Scope, set[UUID]]] = []
    forged = {
        "tenant_id": str(OTHER.tenant_id),
        "community_id": str(OTHER.id),
        "scope": f"1.{OTHER.tenant_id}.*.9999999999.00",
    }
    job = ask(module_house, OWN.scope, "look", forged)
    with psycopg.connect(module_house.addresses.app, autocommit=True) as connection:
        token = module_house.signer.token(OWN.scope)

        def change(statement: str, *given: Any) -> str:
            try:
                with connection.transaction():
                    connection.execute("SELECT set_config('app.scope', %s, true)", [token])
                    return str(connection.execute(statement, given).rowcount)
            except psycopg.Error as error:
                return str(error.sqlstate)

        moves = [
            ("UPDATE core.job SET tenant_id = %s WHERE id = %s", OTHER.tenant_id),
            ("UPDATE core.job SET community_id = %s WHERE id = %s", OTHER.id),
            ("UPDATE core.job SET community_id = %s WHERE id = %s", SIBLING.id),
        ]
        assert [change(statement, value, job) for statement, value in moves] == ["42501"] * 3
        insertion = (
            "INSERT INTO core.job (tenant_id, id, community_id, task, owner) VALUES (%s, %s, %s, 'core.x', 'core')"
        )
        assert change(insertion, OTHER.tenant_id, uuid4(), OTHER.id) == "42501"
        # The bell tells a street's number and no more: only one's own is rung, and nobody writes the list of bells.
        assert change("INSERT INTO core.job_doorbell (tenant_id) VALUES (%s)", OTHER.tenant_id) == "42501"
        assert change("UPDATE core.job SET note = 'control' WHERE id = %s", job) == "1", "control"
    runner(module_house, look=lambda run: seen.append((run.scope, residents_in(run)))).run_due()
    assert seen == [(OWN.scope, set(OWN.residents))], "control: it ran, where its row says"
    assert superuser.execute("SELECT tenant_id FROM core.job WHERE id = %s", [job]).fetchone() == (OWN.tenant_id,)


def test_c7_nothing_runs_for_a_plugin_that_was_switched_off(module_house) -> None:
    ran: list[Scope] = []
    name = "notices.do_work"
    tasks = Tasks({name: Task(name, lambda run: ran.append(run.scope))})

    def ask_plugin(scope: Scope) -> UUID:
        with module_house.database.unit_of_work(scope) as session:
            return enqueue(session, name, owner="notices")

    on, never_on = ask_plugin(OWN.scope), ask_plugin(SIBLING.scope)
    JobRunner(module_house, tasks).run_due()
    assert ran == [OWN.scope], "control: where it is on it works"
    assert state_of(module_house, OWN.scope, on).state == "done"
    assert state_of(module_house, SIBLING.scope, never_on).state == "cancelled"
    ran.clear()
    waiting = [ask_plugin(OWN.scope), ask_plugin(OTHER.scope)]
    with module_house.database.unit_of_work(WORLD.here.scope) as session:
        for kept in (PluginEnablement, PluginAllowance):
            for row in session.scalars(select(kept).where(kept.plugin == "notices")):
                session.delete(row)
    JobRunner(module_house, tasks).run_due()
    assert ran == [OTHER.scope], "control: another street's choice is its own"
    assert state_of(module_house, OWN.scope, waiting[0]).state == "cancelled"


def test_c8_a_jobs_result_is_not_found_by_its_id(module_house, record_property) -> None:
    asker = Actor(account_id=OWN.administrator, display_name="社区管理员")
    job = ask(module_house, OWN.scope, "tell", actor=asker)
    runner(module_house, tell=lambda run: {"found": "canary-result"}).run_due()
    tries = 0
    with serving(module_house) as client:
        for community, account, street in (
            (OTHER, OTHER.administrator, OTHER.tenant_id),
            (SIBLING, SIBLING.administrator, SIBLING.tenant_id),
            (OWN, OWN.resident_account, OWN.tenant_id),
            (OWN, OTHER.administrator, OTHER.tenant_id),
        ):
            api = Api(client, module_house).token_for(account, street)
            for base in (
                f"/api/v1/s/{community.street_code}/c/{community.code}",
                f"/api/v1/s/{community.street_code}",
            ):
                told, nothing = (api.get(f"{base}/jobs/{each}") for each in (job, uuid4()))
                assert "canary-result" not in told.text
                assert (told.status_code, told.json()["type"]) == (nothing.status_code, nothing.json()["type"])
                tries += 1
        own = Api(client, module_house).token_for(OWN.administrator, OWN.tenant_id)
        answer = own.get(f"/api/v1/s/{OWN.street_code}/c/{OWN.code}/jobs/{job}")
        assert answer.json()["result"] == {"found": "canary-result"}, "control: its asker reads it"
    record_property("attacks", tries)
