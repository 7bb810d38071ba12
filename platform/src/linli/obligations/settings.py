"""Numbers that a street chooses: when people are reminded, and how long something done late still counts."""

from __future__ import annotations

from linli.settings.spec import SettingSpec

REMIND_DAYS = "obligation_remind_days"
OVERDUE_DAYS = "obligation_overdue_days"
LATE_DAYS = "obligation_late_days"

OBLIGATION_SETTINGS = (
    SettingSpec(
        key=REMIND_DAYS,
        type="integer",
        default=7,
        title="履职到期前几天提醒",
        help="提醒负责的人一次；填 0 不提醒。",
        minimum=0,
        maximum=90,
        levels=("street", "community"),
        source="平台建议值，并非法定天数",
    ),
    SettingSpec(
        key=OVERDUE_DAYS,
        type="integer",
        default=1,
        title="履职逾期几天提醒",
        help="逾期后提醒负责的人一次；填 0 不提醒。",
        minimum=0,
        maximum=90,
        levels=("street", "community"),
        source="平台建议值，并非法定天数",
    ),
    SettingSpec(
        key=LATE_DAYS,
        type="integer",
        default=365,
        title="逾期多少天内补做仍算补做",
        help="超过以后保留“逾期”的结论，不再核对。",
        minimum=0,
        maximum=3650,
        levels=("street",),
        source="平台建议值，并非法定天数",
    ),
)
