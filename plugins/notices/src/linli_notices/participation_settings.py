"""What streets and communities may choose about objections, reading and the public page."""

from __future__ import annotations

from linli.sdk import SettingSpec

ANSWER_DAYS = "answer_days"
ANSWER_REMINDER_DAYS = "answer_reminder_days"
OBJECTIONS_PER_PERSON = "objections_per_person"
OBJECTIONS_SHOWN = "objections_shown"
SEARCH_ENGINES = "search_engines"

_PROPOSED = "平台建议值，并非法定标准；法规或规约另有规定的，按其规定填写"

PARTICIPATION_SETTINGS = (
    SettingSpec(
        key=ANSWER_DAYS,
        type="integer",
        default=15,
        title="答复期限（工作日）",
        help="收到异议或意见后，应当在多少个工作日内答复；收到当天不计入。",
        minimum=1,
        maximum=180,
        source=_PROPOSED,
    ),
    SettingSpec(
        key=ANSWER_REMINDER_DAYS,
        type="integer",
        default=3,
        title="提前几个工作日提醒答复",
        help="还没有答复的，在期限到来前这么多个工作日提醒工作人员一次；填 0 表示不提醒。",
        minimum=0,
        maximum=30,
        source=_PROPOSED,
    ),
    SettingSpec(
        key=OBJECTIONS_PER_PERSON,
        type="integer",
        default=5,
        title="每人最多提出的条数",
        help="一位居民对一则公告最多可以提出多少条异议和意见，已撤销的也计入。",
        minimum=1,
        maximum=50,
        source=_PROPOSED,
    ),
    SettingSpec(
        key=OBJECTIONS_SHOWN,
        type="choice",
        default="answered",
        choices={"answered": "答复后才显示", "at_once": "提出后马上显示"},
        title="其他居民何时看到异议和意见",
        help="姓名和门牌始终按公告的规则打码；提出人自己随时能看到。",
        source="平台建议值：先由工作人员看过再公开，避免泄露他人信息",
    ),
    SettingSpec(
        key=SEARCH_ENGINES,
        type="boolean",
        default=False,
        title="允许搜索引擎收录公开页面",
        help="关闭时，公开的公告页面会请搜索引擎不要收录。",
        levels=("street", "community"),
        source="《个人信息保护法》第六条最小必要：公示给本地居民看，不必全网可查",
    ),
)
