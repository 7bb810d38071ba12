"""The numbers of custom that the bin watch goes by."""

from __future__ import annotations

from linli.sdk import RuleKey

PEAKS = "waste_sorting_watch.peaks"
EARLY = "waste_sorting_watch.check_in_early"
LAST_LEAVE = "waste_sorting_watch.leave_before"
AHEAD = "waste_sorting_watch.sign_up_ahead"
REMIND_EVERY = "waste_sorting_watch.remind_every"

WATCH_RULES = (
    RuleKey(
        key=PEAKS,
        title="值守的两个高峰时段",
        type="text",
        help="安排值守时先填好的时段，可以改。例如：7:00-9:00、18:00-20:00。",
    ),
    RuleKey(
        key=EARLY,
        title="提前多久可以签到",
        type="integer",
        unit="minutes",
        minimum=0,
        maximum=240,
        help="早到的时间不计入值守时长。",
    ),
    RuleKey(
        key=LAST_LEAVE,
        title="开始前多久不能再自己取消",
        type="duration",
        units=("hours", "days"),
        help="在这以后要请人替班，或者请工作人员取消。",
    ),
    RuleKey(
        key=AHEAD,
        title="居民可以报名多久以内的值守",
        type="duration",
        units=("days", "weeks"),
        help="更晚的班次先不给居民看，以免改动。",
    ),
    RuleKey(
        key=REMIND_EVERY,
        title="同一班次隔多久才能再次提醒",
        type="duration",
        units=("hours", "days"),
        help="工作人员点“提醒”以后，在这段时间里不能再提醒同一班次的人，以免打扰。每天傍晚的自动提醒不算在内。",
    ),
)
WATCH_TOPICS = {"waste_sorting_watch": "桶站值守"}
