"""Lists as tables: order, columns, saved views and acts on several rows, over the list of residents."""

from __future__ import annotations

import html
import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from linli.house import House
from linli.plugins.contributions import Person
from linli.residents.models import Resident
from linli.testing.web import Api, Browser
from linli.testing.world import CommunityWorld, World
from linli.web.models import ListView
from linli.web.retention import PERSONAL_DATA
from linli.web.tables.kept import MOST_VIEWS


@pytest.fixture
def here(world: World) -> CommunityWorld:
    return world.here.communities[0]


@pytest.fixture
def residents(here: CommunityWorld) -> str:
    return f"/s/{here.street_code}/c/{here.code}/admin/residents"


@pytest.fixture
def signed_in(browser: Browser, here: CommunityWorld) -> Browser:
    return browser.sign_in_as(here.administrator)


@pytest.fixture(autouse=True)
def _nothing_kept(module_house: House, world: World) -> None:
    for street in world.streets:
        with module_house.database.unit_of_work(street.scope) as session:
            for row in session.scalars(select(ListView)):
                session.delete(row)
            session.execute(update(Resident).values(is_migrant=False))


def text_of(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code, answer.headers.get("location"))
    return html.unescape(answer.text)


def rows_in(text: str) -> list[str]:
    """The residents on a page, in their order."""
    return re.findall(r'<th scope="row"><a href="[^"]*/residents/([0-9a-f-]{36})"', text)


def heads_in(text: str) -> list[str]:
    head = text.partition("<thead>")[2].partition("</thead>")[0]
    return [re.sub(r"<[^>]*>", "", each).strip() for each in re.findall(r"<th [^>]*>(.*?)</th>", head, re.DOTALL)]


