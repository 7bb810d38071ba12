"""Deliveries in the console, the API and the command line: who is behind, what stopped, and bringing it again."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from click.testing import CliRunner
from litestar.testing import TestClient
from sqlalchemy import update
from tests.events.conftest import Stage

from linli.cli import cli
from linli.tasks.models import Job
from linli.testing.databases import MASTER
from linli.testing.web import Api, Browser, serving
from linli.testing.world import WORLD

HERE = WORLD.here
CONSOLE = f"/s/{HERE.code}/console/jobs/events"
API = f"/api/v1/s/{HERE.code}/events"


@pytest.fixture
def broken() -> list[bool]:
    return [True]


@pytest.fixture
def stage(make_stage, broken) -> Stage:
    """Two events of one lane, the first parked."""

    def hear(session, event) -> None:
        if broken:
            raise RuntimeError

    stage = make_stage(listener=hear)
    stage.tell(1, 2)
    with stage.house.database.unit_of_work(stage.scope) as session:
        session.execute(update(Job).where(Job.event_id.is_not(None)).values(max_attempts=1))
    stage.runner.run_due()
    return stage


@pytest.fixture
def client(stage) -> Iterator[TestClient]:
    with serving(stage.house, stage.plugins, works=False) as client:
        yield client


@pytest.fixture
def street(client, stage) -> Browser:
    return Browser(client, stage.house).sign_in_as(HERE.administrator)


class TestConsole:
    def test_who_is_behind_comes_first_and_each_delivery_below(self, street, stage) -> None:
        page = street.get(CONSOLE).text
        assert "全部重新投递" in page
        assert "大门开关" in page, "the event by its title"
        assert "程序出错：RuntimeError" in page
        assert "等前一个" in page
        assert "没有符合条件的投递" in street.get(f"{CONSOLE}?state=delivered").text

    def test_one_with_what_happened_and_what_waits_for_it(self, street, stage) -> None:
        page = street.get(f"{CONSOLE}/{stage.deliveries()[0].id}").text
        assert "后面还有 1 个事件在等它" in page
        assert "&#34;n&#34;: 1" in page or "&quot;n&quot;: 1" in page
        assert street.get(f"{CONSOLE}/{uuid4()}").status_code == 404

    def test_brought_again_alone_or_all_together(self, street, stage, broken) -> None:
        first, second = stage.deliveries()
        assert street.post(f"{CONSOLE}/{first.id}/replay").status_code == 303
        assert stage.states() == ["queued", "behind"]
        assert street.post(f"{CONSOLE}/{first.id}/replay").status_code == 409
        stage.bring()
        assert stage.states() == ["parked", "behind"]
        broken.clear()
        answer = street.post(f"{CONSOLE}/replay", {"consumer": str(second.consumer)})
        assert answer.status_code == 303
        stage.bring()
        assert stage.states() == ["done", "done"]
        assert "全部已送达" in street.get(CONSOLE).text

    def test_given_up_with_a_reason_and_not_without(self, street, stage, broken) -> None:
        first = stage.deliveries()[0].id
        refused = street.post(f"{CONSOLE}/{first}/discard", {"reason": ""})
        assert refused.status_code == 422
        assert "放弃的原因" in refused.text
        assert stage.states()[0] == "parked"
        broken.clear()
        assert street.post(f"{CONSOLE}/{first}/discard", {"reason": "重复的测试"}).status_code == 303
        stage.bring()
        assert stage.states() == ["cancelled", "done"]
        assert "重复的测试" in street.get(f"{CONSOLE}/{first}").text

    def test_only_for_those_who_may(self, client, stage) -> None:
        first = stage.deliveries()[0].id
        auditor = Browser(client, stage.house).sign_in_as(HERE.auditor)
        assert auditor.get(CONSOLE).status_code == 200
        assert f"{first}/replay" not in auditor.get(f"{CONSOLE}/{first}").text
        assert auditor.post(f"{CONSOLE}/{first}/replay").status_code == 403
        community = Browser(client, stage.house).sign_in_as(stage.community.administrator)
        assert community.get(CONSOLE).status_code == 403
        other = Browser(client, stage.house).sign_in_as(WORLD.there.administrator)
        assert other.get(f"/s/{WORLD.there.code}/console/jobs/events/{first}").status_code == 404


class TestApi:
    def test_lag_list_and_acts(self, client, stage, broken) -> None:
        api = Api(client, stage.house).token_for(HERE.administrator, HERE.id)
        [lag] = api.get(f"{API}/lag").json()["items"]
        assert (lag["owner"], lag["waiting"], lag["parked"]) == ("listener", 2, 1)
        [parked] = api.get(f"{API}?state=parked").json()["items"]
        assert (parked["event"], parked["payload"], parked["n"]) == ("listener.GateMoved", {"n": 1, "by": None}, 1)
        assert api.post(f"{API}/{parked['id']}/discard", {}).status_code == 422
        assert api.post(f"{API}/{parked['id']}/discard", {"reason": "x"}).json()["state"] == "cancelled"
        broken.clear()
        stage.bring()
        assert api.post(f"{API}/{parked['id']}/replay").json()["state"] == "queued"
        assert api.post(f"{API}/replay", {"consumer": lag["consumer"]}).json() == {"count": 0}


class TestCommand:
    @pytest.fixture
    def linli(self, stage, tmp_path):
        environment = {
            "LINLI_ENV": "development",
            "LINLI_DATA_DIR": str(tmp_path / "data"),
            "LINLI_SECRET_KEY": base64.b64encode(MASTER).decode(),
            "LINLI_DATABASE_URL": stage.house.addresses.app,
            "LINLI_DATABASE_OWNER_URL": stage.house.addresses.owner,
        }

        def run(*words: str, expect: int = 0) -> str:
            result = CliRunner().invoke(cli, ["events", *words], env=environment)
            assert result.exit_code == expect, result.output
            return result.output

        return run

    def test_lag_list_show_replay_and_discard(self, linli, stage, broken) -> None:
        first = str(stage.deliveries()[0].id)
        found = json.loads(linli("lag", "--json"))
        assert [(each["street"], each["parked"]) for each in found["consumers"]] == [(HERE.code, 1)]
        assert "等待 2，其中失败 1" in linli("lag", "--street", HERE.code)
        assert first in linli("list", "--street", HERE.code)
        shown = json.loads(linli("show", "--street", HERE.code, first, "--json"))
        assert (shown["behind"], shown["payload"]["n"]) == (1, 1)
        assert "RuntimeError" in linli("show", "--street", HERE.code, first)
        assert "1" in linli("replay", "--street", HERE.code, first)
        stage.bring()
        linli("replay", "--street", HERE.code, "--consumer", str(shown["consumer"]))
        stage.bring()
        assert stage.states() == ["parked", "behind"]
        broken.clear()
        assert "GateMoved" in linli("discard", "--street", HERE.code, first, "--reason", "测试")
        stage.bring()
        assert stage.states() == ["cancelled", "done"]
        assert "全部已送达" in linli("lag")

    def test_says_what_is_missing(self, linli) -> None:
        assert "--consumer" in linli("replay", "--street", HERE.code, expect=2)
        assert "没有找到" in linli("show", "--street", HERE.code, str(uuid4()), expect=1)
