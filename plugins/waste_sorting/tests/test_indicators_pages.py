"""The pages of indicators and rankings, as a person's browser sees them, and their API."""

from __future__ import annotations

import csv
import html
import io
import re

import psycopg
import pytest

from linli.sdk import today
from linli.testing.choices import settle_rule
from linli_waste_sorting.indicators.definitions import MOST_INDICATORS
from linli_waste_sorting.indicators.rule_keys import LEAST_HOUSEHOLDS
from linli_waste_sorting.weights.ledger import month_of

LAST = month_of(today()).before


@pytest.fixture(autouse=True)
def empty(module_house):
    """Takes away what a test has written: pages and API commit, and share the module's database."""
    yield
    tables = ("monthly_figures", "indicator_set", "ranking", "inspection_finding", "inspection_point")
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        for table in (*tables, "inspection_round", "ledger_report", "collection", "carrier"):
            connection.execute(f"TRUNCATE plugin_waste_sorting.{table} CASCADE")


@pytest.fixture
def console(own) -> str:
    return f"/s/{own.street_code}/console/waste_sorting/indicators"


@pytest.fixture
def admin(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/indicators"


@pytest.fixture
def home(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/waste_sorting/indicators"


@pytest.fixture
def recorded(module_house, own, note, walk) -> None:
    """A month in which a quarter was sorted out and two of three households sorted right."""
    with module_house.database.unit_of_work(own.scope) as session:
        note(session, own, "25", day=LAST.first)
        note(session, own, "75", day=LAST.first, category="other", confirmed=True)
        walk(session, own, LAST.first, ("correct", 0), ("correct", 1), ("wrong", 2), met=(True, True))


@pytest.fixture
def three_tell_on_nobody(module_house, world):
    """The street shows what three households did; the rule's own number holds again afterwards."""
    with module_house.database.unit_of_work(world.here.scope) as session:
        settle_rule(session, LEAST_HOUSEHOLDS, 3)
    yield
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        connection.execute("DELETE FROM core.rule_override WHERE key = %s", [LEAST_HOUSEHOLDS])


def read(answer) -> str:
    return html.unescape(answer.text)


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", read(answer)))


def id_of(answer) -> str:
    return re.findall(r"/rankings/([0-9a-f-]{36})", answer.headers["location"])[0]


def form_of(page: str) -> dict[str, str]:
    """The fields of the definitions as the page shows them."""
    found = dict(re.findall(r'<input type="(?:text|hidden)"[^>]* name="([a-z]+-\d|number)" value="([^"]*)"', page))
    for name, body in re.findall(r'<select id="[^"]*" name="([a-z]+-\d)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', body)
        found[name] = chosen[0] if chosen else ""
    return found


@pytest.mark.actor("street_administrator")
class TestTheStreet:
    def test_of_few_households_nothing_is_told_of_the_whole_either(self, browser, console, recorded) -> None:
        browser.post(f"{console}/compute", {"month": LAST.key})
        shown = text_of(browser.get(console))
        assert "25.0%" in shown, "what was weighed is nobody's"
        assert "66.7%" not in shown

    def test_a_month_is_computed_ranked_published_and_taken_back(
        self, browser, own, console, recorded, three_tell_on_nobody
    ) -> None:
        assert "这个月还没有计算" in browser.get(console).text
        assert browser.post(f"{console}/compute", {"month": LAST.key}).status_code == 303
        shown = text_of(browser.get(console))
        assert "25.0%" in shown
        assert "66.7%" in shown
        assert "没有数据" in shown
        made = browser.post(f"{console}/rankings", {"month": LAST.key, "subject": "communities"})
        assert made.status_code == 303
        page = f"{console}/rankings/{id_of(made)}"
        again = browser.post(f"{console}/rankings", {"month": LAST.key, "subject": "communities"})
        assert again.status_code == 409

        def version() -> str:
            return re.findall(r'name="version" value="(\d+)"', browser.get(page).text)[0]

        assert browser.post(f"{page}/publish", {"version": version()}).status_code == 409
        assert browser.post(f"{page}/review", {"version": version()}).status_code == 303
        assert browser.post(f"{page}/publish", {"version": version()}).status_code == 303
        told = text_of(browser.get(page))
        assert "已公布" in told
        assert own.name in told
        assert browser.post(f"{page}/withdraw", {"reason": ""}).status_code == 422
        assert browser.post(f"{page}/withdraw", {"reason": "漏了一车"}).status_code == 303
        assert "理由：漏了一车" in read(browser.get(page))

    def test_a_ranking_is_saved_and_printed(self, browser, console, own, recorded) -> None:
        made = browser.post(f"{console}/rankings", {"month": LAST.key, "subject": "communities"})
        page = f"{console}/rankings/{id_of(made)}"
        saved = browser.get(f"{page}/export?file=csv")
        rows = list(csv.reader(io.StringIO(saved.content.decode("utf-8-sig"))))
        assert rows[0][:3] == ["名次", "名称", "得分"]
        assert rows[1][1] == own.name
        assert {"250", "1000"} <= set(rows[1])
        assert browser.get(f"{page}/export").content[:2] == b"PK"
        assert browser.get(f"{page}/print").content[:4] == b"%PDF"

    def test_definitions_are_changed_tried_and_taken_back(self, browser, console, own, recorded) -> None:
        browser.post(f"{console}/compute", {"month": LAST.key})
        here = f"{console}/definitions"
        assert "通用指标" in read(browser.get(here))
        sent = form_of(browser.get(f"{here}/edit").text)
        assert sum(int(sent.get(f"weight-{n}") or 0) for n in range(MOST_INDICATORS)) == 100
        wrong = browser.post(f"{here}/edit", {**sent, "weight-0": "31", "step": "save"})
        assert wrong.status_code == 422
        assert "权重合计是 101%" in read(wrong)
        tried = browser.post(f"{here}/edit", {**sent, "target-0": "50", "month": LAST.key, "step": "preview"})
        assert tried.status_code == 200
        assert own.name in read(tried)
        assert 'value="50"' in tried.text
        assert "第 1 版" not in read(browser.get(here))
        based = {**sent, "numerator-3": "other_saved_base", "denominator-3": "other_base_base", "step": "save"}
        for base, fault in (("", "有指标和基准月比较"), ("2025-13", "没有这个月份"), ("2098-01", "还没有到")):
            refused = browser.post(f"{here}/edit", {**based, "base_month": base})
            assert refused.status_code == 422
            assert fault in read(refused).partition('id="f-base_month-fault"')[2]
        saved = browser.post(f"{here}/edit", {**based, "base_month": "2025-06", "target-0": "50", "note": "提高"})
        assert saved.status_code == 303
        shown = read(browser.get(here))
        assert "第 1 版 · 街道自定" in shown
        assert "不低于 50%" in shown
        assert "基准月是2025年6月" in shown
        stale = browser.post(f"{here}/edit", {**sent, "step": "save"})
        assert stale.status_code == 409
        assert browser.post(f"{here}/preset", {"preset": "mentougou"}).status_code == 303
        assert "第 2 版 · 门头沟区月度排名" in read(browser.get(here))
        assert "基准月是2025年6月" in read(browser.get(here)), "a preset keeps the base"
        assert "提高" in read(browser.get(f"{here}/versions/1"))
        assert browser.get(f"{here}/versions/9").status_code == 404

    @pytest.mark.parametrize(
        ("field", "value"),
        [("code-0", "No"), ("title-0", ""), ("target-0", "x"), ("weight-0", "-1"), ("denominator-0", "stations_met")],
    )
    def test_each_fault_stands_at_its_field(self, browser, console, field, value) -> None:
        here = f"{console}/definitions/edit"
        answer = browser.post(here, {**form_of(browser.get(here).text), field: value, "step": "save"})
        assert answer.status_code == 422
        assert f'id="f-{field}-fault"' in answer.text

    def test_a_month_that_is_none_is_refused(self, browser, console) -> None:
        assert browser.get(f"{console}?month=2026-13").status_code in (400, 422)
        assert browser.get(f"{console}?month=2098-01").status_code == 422


@pytest.mark.actor("community_administrator")
class TestTheCommunity:
    def test_compounds_and_buildings_are_shown_without_households(self, browser, admin, recorded) -> None:
        assert browser.post(f"{admin}/compute", {"month": LAST.key}).status_code == 303
        shown = text_of(browser.get(admin))
        assert "各小区指标" in shown
        assert shown.count("检查到的住户少于 5 户，不显示") == 2
        assert "25.0%" in shown

    def test_it_ranks_its_compounds_and_not_the_communities(self, browser, admin, recorded) -> None:
        assert browser.post(f"{admin}/rankings", {"month": LAST.key, "subject": "communities"}).status_code == 422
        assert browser.post(f"{admin}/rankings", {"month": LAST.key, "subject": "compounds"}).status_code == 303

    def test_it_changes_no_definitions(self, browser, console) -> None:
        assert browser.get(f"{console}/definitions/edit").status_code == 403


@pytest.mark.actor("auditor")
def test_who_only_reads_makes_nothing(browser, admin, console) -> None:
    assert browser.get(console).status_code == 200
    assert "indicators/compute" not in read(browser.get(console))
    assert browser.post(f"{console}/compute", {"month": LAST.key}).status_code == 403
    assert browser.post(f"{console}/rankings", {"month": LAST.key, "subject": "communities"}).status_code == 403


class TestResidents:
    def test_one_sees_the_own_household_and_published_rankings_alone(
        self, browser, own, world, console, home, recorded
    ) -> None:
        staff = browser.sign_in_as(world.here.administrator)
        made = id_of(staff.post(f"{console}/rankings", {"month": LAST.key, "subject": "communities"}))
        resident = browser.sign_in_as(own.resident_account)
        shown = text_of(resident.get(f"{home}?month={LAST.key}"))
        assert "我家（只有您家能看到）" in shown
        assert "检查到的都分对了" in shown
        assert resident.get(f"{home}/rankings/{made}").status_code == 404
        staff = browser.sign_in_as(world.here.administrator)
        for act in ("review", "publish"):
            page = staff.get(f"{console}/rankings/{made}").text
            version = re.findall(r'name="version" value="(\d+)"', page)[0]
            assert staff.post(f"{console}/rankings/{made}/{act}", {"version": version}).status_code == 303
        resident = browser.sign_in_as(own.resident_account)
        told = text_of(resident.get(f"{home}/rankings/{made}"))
        assert f"{own.name} 我们" in told
        assert made in resident.get(f"{home}/rankings").text
        assert resident.get(f"{home}/rankings/{made}/print").content[:4] == b"%PDF"
        board = read(resident.get(f"/s/{own.street_code}/c/{own.code}/notices"))
        assert "月垃圾分类排名（各社区）" in board


class TestTheApi:
    @pytest.mark.actor("street_administrator")
    def test_the_street_does_what_its_pages_do(self, api, own, recorded, three_tell_on_nobody) -> None:
        root = f"/api/v1/s/{own.street_code}/waste_sorting/indicators"
        assert api.post(f"{root}/compute", {"month": LAST.key}).json()["rows"] == 3
        [figures] = api.get(f"{root}?month={LAST.key}").json()["items"]
        assert (figures["values"]["separation"], figures["values"]["reduction"]) == ("25.0", None)
        held = api.get(f"{root}/definitions").json()
        assert (held["number"], sum(each["weight"] for each in held["indicators"])) == (0, 100)
        held["indicators"][0]["target"] = "26"
        tried = api.post(f"{root}/definitions/preview", {"month": LAST.key, "indicators": held["indicators"]}).json()
        assert tried["places"][0]["score_then"] != tried["places"][0]["score_now"]
        body = {"indicators": held["indicators"], "number": 0, "base_month": "2025-06"}
        saved = api.request("PUT", f"{root}/definitions", body).json()
        assert (saved["number"], saved["base_month"]) == (1, "2025-06")
        held["indicators"][0]["weight"] = 31
        wrong = api.request("PUT", f"{root}/definitions", {"indicators": held["indicators"]})
        assert [each["field"] for each in wrong.json()["errors"]] == ["weights"]
        assert api.post(f"{root}/definitions/preset", {"preset": "mentougou"}).json()["number"] == 2
        assert [each["number"] for each in api.get(f"{root}/versions").json()["items"]] == [2, 1]
        assert api.get(f"{root}/versions?after=x").status_code == 422
        made = api.post(f"{root}/rankings", {"month": LAST.key, "subject": "communities"}).json()
        assert [each["name"] for each in made["places"]] == [own.name]
        assert "amounts" not in made["places"][0]
        page = f"{root}/rankings/{made['id']}"
        assert api.post(f"{page}/publish", {"version": made["version"]}).status_code == 409
        seen = api.post(f"{page}/review", {"version": made["version"]}).json()
        out = api.post(f"{page}/publish", {"version": seen["version"]}).json()
        assert (out["state"], out["notice_id"] is not None) == ("published", True)
        assert api.post(f"{page}/refresh").status_code == 409
        assert api.post(f"{page}/withdraw", {"reason": "错"}).json()["withdraw_reason"] == "错"
        assert [each["id"] for each in api.get(f"{root}/rankings").json()["items"]] == [made["id"]]

    @pytest.mark.actor("resident")
    def test_a_resident_reads_results_and_nothing_else(self, api, own, module_house, recorded) -> None:
        root = f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting"
        found = api.get(f"{root}/results?month={LAST.key}").json()
        assert found["own"] == [{"month": LAST.key, "correct": 1, "checked": 1}]
        assert api.get(f"{root}/results/rankings").json()["items"] == []
        for path in ("indicators", "indicators/rankings", "indicators/definitions"):
            assert api.get(f"{root}/{path}").status_code == 403
