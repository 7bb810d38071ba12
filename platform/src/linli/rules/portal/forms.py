"""The forms of overrides, and the words that pages on rules share."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct

from linli.kit.clock import today
from linli.kit.text import gettext as _
from linli.rules.catalogue import find_rule
from linli.rules.listing import RuleFilter, topics_of
from linli.rules.repository import Ground
from linli.rules.schemas import OverrideIn, RuleDetail
from linli.rules.values import read_value, written_by_form
from linli.rules.wording import (
    BASES,
    COMPARISONS,
    CONFIDENCE_HELP,
    CONFIDENCE_TITLES,
    LEVEL_TITLES,
    titled,
    unit_choices,
)
from linli.web.forms import Form
from linli.web.tables import DataTable, TableColumn


class OverrideForm(Struct, kw_only=True):
    """An override beside its value, whose fields differ by the rule's type."""

    starts_on: date
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    ends_on: date | None = None
    decision: Annotated[str, Meta(max_length=200)] = ""
    decided_on: date | None = None


class WithdrawForm(Struct, kw_only=True):
    """Why an override is taken back."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    version: int


def override_of(form: Form, data: OverrideForm, key: str) -> OverrideIn:
    """What a form says, as the service takes it."""
    rule = find_rule(key)
    named = {name: form.value(name) for name in ("value", "comparison", "of", "unit")}
    lists = form.all("value") if rule.choices else form.value("value").splitlines()
    return OverrideIn(
        value=written_by_form(rule, named, lists),
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        reason=data.reason,
        decision=data.decision,
        decided_on=data.decided_on,
    )


#: The list of rules, in the console and in a community's portal; in the order of the laws, which nobody turns round.
RULES = DataTable(
    name="rules",
    columns=(
        TableColumn("title", "规则", is_fixed=True),
        TableColumn("text", "规定"),
        TableColumn("source", "依据"),
        TableColumn("place", "由哪里规定"),
        TableColumn("confidence", "可信度"),
    ),
    filters=tuple(RuleFilter.__struct_fields__),
)


def rule_words() -> dict[str, Any]:
    """Titles that the pages on rules show."""
    return {
        "confidence_titles": titled(CONFIDENCE_TITLES),
        "confidence_help": titled(CONFIDENCE_HELP),
        "confidence_tones": {"P": "good", "S": "calm", "S-": "warn", "K": "warn", "D": "warn"},
        "level_titles": titled(LEVEL_TITLES),
        "override_states": {"active": _("有效"), "over": _("已结束")},
    }


def filter_words(ground: Ground, wanted: RuleFilter) -> dict[str, Any]:
    """The choices of the filters."""
    confidences = {"below": _("没有核对原文的"), **titled(CONFIDENCE_TITLES)}
    return {
        "topics": topics_of(ground),
        "confidences": confidences,
        "states": {"known": _("有规定的"), "unknown": _("没有已知规定的")},
        "is_filtered": not wanted.is_empty,
        "on": wanted.day,
        "is_today": wanted.day == today(),
    }


def value_fields(shown: RuleDetail) -> dict[str, Any]:
    """What the form of an override offers for a rule: the value that holds, taken apart."""
    rule = find_rule(shown.key)
    value: Any = None if shown.value is None else read_value(rule.type, shown.value)
    now: dict[str, Any] = {"value": "" if value is None else value, "comparison": "", "of": "", "unit": ""}
    if value is not None and shown.type == "share":
        now |= {"value": f"{value.ratio.numerator}/{value.ratio.denominator}", "comparison": value.comparison.value}
        now["of"] = value.of
    elif value is not None and shown.type == "duration":
        now |= {"value": value.n, "unit": value.unit}
    elif shown.type == "boolean":
        now["value"] = "" if value is None else "true" if value else "false"
    elif shown.type == "list":
        now["value"] = list(value or ())
    return {
        "now": now,
        "today": today().isoformat(),
        "comparisons": {sign: _(COMPARISONS[sign]) for sign in shown.comparisons},
        "bases": {base: _(BASES.get(base, base)) for base in shown.bases},
        "units": unit_choices(shown.units) if shown.units else {},
        "booleans": {"true": _("是"), "false": _("否")},
    }
