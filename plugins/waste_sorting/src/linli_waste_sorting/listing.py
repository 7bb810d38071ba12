"""How the lists of the community's office are arranged; each handler says which is its own."""

from __future__ import annotations

from linli.sdk import DataTable, TableColumn

STATIONS = DataTable(
    name="stations",
    columns=(
        TableColumn("name", "名称", is_fixed=True),
        TableColumn("compound", "小区"),
        TableColumn("kind", "类型"),
        TableColumn("place", "位置"),
        TableColumn("hours", "开放时间"),
        TableColumn("now", "现在"),
    ),
    filters=("q", "kind", "compound", "state"),
)
BOOKINGS = DataTable(
    name="bookings",
    columns=(
        TableColumn("door", "门牌", is_fixed=True),
        TableColumn("compound", "小区"),
        TableColumn("things", "物品"),
        TableColumn("slot", "回收时间"),
        TableColumn("fee", "收费"),
        TableColumn("state", "状态"),
    ),
    filters=("state", "category", "compound", "day"),
)
SLOTS = DataTable(
    name="slots",
    columns=(
        TableColumn("day", "日期", is_fixed=True),
        TableColumn("hours", "时间"),
        TableColumn("category", "垃圾"),
        TableColumn("compound", "小区"),
        TableColumn("taken", "已约"),
        TableColumn("fee", "收费"),
        TableColumn("books_until", "截止预约"),
    ),
    filters=("category", "past"),
)
ROUNDS = DataTable(
    name="rounds",
    columns=(
        TableColumn("day", "日期", is_fixed=True),
        TableColumn("compound", "小区"),
        TableColumn("inspector", "巡查人"),
        TableColumn("state", "状态"),
    ),
    filters=("first", "last", "compound"),
)
FINDINGS = DataTable(
    name="findings",
    columns=(
        TableColumn("day", "日期", is_fixed=True),
        TableColumn("station", "投放点"),
        TableColumn("subject", "看到的"),
        TableColumn("result", "结果"),
        TableColumn("told", "说明"),
        TableColumn("inspector", "巡查人"),
    ),
    filters=("first", "last", "compound", "station", "result", "state"),
)
APPEALS = DataTable(
    name="appeals",
    columns=(
        TableColumn("body", "内容", is_fixed=True),
        TableColumn("door", "门牌"),
        TableColumn("filed_at", "申诉时间"),
        TableColumn("state", "状态"),
    ),
    filters=("state",),
)
COLLECTIONS = DataTable(
    name="collections",
    columns=(
        TableColumn("day", "日期", is_fixed=True),
        TableColumn("compound", "小区"),
        TableColumn("category", "垃圾"),
        TableColumn("amount", "数量", is_number=True),
        TableColumn("carrier", "收运单位"),
        TableColumn("destination", "去向"),
        TableColumn("state", "状态"),
    ),
    filters=("compound", "category", "month", "state"),
)
