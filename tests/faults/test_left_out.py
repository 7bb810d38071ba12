"""Hanging handlers, jobs that never end or exit, what a plugin says it kept, and the way back."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
from sqlalchemy import select, text
from tests.faults.neighbours import NAMES
from tests.faults.siege import API, HERE, ROOT, SIBLING, Siege, besieged

from linli.db.lint import RULES, Finding
from linli.plugins.containment.circuits import MOST_FAILURES
from linli.plugins.models import PluginCircuit
from linli.tasks import Tasks, enqueue
from linli.tasks.models import Job
from linli.tasks.runner import JobRunner
from linli.testing.databases import clone_of
from linli.testing.web import Api, Browser
from linli.testing.world import WORLD
from linli.web import guests, readiness

CONSOLE = f"/s/{WORLD.here.code}/console"


@pytest.fixture(scope="module")
def siege(superuser_url, template, tmp_path_factory) -> Iterator[Siege]:
    with clone_of(superuser_url, template) as url:
        folder = tmp_path_factory.mktemp("neighbours")
        with besieged(url, folder, "loops", "swallows", "mistypes", "exits", "raises") as siege:
            yield siege


@pytest.fixture(autouse=True)
def afresh(siege: Siege, monkeypatch) -> Iterator[None]:
    """Nothing is left out when a test begins, and no answer about readiness is believed for long."""
    monkeypatch.setattr(readiness, "_BELIEVED", 0)
    with siege.house.database.unit_of_work(WORLD.here.scope) as session:
        session.execute(text("DELETE FROM core.plugin_circuit"))
    yield
    siege.site.put_aside({})


def circuit(siege: Siege, plugin: str, part: str) -> PluginCircuit | None:
    with siege.house.database.unit_of_work(WORLD.here.scope) as session:
        return session.scalar(select(PluginCircuit).where(PluginCircuit.plugin == plugin, PluginCircuit.part == part))


def break_pages(siege: Siege, plugin: str = "raises") -> None:
    for _n in range(MOST_FAILURES):
        assert siege.ask(f"{ROOT}/{plugin}").status == 500
    assert siege.ask(f"{ROOT}/{plugin}").status == 503


def expire(siege: Siege) -> None:
    with siege.house.database.unit_of_work(WORLD.here.scope) as session:
        session.execute(text("UPDATE core.plugin_circuit SET open_until = clock_timestamp() - interval '1 second'"))


class TestHanging:
    def test_a_hanging_plugin_keeps_nobody_else_waiting_and_is_left_out(self, siege, monkeypatch) -> None:
        monkeypatch.setattr(guests, "WAIT", 0.2)
        # Whoever waited for what hangs would wait so long; everybody else is far quicker, on a busy machine too.
        given_up_after = 3.0
        monkeypatch.setattr(guests, "GIVE_UP", given_up_after)
        monkeypatch.setattr(guests.Slots, "_hangs", lambda self, owner: bool(self._running.get(owner)))
        slots = siege.site.slots
        with ThreadPoolExecutor(12) as pool:
            hanging = [pool.submit(siege.ask, f"{ROOT}/loops") for _n in range(8)]
            time.sleep(0.1)
            for path in (f"{ROOT}/my-home", f"{ROOT}/{NAMES[0]}", f"{API}/{NAMES[1]}/thing"):
                answer = siege.ask(path)
                assert answer.status == 200
                assert answer.seconds < given_up_after
            answers = [each.result() for each in hanging]
        assert {each.status for each in answers} == {503}
        assert max(each.seconds for each in answers) < given_up_after + 4
        assert "故障" in answers[0].text
        assert len(slots._running["loops"]) == slots.each < slots.together
        row = circuit(siege, "loops", "pages")
        assert row is not None
        assert row.open_until is not None
        began = time.monotonic()
        assert siege.ask(f"{ROOT}/loops").status == 503
        assert time.monotonic() - began < 0.5, "left out: not even tried"
        release(siege)

    def test_a_busy_healthy_plugin_is_no_failure(self, siege, monkeypatch) -> None:
        monkeypatch.setattr(guests, "WAIT", 0.2)
        with ThreadPoolExecutor(12) as pool:
            hanging = [pool.submit(siege.ask, f"{ROOT}/loops") for _n in range(4)]
            time.sleep(0.8)
            release(siege)
            statuses = sorted(each.result().status for each in hanging)
        assert 503 in statuses, "control: some had to wait too long"
        assert circuit(siege, "loops", "pages") is None


def release(siege: Siege) -> None:
    """Let every hanging handler end, and the next ones hang again."""
    import sys

    over = sys.modules["linli_loops.plugin"].OVER
    over.set()
    deadline = time.monotonic() + 5
    while siege.site.slots._running.get("loops") and time.monotonic() < deadline:
        time.sleep(0.02)
    over.clear()
    assert not siege.site.slots._running.get("loops")


class TestTheWayBack:
    def test_a_success_after_the_pause_brings_it_back(self, siege) -> None:
        break_pages(siege, "mistypes")
        expire(siege)
        with siege.house.database.unit_of_work(WORLD.here.scope) as session:
            session.execute(text("UPDATE core.plugin_circuit SET plugin = :name"), {"name": NAMES[0]})
        assert siege.ask(f"{ROOT}/{NAMES[0]}").status == 200
        row = circuit(siege, NAMES[0], "pages")
        assert row is not None
        assert row.open_until is None

    def test_a_failure_after_the_pause_leaves_it_out_again_at_once(self, siege) -> None:
        break_pages(siege)
        expire(siege)
        assert siege.ask(f"{ROOT}/raises").status == 500
        assert siege.ask(f"{ROOT}/raises").status == 503
        row = circuit(siege, "raises", "pages")
        assert row is not None
        assert row.openings == 2

    def test_an_administrator_sees_it_and_brings_it_back_in_the_console(self, siege) -> None:
        break_pages(siege)
        browser = Browser(siege.client, siege.house).sign_in_as(WORLD.here.administrator)
        overview = unescape(browser.get(f"{CONSOLE}/plugins").text)
        assert "“坏插件 raises”出了故障" in overview
        page = unescape(browser.get(f"{CONSOLE}/plugins/health").text)
        assert "已暂停" in page
        assert "ZeroDivisionError" in page
        assert "a secret of page" not in page
        for _again in range(2):
            assert browser.post(f"{CONSOLE}/plugins/raises/resume").status_code == 303
        assert browser.post(f"{CONSOLE}/plugins/nothing/resume").status_code == 404
        siege.client.cookies.clear()
        assert siege.ask(f"{ROOT}/raises").status == 500, "asked again"
        with siege.house.database.unit_of_work(WORLD.here.scope) as session:
            acts = session.scalars(text("SELECT action FROM core.audit_entry WHERE subject_id = 'raises' ORDER BY n"))
            assert list(acts)[-2:] == ["core.plugin.suspend", "core.plugin.resume"]

    def test_an_auditor_sees_it_and_changes_nothing(self, siege) -> None:
        break_pages(siege)
        browser = Browser(siege.client, siege.house).sign_in_as(WORLD.here.auditor)
        page = browser.get(f"{CONSOLE}/plugins/health")
        assert page.status_code == 200
        assert "/resume" not in page.text
        assert browser.post(f"{CONSOLE}/plugins/raises/resume").status_code == 403
        siege.client.cookies.clear()

    def test_a_program_does_the_same(self, siege) -> None:
        break_pages(siege)
        api = Api(siege.client, siege.house).token_for(WORLD.here.administrator, WORLD.here.id)
        root = f"/api/v1/s/{WORLD.here.code}/plugins"
        (found,) = [each for each in api.get(f"{root}/health").json()["items"] if each["name"] == "raises"]
        assert found["state"] == "open"
        assert {each["error"] for each in found["parts"][0]["errors"]} == {"ZeroDivisionError"}
        assert "a secret" not in json.dumps(found)
        assert api.post(f"{root}/raises/resume").status_code == 204
        assert {each["state"] for each in api.get(f"{root}/health").json()["items"]} == {"ok"}

    def test_another_street_sees_nothing_of_it(self, siege) -> None:
        break_pages(siege)
        api = Api(siege.client, siege.house).token_for(WORLD.there.administrator, WORLD.there.id)
        items = api.get(f"/api/v1/s/{WORLD.there.code}/plugins/health").json()["items"]
        assert {each["state"] for each in items} == {"ok"}
        assert all(each["parts"] == [] for each in items)


class TestWrites:
    def test_a_write_whose_error_was_swallowed_is_not_told_as_kept(self, siege) -> None:
        for path in ("thing", "ended"):
            answer = siege.ask(f"{API}/swallows/{path}", "POST")
            assert answer.status == 500
            assert "is_kept" not in answer.text


class TestWhereItIsOff:
    def test_a_sibling_community_gets_404(self, siege) -> None:
        assert siege.ask(f"/s/{WORLD.here.code}/c/{SIBLING.code}/raises").status == 404


class TestPutAsideWhileItRuns:
    def test_a_table_without_its_wall_costs_its_plugin_and_not_readiness(self, siege, monkeypatch) -> None:
        finding = Finding("R04", RULES["R04"], f"plugin_{NAMES[0]}.thing")
        real = readiness.lint
        monkeypatch.setattr(readiness, "lint", lambda connection: [*real(connection), finding])
        ready = siege.client.get("/health/ready")
        assert ready.status_code == 200
        assert ready.json()["plugins"][NAMES[0]] == "fault"
        assert siege.ask(f"{ROOT}/{NAMES[0]}").status == 503
        assert siege.ask(f"{ROOT}/{NAMES[1]}").status == 200
        monkeypatch.setattr(readiness, "lint", real)
        assert siege.client.get("/health/ready").status_code == 200
        assert siege.ask(f"{ROOT}/{NAMES[0]}").status == 200, "mended, and back without a restart"

    def test_a_finding_of_the_core_still_refuses_readiness(self, siege, monkeypatch) -> None:
        finding = Finding("R04", RULES["R04"], "core.resident")
        monkeypatch.setattr(readiness, "lint", lambda connection: [finding])
        assert siege.client.get("/health/ready").status_code == 503


class TestJobs:
    def enqueue(self, siege: Siege, task: str, **values: object) -> object:
        with siege.house.database.unit_of_work(HERE.scope) as session:
            job = enqueue(session, task, {}, owner=task.partition(".")[0])
            for name, value in values.items():
                session.execute(text(f"UPDATE core.job SET {name} = :v WHERE id = :id"), {"v": value, "id": job})
            return job

    def job(self, siege: Siege, job_id: object) -> Job:
        with siege.house.database.unit_of_work(HERE.scope) as session:
            return session.scalars(select(Job).where(Job.id == job_id)).one()

    def test_one_that_exits_is_parked_after_its_tries_and_named(self, siege) -> None:
        bad, good = self.enqueue(siege, "exits.do_work"), self.enqueue(siege, f"{NAMES[0]}.do_work")
        runner = JobRunner(siege.house, Tasks.of(siege.site.plugins), pause=0.01)
        deadline = time.monotonic() + 20
        while self.job(siege, bad).state != "parked" and time.monotonic() < deadline:
            runner.run_due()
            time.sleep(0.02)
        parked = self.job(siege, bad)
        assert (parked.state, parked.attempts, parked.error) == ("parked", 5, "SystemExit")
        assert self.job(siege, good).result == {"n": 4}
        row = circuit(siege, "exits", "jobs")
        assert row is not None
        assert (row.failures, row.open_until) == (5, None)

    def test_one_that_never_ends_holds_up_its_own_runner_alone_and_is_parked(self, siege) -> None:
        """A thread cannot be killed: the lease hands its job on, and the work of others goes on beside it."""
        stuck = JobRunner(siege.house, Tasks.of(siege.site.plugins), poll=0.05)
        bad = self.enqueue(siege, "loops.go_round", max_attempts=1)
        stuck.start()
        try:
            deadline = time.monotonic() + 10
            while self.job(siege, bad).state != "running" and time.monotonic() < deadline:
                time.sleep(0.02)
            good = self.enqueue(siege, f"{NAMES[0]}.do_work")
            other = JobRunner(siege.house, Tasks.of(siege.site.plugins))
            while self.job(siege, bad).state != "parked" and time.monotonic() < deadline:
                other.run_due()
                time.sleep(0.1)
            assert self.job(siege, good).state == "done"
            assert (self.job(siege, bad).state, self.job(siege, bad).error) == ("parked", "the process died")
        finally:
            let_go = threading.Thread(target=release, args=(siege,))
            let_go.start()
            let_go.join()
            assert stuck.stop(timeout=5)
        assert self.job(siege, bad).state == "parked", "what came back too late changes nothing"


class TestPersonalData:
    def test_what_it_gives_out_wrongly_is_named_and_the_rest_is_given(self, siege) -> None:
        from linli.privacy.export import gather
        from linli.privacy.sources import person_of

        with siege.house.database.unit_of_work(HERE.scope) as session:
            person = person_of(session, HERE.residents[0])
            assert person is not None
            sections = gather(session, person)
        faults = {each.owner: each.fault for each in sections if each.fault}
        assert faults == {"mistypes": "TypeError"}
        assert any(each.owner == "core" and each.rows for each in sections)

    def test_what_it_purges_wrongly_is_named_and_nothing_is_proven(self, siege) -> None:
        from linli.plugins.containment import PluginFailed
        from linli.privacy.purging import purge_step
        from linli.privacy.sources import find_class

        source = find_class("mistypes.things")
        assert source is not None
        with siege.house.database.unit_of_work(WORLD.here.scope) as session:
            with pytest.raises(PluginFailed) as failed:
                purge_step(session, source)
            assert failed.value.error_type == "WrongAnswer"
            assert session.scalar(text("SELECT count(*) FROM core.purge_record")) == 0