def arrange(browser: Browser, residents: str, query: str = "", **fields: object) -> str:
    answer = browser.post(f"{residents}/table?{query}", fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def said(browser: Browser, to: str) -> str:
    found = re.search(r'class="flash[^>]*>.*?<span>(.*?)</span>', text_of(browser, to), re.DOTALL)
    return found[1] if found else ""


def keep(browser: Browser, residents: str, title: str, query: str = "", **more: str) -> str:
    """The id of a view that was just kept."""
    return arrange(browser, residents, query, step="keep", title=title, **more).rpartition("view=")[2]


class TestOrder:
    def test_a_head_sorts_and_says_so(self, signed_in: Browser, residents: str) -> None:
        text = text_of(signed_in, residents)
        upwards = rows_in(text)
        assert 'aria-sort="ascending"' in text
        href = re.search(r'<a class="sort-link" id="sort-name" href="([^"]*)"', text)
        assert href is not None
        assert href[1] == f"{residents}?sort=-name"
        turned = text_of(signed_in, href[1])
        assert 'aria-sort="descending"' in turned
        assert rows_in(turned) == upwards[::-1]

    def test_it_is_kept_with_the_filters_and_on_the_next_page(
        self, signed_in: Browser, residents: str, here: CommunityWorld
    ) -> None:
        text = text_of(signed_in, f"{residents}?sort=-name&compound={here.compound}")
        assert '<input type="hidden" name="sort" value="-name" form="list-filters">' in text
        assert f"sort=name&compound={here.compound}" in text

    @pytest.mark.parametrize("sort", ["age", "-age", "--name", "name;drop", "-"])
    def test_an_order_that_does_not_exist_is_refused_with_those_that_do(
        self, signed_in: Browser, residents: str, sort: str
    ) -> None:
        answer = signed_in.get(f"{residents}?sort={sort}")
        assert answer.status_code == 422
        assert "没有这种排序" in answer.text
        assert "born_on" in answer.text

    def test_the_api_has_the_same_orders(self, api: Api, here: CommunityWorld) -> None:
        client = api.token_for(here.administrator, here.tenant_id)
        address = f"/api/v1/s/{here.street_code}/c/{here.code}/residents"
        born = [each["born_on"] for each in client.get(f"{address}?sort=-born_on").json()["items"]]
        known = [each for each in born if each]
        assert known == sorted(known, reverse=True)
        assert born == [*known, *[None] * (len(born) - len(known))]
        assert client.get(f"{address}?sort=age").status_code in (400, 422)

    def test_without_scripts_too_a_phone_can_sort(self, signed_in: Browser, residents: str) -> None:
        tool = text_of(signed_in, residents).partition("tool-orders")[2].partition("</details>")[0]
        assert re.findall(r'href="[^"]*sort=([^"&]*)"', tool) == ["-name", "born_on", "-created_at"]


class TestColumns:
    def test_those_that_are_chosen_show_and_are_remembered(self, signed_in: Browser, residents: str) -> None:
        assert heads_in(text_of(signed_in, residents))[1:] == ["姓名", "电话", "住处和产权", "账号"]
        to = arrange(signed_in, residents, step="columns", column=["born_on", "phone", "nonsense"])
        text = text_of(signed_in, to)
        assert heads_in(text)[1:] == ["姓名", "电话", "出生日期"]
        assert 'data-label="电话"' in text
        assert 'data-label="账号"' not in text
        assert heads_in(text_of(signed_in, f"{residents}?q=测试"))[1:] == ["姓名", "电话", "出生日期"]

    def test_back_to_what_the_list_itself_shows(self, signed_in: Browser, residents: str) -> None:
        arrange(signed_in, residents, step="columns", column=["born_on"])
        arrange(signed_in, residents, step="reset")
        assert heads_in(text_of(signed_in, residents))[1:] == ["姓名", "电话", "住处和产权", "账号"]

    def test_what_names_the_row_stays(self, signed_in: Browser, residents: str) -> None:
        arrange(signed_in, residents, step="columns")
        assert heads_in(text_of(signed_in, residents))[1:] == ["姓名"]

    def test_they_are_one_persons_at_one_place(
        self, browser: Browser, residents: str, here: CommunityWorld, world: World, module_house: House
    ) -> None:
        browser.sign_in_as(here.administrator)
        arrange(browser, residents, step="columns", column=["born_on"])
        with module_house.database.unit_of_work(here.scope) as session:
            row = session.scalars(select(ListView)).one()
            assert (row.account_id, row.community_id, row.table_name) == (
                here.administrator,
                here.id,
                "core.residents",
            )
        browser.sign_in_as(world.here.administrator)
        assert heads_in(text_of(browser, residents))[1:] == ["姓名", "电话", "住处和产权", "账号"]


class TestViews:
    def test_filter_order_and_columns_come_back_under_a_name(
        self, signed_in: Browser, residents: str, here: CommunityWorld
    ) -> None:
        arrange(signed_in, residents, step="columns", column=["born_on"])
        query = f"compound={here.compound}&sort=-name&q=测试"
        to = arrange(signed_in, residents, query, step="keep", title="  我的 视图 ")
        assert f"compound={here.compound}&sort=-name&view=" in to
        assert "q=" not in to, "what was typed to find somebody is not kept"
        arrange(signed_in, residents, step="reset")
        text = text_of(signed_in, to)
        assert heads_in(text)[1:] == ["姓名", "出生日期"]
        assert 'aria-sort="descending"' in text
        assert f'href="{to}" aria-current="true">我的 视图' in text
        assert heads_in(text_of(signed_in, residents))[1:] == ["姓名", "电话", "住处和产权", "账号"]

    def test_columns_of_a_view_are_its_own(self, signed_in: Browser, residents: str) -> None:
        view = keep(signed_in, residents, "电话簿")
        arrange(signed_in, residents, f"view={view}", step="columns", column=["phone"])
        assert heads_in(text_of(signed_in, f"{residents}?view={view}"))[1:] == ["姓名", "电话"]
        assert heads_in(text_of(signed_in, residents))[1:] == ["姓名", "电话", "住处和产权", "账号"]

    def test_it_is_renamed_and_deleted(self, signed_in: Browser, residents: str) -> None:
        view = keep(signed_in, residents, "旧名")
        arrange(signed_in, residents, f"view={view}", step="rename", view_id=view, title="新名")
        text = text_of(signed_in, residents)
        assert "新名" in text
        assert "旧名" not in text
        arrange(signed_in, residents, f"view={view}", step="forget", view_id=view)
        assert "新名" not in text_of(signed_in, residents)
        assert text_of(signed_in, f"{residents}?view={view}"), "an address of a view that is gone still opens the list"

    def test_one_may_be_what_the_list_opens_with(self, signed_in: Browser, residents: str) -> None:
        first = keep(signed_in, residents, "甲", "sort=-name", is_default="1")
        answer = signed_in.get(residents)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{residents}?sort=-name&view={first}")
        second = keep(signed_in, residents, "乙", "sort=born_on", is_default="1")
        assert signed_in.get(residents).headers["location"].endswith(second), "one alone"
        assert 'aria-sort="ascending"' in text_of(signed_in, f"{residents}?view=all")
        assert signed_in.get(f"{residents}?q=测试").status_code == 200, (
            "an address that says something is not overruled"
        )
        arrange(signed_in, residents, f"view={second}", step="release", view_id=second)
        assert signed_in.get(residents).status_code == 200

    @pytest.mark.parametrize(
        ("title", "fault"), [("", "请填写视图的名称"), ("长" * 21, "最多 20 个字"), (" \t ", "请填写视图的名称")]
    )
    def test_a_bad_name_is_told(self, signed_in: Browser, residents: str, title: str, fault: str) -> None:
        assert fault in said(signed_in, arrange(signed_in, residents, step="keep", title=title))

    def test_the_same_name_writes_it_anew_and_another_cannot_take_it(self, signed_in: Browser, residents: str) -> None:
        one = keep(signed_in, residents, "甲", "sort=name")
        assert keep(signed_in, residents, "甲", "sort=-name") == one
        other = keep(signed_in, residents, "乙")
        to = arrange(signed_in, residents, step="rename", view_id=other, title="甲")
        assert "已有同名的视图" in said(signed_in, to)

    def test_there_are_only_so_many(
        self, signed_in: Browser, residents: str, module_house: House, world: World
    ) -> None:
        for n in range(MOST_VIEWS):
            keep(signed_in, residents, f"视图{n}")
        assert "最多 20 个" in said(signed_in, arrange(signed_in, residents, step="keep", title="再一个"))
        keep(signed_in, residents, "视图3", "sort=-name")
        with module_house.database.unit_of_work(world.here.scope) as session:
            assert session.scalar(select(func.count()).select_from(ListView)) == MOST_VIEWS

    @pytest.mark.parametrize("step", ["rename", "forget", "prefer", "release"])
    def test_nobody_sees_or_touches_anothers(
        self, browser: Browser, residents: str, here: CommunityWorld, world: World, module_house: House, step: str
    ) -> None:
        browser.sign_in_as(here.administrator)
        view = keep(browser, residents, "我的", "sort=-name")
        browser.sign_in_as(world.here.administrator)
        text = text_of(browser, f"{residents}?view={view}")
        assert "我的" not in re.sub(r"我的全部入口", "", text)
        arrange(browser, residents, step=step, view_id=view, title="别人的")
        with module_house.database.unit_of_work(here.scope) as session:
            row = session.scalars(select(ListView).where(ListView.id == UUID(view))).one()
            assert (row.title, row.is_default) == ("我的", False)

    def test_not_even_ones_own_from_another_community(
        self, browser: Browser, world: World, here: CommunityWorld, residents: str
    ) -> None:
        browser.sign_in_as(world.here.administrator)
        view = keep(browser, residents, "只在这里")
        other = residents.replace(here.code, world.here.communities[1].code)
        text = text_of(browser, f"{other}?view={view}")
        assert "只在这里" not in text

    def test_they_leave_with_the_account(
        self, signed_in: Browser, residents: str, module_house: House, here: CommunityWorld
    ) -> None:
        keep(signed_in, residents, "我的")
        declared = next(each for each in PERSONAL_DATA if "core.list_view" in each.tables)
        person = Person(account_id=here.administrator, resident_ids=())
        with module_house.database.unit_of_work(here.scope) as session:
            assert [each["title"] for each in declared.export(session, person)] == ["我的"]
            somebody = Person(account_id=uuid4(), resident_ids=())
            assert declared.erase(session, somebody).removed == 0
            assert declared.erase(session, person).removed == 1
            assert session.scalars(select(ListView)).all() == []

    def test_a_link_of_today_with_an_order_of_yesterday_is_told(self, signed_in: Browser, residents: str) -> None:
        to = arrange(signed_in, residents, step="burn")
        assert "没有这项操作" in said(signed_in, to)


def migrants(house: House, here: CommunityWorld) -> set[UUID]:
    with house.database.unit_of_work(here.scope) as session:
        return set(session.scalars(select(Resident.id).where(Resident.is_migrant)))


class TestActs:
    def test_one_form_acts_on_all_rows_that_were_ticked(
        self, signed_in: Browser, residents: str, module_house: House, here: CommunityWorld
    ) -> None:
        chosen = [str(each) for each in here.residents[:3]]
        answer = signed_in.post(f"{residents}/acts?sort=-name", {"act": "mark_migrant", "id": chosen})
        assert answer.status_code in (200, 201)
        assert "已完成 3 条" in answer.text
        assert f'href="{residents}?sort=-name"' in html.unescape(answer.text)
        assert migrants(module_house, here) == set(here.residents[:3])

    def test_done_again_it_changes_nothing(
        self, signed_in: Browser, residents: str, module_house: House, here: CommunityWorld
    ) -> None:
        fields = {"act": "mark_migrant", "id": [str(here.residents[0])]}
        signed_in.post(f"{residents}/acts", fields)
        with module_house.database.unit_of_work(here.scope) as session:
            before = session.scalar(select(Resident.version).where(Resident.id == here.residents[0]))
        text = signed_in.post(f"{residents}/acts", fields).text
        assert "1 条本来就是这样" in text
        assert "已完成" not in text.partition("<main")[2].partition("每一条")[0]
        with module_house.database.unit_of_work(here.scope) as session:
            assert session.scalar(select(Resident.version).where(Resident.id == here.residents[0])) == before

    def test_what_was_done_is_taken_back_with_one_button(
        self, signed_in: Browser, residents: str, module_house: House, here: CommunityWorld
    ) -> None:
        signed_in.post(f"{residents}/acts", {"act": "mark_migrant", "id": [str(here.residents[1])]})
        chosen = [str(each) for each in here.residents[:3]]
        text = html.unescape(signed_in.post(f"{residents}/acts", {"act": "mark_migrant", "id": chosen}).text)
        form = text.partition("撤销这次操作")[0].rpartition("<form")[2]
        fields = {
            "act": re.findall(r'name="act" value="([^"]*)"', form),
            "id": re.findall(r'name="id" value="([^"]*)"', form),
        }
        assert set(fields["id"]) == {str(here.residents[0]), str(here.residents[2])}, "not the one that was so before"
        signed_in.post(f"{residents}/acts", fields)
        assert migrants(module_house, here) == {here.residents[1]}

    def test_each_row_is_done_or_refused_with_the_reason(
        self, signed_in: Browser, residents: str, module_house: House, here: CommunityWorld, world: World
    ) -> None:
        strangers = [world.here.communities[1].residents[0], world.there.communities[0].residents[0], uuid4()]
        chosen = [str(each) for each in (*strangers, here.residents[0])]
        text = signed_in.post(f"{residents}/acts", {"act": "mark_migrant", "id": chosen}).text
        assert "已完成 1 条" in text
        assert "3 条没有办成" in text
        assert text.count("不在您可以查看的范围内") == 3
        assert migrants(module_house, here) == {here.residents[0]}
        for community in (world.here.communities[1], world.there.communities[0]):
            assert migrants(module_house, community) == set()

    def test_all_on_the_page_without_scripts(
        self, signed_in: Browser, residents: str, module_house: House, here: CommunityWorld
    ) -> None:
        text = text_of(signed_in, residents)
        shown = re.findall(r'name="shown" value="([^"]*)"', text)
        assert shown == rows_in(text)
        assert len(shown) >= 4
        signed_in.post(f"{residents}/acts", {"act": "mark_migrant", "all": "1", "shown": shown})
        assert migrants(module_house, here) == {UUID(each) for each in shown}

    @pytest.mark.parametrize(
        ("fields", "fault"),
        [
            ({"id": []}, "请先勾选"),
            ({"id": ["nonsense"]}, "请先勾选"),
            ({"id": [str(uuid4()) for _n in range(201)]}, "最多 200 行"),
        ],
    )
    def test_nothing_and_too_much_are_told(self, signed_in: Browser, residents: str, fields: dict, fault: str) -> None:
        answer = signed_in.post(f"{residents}/acts", {"act": "mark_migrant", **fields})
        assert answer.status_code == 303
        assert fault in said(signed_in, answer.headers["location"])

    def test_whoever_may_not_is_neither_offered_nor_allowed(
        self, browser: Browser, world: World, here: CommunityWorld, residents: str, module_house: House
    ) -> None:
        browser.sign_in_as(world.here.auditor)
        if browser.get(residents).status_code == 200:
            assert "acts-bar" not in text_of(browser, residents)
        answer = browser.post(f"{residents}/acts", {"act": "mark_migrant", "id": [str(here.residents[0])]})
        assert answer.status_code == 403
        assert migrants(module_house, here) == set()

    def test_an_act_that_the_list_does_not_have_is_not_found(self, signed_in: Browser, residents: str) -> None:
        assert signed_in.post(f"{residents}/acts", {"act": "burn", "id": [str(uuid4())]}).status_code == 404

    def test_a_stranger_is_sent_to_sign_in(self, browser: Browser, residents: str) -> None:
        browser.sign_out()
        for beside in ("table", "acts"):
            assert browser.post(f"{residents}/{beside}", {"step": "reset"}).status_code in (303, 401, 403)
