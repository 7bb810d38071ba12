"""What a setting takes, and in what form it is kept."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from linli.kit.errors import FieldError
from linli.settings.core import CORE_SETTINGS
from linli.settings.spec import SettingSpec

COLOURS = {"red": "红", "blue": "蓝"}


def spec(kind: Any, default=None, **more) -> SettingSpec:
    defaults = {"text": "", "long_text": "", "integer": 5, "decimal": "0.5", "boolean": True, "choice": "red"}
    defaults |= {"choices": [], "date": "2026-01-31", "fen": 0, "time": "08:30"}
    given = defaults[kind] if default is None else default
    return SettingSpec(key="it", type=kind, default=given, title="一", **more)


@pytest.mark.parametrize(
    ("setting", "given", "kept"),
    [
        (spec("integer"), "12", 12),
        (spec("integer"), " 12.0 ", 12),
        (spec("integer", minimum=1, maximum=30), 1, 1),
        (spec("integer", minimum=1, maximum=30), 30, 30),
        (spec("decimal"), "0.30", "0.30"),
        (spec("decimal"), 3, "3"),
        (spec("decimal"), Decimal("1e2"), "100"),
        (spec("boolean"), "on", True),
        (spec("boolean"), "否", False),
        (spec("boolean"), "", False),
        (spec("choice", choices=COLOURS), "blue", "blue"),
        (spec("choices", choices=COLOURS), ["blue", "red", "blue"], ["red", "blue"]),
        (spec("choices", choices=COLOURS), "blue", ["blue"]),
        (spec("date"), date(2026, 3, 1), "2026-03-01"),
        (spec("fen"), "12.50", 1250),
        (spec("fen"), "12.5", 1250),
        (spec("fen"), 1250, 1250),
        (spec("fen", minimum=0, maximum=10_000), "100.00", 10_000),
        (spec("time"), "07:05", "07:05"),
        (spec("time"), time(23, 59), "23:59"),
        (spec("integer"), 2**53, 2**53),
        (spec("text", maximum=2), " 两字 ", "两字"),
        (spec("long_text"), "一\r\n二", "一\n二"),
    ],
)
def test_a_right_value_is_kept_in_one_form(setting, given, kept) -> None:
    assert setting.check(given) == kept
    assert type(setting.check(given)) is type(kept)


@pytest.mark.parametrize(
    ("setting", "given", "allowed"),
    [
        (spec("integer", minimum=1, maximum=30), 0, "1 至 30"),
        (spec("integer", minimum=1, maximum=30), 31, "1 至 30"),
        (spec("integer"), "1.5", ""),
        (spec("integer"), True, ""),
        (spec("integer"), "many", ""),
        (spec("integer"), "NaN", ""),
        (spec("decimal"), 0.1, ""),
        (spec("decimal"), "Infinity", ""),
        (spec("decimal", minimum=0), "-0.01", "不小于 0"),
        (spec("integer"), 2**53 + 1, ""),
        (spec("integer"), "1e999999", ""),
        (spec("fen"), "1e999999999", ""),
        (spec("fen"), 12.5, ""),
        (spec("fen"), "12.505", ""),
        (spec("fen"), "十元", ""),
        (spec("fen"), "sNaN", ""),
        (spec("fen", minimum=0, maximum=10_000), "-0.01", "0 至 100"),
        (spec("fen", minimum=0, maximum=10_000), "100.01", "0 至 100"),
        (spec("time"), "24:00", "例如 08:30"),
        (spec("time"), "08:30:15", "例如 08:30"),
        (spec("time"), "08:30+08:00", "例如 08:30"),
        (spec("boolean"), "maybe", "true, false"),
        (spec("choice", choices=COLOURS), "green", "red、blue"),
        (spec("choice", choices=COLOURS), ["red"], "red、blue"),
        (spec("choices", choices=COLOURS), ["red", "green"], "red、blue"),
        (spec("choices", choices=COLOURS), 7, "red、blue"),
        (spec("date"), "2026-02-30", "例如 2026-01-31"),
        (spec("text", maximum=2), "三个字", "最多 2 个字"),
        (spec("text", "一", minimum=1), "", "至少 1 个字"),
        (spec("text"), "一\n二", ""),
        (spec("long_text"), "一\x00", ""),
        (spec("text"), 7, ""),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(setting, given, allowed) -> None:
    fault = setting.check(given)
    assert isinstance(fault, FieldError)
    assert (fault.field, fault.allowed) == ("it", allowed)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("integer", {"default": 0, "minimum": 1}),
        ("choice", {"default": "green", "choices": COLOURS}),
        ("choice", {"default": "red"}),
        ("text", {"choices": COLOURS}),
        ("text", {"levels": ()}),
        ("text", {"levels": ("planet",)}),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(kind, parts) -> None:
    with pytest.raises(ValueError):
        spec(kind, **parts)


def test_the_cores_settings_are_those_of_the_manifests() -> None:
    keys = ["portal_title", "theme", "default_locale", "rule_set", "quiet_from", "quiet_until", "contact"]
    keys += ["two_person_acts", "approval_days", "separate_duties"]
    keys += ["reveal_daily_budget", "reveal_hourly_alert", "reveal_shows_names", "privacy_request_days"]
    keys += ["consent_child_age", "app_token_days", "app_failing_days"]
    assert [each.key for each in CORE_SETTINGS] == keys
