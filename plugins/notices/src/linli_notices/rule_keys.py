"""How long postings show where nobody says otherwise: rules, so that each place has its own law's number."""

from __future__ import annotations

from pathlib import Path

from linli.sdk import RuleKey, RulePack

#: What a rule may count in, and how a notice counts it: the unit, and how many of it.
UNITS = {"days": ("day", 1), "weeks": ("day", 7), "working_days": ("workday", 1)}
#: Of the core: how long before a meeting its notice is out.
MEETING_NOTICE = "owners_assembly.notice"


def _period(name: str, title: str) -> RuleKey:
    return RuleKey(key=f"notices.{name}_period", title=title, type="duration", units=tuple(UNITS), stricter="higher")


RULES = RulePack(
    folder=Path(__file__).parent / "rules",
    rules=[
        _period("accounts", "收支公示的时间"),
        _period("candidates", "候选人公示的时间"),
        _period("election_result", "选举结果公示的时间"),
        _period("decision", "决定公示的时间"),
        _period("covenant_draft", "规约征求意见的时间"),
        _period("repair_plan", "维修方案公示的时间"),
        _period("duty_posting", "岗位职责公示的时间"),
    ],
    topics={"notices": "公告公示"},
)
