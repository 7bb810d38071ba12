"""How values are written and read, and which of two is the stricter."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kit.errors import FieldError
from linli.kit.thresholds import Comparison
from linli.rules.keys import RuleKey
from linli.rules.values import Duration, Share, check_value, order_of, read_value, written_by_form

QUORUM = RuleKey(key="t.quorum", title="t", type="share", bases=("present", "all"), stricter="higher")
BELOW = RuleKey(key="t.below", title="t", type="share", bases=("all",), comparisons=("<", "<="), stricter="higher")
REQUEST = RuleKey(key="t.request", title="t", type="share", bases=("all",), stricter="lower")
NOTICE = RuleKey(key="t.notice", title="t", type="duration", stricter="higher")
SIZE = RuleKey(key="t.size", title="t", type="integer", unit="persons", minimum=1, maximum=20, stricter="lower")
FLAG = RuleKey(key="t.flag", title="t", type="boolean", stricter="higher")
ITEMS = RuleKey(key="t.items", title="t", type="list", choices={"a": "甲", "b": "乙", "c": "丙"}, stricter="higher")
ORDERED = RuleKey(key="t.ordered", title="t", type="list", choices={"a": "甲", "b": "乙"}, is_ordered=True)
ONE = RuleKey(key="t.one", title="t", type="choice", choices={"a": "甲", "b": "乙"})
WORD = RuleKey(key="t.word", title="t", type="text")


class TestWriting:
    @pytest.mark.parametrize(
        ("rule", "given", "written"),
        [
            (QUORUM, ">= 2/3 of all", ">= 2/3 of all"),
            (QUORUM, " >=4/6 of present ", ">= 2/3 of present"),
            (REQUEST, ">= 20/100", ">= 1/5 of all"),
            (BELOW, "< 30/100", "< 3/10 of all"),
            (NOTICE, "15 days", "15 days"),
            (NOTICE, "010 working_days", "10 working_days"),
            (SIZE, 9, 9),
            (FLAG, False, False),
            (ITEMS, ["c", "a"], ["a", "c"]),
            (ORDERED, ["b", "a"], ["b", "a"]),
            (ONE, "b", "b"),
            (WORD, " 文字 ", "文字"),
        ],
    )
    def test_one_value_has_one_writing(self, rule, given, written) -> None:
        assert check_value(rule, given) == written
        assert check_value(rule, written) == written, "what was written is taken as it is"

    @pytest.mark.parametrize(
        ("rule", "given", "fault"),
        [
            (QUORUM, "2/3 of all", "不是比例"),
            (QUORUM, ">= 2/0 of all", "不是比例"),
            (QUORUM, ">= 0.66 of all", "不是比例"),
            (QUORUM, 0.66, "不是比例"),
            (QUORUM, ">= 2/3", "没有说明是占谁的比例"),
            (QUORUM, ">= 2/3 of cats", "不能这样计算比例"),
            (QUORUM, "<= 2/3 of all", "不用“<=”"),
            (QUORUM, ">= 4/3 of all", "比例太大"),
            (NOTICE, "0 days", "不能是 0"),
            (NOTICE, "15 moons", "不是时长"),
            (NOTICE, 15, "不是时长"),
            (SIZE, 0, "超出允许的范围"),
            (SIZE, 21, "超出允许的范围"),
            (SIZE, True, "应当是整数"),
            (SIZE, "9", "应当是整数"),
            (FLAG, "yes", "是”或“否"),
            (ITEMS, [], "应当有 1 至"),
            (ITEMS, ["a", "a"], "不能重复"),
            (ITEMS, ["z"], "没有这些项目"),
            (ITEMS, "a", "列表"),
            (ONE, "c", "不在可选范围内"),
            (WORD, "  ", "应当是文字"),
            (WORD, "字" * 501, "太长"),
        ],
    )
    def test_a_fault_is_named_with_its_field(self, rule, given, fault) -> None:
        found = check_value(rule, given, "some.field")
        assert isinstance(found, FieldError)
        assert found.field == "some.field"
        assert fault in found.message

    @given(st.integers(0, 500), st.integers(1, 500), st.sampled_from([">=", ">"]))
    def test_a_share_keeps_its_exact_value(self, numerator, denominator, sign) -> None:
        ratio = Fraction(numerator, denominator)
        written = check_value(QUORUM, f"{sign} {numerator}/{denominator} of all")
        if ratio > 1:
            assert isinstance(written, FieldError)
        else:
            assert read_value("share", written) == Share(ratio, Comparison(sign), "all")

    def test_what_people_type_into_a_form(self) -> None:
        fields = {"value": "30%", "comparison": "<", "of": "", "unit": ""}
        assert check_value(BELOW, written_by_form(BELOW, fields, [])) == "< 3/10 of all"
        assert written_by_form(NOTICE, {"value": "15", "unit": "days"}, []) == "15 days"
        assert written_by_form(SIZE, {"value": "9"}, []) == 9
        assert written_by_form(FLAG, {"value": "false"}, []) is False
        assert written_by_form(ITEMS, {}, ["a", " b ", ""]) == ["a", "b"]
        assert written_by_form(SIZE, {"value": "neun"}, []) == "neun", "the check says what is wrong with it"


class TestWhichIsStricter:
    @pytest.mark.parametrize(
        ("rule", "new", "order"),
        [
            (QUORUM, ">= 1999/3000 of all", "weaker"),
            (QUORUM, ">= 2/3 of all", "equal"),
            (QUORUM, ">= 2001/3000 of all", "stricter"),
            (QUORUM, "> 2/3 of all", "stricter"),
            (QUORUM, ">= 2/3 of present", "weaker"),
            (QUORUM, ">= 3/4 of present", "incomparable"),
        ],
    )
    def test_against_two_thirds_of_all(self, rule, new, order) -> None:
        assert order_of(rule, new, ">= 2/3 of all") == order

    @pytest.mark.parametrize(
        ("rule", "new", "old", "order"),
        [
            (REQUEST, ">= 19/100 of all", ">= 1/5 of all", "stricter"),
            (REQUEST, ">= 21/100 of all", ">= 1/5 of all", "weaker"),
            (BELOW, "<= 3/10 of all", "< 3/10 of all", "stricter"),
            (BELOW, "< 29/100 of all", "< 3/10 of all", "weaker"),
            (NOTICE, "14 days", "15 days", "weaker"),
            (NOTICE, "16 days", "15 days", "stricter"),
            (NOTICE, "360 hours", "15 days", "equal"),
            (NOTICE, "15 working_days", "15 days", "incomparable"),
            (NOTICE, "16 working_days", "15 days", "stricter"),
            (NOTICE, "2 months", "45 days", "stricter"),
            (NOTICE, "10 working_days", "40 days", "weaker"),
            (NOTICE, "1 months", "30 days", "incomparable"),
            (NOTICE, "12 months", "1 years", "equal"),
            (SIZE, 10, 11, "stricter"),
            (SIZE, 12, 11, "weaker"),
            (FLAG, True, False, "stricter"),
            (FLAG, False, True, "weaker"),
            (ITEMS, ["a", "b", "c"], ["a", "b"], "stricter"),
            (ITEMS, ["a"], ["a", "b"], "weaker"),
            (ITEMS, ["a", "c"], ["a", "b"], "incomparable"),
            (ONE, "a", "b", "incomparable"),
        ],
    )
    def test_by_type_and_direction(self, rule, new, old, order) -> None:
        assert order_of(rule, new, old) == order

    @given(st.integers(1, 400), st.integers(1, 400), st.sampled_from(["days", "hours", "weeks", "months", "years"]))
    def test_an_order_turns_round(self, n, m, unit) -> None:
        opposite = {"stricter": "weaker", "weaker": "stricter", "equal": "equal", "incomparable": "incomparable"}
        here, there = f"{n} {unit}", f"{m} days"
        assert order_of(NOTICE, here, there) == opposite[order_of(NOTICE, there, here)]


class TestDurations:
    @pytest.mark.parametrize(
        ("span", "day", "last"),
        [
            (Duration(15, "days"), date(2026, 3, 1), date(2026, 3, 16)),
            (Duration(2, "weeks"), date(2026, 3, 1), date(2026, 3, 15)),
            (Duration(1, "months"), date(2026, 1, 31), date(2026, 2, 28)),
            (Duration(6, "months"), date(2026, 8, 31), date(2027, 2, 28)),
            (Duration(11, "months"), date(2026, 1, 15), date(2026, 12, 15)),
            (Duration(2, "years"), date(2024, 2, 29), date(2026, 2, 28)),
        ],
    )
    def test_the_day_after_a_span(self, span, day, last) -> None:
        assert span.after(day) == last

    def test_working_days_need_the_calendar(self) -> None:
        with pytest.raises(ValueError, match="due_on"):
            Duration(5, "working_days").after(date(2026, 1, 1))
