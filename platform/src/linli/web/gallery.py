"""The gallery of components: each in all its states, with the lines of template that draw it, for whoever writes pages.

What is shown is what is copied: an example is a template of its own in `templates/gallery/`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import SHANGHAI, today
from linli.kit.errors import FieldError
from linli.kit.text import gettext as _
from linli.web.calendars import MonthEntry, month_view
from linli.web.charts import Series, column_chart, line_chart, ranking
from linli.web.drafts import Draft
from linli.web.fields import When
from linli.web.floors import FloorDoor, building_view
from linli.web.forms import Form
from linli.web.models import ListView
from linli.web.picking import AddressChoices, Choice, Choices
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.sparks import spark
from linli.web.tables import DataTable, RowAct, TableColumn, TableState
from linli.web.tiles import PlaceValue, tile_map

_FOLDER = Path(__file__).parent / "templates" / "gallery"
#: The name of each example's template, its title, and when one uses it.
EXAMPLES = (
    ("page_head", "页面开头", "每页只有一个标题；最常用的操作放在右边。"),
    ("marks", "标记和提示", "颜色之外总有文字，色弱的人也看得懂。"),
    ("empty", "空列表", "说清楚为什么是空的，下一步做什么。"),
    ("numbers", "数字和资料", "一眼要看的数字用数字牌，其余用资料表。"),
    ("form", "表单", "标签写在上面，说明写在标签下面，出错的话写在字段下面。"),
    ("faults", "填错的表单", "先说哪里错，再说怎样才对；填过的内容都在。"),
    ("checked", "边填边查的表单", "离开一格就告诉对错；只在需要时才问的内容跟着前面的选择出现。"),
    ("drafts", "草稿", "长的表单替人留着没有提交的内容，下次打开可以接着填。"),
    ("pickers", "选人和选房", "只找得到您有权查看的人和房屋；没有脚本时用“查找”按钮。"),
    ("periods", "期间", "常用的期间点一下就选好。"),
    ("photos", "照片", "手机上直接拍照，提交前就看得到、查得出太大的。"),
    ("wizard", "分步填写", "一步填不完的表单分成几步，每一步都留着草稿。"),
    ("toasts", "短消息", "脚本在后台做了什么，在角落里说一声，可以关掉。"),
    ("buttons", "按钮和确认", "会改变资料的操作用按钮，不能随手撤销的先问一句。"),
    ("list", "列表", "边输入边查找；手机上每一行变成一张卡片。"),
    ("data_table", "可以调整的列表", "表头排序，自己选列，保存视图，一次处理多行；表头不随行滚走。"),
    ("data_table_states", "列表的其他样子", "没有登录的人只能排序；正在读取；没有内容；一次处理以后每一条的结果。"),
    ("sections", "模块的各个部分", "一个模块有好几个页面时放在最上面，标出人在哪里。"),
    ("steps", "步骤和进度", "分几页办的事，让人知道办到哪一步。"),
    ("timeline", "经过", "什么时候、谁、做了什么，新的在上面。"),
    ("columns", "柱形图", "比较各期或各类的数量。打印和读屏都有表格。"),
    ("lines", "折线图", "看变化；没有数据的地方线断开，不当作零。"),
    ("ranking", "排名", "并列的名次相同；没有数据的排在最后。"),
    ("spark", "走势", "数字旁边的一条小线，只看去向；大小看数字，读屏不读它。"),
    ("tiles", "社区一览", "不用地图：一样大的格子，数字写在格子里，颜色只帮着找。"),
    ("month", "月历", "调休的日子标出“休”和“班”；手机上只列有安排的日子。"),
    ("floors", "楼栋立面", "按单元和楼层看每一户，颜色越深数值越大。"),
)


@dataclass(frozen=True, slots=True)
class Example:
    """One component: its template, what is said about it, and the lines to copy."""

    name: str
    title: str
    help: str
    source: str

    @property
    def template(self) -> str:
        return f"gallery/{self.name}.html"


def examples() -> list[Example]:
    """The examples in their order, in the reader's language."""
    return [
        Example(name, _(title), _(told), (_FOLDER / f"{name}.html").read_text(encoding="utf-8"))
        for name, title, told in EXAMPLES
    ]


