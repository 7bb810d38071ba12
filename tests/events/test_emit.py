"""Telling facts: after the commit, to each handler by itself, where its plugin is on."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy import func, select

from linli.events import Event, EventHandler, emit
from linli.house import House
from linli.kit.scope import Scope
from linli.plugins.registry import Plugins
from linli.sdk import ScopedSession
from linli.tasks import list_jobs
from linli.tasks.models import Job
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.tenancy.models import Compound


class GateOpened(Event):
    """A gate was opened."""

    NAME: ClassVar[str] = "listener.GateOpened"
    gate: UUID
    times: int = 1


class Misnamed(Event):
    """Named after something else."""

    NAME: ClassVar[str] = "listener.SomethingElse"


@pytest.fixture
def heard() -> list[tuple[Event, Scope]]:
    return []


@pytest.fixture
def plugins(make_plugin, heard) -> Plugins:
    def note(session: ScopedSession, event: GateOpened) -> None:
        heard.append((event, session.scope))
        session.add(Compound(community_id=session.scope.community_id, name=f"门{event.times}"))

    def break_down(session: ScopedSession, event: GateOpened) -> None:
        raise RuntimeError("broken")

    found = [
        make_plugin("listener", register_event_handlers=[EventHandler(GateOpened, note)]),
        make_plugin("broken", register_event_handlers=[EventHandler(GateOpened, break_down)]),
    ]
    return Plugins.load(found=found)


@pytest.fixture
def told(house: House, plugins: Plugins, world):
    """Opens units of work of the first community with both plugins on, and does the work that waits."""
    from linli.testing.choices import allow, enable

    plugins.activate()
    community = world.here.communities[0]
    with house.database.unit_of_work(world.here.scope) as session:
        for name in plugins.names:
            allow(session, session.actor, plugins, name)
            enable(session, session.actor, plugins, name, community_id=community.id)
    # A second try waits longer than the test runs.
    yield JobRunner(house, Tasks.of(plugins), pause=60)
    Plugins.load().activate()


def compounds(house: House, scope: Scope) -> int:
    with house.database.unit_of_work(scope) as session:
        return session.scalar(select(func.count()).select_from(Compound)) or 0


def test_a_handler_hears_what_was_committed_in_the_scope_where_it_happened(house, world, told, heard) -> None:
    community = world.here.communities[0]
    event = GateOpened(gate=community.id, times=3)
    with house.database.unit_of_work(community.scope) as session:
        assert emit(session, event) == 2
    told.run_due()
    assert heard == [(event, community.scope)]
    assert compounds(house, community.scope) == 2
    assert compounds(house, world.here.communities[1].scope) == 1


def test_a_rollback_tells_nobody(house, world, told, heard) -> None:
    def undone() -> None:
        with house.database.unit_of_work(world.here.communities[0].scope) as session:
            emit(session, GateOpened(gate=world.here.id))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    told.run_due()
    assert heard == []


def test_a_broken_handler_costs_its_own_work_alone(house, world, told, heard) -> None:
    community = world.here.communities[0]
    with house.database.unit_of_work(community.scope) as session:
        emit(session, GateOpened(gate=world.here.id))
    told.run_due()
    with house.database.unit_of_work(community.scope) as session:
        states = {job.owner: (job.state, job.error) for job in list_jobs(session)}
    assert states["listener"] == ("done", "")
    assert states["broken"] == ("queued", "RuntimeError")
    assert len(heard) == 1


def test_where_the_plugin_is_off_nobody_is_told(house, world, told) -> None:
    with house.database.unit_of_work(world.here.communities[1].scope) as session:
        assert emit(session, GateOpened(gate=world.here.id)) == 0
        assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_an_event_is_named_after_its_class(house, world) -> None:
    with house.database.unit_of_work(world.here.scope) as session, pytest.raises(ValueError, match="Misnamed"):
        emit(session, Misnamed())


def test_a_handler_of_a_misnamed_event_is_refused_with_its_plugin(make_plugin) -> None:
    plugin = make_plugin("listener", register_event_handlers=[EventHandler(Misnamed, lambda session, event: None)])
    plugins = Plugins.load(found=[plugin], on_failure="quarantine")
    assert "Misnamed" in plugins.faults[0].message
