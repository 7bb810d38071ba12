"""What a declared duty may not be: each fault is told with the duty's name and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.conftest import make_plugin

from linli.plugins.obligations import Obligation
from linli.plugins.registry import Plugins
from linli.sdk import RuleKey, RulePack

__all__ = ["make_plugin"]

QUARTERLY = "public_revenue.published_every"


def duty(**changes: Any) -> Obligation:
    fields: dict[str, Any] = {
        "name": "aa.accounts",
        "title": "公布收支",
        "rhythm": "every",
        "every": QUARTERLY,
        "evidence": lambda *_: [],
    }
    return Obligation(**{**fields, **changes})


BAD = {
    "another's name": ({"name": "bb.accounts"}, "must be called aa.<noun>"),
    "no title": ({"title": " "}, "it has no title"),
    "an unknown rhythm": ({"rhythm": "sometimes"}, "not one of every, term, after"),
    "an unknown level": ({"level": "street"}, "not one of compound, community"),
    "nobody responsible": ({"roles": ()}, "nobody would be responsible"),
    "a role that does not exist": ({"roles": ("king",)}, "no role king"),
    "a body that does not exist": ({"bodies": ("court",)}, "no role court"),
    "a permission that nobody declares": ({"needs": "aa.x.read"}, "a permission that nobody declares"),
    "no cadence": ({"every": ""}, "needs every, the key of a rule"),
    "a rule that nobody declares": ({"every": "aa.never"}, "a rule that nobody declares"),
    "a rule of another type": ({"every": "public_revenue.fund_share"}, "instead of duration"),
    "a deadline without a rule": ({"rhythm": "after", "every": "", "occasions": lambda *_: []}, "needs within"),
    "a deadline without occasions": ({"rhythm": "after", "every": "", "within": QUARTERLY}, "occasions belong to"),
    "occasions without a use": ({"occasions": lambda *_: []}, "occasions belong to"),
    "evidence that is no function": ({"evidence": "yes"}, "its evidence cannot be called"),
}


@pytest.mark.parametrize("what", BAD)
def test_is_refused(make_plugin, what) -> None:
    changes, words = BAD[what]
    made = make_plugin("aa", register_obligations=[duty(**changes)])
    plugins = Plugins.load(found=[made], on_failure="quarantine")
    assert plugins.names == ()
    assert words in plugins.faults[0].message


def test_twice_is_refused(make_plugin) -> None:
    plugins = Plugins.load(found=[make_plugin("aa", register_obligations=[duty(), duty()])], on_failure="quarantine")
    assert "obligation aa.accounts is declared twice" in plugins.faults[0].message


def test_goes_by_a_rule_of_ones_own(make_plugin) -> None:
    rule = RuleKey(key="aa.every", title="间隔", type="duration", units=("months",))
    made = make_plugin(
        "aa",
        register_rules=[RulePack(rules=[rule], topics={"aa": "测试"})],
        register_obligations=[duty(every="aa.every")],
    )
    assert [each.owner for each in Plugins.load(found=[made]).obligations if each.owner != "core"] == ["aa"]


def test_a_rule_in_working_days_lays_out_no_calendar(make_plugin) -> None:
    rule = RuleKey(key="aa.every", title="间隔", type="duration", units=("working_days",))
    made = make_plugin(
        "aa",
        register_rules=[RulePack(rules=[rule], topics={"aa": "测试"})],
        register_obligations=[duty(every="aa.every")],
    )
    assert "none of the units" in Plugins.load(found=[made], on_failure="quarantine").faults[0].message
