"""How the lists of the community's office and of the street are arranged; each handler says which is its own."""

from __future__ import annotations

from linli.sdk import DataTable, TableColumn
from linli_waste_sorting.list_acts import (
    BOOKING_ACTS,
    COLLECTION_ACTS,
    SLOT_ACTS,
    STATION_ACTS,
    booking_titles,
    collection_titles,
    slot_titles,
    station_titles,
)
from linli_waste_sorting.watch.acts import SHIFT_ACTS, shift_titles
from linli_waste_sorting.weights.street_lines import kind_columns

STATIONS = DataTable(
    name="stations",
    columns=(
        TableColumn("name", "名称", sort="name", is_fixed=True),
        TableColumn("compound", "小区"),
        TableColumn("kind", "类型"),
        TableColumn("place", "位置"),
        TableColumn("hours", "开放时间"),
        TableColumn("created_at", "设置时间", sort="created_at", falls=True, is_shown=False),
        TableColumn("now", "现在"),
    ),
    sort="created_at",
    filters=("q", "kind", "compound", "state"),
    acts=STATION_ACTS,
    titles=station_titles,
)
BOOKINGS = DataTable(
    name="bookings",
    columns=(
        TableColumn("door", "门牌", is_fixed=True),
        TableColumn("compound", "小区"),
        TableColumn("things", "物品"),
        TableColumn("slot", "回收时间", sort="slot"),
        TableColumn("fee", "收费", sort="fee", falls=True),
        TableColumn("requested_at", "预约时间", sort="requested_at", falls=True, is_shown=False),
        TableColumn("state", "状态", sort="state"),
    ),
    sort="requested_at",
    filters=("state", "category", "compound", "day"),
    acts=BOOKING_ACTS,
    titles=booking_titles,
)
SLOTS = DataTable(
    name="slots",
    columns=(
        TableColumn("day", "日期", sort="day", is_fixed=True),
        TableColumn("hours", "时间"),
        TableColumn("category", "垃圾"),
        TableColumn("compound", "小区"),
        TableColumn("taken", "已约", sort="taken", falls=True),
        TableColumn("fee", "收费", sort="fee", falls=True),
        TableColumn("books_until", "截止预约"),
    ),
    sort="day",
    filters=("category", "past"),
    acts=SLOT_ACTS,
    titles=slot_titles,
)
ROUNDS = DataTable(
    name="rounds",
    columns=(
        TableColumn("day", "日期", sort="day", falls=True, is_fixed=True),
        TableColumn("compound", "小区"),
        TableColumn("inspector", "巡查人"),
        TableColumn("state", "状态", sort="finished_at", falls=True),
    ),
    sort="-day",
    filters=("first", "last", "compound"),
)
FINDINGS = DataTable(
    name="findings",
    columns=(
        TableColumn("day", "日期", sort="day", falls=True, is_fixed=True),
        TableColumn("station", "投放点"),
        TableColumn("subject", "看到的"),
        TableColumn("result", "结果", sort="result"),
        TableColumn("told", "说明"),
        TableColumn("inspector", "巡查人"),
    ),
    sort="-day",
    filters=("first", "last", "compound", "station", "result", "state"),
)
APPEALS = DataTable(
    name="appeals",
    columns=(
        TableColumn("body", "内容", is_fixed=True),
        TableColumn("compound", "小区"),
        TableColumn("door", "门牌"),
        TableColumn("filed_at", "申诉时间", sort="filed_at", falls=True),
        TableColumn("state", "状态", sort="state"),
    ),
    sort="-filed_at",
    filters=("state",),
)
COLLECTIONS = DataTable(
    name="collections",
    columns=(
        TableColumn("day", "日期", sort="day", falls=True, is_fixed=True),
        TableColumn("compound", "小区"),
        TableColumn("category", "垃圾"),
        TableColumn("amount", "数量", sort="kg", falls=True, is_number=True),
        TableColumn("carrier", "收运单位"),
        TableColumn("destination", "去向"),
        TableColumn("state", "状态"),
    ),
    sort="-day",
    filters=("compound", "category", "month", "state"),
    acts=COLLECTION_ACTS,
    titles=collection_titles,
)
SHIFTS = DataTable(
    name="shifts",
    columns=(
        TableColumn("day", "日期", sort="day", is_fixed=True),
        TableColumn("hours", "时间"),
        TableColumn("station", "投放点"),
        TableColumn("compound", "小区"),
        TableColumn("wanted", "需要人数", is_number=True),
        TableColumn("taken", "报名人数", is_number=True),
        TableColumn("missing", "还缺", is_number=True),
        TableColumn("came", "到岗人数", is_number=True, is_shown=False),
        TableColumn("reminded_at", "最近提醒"),
        TableColumn("state", "状态"),
    ),
    sort="day",
    filters=("first", "last", "compound", "state"),
    acts=SHIFT_ACTS,
    titles=shift_titles,
)
#: A door finds its household: ``q`` is not kept with a view.
ENTRIES = DataTable(
    name="points_entries",
    columns=(
        TableColumn("day", "日期", sort="day", falls=True, is_fixed=True),
        TableColumn("door", "门牌"),
        TableColumn("told", "事项"),
        TableColumn("points", "积分", sort="points", falls=True, is_number=True),
        TableColumn("expires_on", "用到哪天"),
        TableColumn("by", "经手人"),
    ),
    sort="-day",
    filters=("kind", "source", "first", "last"),
)
#: As with the ledger of points, ``q`` finds a household and is not kept.
PURSES = DataTable(
    name="points_purses",
    columns=(
        TableColumn("door", "门牌", is_fixed=True),
        TableColumn("compound", "小区"),
        TableColumn("balance", "积分", sort="balance", falls=True, is_number=True),
        TableColumn("opened_at", "开户时间", sort="opened_at", falls=True),
        TableColumn("card", "家庭码卡"),
        TableColumn("state", "状态"),
    ),
    sort="-balance",
    filters=("state", "compound"),
)
REDEMPTIONS = DataTable(
    name="points_redemptions",
    columns=(
        TableColumn("door", "门牌", is_fixed=True),
        TableColumn("item", "物品"),
        TableColumn("pieces", "件数", is_number=True),
        TableColumn("points", "积分", sort="points", falls=True, is_number=True),
        TableColumn("at", "登记时间", sort="at", falls=True, is_shown=False),
        TableColumn("day", "兑换日", sort="day", falls=True),
        TableColumn("state", "状态"),
        TableColumn("by", "经手人"),
    ),
    sort="-at",
    filters=("state",),
)
FLAGGED = DataTable(
    name="points_flags",
    columns=(
        TableColumn("raised_at", "时间", sort="raised_at", falls=True, is_fixed=True),
        TableColumn("door", "门牌"),
        TableColumn("reason", "原因"),
        TableColumn("points", "积分", sort="points", falls=True, is_number=True),
        TableColumn("by", "谁发的"),
        TableColumn("decision", "结果"),
    ),
    sort="-raised_at",
    filters=("state", "reason"),
)
STREET_STATIONS = DataTable(
    name="street_stations",
    columns=(
        TableColumn("name", "名称", sort="name", is_fixed=True),
        TableColumn("community", "社区"),
        TableColumn("compound", "小区"),
        TableColumn("kind", "类型"),
        TableColumn("place", "位置"),
        TableColumn("hours", "开放时间"),
        TableColumn("created_at", "设置时间", sort="created_at", falls=True, is_shown=False),
    ),
    sort="created_at",
    filters=("q", "kind", "state", "community_id"),
)
STREET_BOOKINGS = DataTable(
    name="street_bookings",
    columns=(
        TableColumn("slot", "回收日期", sort="slot", is_fixed=True),
        TableColumn("community", "社区"),
        TableColumn("category", "垃圾"),
        TableColumn("pieces", "件数", is_number=True),
        TableColumn("requested_at", "预约时间", sort="requested_at", falls=True),
        TableColumn("answered_at", "答复时间"),
        TableColumn("state", "状态", sort="state"),
    ),
    sort="requested_at",
    filters=("state", "category", "community_id"),
)
STREET_INSPECTIONS = DataTable(
    name="street_inspections",
    columns=(
        TableColumn("name", "社区", sort="name", is_fixed=True),
        TableColumn("rounds", "巡查次数", sort="rounds", falls=True, is_number=True),
        TableColumn("right", "投放正确", is_number=True),
        TableColumn("right_share", "投放正确率", sort="right_share", falls=True, is_number=True),
        TableColumn("met_share", "检查项达标率", sort="met_share", falls=True, is_number=True),
        TableColumn("stations", "全部达标的投放点", is_number=True),
    ),
    sort="name",
    filters=("month",),
)
#: The kinds of waste follow, called as they are called in the street.
STREET_LEDGER = DataTable(
    name="street_ledger",
    columns=(
        TableColumn("name", "社区", sort="name", is_fixed=True),
        TableColumn("kg", "全部", sort="kg", falls=True, is_number=True),
        TableColumn("rate", "分出率", sort="rate", falls=True, is_number=True),
        TableColumn("reported", "上报", sort="reported"),
    ),
    sort="name",
    filters=("month", "community_id"),
    also=kind_columns,
)
#: Of the street and of a community.
RANKINGS = DataTable(
    name="rankings",
    columns=(
        TableColumn("title", "排名", sort="month", falls=True, is_fixed=True),
        TableColumn("state", "状态", sort="state"),
        TableColumn("created_at", "起草时间", sort="created_at", falls=True, is_shown=False),
        TableColumn("published_at", "公布时间", sort="published_at", falls=True),
    ),
    sort="-month",
    filters=("subject", "state"),
)
STREET_POINTS = DataTable(
    name="street_points",
    columns=(
        TableColumn("name", "社区", sort="name", is_fixed=True),
        TableColumn("purses", "账户", sort="purses", falls=True, is_number=True),
        TableColumn("earned", "本月发放", sort="earned", falls=True, is_number=True),
        TableColumn("redeemed", "本月兑换", sort="redeemed", falls=True, is_number=True),
        TableColumn("expired", "本月到期", sort="expired", falls=True, is_number=True),
        TableColumn("held", "住户现有", sort="held", falls=True, is_number=True),
        TableColumn("flags", "待核查", sort="flags", falls=True, is_number=True),
    ),
    sort="name",
)
