"""A plugin that is switched on in the demo shows its rows at once, not at the next start."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from linli.app import create_app
from linli.kit.actor import SYSTEM
from linli.manifests.demo_plugins import demonstrate, fill_plugins
from linli.plugins.contributions import DemoData
from linli.plugins.registry import Owned
from linli.plugins.service import SWITCHED_ON, allow, disable, enable
from linli.tasks.models import Job
from linli.testing.jobs import run_waiting
from linli.testing.world import WORLD
from linli_notices.models import Notice

STREET = WORLD.here
#: The plugin is on in the first of them only.
FIRST, SECOND = STREET.communities


@pytest.fixture
def shown(house, plugins):
    """A demo; gives a function that switches the notices on in the second community."""
    demonstrate(house.database, plugins)

    def switch_on(scope=STREET.scope):
        with house.database.unit_of_work(scope) as session:
            return enable(session, SYSTEM, plugins, "notices", community_id=SECOND.id)

    return switch_on


def notices(house, community=SECOND) -> int:
    with house.database.unit_of_work(community.scope, read_only=True) as session:
        return session.scalar(select(func.count()).where(Notice.community_id == community.id))


def jobs(house) -> list[str]:
    with house.database.unit_of_work(STREET.scope, read_only=True) as session:
        return list(session.scalars(select(Job.state).where(Job.task == "core.fill_demo")))


@pytest.mark.parametrize("scope", [STREET.scope, SECOND.scope], ids=["by the street", "by the community"])
def test_its_rows_are_there_when_the_job_is_done(house, plugins, shown, scope) -> None:
    before = notices(house, FIRST)
    shown(scope)
    run_waiting(house, plugins)
    assert notices(house) > 3
    assert jobs(house) == ["done"]
    assert notices(house, FIRST) == before, "only where it was switched on"


def test_switched_on_again_it_adds_nothing(house, plugins, shown) -> None:
    shown()
    run_waiting(house, plugins)
    before = notices(house)
    assert shown() == (), "a second click"
    with house.database.unit_of_work(STREET.scope) as session:
        disable(session, SYSTEM, plugins, "notices", community_id=SECOND.id)
    shown()
    run_waiting(house, plugins)
    assert notices(house) == before
    assert jobs(house) == ["done", "done"]


def test_switched_off_before_the_job_begins_it_adds_nothing(house, plugins, shown) -> None:
    shown()
    with house.database.unit_of_work(STREET.scope) as session:
        disable(session, SYSTEM, plugins, "notices", community_id=SECOND.id)
    run_waiting(house, plugins)
    assert notices(house) == 0
    assert jobs(house) == ["done"]
    with house.database.unit_of_work(STREET.scope, read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 0, "nor to the whole street"


def test_demo_data_that_fails_leaves_the_plugin_on_and_no_half_of_its_rows(house, plugins, shown) -> None:
    def fill(session, _actor, community_id) -> None:
        for each in plugins.demo_data:
            each.item.fill(session, SYSTEM, community_id)
        raise RuntimeError("halfway")

    demonstrate(house.database, replace(plugins, demo_data=(Owned("notices", DemoData(fill)),)))
    assert shown() == ("notices",)
    run_waiting(house, plugins)
    assert notices(house) == 0
    assert jobs(house) == ["done"]


def test_the_street_is_asked_again_once_its_communities_have_their_rows(house, plugins) -> None:
    asked: list[str] = []
    data = DemoData(lambda _session, _actor, community_id: asked.append("street" if community_id is None else "place"))
    fill_plugins(house.database, replace(plugins, demo_data=(Owned("notices", data),)), STREET.id)
    assert asked == ["street", "place", "street"]


def test_outside_the_demo_nothing_is_made_up(house, plugins) -> None:
    create_app(house, plugins, works=False)
    assert SWITCHED_ON not in house.database.info
    with house.database.unit_of_work(STREET.scope) as session:
        allow(session, SYSTEM, plugins, "notices")
        enable(session, SYSTEM, plugins, "notices", community_id=SECOND.id)
    assert jobs(house) == []
