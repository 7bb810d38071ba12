"""The nightly work: every community in a step of its own, two at once without harm, one that fails alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from tests.obligations.conftest import QUARTERLY, declared, moved

from linli.kit.actor import SYSTEM
from linli.obligations import tasks
from linli.obligations.rechecking import JUDGE, recheck_obligations
from linli.obligations.reminding import remind
from linli.obligations.service import judge_community
from linli.obligations.settings import REMIND_DAYS
from linli.plugins.obligations import Obligation
from linli.plugins.registry import Plugins
from linli.settings.service import set_setting
from linli.testing.jobs import run_task, run_waiting
from linli.testing.mail import inbox_of

DUTY = Obligation(name="core.accounts", title="公布公共收益", rhythm="every", every=QUARTERLY, evidence=lambda *_: [])


@pytest.fixture
def ready(house, world):
    """Shanghai's rules, places of long ago, and everything falls due soon."""
    moved(house, compound="created_at = '2020-01-01'")
    with house.database.unit_of_work(world.here.scope) as session:
        set_setting(session, SYSTEM, "core", "rule_set", "cn-shanghai")
        set_setting(session, SYSTEM, "core", REMIND_DAYS, 90)
    with declared(("core", DUTY)):
        yield house


@pytest.fixture
def plugins() -> Plugins:
    return Plugins.core()


def rows(house, scope) -> list[tuple[str, str]]:
    with house.database.unit_of_work(scope) as session:
        found = session.execute(text("SELECT obligation, state FROM core.obligation_record ORDER BY community_id"))
        return [(row.obligation, row.state) for row in found]


def asked_for(house, community) -> int:
    with house.database.unit_of_work(community.scope) as session:
        jobs = text("SELECT count(*) FROM core.job WHERE task = 'core.judge_obligations' AND community_id = :c")
        return session.scalar(jobs, {"c": community.id}) or 0


def test_the_night_judges_each_community_and_reminds_once(ready, world, plugins) -> None:
    ended = run_task(ready, world.here.scope, JUDGE, plugins=plugins)
    assert (ended["communities"], ended["looked_at"]) == (2, 2)
    assert run_task(ready, world.here.scope, JUDGE, plugins=plugins)["told"] == 0
    assert rows(ready, world.here.scope) == [("core.accounts", "due")] * 2
    assert rows(ready, world.there.scope) == []
    own = world.here.communities[0]
    told = [each.subject for each in inbox_of(ready, own.administrator, own.scope)]
    assert len([each for each in told if "公布公共收益" in each]) == 1


def test_two_at_once_write_one_row_and_tell_once(ready, world) -> None:
    own = world.here.communities[0]

    def night(_n: int) -> int:
        with ready.database.unit_of_work(world.here.scope) as session:
            judge_community(session, own.id, obligations=[("core", DUTY)])
            return remind(session, own.id)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(night, range(4)))
    assert sum(told) == 1
    assert len(rows(ready, own.scope)) == 1


def test_a_community_that_fails_stops_no_other(ready, world, plugins, monkeypatch) -> None:
    first, second = world.here.communities

    def judge(session, community_id, **more):
        if community_id == first.id:
            session.execute(text("SELECT nonsense"))
        return judge_community(session, community_id, **more)

    monkeypatch.setattr(tasks, "judge_community", judge)
    assert run_task(ready, world.here.scope, JUDGE, plugins=plugins)["communities"] == 1
    assert rows(ready, first.scope) == []
    assert len(rows(ready, second.scope)) == 1


def test_a_plugin_that_asks_has_its_community_judged_once(ready, world, plugins) -> None:
    own = world.here.communities[0]
    for _again in range(3):
        with ready.database.unit_of_work(own.scope) as session:
            recheck_obligations(session, own.id)
    run_waiting(ready, plugins)
    assert len(rows(ready, own.scope)) == 1
    assert rows(ready, world.here.communities[1].scope) == []
    assert asked_for(ready, own) == 1


def test_what_was_rolled_back_is_judged_by_nobody(ready, world) -> None:
    own = world.here.communities[0]

    def fall() -> None:
        with ready.database.unit_of_work(own.scope) as session:
            recheck_obligations(session, own.id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fall()
    assert asked_for(ready, own) == 0


def test_it_comes_round_soon_after_midnight() -> None:
    from linli.plugins.schedules import Schedule
    from linli.tasks.registry import Tasks

    task = Tasks().by_name[JUDGE]
    assert task.schedule == Schedule.daily(tasks.JUDGE_AT)
    assert tasks.JUDGE_AT.hour == 0
