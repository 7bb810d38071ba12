"""The street console's pages about places, as a browser sees them."""

from __future__ import annotations

import csv
import io
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from linli.audit.models import AuditEntry
from linli.db.paging import place_word
from linli.tenancy.models import Community, CommunitySummary
from linli.testing.web import Browser


@pytest.fixture
def street(browser: Browser, world) -> Browser:
    return browser.sign_in_as(world.here.administrator)


def console(world, path: str = "") -> str:
    return f"/s/{world.here.code}/console{path}"


class TestOverview:
    def test_shows_the_kept_counts_of_all_communities(self, street: Browser, world) -> None:
        page = street.get(console(world)).text
        told = " ".join(re.sub(r"<[^>]+>", " ", page).split())
        for total, label in ((2, "社区"), (8, "房屋"), (6, "家庭"), (8, "居民")):
            assert f" {label} {total} " in told

    def test_names_its_own_communities_only(self, street: Browser, world) -> None:
        page = street.get(console(world)).text
        assert all(str(community.id) in page for community in world.here.communities)
        assert not any(str(community.id) in page for community in world.there.communities)

    def test_searching_as_one_types_gets_the_tiles_alone(self, street: Browser, world) -> None:
        part = street.get(console(world, "?q=第2"), headers={"hx-request": "true"}).text
        assert "第2社区" in part
        assert "第1社区" not in part
        assert "<html" not in part

    def test_is_closed_to_those_who_work_in_one_community(self, browser: Browser, world) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        assert browser.get(console(world)).status_code == 403

    def test_is_closed_to_the_other_streets_staff(self, browser: Browser, world) -> None:
        browser.sign_in_as(world.there.administrator)
        assert browser.get(console(world)).status_code == 403


class TestCommunities:
    def test_empty_filters_ask_for_nothing(self, street: Browser, world) -> None:
        page = street.get(console(world, "/communities?q=&status=&after="))
        assert page.status_code == 200
        assert "第1社区" in page.text
        assert "第2社区" in page.text

    def test_a_state_that_does_not_exist_is_refused(self, street: Browser, world) -> None:
        assert street.get(console(world, "/communities?status=x")).status_code == 422

    def test_pages_go_on_after_the_last_code(self, street: Browser, world) -> None:
        first = world.here.communities[0]
        page = street.get(console(world, f"/communities?after={place_word('code', first.code, first.id)}")).text
        assert "第1社区" not in page
        assert "第2社区" in page

    def test_communities_without_dwellings_can_be_found(self, street: Browser, world, module_house) -> None:
        empty = world.here.communities[1]
        count = select(CommunitySummary).where(CommunitySummary.community_id == empty.id)
        with module_house.owner.unit_of_work(world.here.scope) as session:
            session.scalars(count).one().dwellings = 0
        page = street.get(console(world, "/communities?status=empty")).text
        with module_house.owner.unit_of_work(world.here.scope) as session:
            session.scalars(count).one().dwellings = 4
        assert "第2社区" in page
        assert "第1社区" not in page


class TestExport:
    def test_csv_has_a_line_for_each_community_of_the_street(self, street: Browser, world) -> None:
        answer = street.get(console(world, "/communities/export"))
        assert "attachment" in answer.headers["content-disposition"]
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [row[0] for row in rows[1:]] == [community.code for community in world.here.communities]
        assert rows[1][-5:] == ["1", "1", "4", "3", "4"]

    def test_xlsx_holds_the_same(self, street: Browser, world) -> None:
        answer = street.get(console(world, "/communities/export?file=xlsx&q=第2"))
        page = load_workbook(io.BytesIO(answer.content)).worksheets[0]
        assert [row[1] for row in page.iter_rows(min_row=2, values_only=True)] == ["第2社区"]

    @pytest.mark.parametrize("file", ["csv", "xlsx"])
    def test_a_name_that_looks_like_a_formula_stays_a_name(self, file, street: Browser, world, module_house) -> None:
        row = select(Community).where(Community.id == world.here.communities[1].id)
        with module_house.owner.unit_of_work(world.here.scope) as session:
            session.scalars(row).one().office_address = "=1+1"
        answer = street.get(console(world, f"/communities/export?file={file}&q=第2"))
        if file == "csv":
            assert "'=1+1" in answer.content.decode("utf-8-sig")
        else:
            cells = [
                cell for line in load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows() for cell in line
            ]
            assert [cell.data_type for cell in cells if cell.value == "'=1+1"] == ["s"]


