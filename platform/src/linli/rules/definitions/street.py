"""What a street asks of its communities: its own matter, for which no law has a number."""

from __future__ import annotations

from linli.rules.keys import RuleKey

STREET_RULES: tuple[RuleKey, ...] = (
    RuleKey(
        key="street_task.within",
        title="街道任务的办理期限",
        type="duration",
        help="街道下发任务时没有另定日期的，社区应当在多长时间内办完并报告。",
        units=("days", "working_days", "weeks"),
    ),
)
