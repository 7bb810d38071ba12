"""The kinds of calls from the core into a plugin: how long each may take, and what happens when it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Which circuit of a plugin a call belongs to: what the core asks of it inside pages of others, its own pages and
#: operations, and background work, which has tries and a parking place of its own.
Part = Literal["calls", "pages", "jobs"]

#: Part to its title; messages.
PARTS: dict[str, str] = {"calls": "首页卡片等内容", "pages": "页面和接口", "jobs": "后台工作"}

#: A call that takes so many times its budget is a failure.
OVERRUN = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of call.

    Attributes:
        name: for the log and the health page.
        title: in Chinese; a message.
        budget: seconds; ``OVERRUN`` times as long is a failure, however it ends.
        part: the circuit that it is counted for.
        is_gate: its answer decides whether something may happen: it is always asked, and a failure is a refusal. Any
            other kind is advisory: it may be left out while its circuit is open.
        holds_up: it runs inside somebody else's page: one overrun opens its circuit.
    """

    name: str
    title: str
    budget: float
    part: Part
    is_gate: bool = False
    holds_up: bool = False


CARD = Kind("card", "首页卡片", 1.0, "calls", holds_up=True)
#: An act in words for whoever approves it.
DESCRIPTION = Kind("description", "审批事项的说明", 1.0, "calls", holds_up=True)
#: A number of a community, on a page that shows many.
METRIC = Kind("metric", "统计数字", 1.0, "calls", holds_up=True)
SEARCH = Kind("search", "查找", 1.0, "calls", holds_up=True)
#: What the list of disclosures says of one.
DISCLOSURE = Kind("disclosure", "公开事项", 1.0, "calls", holds_up=True)
HEALTH = Kind("health", "运行检查", 5.0, "calls")
#: Whether somebody may read a file.
READER = Kind("reader", "附件的阅读权限", 1.0, "calls", is_gate=True)
#: What a push would do in many communities, and doing it in one.
PUSH = Kind("push", "统一下发", 5.0, "jobs", is_gate=True)
PAGE = Kind("page", "页面", 5.0, "pages")
ROUTE = Kind("route", "接口", 5.0, "pages")
#: An act that takes two people, at the moment in which it is approved.
ACT = Kind("act", "审批通过后的执行", 5.0, "jobs", is_gate=True)
EXPORT = Kind("export", "个人信息的提供", 10.0, "jobs", is_gate=True)
ERASURE = Kind("erasure", "个人信息的删除", 10.0, "jobs", is_gate=True)
PURGE = Kind("purge", "到期数据的清理", 20.0, "jobs", is_gate=True)
#: A column of the roster, read or written with the core's own.
COLUMN = Kind("column", "名册的列", 20.0, "jobs", is_gate=True)
#: What was recorded of a duty, for many compounds at once; while its circuit is open nobody knows.
EVIDENCE = Kind("evidence", "履职依据", 5.0, "jobs")
EVENT = Kind("event", "事件的处理", 10.0, "jobs")
#: A task's steps are measured by its lease, not here: it may run for hours and tell its progress.
TASK = Kind("task", "后台任务", 0.0, "jobs")
DEMO = Kind("demo", "演示数据", 60.0, "jobs")

KINDS: tuple[Kind, ...] = (
    CARD,
    DESCRIPTION,
    METRIC,
    SEARCH,
    DISCLOSURE,
    HEALTH,
    READER,
    PUSH,
    PAGE,
    ROUTE,
    ACT,
    EXPORT,
    ERASURE,
    PURGE,
    COLUMN,
    EVIDENCE,
    EVENT,
    TASK,
    DEMO,
)
