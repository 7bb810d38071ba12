"""Reading the record of acts in the console, in a community's portal and over the API."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from sqlalchemy import select

from linli.audit import record
from linli.audit.models import AuditEntry
from linli.kit.actor import Actor
from linli.testing.web import Api, Browser

pytestmark = pytest.mark.requirement("PLT-007")


@pytest.fixture(scope="module", autouse=True)
def acts(module_house) -> None:
    """In each street: one act of the street's own and one in each of its communities."""
    from linli.testing.world import WORLD

    for street in WORLD.streets:
        actor = Actor(display_name=f"经办人{street.code}", system=True, ip="192.0.2.7", request_id="r-1")
        with module_house.database.unit_of_work(street.scope, actor) as session:
            record(session, "core.setting.set", ("setting", "core.theme"), after={"value": "red", "locked": True})
            for k, community in enumerate(street.communities):
                record(
                    session,
                    "core.compound.update",
                    ("compound", community.compound),
                    community_id=community.id,
                    before={"name": f"旧名{k}", "is_old": False},
                    after={"name": f"新名{k}-{street.code}", "is_old": True},
                    reason="更正",
                )


def console(world, path: str = "") -> str:
    return f"/s/{world.here.code}/console/audit{path}"


def admin(community, path: str = "") -> str:
    return f"/s/{community.street_code}/c/{community.code}/admin/audit{path}"


@pytest.fixture
def street(browser: Browser, world) -> Browser:
    return browser.sign_in_as(world.here.administrator)


class TestTheStreetsPage:
    def test_shows_who_did_what_before_and_after(self, street: Browser, world) -> None:
        page = street.get(console(world)).text
        changed = ("旧名0", f"新名0-{world.here.code}")
        for word in (f"经办人{world.here.code}", "小区 · 修改", *changed, "更正", "192.0.2.7"):
            assert word in page

    def test_shows_nothing_of_another_street(self, street: Browser, world) -> None:
        page = street.get(console(world)).text
        assert f"新名0-{world.there.code}" not in page

    def test_narrows_by_kind(self, street: Browser, world) -> None:
        page = street.get(console(world, "?action=core.setting")).text.partition('id="list"')[2]
        assert "设置 · 修改" in page
        assert "小区 · 修改" not in page

    def test_a_kind_is_a_whole_word_of_the_name(self, street: Browser, world) -> None:
        page = street.get(console(world, "?action=core.comp")).text
        assert "没有符合条件的记录" in page

    def test_narrows_by_actor_and_takes_wildcards_literally(self, street: Browser, world) -> None:
        assert "小区 · 修改" in street.get(console(world, f"?actor_name=人{world.here.code[:3]}")).text
        assert "没有符合条件的记录" in street.get(console(world, "?actor_name=%25")).text

    def test_narrows_by_community(self, street: Browser, world) -> None:
        page = street.get(console(world, f"?community_id={world.here.communities[1].id}")).text
        assert f"新名1-{world.here.code}" in page
        assert f"新名0-{world.here.code}" not in page

    @pytest.mark.parametrize("word", ["新名1", "旧名1", "更正", "r-1", "经办人"])
    def test_finds_a_word_wherever_it_stands(self, street: Browser, world, word) -> None:
        assert f"新名1-{world.here.code}" in street.get(console(world, f"?q={word}")).text

    @pytest.mark.parametrize("word", ["没有这个词", "%25", "_"])
    def test_finds_nothing_by_a_word_that_stands_nowhere(self, street: Browser, world, word) -> None:
        assert "没有符合条件的记录" in street.get(console(world, f"?q={word}&action=core.setting")).text

    def test_narrows_by_what_was_done(self, street: Browser, world) -> None:
        page = street.get(console(world, "?verb=set")).text.partition('id="list"')[2]
        assert "设置 · 修改" in page
        assert "小区 · 修改" not in page
        assert "小区 · 修改" in street.get(console(world, "?verb=set,update")).text

    def test_narrows_by_address_and_subject(self, street: Browser, world) -> None:
        subject = world.here.communities[1].compound
        for query in ("ip=192.0.2.", "ip=192.0.2.7", f"subject_type=compound&subject_id={subject}"):
            assert f"新名1-{world.here.code}" in street.get(console(world, f"?{query}")).text
        for query in ("ip=0.2.7", f"subject_type=building&subject_id={subject}", f"actor_id={subject}"):
            page = street.get(console(world, f"?{query}")).text
            assert f"新名1-{world.here.code}" not in page.partition('id="list"')[2]

    def test_what_was_clicked_is_named_with_a_way_out(self, street: Browser, world) -> None:
        page = street.get(
            console(world, f"?subject_type=compound&subject_id={world.here.communities[1].compound}")
        ).text
        assert "只看一个对象的记录" in page
        assert '?">看全部' in page

    def test_another_streets_community_has_no_acts(self, street: Browser, world) -> None:
        page = street.get(console(world, f"?community_id={world.there.communities[0].id}")).text
        assert "没有符合条件的记录" in page

    def test_narrows_by_day(self, street: Browser, world) -> None:
        assert "小区 · 修改" in street.get(console(world, "?since=2020-01-01&until=2199-12-31")).text
        assert "没有符合条件的记录" in street.get(console(world, "?until=2020-01-01")).text

    @pytest.mark.parametrize("query", ["since=x", "since=0001-01-01", "until=9999-12-31", "after=x", "after=-1"])
    def test_refuses_what_is_no_day_or_page(self, query, street: Browser, world) -> None:
        assert street.get(console(world, f"?{query}")).status_code == 422

    def test_pages_go_on_with_older_acts(self, street: Browser, world) -> None:
        page = street.get(console(world, "?after=2")).text.partition('id="list"')[2]
        assert "设置 · 修改" in page
        assert "小区 · 修改" not in page

    def test_is_closed_to_who_may_not_read_it(self, browser: Browser, world) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        assert browser.get(console(world)).status_code == 403


