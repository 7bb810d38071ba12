"""Numbers: on the first page of a community, on the street's board, in its file, in the API."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import event

from linli.showing.metrics import board, figures_of
from linli.testing.world import WORLD


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.hook("register_metrics")
class TestTheBoard:
    def test_shows_a_plugins_number_where_it_is_on_and_a_dash_elsewhere(self, browser, console, world) -> None:
        page = browser.sign_in_as(world.here.administrator).get(f"{console}/numbers")
        assert page.status_code == 200
        here, there = (line for line in _rows(page.text)[1:3])
        columns = _rows(page.text)[0]
        place = next(n for n, title in enumerate(columns) if title.startswith("会议"))
        assert "次 · 本月" in columns[place]
        assert (here[place], there[place]) == ("7", "—")

    def test_sums_what_adds_up_alone(self, browser, console, world) -> None:
        rows = _rows(browser.sign_in_as(world.here.administrator).get(f"{console}/numbers").text)
        totals = dict(zip((title.split(" ")[0] for title in rows[0]), rows[-1], strict=True))
        assert totals["会议"] == "7"
        assert totals["比例"] == "—"
        assert int(totals["居民"]) > 0

    def test_a_number_that_breaks_costs_itself_alone(self, browser, console, world) -> None:
        page = browser.sign_in_as(world.here.administrator).get(f"{console}/numbers").text
        assert "“坏掉的数”暂时无法统计" in page
        assert "小明" not in page
        assert "听证会" in text_of(page)

    def test_sorts_from_the_largest(self, browser, console, world) -> None:
        page = browser.sign_in_as(world.here.administrator).get(f"{console}/numbers?sort=core.residents").text
        rows = _rows(page)
        place = rows[0].index("居民")
        counts = [int(row[place]) for row in rows[1:-1]]
        assert counts == sorted(counts, reverse=True)

    def test_is_saved_as_a_file_with_its_sums(self, browser, console, world) -> None:
        answer = browser.sign_in_as(world.here.administrator).get(f"{console}/numbers/export?file=csv")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert "会议（次，本月）" in rows[0]
        assert rows[-1][1] == "合计"
        assert len(rows) == 2 + len(world.here.communities)

    def test_says_what_each_number_is_counted_in(self, browser, console, world) -> None:
        page = browser.sign_in_as(world.here.administrator).get(f"{console}/numbers").text
        assert "3 场 听证会 · 今年" in text_of(page)
        columns = _rows(page)[0]
        assert "比例 %" in columns
        # On a phone a row is a card: the head of the column stands beside its number.
        assert 'data-label="会议（次，本月）">' in page
        assert 'data-label="比例（%）">' in page

    def test_names_no_community_of_another_street(self, browser, console, world) -> None:
        page = browser.sign_in_as(world.here.administrator).get(f"{console}/numbers").text
        assert not any(each.code in page for each in world.there.communities)


class TestTheFirstPage:
    def test_shows_the_communitys_own_numbers(self, browser, admin, own) -> None:
        page = text_of(browser.sign_in_as(own.administrator).get(admin).text)
        assert "7 次 会议 · 本月" in page
        assert "81.5 % 比例" in page
        # A share of nothing is not zero.
        assert "— 没有数据的比例" in page
        assert "听证会" not in page

    def test_what_could_not_be_measured_has_no_unit(self, browser, admin, own) -> None:
        page = text_of(browser.sign_in_as(own.administrator).get(admin).text)
        assert "— 坏掉的数" in page
        assert "公斤" not in page

    def test_a_number_needs_its_permission(self, module_house, plugins, world, own) -> None:
        from linli.access.roles import role_permissions
        from linli.sdk import Actor, Grant

        def seen(role: str) -> set[str]:
            actor = Actor(grants=(Grant(role, own.id),), permissions=role_permissions(plugins))
            with module_house.database.unit_of_work(own.scope, read_only=True) as session:
                return {each.name for each in figures_of(session, actor, plugins, {"probe"})}

        assert "probe.share" in seen("community_administrator")
        assert "probe.share" not in seen("auditor")

    def test_nothing_of_a_plugin_that_is_off(self, module_house, plugins, world) -> None:
        from linli.sdk import SYSTEM

        with module_house.database.unit_of_work(world.here.communities[1].scope, read_only=True) as session:
            names = {each.name for each in figures_of(session, SYSTEM, plugins, set())}
        assert names == {f"core.{each}" for each in ("compounds", "buildings", "dwellings", "households", "residents")}


def test_the_api_gives_the_same_numbers(api, world, own) -> None:
    api.token_for(world.here.administrator, world.here.id)
    street = api.get(f"/api/v1/s/{world.here.code}/metrics").json()["items"]
    here = {each["name"]: each["value"] for each in street if each["community_id"] == str(own.id)}
    assert here["probe.meetings"] == 7
    api.token_for(own.administrator, world.here.id)
    community = api.get(f"/api/v1/s/{own.street_code}/c/{own.code}/metrics").json()["items"]
    assert {each["name"]: each["value"] for each in community}["probe.meetings"] == 7
    assert {each["value"] for each in community if each["name"] == "probe.broken"} == {None}
    assert {each["unit"] for each in community if each["name"] in {"probe.share", "probe.broken"}} == {"%", "公斤"}
    assert {each["unit"] for each in street if each["name"] == "probe.hearings"} == {"场"}


def test_the_queries_do_not_grow_with_the_communities(module_house, world) -> None:
    from linli.plugins.registry import Plugins
    from linli.sdk import SYSTEM

    asked: list[str] = []
    with module_house.database.unit_of_work(world.here.scope, read_only=True) as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))
        found = board(session, SYSTEM, Plugins.core())
    assert len(found.lines) == len(world.here.communities) > 1
    assert len([each for each in asked if each.lstrip().startswith("SELECT")]) <= 8


def _rows(page: str) -> list[list[str]]:
    table = page[page.index("<table") : page.index("</table>")]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    return [[text_of(cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in rows]


def test_the_world_has_two_communities_to_tell_apart() -> None:
    assert len(WORLD.here.communities) > 1
