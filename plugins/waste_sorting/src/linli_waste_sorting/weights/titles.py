"""What the columns and the states of records are called in a file, which pasting knows again; messages."""

from __future__ import annotations

#: Column of the list or of its file to its title.
TITLES = {
    "day": "日期",
    "compound": "小区",
    "category": "垃圾",
    "amount": "数量",
    "carrier": "收运单位",
    "destination": "去向",
    "state": "状态",
    "clock": "时间",
    "station": "投放点",
    "kg": "公斤",
    "pieces": "桶数",
    "note": "说明",
    "struck": "划掉的理由",
}
STATES = {"valid": "有效", "void": "已划掉", "confirmed": "核对过"}
KILOS, BINS = "{kg} 公斤", "{n} 桶"
#: Between the two in one cell.
BETWEEN = " · "