class TestACommunitysPage:
    def test_shows_its_own_acts_only(self, browser: Browser, world) -> None:
        community = world.here.communities[0]
        browser.sign_in_as(community.administrator)
        page = browser.get(admin(community)).text
        assert f"新名0-{world.here.code}" in page
        assert f"新名1-{world.here.code}" not in page
        assert "设置 · 修改" not in page.partition('id="list"')[2]

    def test_its_neighbour_is_closed(self, browser: Browser, world) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        assert browser.get(admin(world.here.communities[1])).status_code == 403

    def test_its_export_holds_the_same(self, browser: Browser, world) -> None:
        community = world.here.communities[0]
        browser.sign_in_as(community.administrator)
        answer = browser.post(admin(community, "/export"), {"action": "core.compound"})
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [row["操作名"] for row in rows] == ["core.compound.update"]
        assert answer.headers["content-disposition"].startswith("attachment")
        assert f"旧名0 → 新名0-{world.here.code}" in rows[0]["变化"]


class TestExporting:
    def test_is_filtered_and_is_an_act_itself(self, street: Browser, world, module_house) -> None:
        answer = street.post(console(world, "/export"), {"q": "新名1", "until": "2199-12-31", "file": "xlsx"})
        page = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        rows = list(page.iter_rows(values_only=True))
        assert len(rows) == 2
        assert dict(zip(rows[0], rows[1], strict=True))["操作名"] == "core.compound.update"
        with module_house.database.unit_of_work(world.here.scope) as session:
            last = session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)).one()
        assert (last.action, last.subject_type) == ("core.audit.export", "street")
        assert last.after == {"rows": 1, "search": "新名1", "until": "2199-12-31"}

    @pytest.mark.parametrize("data", [{"since": "x"}, {"file": "pdf"}, {"until": "9999-12-31"}])
    def test_refuses_what_it_does_not_understand(self, street: Browser, world, data) -> None:
        assert street.post(console(world, "/export"), data).status_code == 422

    def test_a_program_exports_the_same(self, api: Api, world) -> None:
        community = world.here.communities[1]
        api.token_for(community.administrator, world.here.id)
        answer = api.post(f"/api/v1/s/{world.here.code}/c/{community.code}/audit/export", {"verb": "update"})
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [row["操作名"] for row in rows] == ["core.compound.update"]


class TestTheApi:
    def test_the_street_reads_its_acts_newest_first(self, api: Api, world) -> None:
        api.token_for(world.here.administrator, world.here.id)
        items = api.get(f"/api/v1/s/{world.here.code}/audit?verb=set,update").json()["items"]
        assert [item["n"] for item in items] == [3, 2, 1]
        assert items[2]["after"] == {"value": "red", "locked": True}
        assert len(items[0]["hash"]) == 64
        assert items[0]["ip"] == "192.0.2.7"

    def test_a_community_reads_its_own(self, api: Api, world) -> None:
        community = world.here.communities[1]
        api.token_for(community.administrator, world.here.id)
        items = api.get(f"/api/v1/s/{world.here.code}/c/{community.code}/audit?verb=update").json()["items"]
        assert [item["community_id"] for item in items] == [str(community.id)]

    def test_a_token_without_the_permission_is_refused(self, api: Api, world) -> None:
        api.token_for(world.here.administrator, world.here.id, "core.community.read")
        assert api.get(f"/api/v1/s/{world.here.code}/audit").status_code == 403
