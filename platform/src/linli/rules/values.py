"""Values of rules: how each type is written, checked, read, and which of two is the stricter.

A value is kept in one written form that is the same in pack files, in the database, in the API and in frozen copies:
a share as ``">= 2/3 of all"``, a duration as ``"10 working_days"``, the others as JSON has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Literal

from linli.kit.errors import FieldError
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.kit.thresholds import Amount, Comparison, is_reached, least_count
from linli.rules.keys import RuleKey, RuleType

Unit = Literal["hours", "days", "working_days", "weeks", "months", "years"]
UNITS: tuple[Unit, ...] = ("hours", "days", "working_days", "weeks", "months", "years")
#: Of which one can be told in the other without a calendar.
_IN_MONTHS = {"months": 1, "years": 12}
_IN_HOURS = {"hours": 1, "days": 24, "weeks": 168}
#: Days off that may lie between working days beside the weekends.
_MOST_OFF = 10

_SHARE = re.compile(r"(>=|>|<=|<)\s*(\d{1,9})/(\d{1,9})(?:\s+of\s+([a-z][a-z_]*))?")
_DURATION = re.compile(r"(\d{1,5})\s+([a-z_]+)")
MAX_TEXT = 500
MAX_ITEMS = 50
MAX_INTEGER = 10**9

Order = Literal["stricter", "equal", "weaker", "incomparable"]


@dataclass(frozen=True, slots=True)
class Share:
    """A threshold: a fraction, how it is meant, and of whom.

    Attributes:
        ratio: exact.
        comparison: 以上 includes the number, 超过 does not.
        of: of whom; a base of the rule, empty where it knows one only.
    """

    ratio: Fraction
    comparison: Comparison
    of: str = ""

    def is_reached(self, part: Amount, whole: Amount) -> bool:
        """Whether ``part`` of ``whole`` is enough; see ``linli.kit.thresholds``."""
        return is_reached(part, whole, self.ratio, self.comparison)

    def least(self, whole: int) -> int:
        """How many of so many heads are needed at the least."""
        return least_count(whole, self.ratio, self.comparison)

    def __str__(self) -> str:
        text = f"{self.comparison.value} {self.ratio.numerator}/{self.ratio.denominator}"
        return f"{text} of {self.of}" if self.of else text


@dataclass(frozen=True, slots=True)
class Duration:
    """A span in calendar units, or in working days of the official calendar."""

    n: int
    unit: Unit

    def after(self, day: date) -> date:
        """The day so long after a day, the day itself not counted; the last of the month where there is no such day.

        Raises:
            ValueError: hours are no days, and working days need the calendar: ``linli.rules.due_on`` has both.
        """
        if self.unit in _IN_MONTHS:
            months = day.month - 1 + self.n * _IN_MONTHS[self.unit]
            year, month = day.year + months // 12, months % 12 + 1
            following = date(year + month // 12, month % 12 + 1, 1)
            return date(year, month, min(day.day, (following - timedelta(days=1)).day))
        if self.unit in ("days", "weeks"):
            return day + timedelta(days=self.n * (7 if self.unit == "weeks" else 1))
        raise ValueError(f"{self.unit} after a day: use linli.rules.due_on")

    @property
    def bounds(self) -> tuple[Fraction, Fraction]:
        """The least and the most calendar days that it can be."""
        if self.unit in _IN_HOURS:
            exact = Fraction(self.n * _IN_HOURS[self.unit], 24)
            return exact, exact
        if self.unit in _IN_MONTHS:
            months = self.n * _IN_MONTHS[self.unit]
            return Fraction(months * 28), Fraction(months * 31)
        return Fraction(self.n), Fraction(self.n * 7 // 5 + 2 + _MOST_OFF * (self.n // 60 + 1))

    def __str__(self) -> str:
        return f"{self.n} {self.unit}"


Value = int | bool | str | Share | Duration | tuple[str, ...]


def check_value(rule: RuleKey, given: Any, field: str = "value") -> Any | FieldError:
    """A value of a rule in its written form, or what is wrong with it and what is allowed."""
    match rule.type:
        case "share":
            return _share(rule, given, field)
        case "integer":
            return _integer(rule, given, field)
        case "duration":
            return _duration(rule, given, field)
        case "boolean":
            return given if isinstance(given, bool) else FieldError(field, _("应当是“是”或“否”"), "true, false")
        case "choice":
            return _choice(rule, given, field)
        case "list":
            return _list(rule, given, field)
        case _:
            return _text(given, field)


def read_value(kind: RuleType, written: Any) -> Value:
    """A checked value in Python's own types: ``Share``, ``Duration``, ``int``, ``bool``, ``str`` or a tuple of texts.

    Raises:
        ValueError: it was not written by ``check_value``.
    """
    if kind == "share":
        found = _SHARE.fullmatch(written)
        if found is None:
            raise ValueError(f"{written!r} is no share")
        return Share(Fraction(int(found[2]), int(found[3])), Comparison(found[1]), found[4] or "")
    if kind == "duration":
        parts = _DURATION.fullmatch(written)
        if parts is None or parts[2] not in UNITS:
            raise ValueError(f"{written!r} is no duration")
        return Duration(int(parts[1]), parts[2])  # type: ignore[arg-type]
    return tuple(written) if kind == "list" else written


def _share(rule: RuleKey, given: Any, field: str) -> str | FieldError:
    bases = listed(f"of {each}" for each in rule.bases)
    allowed = _("例如 >= 2/3") + (f" {bases}" if bases else "")
    found = _SHARE.fullmatch(given.strip()) if isinstance(given, str) else None
    if found is None or int(found[3]) == 0:
        return FieldError(field, _("不是比例"), allowed)
    comparison, base = Comparison(found[1]), found[4] or (rule.bases[0] if len(rule.bases) == 1 else "")
    if comparison.value not in rule.comparisons:
        return FieldError(field, _("这项规则不用“{sign}”").format(sign=found[1]), listed(rule.comparisons))
    if base not in (rule.bases or ("",)):
        return FieldError(field, _("没有说明是占谁的比例") if not base else _("不能这样计算比例"), bases or "—")
    ratio = Fraction(int(found[2]), int(found[3]))
    if ratio > rule.most_ratio:
        return FieldError(field, _("比例太大"), _("不大于 {n}").format(n=rule.most_ratio))
    return str(Share(ratio, comparison, base))


def _integer(rule: RuleKey, given: Any, field: str) -> int | FieldError:
    least, most = rule.minimum or 0, rule.maximum or MAX_INTEGER
    allowed = _("{low} 至 {high}").format(low=least, high=most)
    if isinstance(given, bool) or not isinstance(given, int):
        return FieldError(field, _("应当是整数"), allowed)
    return given if least <= given <= most else FieldError(field, _("超出允许的范围"), allowed)


def _duration(rule: RuleKey, given: Any, field: str) -> str | FieldError:
    units = rule.units or UNITS
    allowed = _("例如 {example}；单位：{units}").format(example=f"15 {units[0]}", units=listed(units))
    found = _DURATION.fullmatch(given.strip()) if isinstance(given, str) else None
    if found is None or found[2] not in units:
        return FieldError(field, _("不是时长"), allowed)
    if int(found[1]) == 0:
        return FieldError(field, _("时长不能是 0"), allowed)
    return f"{int(found[1])} {found[2]}"


def _choice(rule: RuleKey, given: Any, field: str) -> str | FieldError:
    if isinstance(given, str) and given in rule.choices:
        return given
    return FieldError(field, _("不在可选范围内"), listed(rule.choices))


def _list(rule: RuleKey, given: Any, field: str) -> list[str] | FieldError:
    if not isinstance(given, Sequence) or isinstance(given, str) or not all(isinstance(each, str) for each in given):
        return FieldError(field, _("应当是文字的列表"), listed(rule.choices))
    if not given or len(given) > MAX_ITEMS or len(set(given)) < len(given):
        return FieldError(field, _("应当有 1 至 {n} 项，不能重复").format(n=MAX_ITEMS))
    if not rule.choices:
        faults = [fault for each in given if isinstance(fault := _text(each, field), FieldError)]
        return faults[0] if faults else list(given)
    if strays := [each for each in given if each not in rule.choices]:
        return FieldError(field, _("没有这些项目：{names}").format(names=listed(strays)), listed(rule.choices))
    return list(given) if rule.is_ordered else [each for each in rule.choices if each in given]


def _text(given: Any, field: str) -> str | FieldError:
    if not isinstance(given, str) or not given.strip():
        return FieldError(field, _("应当是文字"))
    if len(given.strip()) > MAX_TEXT or any(ord(character) < 32 for character in given.strip()):
        return FieldError(field, _("太长，或含有不能使用的字符"), _("最多 {n} 个字").format(n=MAX_TEXT))
    return given.strip()


def order_of(rule: RuleKey, new: Any, old: Any) -> Order:
    """How strict a written value is against another, in the direction that the rule declares.

    Returns:
        ``incomparable`` where the rule has no direction, the two are of different kinds (half of those present against
        half of all), or only a calendar could tell (days against working days, when they are close).
    """
    if new == old:
        return "equal"
    more = _more(rule, read_value(rule.type, new), read_value(rule.type, old))
    if more == 0:
        return "equal"
    if more is None or not rule.stricter:
        return "incomparable"
    return "stricter" if (more > 0) is (rule.stricter == "higher") else "weaker"


def _more(rule: RuleKey, new: Value, old: Value) -> int | None:
    """1 where the new value asks for more, -1 where for less, 0 for the same; ``None`` where nobody can tell."""
    if isinstance(new, Share) and isinstance(old, Share):
        return _larger(rule, new, old)
    if isinstance(new, Duration) and isinstance(old, Duration):
        return _longer(new, old)
    if isinstance(new, tuple) and isinstance(old, tuple):
        if rule.is_ordered:
            return None
        return 1 if set(new) > set(old) else -1 if set(new) < set(old) else None
    if isinstance(new, int) and isinstance(old, int):
        return _sign(new, old)
    return None


def _larger(rule: RuleKey, new: Share, old: Share) -> int | None:
    bases = rule.bases or ("",)
    if new.comparison.is_floor is not old.comparison.is_floor or not {new.of, old.of} <= set(bases):
        return None
    # 超过 asks for a little more than 以上 of the same share, 以下 reaches a little further than 不满.
    wider = Comparison.MORE_THAN if new.comparison.is_floor else Comparison.AT_MOST
    by_ratio = _sign(new.ratio, old.ratio) or _sign(new.comparison is wider, old.comparison is wider)
    # Bases are declared from the narrowest to the widest: half of all is more than half of those present.
    by_base = _sign(bases.index(new.of), bases.index(old.of))
    return None if by_ratio * by_base < 0 else by_ratio or by_base


def _longer(new: Duration, old: Duration) -> int | None:
    for units in (_IN_HOURS, _IN_MONTHS):
        if new.unit in units and old.unit in units:
            return _sign(new.n * units[new.unit], old.n * units[old.unit])
    if new.unit == old.unit:
        return _sign(new.n, old.n)
    (new_least, new_most), (old_least, old_most) = new.bounds, old.bounds
    if new_least > old_most:
        return 1
    return -1 if new_most < old_least else None


def _sign(left: Any, right: Any) -> int:
    return (left > right) - (left < right)


def written_by_form(rule: RuleKey, values: Mapping[str, str], lists: Sequence[str]) -> Any:
    """What the fields of a page's form say, in the written form; still to be checked.

    Args:
        rule: whose value it is.
        values: ``value`` and, by type, ``comparison``, ``of`` and ``unit``.
        lists: the lines or ticks of a list.
    """
    text = values.get("value", "").strip()
    match rule.type:
        case "share":
            base = values.get("of", "") or (rule.bases[0] if len(rule.bases) == 1 else "")
            sign = values.get("comparison", "") or rule.comparisons[0]
            return f"{sign} {_fraction(text)}" + (f" of {base}" if base else "")
        case "duration":
            return f"{text} {values.get('unit', '') or (rule.units or UNITS)[0]}"
        case "integer":
            return int(text) if re.fullmatch(r"\d{1,10}", text) else text
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case "list":
            return [each.strip() for each in lists if each.strip()]
        case _:
            return text


def _fraction(text: str) -> str:
    """``2/3`` as it stands; ``30%`` as 30/100, since that is how people write it."""
    percent = re.fullmatch(r"(\d{1,3})\s*[%％]", text)
    return f"{percent[1]}/100" if percent else text.replace("／", "/").replace(" ", "")