def samples() -> dict[str, Any]:
    """The data that the examples show: made up, and looking like it."""
    months = [_("{n}月").format(n=n) for n in range(1, 13)]
    kitchen = [12.5, 11, 13.2, 14, 15.1, 16, 17.4, 17, 16.2, 15, 14.8, 15.5]
    other = [40, 36, 41, 40.5, 39, 38, 37.2, 37, 36.4, 35, 34.8, 34]
    rates = [round(a / (a + b) * 100, 1) for a, b in zip(kitchen, other, strict=True)]
    both = [Series(_("厨余垃圾"), kitchen), Series(_("其他垃圾"), other)]
    second = [None if n in (3, 4) else rate - 3 for n, rate in enumerate(rates)]
    lines = [Series(_("样例小区甲"), rates), Series(_("样例小区乙"), second)]
    # The same whenever it is looked at on a day: a page that tells the second is never kept by a browser.
    morning = datetime.combine(today(), time(9, 30), SHANGHAI)
    views = _views()
    stations = {"key": "core.stations", "path": "/components", "query": {"view": str(views[0].id), "sort": "-weight"}}
    named = [(_("样例小区甲"), 31.3), (_("样例小区乙"), 28.3), (_("样例小区丙"), 28.3), (_("样例小区丁"), None)]
    return {
        "rows": [{"name": _("样例站点甲"), "weight": 1250.5}, {"name": _("样例站点乙"), "weight": 980}],
        "table": TableState(_STATIONS, kept=views, keeps=True, acts=_STATIONS.acts, **stations),
        "read_only": TableState(_WEIGHTS, key="core.weights", path="/components", query={}),
        "done": [{"title": _("样例站点甲")}],
        "refused": [{"title": _("样例站点乙"), "reason": _("已经停用")}],
        "events": [
            {"at": morning, "title": _("已公布"), "text": "", "by": _("样例人员甲"), "tone": "good"},
            {
                "at": morning - timedelta(days=2),
                "title": _("退回修改"),
                "text": _("请补上照片。"),
                "by": _("样例人员乙"),
                "tone": "warn",
            },
            {"at": morning - timedelta(days=3), "title": _("提交"), "text": "", "by": _("样例人员甲"), "tone": ""},
        ],
        "columns": column_chart(_("各类垃圾产生量"), months, both, unit=_("吨")),
        "stacked": column_chart(_("垃圾总量"), months, both, unit=_("吨"), stacked=True),
        "lines": line_chart(_("家庭厨余垃圾分出率"), months, lines, unit="%", target=30),
        "nothing": line_chart(_("还没有数据的图"), months, [Series(_("样例小区丙"), [None] * 12)], unit="%"),
        "ranks": ranking(named, unit="%", own=_("样例小区乙")),
        "spark": spark(rates),
        "tiles": tile_map([PlaceValue(name, value, "#tiles") for name, value in named]),
        "month": month_view(today(), _entries(), today=today(), is_workday=_is_workday),
        "building": building_view(_doors()),
        "draft": Draft(UUID(int=1), morning),
    }


def _people_found(_q: str, chosen: str) -> Choices:
    items = [
        Choice("1", _("样例人员甲"), _("199****0001 · 样例小区甲 3号楼 2单元 501")),
        Choice("2", _("样例人员乙"), _("199****0002 · 样例小区乙 1号楼 101")),
    ]
    return Choices(items, has_more=not chosen, asked="ylry")


def _address_at(_form: object, _name: str, _level: str, _value: object) -> AddressChoices:
    compounds = [("a", _("样例小区甲")), ("b", _("样例小区乙"))]
    buildings = [(str(n), _("{n}号楼").format(n=n)) for n in (1, 2, 3)]
    units = [(str(n), _("{n}单元").format(n=n)) for n in (1, 2)]
    doors = [(str(n), str(n)) for n in (501, 502)]
    return AddressChoices(
        Choices(),
        compounds=compounds,
        buildings=buildings,
        units=units,
        dwellings=doors,
        compound="a",
        building="3",
        unit="2",
    )