class TestOneCommunity:
    def test_shows_its_compounds_and_leads_to_its_portal(self, street: Browser, world) -> None:
        community = world.here.communities[0]
        page = street.get(console(world, f"/communities/{community.id}")).text
        assert "一号院" in page
        assert f"/s/{world.here.code}/c/" in page.replace("&#x2f;", "/")

    def test_another_streets_community_is_unknown(self, street: Browser, world) -> None:
        assert street.get(console(world, f"/communities/{world.there.communities[0].id}")).status_code == 404
        assert street.get(console(world, f"/communities/{world.there.communities[0].id}/edit")).status_code == 404

    def test_its_office_is_saved_with_a_record_of_the_act(self, street: Browser, world, module_house) -> None:
        community = world.here.communities[0]
        form = {"name": "第1社区", "office_phone": "010-60000001", "version": _version(module_house, world, community)}
        answer = street.post(console(world, f"/communities/{community.id}"), form)
        assert answer.status_code == 303
        assert "010-60000001" in street.get(console(world, f"/communities/{community.id}")).text
        query = select(AuditEntry).where(AuditEntry.action == "core.community.update").order_by(AuditEntry.n.desc())
        with module_house.database.unit_of_work(world.here.scope) as session:
            entry = session.scalars(query.limit(1)).one()
        assert entry.after == {"office_phone": "010-60000001"}
        assert entry.community_id == community.id

    def test_a_blank_name_is_shown_again_with_its_fault(self, street: Browser, world, module_house) -> None:
        community = world.here.communities[0]
        form = {"name": " ", "office_phone": "123", "version": _version(module_house, world, community)}
        answer = street.post(console(world, f"/communities/{community.id}"), form)
        assert answer.status_code == 422
        assert 'id="f-name-fault"' in answer.text
        assert 'value="123"' in answer.text

    def test_who_was_overtaken_sees_what_others_changed_and_keeps_what_was_typed(
        self, street: Browser, world, module_house
    ) -> None:
        path = console(world, f"/communities/{world.here.communities[1].id}")
        version = _version(module_house, world, world.here.communities[1])
        assert street.post(path, {"name": "第2社区", "office_phone": "111", "version": version}).status_code == 303
        answer = street.post(path, {"name": "我的改名", "version": version})
        assert answer.status_code == 422
        assert 'value="我的改名"' in answer.text
        assert "办公电话：由“未填写”改为“111”" in answer.text
        assert f'name="version" value="{version + 1}"' in answer.text

    def test_another_streets_community_cannot_be_changed(self, street: Browser, world, module_house) -> None:
        other = world.there.communities[0]
        assert street.post(console(world, f"/communities/{other.id}"), {"name": "改", "version": 1}).status_code == 404

    def test_staff_who_only_read_find_no_form(self, browser: Browser, world) -> None:
        browser.sign_in_as(world.here.auditor)
        community = world.here.communities[0]
        assert "/edit" not in browser.get(console(world, f"/communities/{community.id}")).text
        assert browser.get(console(world, f"/communities/{community.id}/edit")).status_code == 403


def _version(house, world, community) -> int:
    with house.database.unit_of_work(world.here.scope) as session:
        return session.scalar(select(Community.version).where(Community.id == community.id))


class TestCompounds:
    def test_lists_the_streets_compounds_with_their_community(self, street: Browser, world) -> None:
        page = street.get(console(world, "/compounds")).text
        assert page.count("一号院") == 2
        assert str(world.there.communities[0].id) not in page

    def test_narrows_to_one_community(self, street: Browser, world) -> None:
        page = street.get(console(world, f"/compounds?community_id={world.here.communities[1].id}")).text
        assert page.count("一号院") == 1

    def test_another_streets_community_has_none(self, street: Browser, world) -> None:
        page = street.get(console(world, f"/compounds?community_id={world.there.communities[1].id}")).text
        assert "一号院" not in page
        assert "没有符合条件的小区" in page
