"""Background work on pages and in the API: listed, followed, cancelled and run again by those who may."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from linli.audit.models import AuditEntry
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.plugins.registry import Plugins
from linli.tasks import enqueue, job_state
from linli.tasks.models import Job
from linli.testing.web import Api, Browser, serving
from linli.testing.world import WORLD

HERE = WORLD.here
OWN, SIBLING = HERE.communities
CONSOLE = f"/s/{HERE.code}/console/jobs"
ADMIN = f"/s/{HERE.code}/c/{OWN.code}/admin/jobs"
API = f"/api/v1/s/{HERE.code}"


@pytest.fixture(scope="module")
def client(module_house):
    # Its threads would do the work before the test has looked at it.
    with serving(module_house, Plugins.load(), works=False) as client:
        yield client


@pytest.fixture
def as_street(client, module_house) -> Browser:
    return Browser(client, module_house).sign_in_as(HERE.administrator)


@pytest.fixture
def as_community(client, module_house) -> Browser:
    return Browser(client, module_house).sign_in_as(OWN.administrator)


@pytest.fixture
def make_job(module_house):
    """``make_job(OWN, state="running", done=3)``: a job of a community, or of the street where none is given."""

    def make(community=None, task: str = "core.check_roster", **values) -> UUID:
        scope = community.scope if community else HERE.scope
        with module_house.database.unit_of_work(scope, Actor(account_id=None, display_name="王主任")) as session:
            job_id = enqueue(session, task, total=values.pop("total", 0))
            if values:
                session.execute(update(Job).where(Job.id == job_id).values(**values))
        return job_id

    return make


def state_of(house, job_id: UUID) -> str:
    with house.database.unit_of_work(HERE.scope) as session:
        return job_state(session, job_id).state


class TestList:
    def test_shows_the_bar_and_follows_while_something_runs(self, as_street, make_job) -> None:
        make_job(OWN, state="running", done=3, total=4, leased_until=now() + timedelta(hours=1))
        page = as_street.get(f"{CONSOLE}?state=open&community_id={OWN.id}").text
        assert '<progress class="progress" max="100" value="75"' in page
        assert "王主任" in page
        assert 'hx-trigger="every 3s"' in page

    def test_is_still_where_nothing_moves(self, as_street, make_job) -> None:
        make_job(SIBLING, state="parked", error="the process died", attempts=5)
        make_job(SIBLING, run_after=now() + timedelta(days=1))
        page = as_street.get(f"{CONSOLE}?community_id={SIBLING.id}").text
        assert "出错停下" in page
        assert "处理它的程序中断了" in page
        assert "every 3s" not in page, "what begins tomorrow is not waited for"

    def test_htmx_is_given_the_rows_alone(self, as_street, make_job) -> None:
        make_job()
        part = as_street.get(f"{CONSOLE}?state=open", headers={"hx-request": "true"}).text
        assert "检查居民名册" in part
        assert "<h1" not in part

    def test_filters_and_says_when_nothing_fits(self, as_street, make_job) -> None:
        make_job(task="core.verify_audit", state="cancelled")
        assert "核对操作记录" in as_street.get(f"{CONSOLE}?state=cancelled&task=core.verify_audit").text
        assert "没有符合条件的任务" in as_street.get(f"{CONSOLE}?state=cancelled&task=core.commit_roster").text

    def test_a_community_sees_its_own_alone(self, as_community, make_job) -> None:
        own, street, sibling = make_job(OWN), make_job(), make_job(SIBLING)
        page = as_community.get(ADMIN).text
        assert str(own) in page
        assert str(street) not in page
        assert str(sibling) not in page
        assert as_community.get(f"{ADMIN}/{own}").status_code == 200
        assert as_community.get(f"{ADMIN}/{street}").status_code == 404
        assert as_community.get(f"{ADMIN}/{sibling}").status_code == 404

    def test_turns_to_come_and_deliveries_are_no_jobs_to_people(self, as_street, make_job, module_house) -> None:
        turn = make_job(turn=now() + timedelta(days=1), run_after=now() + timedelta(days=1))
        ids = {"event_id": HERE.id, "lane_id": HERE.id, "consumer": "x", "n": 1}
        delivery = make_job(**ids)
        page = as_street.get(CONSOLE).text
        assert str(turn) not in page
        assert str(delivery) not in page

    def test_residents_are_refused(self, client, module_house, make_job) -> None:
        resident = Browser(client, module_house).sign_in_as(OWN.resident_account)
        assert resident.get(ADMIN).status_code == 403
        assert resident.post(f"{ADMIN}/{make_job(OWN)}/cancel").status_code == 403


class TestActs:
    def test_cancel_and_run_again(self, as_street, module_house, make_job) -> None:
        job = make_job()
        assert "取消任务" in as_street.get(f"{CONSOLE}/{job}").text
        assert as_street.post(f"{CONSOLE}/{job}/cancel").status_code == 303
        assert state_of(module_house, job) == "cancelled"
        assert as_street.post(f"{CONSOLE}/{job}/cancel").status_code == 409, "a second click changes nothing"
        assert as_street.post(f"{CONSOLE}/{job}/replay").status_code == 303
        assert state_of(module_house, job) == "queued"

    def test_a_community_does_nothing_to_others(self, as_community, module_house, make_job) -> None:
        for job in (make_job(), make_job(SIBLING)):
            assert as_community.post(f"{ADMIN}/{job}/cancel").status_code == 404
            assert state_of(module_house, job) == "queued"

    def test_a_reader_sees_no_buttons(self, client, module_house, make_job) -> None:
        job = make_job()
        auditor = Browser(client, module_house).sign_in_as(HERE.auditor)
        page = auditor.get(f"{CONSOLE}/{job}")
        assert page.status_code == 200
        assert "取消任务" not in page.text
        assert auditor.post(f"{CONSOLE}/{job}/cancel").status_code == 403

    def test_over_the_api(self, client, module_house, make_job) -> None:
        api = Api(client, module_house).token_for(HERE.administrator, HERE.id)
        job = make_job(state="failed", error="第 3 行没有房号")
        assert api.post(f"{API}/jobs/{job}/replay").json()["state"] == "queued"
        assert api.post(f"{API}/jobs/{job}/cancel").json()["state"] == "cancelled"
        assert api.post(f"{API}/jobs/{job}/cancel").status_code == 409
        listed = api.get(f"{API}/jobs?state=cancelled&limit=200").json()["items"]
        assert str(job) in [each["id"] for each in listed]


def test_readiness_tells_of_work_that_nobody_looks_after(client, module_house) -> None:
    assert client.get("/health/ready").json()["status"] == "ok"
    with module_house.database.unit_of_work(WORLD.there.scope) as session:
        enqueue(session, "core.check_roster", run_after=now() - timedelta(minutes=3))
    # Its answer is believed for half a minute: another process is asked.
    with serving(module_house, Plugins.load(), works=False) as other:
        told = other.get("/health/ready")
    assert told.status_code == 200, "people are sent there all the same"
    assert told.json()["work_waits_seconds"]["default"] >= 180


class TestSchedules:
    def test_the_page_lists_them_and_runs_one_now(self, as_street, module_house) -> None:
        page = as_street.get(f"{CONSOLE}/schedules").text
        assert "删除到期的数据" in page
        assert "每天 3:30" in page
        answer = as_street.post(f"{CONSOLE}/schedules/run", {"task": "core.purge_expired"})
        assert answer.status_code == 303
        job = UUID(answer.headers["location"].rsplit("/", 1)[1])
        assert state_of(module_house, job) == "queued"
        assert as_street.post(f"{CONSOLE}/schedules/run", {"task": "core.check_roster"}).status_code == 404

    def test_over_the_api(self, client, module_house) -> None:
        api = Api(client, module_house).token_for(HERE.administrator, HERE.id)
        items = {each["task"]: each for each in api.get(f"{API}/schedules").json()["items"]}
        assert items["core.anchor_audit"]["when"] == "每小时的第 17 分钟"
        assert items["notices.sweep_periods"]["owner"] == "notices"
        started = api.post(f"{API}/schedules/run", {"task": "notices.sweep_periods"})
        assert (started.status_code, started.json()["task"]) == (202, "notices.sweep_periods")
        assert api.post(f"{API}/schedules/run", {"task": "x.y"}).status_code == 404

    def test_the_record_says_who_ran_it(self, as_street, module_house) -> None:
        as_street.post(f"{CONSOLE}/schedules/run", {"task": "core.verify_audit"})
        with module_house.database.unit_of_work(HERE.scope) as session:
            entries = session.query(AuditEntry).filter_by(action="core.job.run", actor_id=HERE.administrator).all()
        assert {"task": "core.verify_audit"} in [each.after for each in entries]
