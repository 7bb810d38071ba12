"""Whether core and plugins are well in a street."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linli.kit.clock import now
from linli.plugins.registry import Plugins
from linli.showing.checks import examine
from linli.tasks.models import Job


@pytest.mark.hook("register_health_checks")
def test_the_page_names_each_owner_and_puts_what_is_wrong_first(browser, console, world) -> None:
    page = browser.sign_in_as(world.here.administrator).get(f"{console}/checks").text
    assert page.index("检查本身出错：RuntimeError") < page.index("有两道门离线") < page.index("附件的存储可以使用")
    assert "请检查网络" in page
    assert "小明" not in page


def test_a_plugin_that_is_not_allowed_is_not_asked(module_house, plugins, world) -> None:
    with module_house.database.unit_of_work(world.here.scope, read_only=True) as session:
        assert {each.owner for each in examine(session, plugins, ())} == {"core"}


@pytest.mark.parametrize(("minutes", "status"), [(14, "ok"), (16, "fault")])
def test_work_that_nobody_does_is_a_fault_after_a_quarter_of_an_hour(open_session, world, minutes, status) -> None:
    with open_session(world.here.scope) as session:
        session.add(Job(task="core.sweep_files", owner="core", run_after=now() - timedelta(minutes=minutes)))
        session.flush()
        found = {each.name: each.health for each in examine(session, Plugins.core(), ())}
    assert found["core.jobs"].status == status


def test_parked_work_is_a_warning(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        session.add(Job(task="core.sweep_files", owner="core", state="parked"))
        session.flush()
        found = {each.name: each.health for each in examine(session, Plugins.core(), ())}
    assert found["core.jobs"].status == "warning"
    assert "1 项" in found["core.jobs"].message
