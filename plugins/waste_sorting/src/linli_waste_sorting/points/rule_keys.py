"""What points are given for, how many at most, how long they are good, and what looks odd: rules."""

from __future__ import annotations

from linli.sdk import RuleKey

_TOPIC = "waste_sorting_points"
BAG = f"{_TOPIC}.bag"
BAG_CAP = f"{_TOPIC}.bag_cap"
WATCH_HOUR = f"{_TOPIC}.watch_hour"
WATCH_CAP = f"{_TOPIC}.watch_cap"
PICKUP = f"{_TOPIC}.pickup"
PICKUP_CAP = f"{_TOPIC}.pickup_cap"
PICKUP_KINDS = f"{_TOPIC}.pickup_kinds"
HOUSEHOLD_CAP = f"{_TOPIC}.household_cap"
WINDOWS = f"{_TOPIC}.windows"
EXPIRY = f"{_TOPIC}.expiry"
GOOD_FOR = f"{_TOPIC}.good_for"
EXPIRY_NOTICE = f"{_TOPIC}.expiry_notice"
RETURN_GRACE = f"{_TOPIC}.return_grace"
GRANT_ALONE = f"{_TOPIC}.grant_alone"
GRANT_MOST = f"{_TOPIC}.grant_most"
OFTEN_MOST = f"{_TOPIC}.often_most"
OFTEN_WITHIN = f"{_TOPIC}.often_within"
BURST_MOST = f"{_TOPIC}.burst_most"
BURST_MINUTES = f"{_TOPIC}.burst_minutes"
AUDIT_WITHIN = f"{_TOPIC}.audit_within"
REDEMPTION_DAY = f"{_TOPIC}.redemption_day"

#: Rule to the key of its cap on a day.
CAPS = {"bag": BAG_CAP, "watch": WATCH_CAP, "pickup": PICKUP_CAP}


def _points(key: str, title: str, help: str = "", *, minimum: int = 0, maximum: int = 1000) -> RuleKey:  # noqa: A002 as RuleKey calls it
    return RuleKey(key=key, title=title, type="integer", unit="points", minimum=minimum, maximum=maximum, help=help)


POINT_TOPICS = {_TOPIC: "垃圾分类积分"}
POINT_RULES = (
    _points(
        BAG, "一袋分对的垃圾得几分", "巡查查到分对的一袋，或者工作人员在桶站当场看到分对，都按这个数。0 表示不给。"
    ),
    _points(BAG_CAP, "分对垃圾每户每天最多几分"),
    _points(WATCH_HOUR, "桶站值守满一小时得几分", "按整小时计算，不满一小时的不计。0 表示不给。"),
    _points(WATCH_CAP, "桶站值守每户每天最多几分"),
    _points(PICKUP, "上门回收一次得几分", "取走以后给。0 表示不给。"),
    _points(PICKUP_CAP, "上门回收每户每天最多几分"),
    RuleKey(
        key=PICKUP_KINDS,
        title="哪些上门回收给积分",
        type="list",
        choices={"bulky": "大件垃圾", "decoration": "装修垃圾", "recyclable": "可回收物"},
    ),
    _points(HOUSEHOLD_CAP, "每户每天一共最多几分", "各种来源合计；手工发的不算在内。超过的部分记在账上，不给分。"),
    RuleKey(
        key=WINDOWS,
        title="投放垃圾给积分的时段",
        type="text",
        help="这些时段以外查到的一袋不给分；工作人员当场发的照给，但列入核查。例如：7:00-9:00、18:30-20:30。",
    ),
    RuleKey(
        key=EXPIRY,
        title="积分什么时候到期",
        type="choice",
        choices={"year_end": "当年年底", "after": "得到以后一段时间", "never": "长期有效"},
    ),
    RuleKey(
        key=GOOD_FOR,
        title="积分得到以后多久到期",
        type="duration",
        units=("days", "months", "years"),
        help="只在选择“得到以后一段时间”时使用。",
    ),
    RuleKey(key=EXPIRY_NOTICE, title="到期前多久提醒", type="duration", units=("days", "months")),
    RuleKey(
        key=RETURN_GRACE,
        title="社区取消兑换后退回的积分至少还能用多久",
        type="duration",
        units=("days", "months"),
        help="住户自己取消或者没有来领的，退回的积分仍按原来的日期到期。",
    ),
    _points(GRANT_ALONE, "一个人一次最多手工发几分", "超过的要另一人审批。", maximum=100_000),
    _points(GRANT_MOST, "一次手工最多发几分", "审批了也不能超过。", maximum=100_000),
    RuleKey(
        key=OFTEN_MOST,
        title="同一人给同一户发几次以后列入核查",
        type="integer",
        unit="times",
        minimum=1,
        maximum=1000,
        help="在下面的期间里，超过这么多次就列入核查。",
    ),
    RuleKey(key=OFTEN_WITHIN, title="数同一人给同一户发积分的期间", type="duration", units=("days",)),
    RuleKey(
        key=BURST_MOST,
        title="同一人短时间里发几次以后列入核查",
        type="integer",
        unit="times",
        minimum=1,
        maximum=1000,
        help="在下面的几分钟里，超过这么多次就列入核查。",
    ),
    RuleKey(
        key=BURST_MINUTES, title="数短时间里发积分的分钟数", type="integer", unit="minutes", minimum=1, maximum=1440
    ),
    RuleKey(
        key=AUDIT_WITHIN,
        title="核查可疑积分的期限",
        type="duration",
        units=("working_days", "days"),
        stricter="lower",
    ),
    RuleKey(
        key=REDEMPTION_DAY,
        title="每月几号是兑换日",
        type="integer",
        minimum=1,
        maximum=28,
        help="按月安排兑换日时用这一天，可以另选。",
    ),
)
