"""What the demo shows of plugins: their own rows, from the start and from the moment they are switched on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.db.session import Database, ScopedSession
from linli.kit.actor import SYSTEM
from linli.kit.scope import Scope
from linli.plugins.containment import DEMO, PluginFailed, call
from linli.plugins.contributions import DemoData
from linli.plugins.gate import is_enabled
from linli.plugins.registry import Owned, Plugins
from linli.plugins.service import SWITCHED_ON
from linli.tasks import JobRun, enqueue, task
from linli.tenancy.models import Community

_FILL = "core.fill_demo"


@dataclass(frozen=True, slots=True)
class _Demonstration:
    """Told of every plugin that is switched on, in the demo alone."""

    data: tuple[Owned[DemoData], ...]

    def __call__(self, session: Session, plugins: Sequence[str], community_id: UUID) -> None:
        shown = {each.owner for each in self.data}
        for name in plugins:
            if name in shown:
                enqueue(session, _FILL, {"plugin": name}, community_id=community_id, dedup_key=f"{_FILL}:{name}")


def demonstrate(database: Database, plugins: Plugins) -> None:
    """Let a plugin that somebody switches on show its demo rows, as a job of the community."""
    database.info[SWITCHED_ON] = _Demonstration(plugins.demo_data)


@task(_FILL, title="生成演示数据", lease=600)
def _fill_demo(run: JobRun) -> dict[str, Any]:
    demonstration: _Demonstration | None = run.info.get(SWITCHED_ON)
    community_id = run.scope.community_id
    with run.unit_of_work(read_only=True) as session:
        is_on = is_enabled(session, run.args["plugin"], community_id=community_id)
    mine = [each for each in demonstration.data if each.owner == run.args["plugin"]] if demonstration and is_on else []
    for each in mine:
        with run.street_unit_of_work() as session:
            _fill_contained(session, each, None)
        with run.unit_of_work() as session:
            _fill_contained(session, each, community_id)
        with run.street_unit_of_work() as session:
            _fill_contained(session, each, None)
    return {"filled": len(mine)}


def fill_plugins(database: Database, plugins: Plugins, tenant_id: UUID) -> None:
    """The rows of every plugin wherever it is on in this street; those that are there already stay as they are."""
    street = Scope.of_street(tenant_id)
    with database.unit_of_work(street, read_only=True) as session:
        communities = list(session.scalars(select(Community.id).order_by(Community.code)))
        on = {
            (each.owner, community_id)
            for each in plugins.demo_data
            for community_id in communities
            if is_enabled(session, each.owner, community_id=community_id)
        }
    for each in plugins.demo_data:
        mine = [community_id for community_id in communities if (each.owner, community_id) in on]
        if not mine:
            continue
        # The street twice: what it puts together from its communities can be shown once they have their rows.
        for community_id in (None, *mine, None):
            scope = street if community_id is None else Scope.of_communities(tenant_id, community_id)
            with database.unit_of_work(scope) as session:
                _fill_contained(session, each, community_id)


def _fill_contained(session: ScopedSession, each: Owned[DemoData], community_id: UUID | None) -> None:
    where = "street" if community_id is None else "community"
    # A plugin that fails has no rows to show, and the demo goes on without them.
    with suppress(PluginFailed):
        call(session, each.owner, DEMO, partial(each.item.fill, session, SYSTEM, community_id), where=where)
