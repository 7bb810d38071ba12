"""Versioned rules: numbers of law and custom with jurisdiction, rank, article, dates and how surely they are known.

``rule_value`` says what holds at a street or compound on a day and why; ``freeze`` keeps it for a decision.
"""

from __future__ import annotations

from linli.rules.bodies import BODY_TYPES, PRESETS, BodyType, body_values, find_body
from linli.rules.freezing import FrozenRules, FrozenValue, freeze, get_freeze
from linli.rules.keys import RuleKey
from linli.rules.packs import RulePack
from linli.rules.resolution import RuleValue
from linli.rules.service import due_on, rule_value, rule_values, rule_values_among
from linli.rules.values import Duration, Share
from linli.rules.wording import rule_source

__all__ = [
    "BODY_TYPES",
    "PRESETS",
    "BodyType",
    "Duration",
    "FrozenRules",
    "FrozenValue",
    "RuleKey",
    "RulePack",
    "RuleValue",
    "Share",
    "body_values",
    "due_on",
    "find_body",
    "freeze",
    "get_freeze",
    "rule_source",
    "rule_value",
    "rule_values",
    "rule_values_among",
]
