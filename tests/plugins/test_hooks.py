"""Each hook at work in the running application, by the plugin from which the reference takes its examples."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from html import unescape
from uuid import uuid4

import pytest
from click.testing import CliRunner
from tests.plugins.lending import HERE, NEXT_DOOR, load_sample, make_tables, switch_on
from tests.residents.actors import community_administrator
from tests.residents.rosters import HEADER, Desk, csv_file, row

from linli.access.roles import ROLES, role_permissions
from linli.approvals.acts import find_act
from linli.approvals.wording import STATES
from linli.audit.wording import action_title
from linli.cli import of_plugins
from linli.events import emit
from linli.kit.errors import Invalid
from linli.notifications.choosable import choosable_kinds
from linli.plugins.contributions import Person
from linli.plugins.registry import Plugins
from linli.privacy.export import gather
from linli.privacy.sources import find_class
from linli.pushes.seeing import find_kind, foresee, lines_by_id
from linli.pushes.service import results_of, start_push
from linli.residents.roster import export_roster, preview_rows, template_workbook
from linli.residents.roster.further import ColumnFailed, further_columns
from linli.sdk import SYSTEM, Actor, Duration, Grant, get_setting, rule_value
from linli.settings.core import TWO_PERSON_ACTS
from linli.tasks import enqueue, job_state
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.testing.web import serving

ADMIN = f"/s/{HERE.street_code}/c/{HERE.code}/admin"
ELSEWHERE = f"/s/{NEXT_DOOR.street_code}/c/{NEXT_DOOR.code}/admin"


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return load_sample()


@pytest.fixture(scope="module")
def served(module_house, plugins) -> Iterator:
    make_tables(module_house)
    switch_on(module_house)
    with serving(module_house, plugins, works=False) as client:
        yield client


@pytest.fixture
def page(browser):
    """What an administrator sees at an address of the community where the plugin is on, or of its neighbour."""

    def look(path: str = "", root: str = ADMIN):
        who = HERE if root == ADMIN else NEXT_DOOR
        answer = browser.sign_in_as(who.administrator).get(root + path)
        return answer.status_code, unescape(answer.text)

    return look


@pytest.mark.hook("register_permissions")
def test_permissions_join_the_roles(served, plugins) -> None:
    held = role_permissions(plugins)
    assert "lending.tool.manage" in held["community_administrator"]
    assert "lending.tool.manage" not in held["resident"]


@pytest.mark.hook("register_roles")
class TestRoles:
    def test_a_plugins_role_is_offered_granted_and_holds_what_it_says(self, served, page, api, plugins) -> None:
        assert "工具管理员" in page("/roles/grant")[1]
        assert role_permissions(plugins)["lending_keeper"] >= {"lending.tool.manage", "core.compound.read"}
        api.token_for(HERE.administrator, HERE.tenant_id)
        path = f"/api/v1/s/{HERE.street_code}/c/{HERE.code}"
        given = {"account_id": str(HERE.steward), "role": "lending_keeper", "community_id": str(HERE.id)}
        answer = api.post(f"{path}/grants", {**given, "starts_on": "2026-01-01", "reason": "管理工具"})
        assert answer.status_code == 201, answer.text
        keeper = Actor(grants=(Grant("lending_keeper", HERE.id),), permissions=role_permissions(plugins))
        assert keeper.can("lending.tool.manage", community_id=HERE.id)
        assert not keeper.can("core.resident.read", community_id=HERE.id)

    def test_it_is_not_offered_where_the_street_does_not_allow_the_plugin(self, served, module_house, world) -> None:
        from linli.access.places import GrantPlace
        from linli.access.service import require_may_grant

        with (
            module_house.database.unit_of_work(world.there.scope) as session,
            pytest.raises(Invalid) as refused,
        ):
            require_may_grant(session, SYSTEM, "lending_keeper", GrantPlace(world.there.communities[0].id))
        assert refused.value.errors[0].message == "没有可授予的这种角色"

    def test_it_is_gone_with_the_plugin(self, served, plugins) -> None:
        assert "lending_keeper" in ROLES
        Plugins.core().activate()
        assert "lending_keeper" not in ROLES
        plugins.activate()


@pytest.mark.hook("register_pages")
def test_pages_answer_where_the_plugin_is_on_to_who_may(served, page, browser) -> None:
    assert page("/lending")[0] == 200
    assert page("/lending", ELSEWHERE)[0] == 404
    assert browser.sign_in_as(HERE.resident_account).get(f"{ADMIN}/lending").status_code in (403, 404)
    browser.sign_out()
    assert browser.get(f"/s/{HERE.street_code}/c/{HERE.code}/lending/shelf").status_code == 200


@pytest.mark.hook("register_routes")
def test_endpoints_answer_below_the_plugins_name(served, api) -> None:
    api.token_for(HERE.administrator, HERE.tenant_id)
    assert api.get(f"/api/v1/s/{HERE.street_code}/c/{HERE.code}/lending/tools").json()["items"] == ["电钻", "梯子"]
    api.token_for(NEXT_DOOR.administrator, HERE.tenant_id)
    assert api.get(f"/api/v1/s/{HERE.street_code}/c/{NEXT_DOOR.code}/lending/tools").status_code == 404


@pytest.mark.hook("register_navigation")
def test_the_menu_shows_the_entry_with_how_much_waits(served, page) -> None:
    menu = page()[1].split('<nav class="side-menu"')[1].split("</nav>")[0]
    entry = menu.split("工具借用")[1].split("</li>")[0]
    assert 'menu-count">1<' in entry
    assert "工具借用" not in page("", ELSEWHERE)[1]


@pytest.mark.hook("register_cards")
def test_the_first_page_shows_the_card(served, page) -> None:
    assert "2 件工具可借" in page()[1]
    assert "件工具可借" not in page("", ELSEWHERE)[1]


@pytest.mark.hook("register_settings")
def test_a_setting_has_its_default_and_stands_in_the_form(served, page, module_house) -> None:
    with module_house.database.unit_of_work(HERE.scope) as session:
        assert get_setting(session, "lending", "days") == 7
    assert "最多借几天" in page("/settings/lending")[1] + page("/settings")[1]


@pytest.mark.hook("register_tasks")
def test_a_job_runs_where_the_plugin_is_on(served, module_house, plugins) -> None:
    with module_house.database.unit_of_work(HERE.scope) as session:
        job_id = enqueue(session, "lending.count_overdue", owner="lending")
    JobRunner(module_house, Tasks.of(plugins), pause=0.01).run_due()
    with module_house.database.unit_of_work(HERE.scope) as session:
        assert job_state(session, job_id).state == "done"
        assert set(job_state(session, job_id).result or {}) == {"since"}


@pytest.mark.hook("register_event_handlers")
def test_a_handler_hears_of_the_event(served, module_house, plugins) -> None:
    from linli_lending.plugin import TOOLS, ToolReturned

    TOOLS["推车"] = False
    with module_house.database.unit_of_work(HERE.scope) as session:
        assert emit(session, ToolReturned(tool="推车")) == 1
    JobRunner(module_house, Tasks.of(plugins), pause=0.01).run_due()
    assert TOOLS["推车"] is True
    TOOLS["推车"] = False


@pytest.mark.hook("register_notifications")
def test_people_choose_about_the_message_where_the_plugin_is_on(served) -> None:
    assert "lending.tool_due" in {each.name for each in choosable_kinds(SYSTEM, {"lending"})}
    assert "lending.tool_due" not in {each.name for each in choosable_kinds(SYSTEM, set())}


@pytest.mark.hook("register_personal_data")
def test_the_copy_of_a_persons_data_has_the_plugins_part(served, module_house) -> None:
    with module_house.database.unit_of_work(HERE.scope) as session:
        sections = gather(session, Person((HERE.residents[0],), None))
    assert [each.rows for each in sections if each.owner == "lending"] == [[{"tool": "推车"}]]


@pytest.mark.hook("register_retention")
def test_the_class_of_data_stands_among_those_that_end(served, browser, world) -> None:
    source = find_class("lending.loans")
    assert source is not None
    assert (source.owner, source.item.days) == ("lending", 365)
    page = browser.sign_in_as(world.here.administrator).get(f"/s/{world.here.code}/console/privacy/retention")
    assert "借用记录" in page.text


@pytest.mark.hook("register_acts")
def test_the_street_may_put_the_act_under_the_rule_of_two(served) -> None:
    act = find_act("lending.give_away_tool")
    assert act is not None
    assert TWO_PERSON_ACTS[act.name] == "报废工具"
    assert "waiting" in STATES


@pytest.mark.hook("register_record_words")
def test_the_record_calls_the_act_by_its_words(served) -> None:
    assert action_title("lending.tool.give") == "工具 · 报废"


@pytest.mark.hook("register_demo_data")
def test_the_demo_is_filled_where_the_plugin_is_on(served, module_house, plugins, world) -> None:
    from linli_lending.plugin import TOOLS

    from linli.manifests.demo_plugins import fill_plugins

    fill_plugins(module_house.database, plugins, world.here.id)
    assert TOOLS.pop("水平尺") is True


@pytest.mark.hook("register_metrics")
def test_the_number_is_counted_behind_both_walls(served, page, browser, world) -> None:
    assert "工具" in page()[1]
    board = browser.sign_in_as(world.here.administrator).get(f"/s/{world.here.code}/console/numbers").text
    assert "件" in board


@pytest.mark.hook("register_pushes")
def test_the_street_pushes_down_where_the_plugin_is_on_and_is_told_elsewhere(served, module_house, world) -> None:
    from linli_lending.plugin import TOOLS

    held = {"keeper": frozenset({"lending.tool.manage", "core.push.use"})}
    street = Actor(
        account_id=world.here.administrator, display_name="街道", grants=(Grant("keeper"),), permissions=held
    )
    owner, kind = find_kind(street, ["lending"], "lending.tool")
    data = kind.data(name="千斤顶")
    with module_house.database.unit_of_work(world.here.scope, street) as session:
        lines = lines_by_id(session, [HERE.id, NEXT_DOOR.id])
        told = {line.id: line.foreseen for line in foresee(session, street, owner, kind, lines, data)}
        assert told[HERE.id].text == "添置千斤顶"
        assert told[NEXT_DOOR.id].refused == "这个社区没有启用这个插件"
        run = start_push(session, street, kind, data, [HERE.id, NEXT_DOOR.id], uuid4())
        found = {each.result.community_id: each.result for each in results_of(session, run.id)}
        assert (found[HERE.id].state, found[HERE.id].path) == ("done", "/lending/shelf")
        assert (found[NEXT_DOOR.id].state, found[NEXT_DOOR.id].told) == ("refused", "这个社区没有启用这个插件")
    assert TOOLS.pop("千斤顶") is True


@pytest.mark.hook("register_search")
def test_the_search_finds_the_tool(served, page) -> None:
    assert f'href="{ADMIN}/lending"' in page("/search?q=电钻")[1]
    assert "可借" not in page("/search?q=电钻", ELSEWHERE)[1]


@pytest.mark.hook("register_disclosures")
def test_the_shelf_is_listed_for_everybody(served, browser) -> None:
    listed = unescape(browser.get(f"/s/{HERE.street_code}/c/{HERE.code}/disclosures").text)
    assert f"/s/{HERE.street_code}/c/{HERE.code}/lending/shelf" in listed
    assert "现有 2 项" in listed


@pytest.mark.hook("register_health_checks")
def test_the_streets_page_of_checks_asks_it(served, browser, world) -> None:
    listed = browser.sign_in_as(world.here.administrator).get(f"/s/{world.here.code}/console/checks").text
    assert "推车不在架上" in listed


@pytest.mark.hook("register_commands")
class TestCommands:
    @pytest.fixture
    def run(self, module_house, served, plugins, monkeypatch):
        from contextlib import contextmanager

        @contextmanager
        def opened():
            yield module_house

        monkeypatch.setattr(of_plugins, "opened_house", opened)
        group = of_plugins._group(plugins, "lending", "工具借用", {"audit": _command(plugins)})
        return lambda *words: CliRunner().invoke(group, list(words))

    def test_a_command_reaches_the_street_that_allows_the_plugin(self, run, world) -> None:
        result = run("audit", world.here.code)
        assert result.output == "2 件\n"

    def test_elsewhere_it_is_told_what_is_missing(self, run, world) -> None:
        assert "没有允许使用" in run("audit", world.there.code).output
        assert "没有代码或简称为" in run("audit", "000").output

    def test_outside_a_command_there_is_no_street(self, served, plugins) -> None:
        from linli.sdk import street_session

        with pytest.raises(RuntimeError, match="inside a command"), street_session("1"):
            pass


def _command(plugins: Plugins):
    return next(each.item.command for each in plugins.commands if each.owner == "lending")


@pytest.mark.hook("register_roster_columns")
class TestRosterColumns:
    @pytest.fixture
    def desk(self, served, module_house) -> Desk:
        return Desk(module_house.database.unit_of_work, HERE.scope, community_administrator(HERE), HERE.compound)

    def test_what_the_file_says_is_written_shown_and_changes_nothing_the_second_time(self, desk) -> None:
        content = roster([row("801", "借一"), "123456"], [row("802", "借二"), ""])
        desk.bring_in(content, "a.csv")
        assert cards(desk) == ["123456"]
        again = desk.check(content, "a.csv")
        assert again.counts["unchanged"] == 2
        changed = desk.check(roster([row("801", "借一"), "654321"], [row("802", "借二"), ""]), "a.csv")
        assert (changed.counts["updated"], changed.counts["unchanged"]) == (1, 1)
        shown, _next = desk.act(preview_rows, changed.id)
        assert [each.cells.get("lending.card", "") for each in shown] == ["654321", ""]

    def test_the_export_and_the_template_have_the_column(self, desk) -> None:
        desk.bring_in(roster([row("803", "借三"), "222222"]), "a.csv")
        produced = desk.act(export_roster, HERE.id, compound_id=HERE.compound, file_format="csv")
        lines = list(csv.DictReader(io.StringIO(b"".join(produced.content).decode("utf-8-sig"))))
        assert {line["姓名"]: line["借用证号"] for line in lines}["借三"] == "222222"
        columns = desk.work(further_columns, HERE.id)
        assert [each.field for each in columns] == ["lending.card"]
        assert len(b"".join(template_workbook(columns).content)) > 0

    def test_a_bad_cell_is_told_with_field_fault_and_what_is_allowed(self, desk) -> None:
        state = desk.check(roster([row("804", "借四"), "12"]), "a.csv")
        assert desk.faults(state) == [(2, "lending.card", "借用证号是 6 位数字")]

    def test_a_row_without_a_person_cannot_carry_it(self, desk) -> None:
        state = desk.check(roster([row("805"), "123456"]), "a.csv")
        assert desk.faults(state) == [(2, "lending.card", "这一行没有居民，不能填这一项")]

    def test_when_the_plugin_cannot_write_nothing_of_the_import_is_kept(self, desk) -> None:
        before = cards(desk)
        state = desk.check(roster([row("806", "借六"), "111111"], [row("807", "借七"), "999999"]), "a.csv")
        from linli.residents.roster import commit_import

        with pytest.raises(ColumnFailed, match="借用证号"):
            desk.act(commit_import, state.id)
        assert cards(desk) == before

    def test_where_the_plugin_is_off_the_column_means_nothing(self, served, module_house) -> None:
        other = Desk(
            module_house.database.unit_of_work,
            NEXT_DOOR.scope,
            community_administrator(NEXT_DOOR),
            NEXT_DOOR.compound,
        )
        state = other.upload(roster([row("801", "借一"), "123456"]), "a.csv")
        assert state.unknown_columns == ["借用证号"]
        assert other.work(further_columns, NEXT_DOOR.id) == ()


def roster(*rows) -> bytes:
    return csv_file([[*cells, card] for cells, card in rows], (*HEADER, "借用证号"))


def cards(desk: Desk) -> list[str]:
    def read(session):
        found = session.connection().exec_driver_sql("SELECT number FROM plugin_lending.card ORDER BY number")
        return [each.number for each in found]

    return desk.work(read)


@pytest.mark.hook("register_rules")
def test_the_rule_has_its_value_where_the_street_allows_the_plugin(served, module_house, world) -> None:
    with module_house.database.unit_of_work(world.here.scope) as session:
        found = rule_value(session, "lending.longest_loan", compound_id=HERE.compound)
        assert (found.value, found.winner.title) == (Duration(14, "days"), "工具借用的通行做法")
    with module_house.database.unit_of_work(world.there.scope) as session:
        assert rule_value(session, "lending.longest_loan").value is None


@pytest.mark.hook("register_obligations")
def test_a_duty_is_judged_by_what_the_plugin_recorded_where_it_is_on(
    served, page, module_house, world, plugins
) -> None:
    from sqlalchemy import text

    from linli.testing.jobs import run_task

    with module_house.database.unit_of_work(world.here.scope) as session:
        for community in world.here.communities:
            session.execute(
                text("INSERT INTO plugin_lending.inspection (community_id, compound_id, name) VALUES (:c, :p, '梯子')"),
                {"c": community.id, "p": community.compound},
            )
    run_task(module_house, world.here.scope, "core.judge_obligations", plugins=plugins)
    shown = page(f"/obligations/compounds/{HERE.compound}")[1]
    assert "已完成" in shown
    assert f'href="{ADMIN}/lending/shelf">检查梯子' in shown
    assert "工具借用的通行做法" in shown
    assert "检查工具" not in page("/obligations", ELSEWHERE)[1]
