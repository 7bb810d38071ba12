"""Duties in words for people: how they stand, why there is none, by which rules."""

from __future__ import annotations

from typing import Any

import msgspec

from linli.kit.days import day_text
from linli.kit.text import current_locale
from linli.kit.text import gettext as _
from linli.obligations.models import ObligationRecord
from linli.obligations.periods import title_of
from linli.obligations.schemas import DutyRuleOut
from linli.rules.catalogue import book
from linli.rules.freezing import FrozenValue
from linli.rules.wording import article_text, value_text

STATE_TITLES = {
    "overdue": "已逾期",
    "unknown": "查不清",
    "due": "待完成",
    "exempted": "已豁免",
    "late": "已补做",
    "fulfilled": "已完成",
    "not_applicable": "不适用",
}
#: The tone of a badge, and the symbol beside its words: colour is never the only sign.
TONES = {
    "overdue": "bad",
    "unknown": "warn",
    "due": "calm",
    "exempted": "calm",
    "late": "good",
    "fulfilled": "good",
    "not_applicable": "calm",
}
ICONS = {
    "overdue": "warning",
    "unknown": "help",
    "due": "calendar",
    "exempted": "lock",
    "late": "done",
    "fulfilled": "done",
    "not_applicable": "empty",
}
REASONS = {
    "off": "功能插件没有启用",
    "archived": "小区已归档",
    "no_body": "这里没有承担这项工作的组织",
    "no_rule": "没有已知的规定，街道或者小区可以在“规则”里确定",
    "gone": "起算的事情已经撤销",
    "partial": "从这一期中间才开始，不要求完成",
    "evidence": "插件没有答复，不能判断是否完成；修好后会自动重新核对",
    "calendar": "官方放假安排还没有录入，无法推算工作日",
}


def tone_of(state: str, *, is_near: bool) -> str:
    """The tone of a state's badge; what falls due soon is amber."""
    return "warn" if state == "due" and is_near else TONES[state]


def state_titles() -> dict[str, str]:
    """The states in the language of the request, the worst first."""
    return {state: _(title) for state, title in STATE_TITLES.items()}


def reason_text(reason: str) -> str:
    """Why there is no duty, or why nobody knows; empty where the state says all."""
    return _(REASONS[reason]) if reason in REASONS else ""


def period_title(row: ObligationRecord) -> str:
    """What a row is about: the period of the calendar, or the occasion and its days."""
    if row.occasion:
        return _("{occasion}（{day}）").format(occasion=row.occasion, day=day_text(row.first_day))
    return title_of(row.first_day, row.last_day)


def rule_outs(kept: list[dict[str, Any]]) -> list[DutyRuleOut]:
    """The rules that a row was judged by, as they are told."""
    return [rule_out(each) for each in kept]


def rule_out(kept: dict[str, Any]) -> DutyRuleOut:
    """One kept rule."""
    try:
        value = msgspec.convert(kept, FrozenValue)
    except msgspec.ValidationError:
        # Somebody has written to the table past the platform.
        return DutyRuleOut(key="", title="—", text="—", document="", article="", source="", is_override=False)
    rule = book().rules.get(value.key)
    text = value_text(rule, value.written) if rule is not None else str(value.written or "—")
    return DutyRuleOut(
        key=value.key,
        title=_(value.title),
        text=text,
        document=(value.document_en or value.document) if current_locale() == "en" else value.document,
        article=article_text(value.article),
        source=value.source,
        is_override=bool(value.override_id),
    )