def _views() -> list[ListView]:
    kept = [(_("重的在前"), True, ["name", "weight"]), (_("停用的"), False, ["name", "state"])]
    return [
        ListView(id=UUID(int=n), title=title, query="", columns=columns, is_default=is_default)
        for n, (title, is_default, columns) in enumerate(kept, 1)
    ]


def _entries() -> dict[date, list[MonthEntry]]:
    day = today()
    # Today's come last: they stay on a fifth or fifteenth, too.
    return {
        day.replace(day=5): [MonthEntry(_("积分兑换"), href="#month")],
        day.replace(day=15): [MonthEntry(_("大件清运"))],
        day: [MonthEntry(_("早班 3 人"), tone="good"), MonthEntry(_("晚班缺 1 人"), href="#month", tone="warn")],
    }


def _is_workday(day: date) -> bool:
    """A made-up turn of days, so that both marks are seen."""
    return day.day == 8 or (day.weekday() < 5 and day.day != 10)


def _doors() -> list[FloorDoor]:
    doors = []
    for unit, floor, door in ((u, f, d) for u in (1, 2, 3) for f in range(-1, 7) if f for d in (1, 2)):
        count = None if (unit, floor, door) == (3, 6, 2) else (unit * 7 + floor * 5 + door * 3) % 31
        text = _("没有记录") if count is None else _("{n} 次").format(n=count)
        doors.append(FloorDoor(_("{n}单元").format(n=unit), floor, f"{floor}0{door}", count, text, href="#floors"))
    return doors


def _leave(_session: ScopedSession, _actor: Actor, _place: Place, _row_id: UUID, _answer: str) -> bool:
    return False


_STATIONS = DataTable(
    name="stations",
    columns=(
        TableColumn("name", "站点", is_fixed=True),
        TableColumn("state", "状态"),
        TableColumn("weight", "本月重量", sort="weight", falls=True, is_number=True),
    ),
    sort="-weight",
    acts=(
        RowAct("open", "开放", "开放选中的站点？", _leave, undo="close"),
        RowAct("close", "停用", "停用选中的站点？", _leave, asks="停用的原因", tone="danger", undo="open"),
    ),
    titles=lambda *_given: {},
)
_WEIGHTS = DataTable(name="weights", columns=(_STATIONS.columns[0], _STATIONS.columns[2]), sort="-weight")


@get("/components", public=True)
def show_components() -> View:
    form = Form(values={"faulty_weight": ["-3"]})
    form.errors = {"faulty_weight": FieldError("faulty_weight", _("太小"), _("大于 0 的数"))}
    context = {
        "examples": examples(),
        "sample": samples(),
        "faulty": form,
        "form": Form(),
        "asked": {"asks_days": When("asks", ("yes",), _("只在接受意见时填写。"), required=True)},
        "people_found": _people_found,
        "address_at": _address_at,
    }
    return View("gallery.html", context)


@get("/components/toast", public=True)
def show_toast() -> View:
    """A message in the corner, for whoever tries it; without scripts it stands on top of the gallery."""
    return replace(show_components(), fragment="_said.html", toast=_("已保存。这是一条样例消息。"))


@post("/components", public=True)
def press_example() -> Redirect:
    """The buttons of the examples do what a button does, and change nothing."""
    return Redirect("/components", _("这里是样例，没有保存任何内容。"), absolute=True)


@post("/components/table", public=True)
def arrange_example() -> Redirect:
    """Columns and views of the examples are nobody's."""
    return press_example()


@post("/components/acts", public=True)
def act_on_examples() -> Redirect:
    """Rows of the examples stay as they are."""
    return press_example()


public = [show_components, press_example, show_toast, arrange_example, act_on_examples]
