"""One plugin with every hook; the reference shows, hook by hook, what stands between the marks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar

import click
from msgspec import Meta, Struct
from sqlalchemy import text

from linli.sdk import (
    Act,
    Api,
    Card,
    Command,
    Conflict,
    DataClass,
    DemoData,
    Disclosed,
    Disclosure,
    Erased,
    Event,
    EventHandler,
    Evidence,
    Foreseen,
    Found,
    Health,
    HealthCheck,
    Level,
    Metric,
    NavigationItem,
    NotificationType,
    Obligation,
    Page,
    Pages,
    Permission,
    PersonalData,
    PluginManifest,
    Push,
    Pushed,
    RecordWords,
    Role,
    RosterColumn,
    RuleKey,
    RulePack,
    SearchProvider,
    SettingSpec,
    TaskSpec,
    Todo,
    View,
    best_fits,
    get,
    get_setting,
    hookimpl,
    now,
    record,
    street_session,
)

MANIFEST = PluginManifest(
    name="lending", title="工具借用", description="邻里之间借用工具。", sdk="1.2", category="services"
)
#: Tools by name and whether each is at home; a real plugin keeps them in tables of its own.
TOOLS = {"电钻": True, "梯子": True, "推车": False}


# The example of register_permissions.
@hookimpl
def register_permissions():
    return [
        Permission("lending.tool.read", "查看工具", frozenset({"community_administrator", "resident"})),
        Permission("lending.tool.manage", "管理工具", frozenset({"community_administrator"})),
    ]


# End of the example.


# The example of register_roles.
@hookimpl
def register_roles():
    return [
        Role(
            "lending_keeper",
            "工具管理员",
            levels=frozenset({Level.COMMUNITY, Level.COMPOUND}),
            permissions=frozenset({"core.compound.read", "lending.tool.read", "lending.tool.manage"}),
            granted_by=frozenset({"street_administrator", "community_administrator"}),
        )
    ]


# End of the example.


# The example of register_pages.
@get("/", needs="lending.tool.manage")
def show_tools(session):
    return View("lending/card.html", {"count": sum(TOOLS.values())})


@get("/shelf", public=True)
def show_shelf(session):
    return View("lending/card.html", {"count": sum(TOOLS.values())})


@hookimpl
def register_pages():
    return [Pages("admin", [show_tools]), Pages("resident", [show_shelf])]


# End of the example.


# The example of register_routes.
@get("/tools", needs="lending.tool.read", summary="The tools that can be borrowed")
def list_tools(session) -> Page[str]:
    return Page(items=[name for name, is_home in TOOLS.items() if is_home])


@hookimpl
def register_routes():
    return [Api("community", [list_tools])]


# End of the example.


# The example of register_navigation.
def lent_out(session, actor):
    return sum(not is_home for is_home in TOOLS.values())


@hookimpl
def register_navigation():
    return [NavigationItem("admin", "工具借用", needs="lending.tool.manage", order=70, count=lent_out)]


# End of the example.


# The example of register_cards.
def at_home(session, actor):
    return {"count": sum(TOOLS.values())}


def to_check(session, actor, first, last):
    return [Todo(title="清点工具", path="", on=first)]


@hookimpl
def register_cards():
    return [Card("admin", "可借的工具", "lending/card.html", at_home, needs="lending.tool.read", todo=to_check)]


# End of the example.


# The example of register_settings.
@hookimpl
def register_settings():
    return [
        SettingSpec(
            key="days",
            type="integer",
            default=7,
            minimum=1,
            maximum=30,
            title="最多借几天",
            help="到期的前一天提醒借用人。",
        )
    ]


# End of the example.


# The example of register_tasks.
def count_overdue(run):
    with run.unit_of_work() as session:
        days = get_setting(session, "lending", "days")
    return {"since": (now() - timedelta(days=days)).date().isoformat()}


@hookimpl
def register_tasks():
    return [TaskSpec("lending.count_overdue", count_overdue, "清点逾期的工具")]


# End of the example.


# The example of register_event_handlers.
class ToolReturned(Event):
    NAME: ClassVar[str] = "lending.ToolReturned"
    tool: str


def put_back(session, event):
    TOOLS[event.tool] = True


@hookimpl
def register_event_handlers():
    return [EventHandler(ToolReturned, put_back, "工具归还")]


# End of the example.


# The example of register_notifications.
@hookimpl
def register_notifications():
    return [
        NotificationType(
            name="lending.tool_due",
            title="工具到期",
            subject="{tool}明天到期",
            body="您借的{tool}请在{on}前归还。",
            channels=("sms",),
        )
    ]


# End of the example.


# The example of register_personal_data.
def export_loans(session, person):
    return [{"tool": "推车"}] if person.resident_ids else []


def erase_loans(session, person):
    return Erased(removed=0, kept=1, reason="归还之前需要知道工具在谁那里")


@hookimpl
def register_personal_data():
    return [
        PersonalData(
            title="借用记录",
            purpose="知道工具在谁那里",
            basis="履行合同",
            export=export_loans,
            erase=erase_loans,
            tables=("plugin_lending.loan",),
        )
    ]


# End of the example.


# The example of register_retention.
def purge_loans(session, before, limit, held):
    return []


@hookimpl
def register_retention():
    return [DataClass(name="lending.loans", title="借用记录", days=365, source="平台建议值", purge=purge_loans)]


# End of the example.


# The example of register_acts.
def give_away(session, actor, payload):
    TOOLS.pop(payload["tool"], None)
    record(session, "lending.tool.give", ("tool", payload["tool"]))
    return "已处理"


@hookimpl
def register_acts():
    return [
        Act(
            "lending.give_away_tool",
            "报废工具",
            asks="lending.tool.manage",
            approves="core.approval.decide",
            perform=give_away,
        )
    ]


# End of the example.


# The example of register_record_words.
@hookimpl
def register_record_words():
    return [RecordWords(nouns={"tool": "工具"}, verbs={"give": "报废"})]


# End of the example.


# The example of register_demo_data.
def fill(session, actor, community_id):
    if community_id is not None:
        TOOLS.setdefault("水平尺", True)


@hookimpl
def register_demo_data():
    return [DemoData(fill)]


# End of the example.


# The example of register_metrics.
def lent_by_community(session):
    rows = session.execute(text("SELECT community_id, count(*) FROM plugin_lending.tool GROUP BY community_id"))
    return {row.community_id: row.count for row in rows}


@hookimpl
def register_metrics():
    return [
        Metric(
            name="lending.tools", title="工具", unit="件", measure=lent_by_community, needs="lending.tool.read", path=""
        )
    ]


# End of the example.


# The example of register_search.
def find_tools(session, actor, words, limit):
    # By its characters, its pinyin or its initials: dz finds 电钻. Of rows, read a bounded number first.
    found = best_fits(TOOLS, words, limit, text=str)
    return [Found(name, "", "可借" if TOOLS[name] else "已借出") for name in found]


@hookimpl
def register_search():
    return [
        SearchProvider(name="lending.tools", title="工具", portal="admin", find=find_tools, needs="lending.tool.read")
    ]


# End of the example.


# The example of register_disclosures.
def on_the_shelf(session):
    return Disclosed(sum(TOOLS.values()))


@hookimpl
def register_disclosures():
    return [
        Disclosure(
            name="lending.shelf",
            title="可借的工具",
            description="居民可以免费借用的工具。",
            path="shelf",
            state=on_the_shelf,
        )
    ]


# End of the example.


# The example of register_roster_columns.
def parse_number(cell):
    if not cell.isdecimal() or len(cell) != 6:
        raise ValueError("借用证号是 6 位数字")
    return cell


def write_numbers(session, values):
    session.execute(
        text(
            "INSERT INTO plugin_lending.card (community_id, resident_id, number) "
            "VALUES (:community, :resident, :number) "
            "ON CONFLICT (tenant_id, community_id, resident_id) DO UPDATE SET number = excluded.number"
        ),
        [
            {"community": session.scope.community_id, "resident": resident, "number": number}
            for resident, number in values.items()
        ],
    )


def show_numbers(session, resident_ids):
    found = session.execute(
        text("SELECT resident_id, number FROM plugin_lending.card WHERE resident_id = ANY (:ids)"),
        {"ids": list(resident_ids)},
    )
    return {row.resident_id: row.number for row in found}


@hookimpl
def register_roster_columns():
    return [
        RosterColumn(
            "lending.card",
            "借用证号",
            synonyms=("工具证",),
            hint="6 位数字",
            parse=parse_number,
            write=write_numbers,
            show=show_numbers,
        )
    ]


# End of the example.


# The example of register_health_checks.
def all_at_home(session):
    missing = [name for name, is_home in TOOLS.items() if not is_home]
    if missing:
        return Health("warning", f"{'、'.join(missing)}不在架上", "请联系借用人")
    return Health("ok", "工具都在架上")


@hookimpl
def register_health_checks():
    return [HealthCheck(name="lending.shelf", title="工具架", check=all_at_home)]


# End of the example.


# The example of register_commands.
@click.command()
@click.argument("street")
def audit(street):
    """清点一个街道的工具。"""
    with street_session(street) as session:
        count = session.scalar(text("SELECT count(*) FROM plugin_lending.tool"))
    click.echo(f"{count} 件")


@hookimpl
def register_commands():
    return [Command("audit", audit)]


# End of the example.


# The example of register_rules.
@hookimpl
def register_rules():
    longest = RuleKey(
        key="lending.longest_loan",
        type="duration",
        title="借用期限",
        units=("days",),
        stricter="lower",
        only_stricter=True,
    )
    inspected = RuleKey(
        key="lending.inspected_every",
        type="duration",
        title="检查工具的间隔",
        units=("months",),
        stricter="lower",
        only_stricter=True,
    )
    return [
        RulePack(folder=Path(__file__).parent / "rules", rules=[longest, inspected], topics={"lending": "工具借用"})
    ]


# End of the example.


# The example of register_obligations.
def inspections(session, places, span):
    rows = session.execute(
        text(
            "SELECT compound_id, done_at, name FROM plugin_lending.inspection "
            "WHERE compound_id = ANY (:places) AND done_at >= :begins AND done_at < :ends"
        ),
        {"places": list(places), "begins": span.begins, "ends": span.ends},
    )
    return [Evidence(place=row.compound_id, when=row.done_at, title=f"检查{row.name}", path="shelf") for row in rows]


@hookimpl
def register_obligations():
    return [
        Obligation(
            name="lending.inspection",
            title="检查工具",
            rhythm="every",
            every="lending.inspected_every",
            evidence=inspections,
            roles=("lending_keeper", "community_administrator"),
            is_disclosed=True,
        )
    ]


# End of the example.


# The example of register_pushes.
class WantedTool(Struct, kw_only=True):
    """A tool that communities are to lay in."""

    name: Annotated[str, Meta(min_length=1, max_length=40)]


def foreseen(session, actor, communities, data):
    return dict.fromkeys(communities, Foreseen(f"添置{data.name}", "已经有了" if data.name in TOOLS else ""))


def lay_in(session, actor, community_id, data, push_id):
    if data.name in TOOLS:
        raise Conflict("已经有了")
    TOOLS[data.name] = True
    return Pushed(f"已添置{data.name}", "shelf")


@hookimpl
def register_pushes():
    return [
        Push(
            name="lending.tool",
            title="工具",
            help="请各社区添置一件工具。",
            needs="lending.tool.manage",
            template="lending/push.html",
            data=WantedTool,
            titled=lambda data: data.name,
            preview=foreseen,
            perform=lay_in,
        )
    ]


# End of the example.
