"""Events with handlers that a test writes, in a place where their plugins are on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from tests.plugins.conftest import make_plugin

from linli.events import Event, EventHandler, emit
from linli.house import House
from linli.kit.scope import Scope
from linli.plugins.registry import Plugins
from linli.tasks.models import Job
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.testing.choices import allow, enable
from linli.testing.world import World

__all__ = ["make_plugin"]


class GateMoved(Event):
    """A gate was moved; the n-th time."""

    NAME: ClassVar[str] = "listener.GateMoved"
    TITLE: ClassVar[str] = "大门开关"
    n: int
    by: UUID | None = None


class Stage:
    """Handlers by plugin, events told in the first community, deliveries as they stand.

    Attributes:
        runner: brings what is due; a failed delivery is due again at once where the test says so.
    """

    def __init__(self, house: House, world: World, plugins: Plugins) -> None:
        self.house, self.plugins = house, plugins
        self.community = world.here.communities[0]
        self.scope = self.community.scope
        self.runner = JobRunner(house, Tasks.of(plugins), pause=60)

    def tell(self, *numbers: int, compound_id: UUID | None = None, scope: Scope | None = None) -> None:
        """One transaction for each number."""
        for n in numbers:
            with self.house.database.unit_of_work(scope or self.scope) as session:
                emit(session, GateMoved(n=n), compound_id=compound_id)

    def deliveries(self, owner: str = "listener", scope: Scope | None = None) -> list[Job]:
        """In the order of their lanes."""
        with self.house.database.unit_of_work(scope or self.scope) as session:
            found = select(Job).where(Job.event_id.is_not(None), Job.owner == owner)
            return list(session.scalars(found.order_by(Job.lane_id, Job.n)))

    def states(self, owner: str = "listener") -> list[str]:
        return [each.state for each in self.deliveries(owner)]

    def bring(self) -> int:
        """Bring what is due, failed ones at once."""
        with self.house.database.unit_of_work(self.scope) as session:
            session.execute(update(Job).where(Job.state == "queued").values(run_after=func.now()))
            session.execute(text("SELECT core.ring_doorbell(now())"))
        return self.runner.run_due()


@pytest.fixture
def make_stage(house: House, world: World, make_plugin) -> Iterator[Callable[..., Stage]]:
    """``make_stage(listener=handle, broken=[one, two])``: a plugin for each name, on in the first community."""

    def make(**handlers: Any) -> Stage:
        found = []
        for name, given in handlers.items():
            items = given if isinstance(given, list) else [given]
            items = [each if isinstance(each, EventHandler) else EventHandler(GateMoved, each) for each in items]
            found.append(make_plugin(name, register_event_handlers=items))
        plugins = Plugins.load(found=found)
        plugins.activate()
        with house.database.unit_of_work(world.here.scope) as session:
            for name in plugins.names:
                allow(session, session.actor, plugins, name)
                enable(session, session.actor, plugins, name, community_id=world.here.communities[0].id)
        return Stage(house, world, plugins)

    yield make
    Plugins.load().activate()
