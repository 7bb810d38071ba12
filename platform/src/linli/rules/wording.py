"""Rules in words for people: values, sources, and why one value holds and another does not."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from linli.kit.text import current_locale, listed
from linli.kit.text import gettext as _
from linli.kit.thresholds import HALF, Comparison
from linli.rules.keys import RuleKey
from linli.rules.resolution import Candidate, RuleValue, Step
from linli.rules.values import Duration, Share, read_value

#: What an integer counts.
COUNTED = {
    "persons": "{n} 人",
    "households": "{n} 户",
    "square_metres": "{n} 平方米",
    "years_of_age": "{n} 周岁",
    "times": "{n} 次",
    "minutes": "{n} 分钟",
    "categories": "{n} 类",
    "points": "{n} 分",
}
DURATIONS = {
    "hours": "{n} 小时",
    "days": "{n} 日",
    "working_days": "{n} 个工作日",
    "weeks": "{n} 周",
    "months": "{n} 个月",
    "years": "{n} 年",
}
UNIT_NAMES = {
    "hours": "小时",
    "days": "日",
    "working_days": "工作日",
    "weeks": "周",
    "months": "个月",
    "years": "年",
}
#: Of whom or what a share is taken.
BASES = {
    "all": "全体",
    "participating": "参与表决的",
    "present": "到会的",
    "cast": "已投票的",
    "construction_cost": "建筑安装工程造价",
    "first_deposit": "首次交存额",
    "diverted": "挪用数额",
}
COMPARISONS = {
    ">=": "达到（含本数）",
    ">": "超过（不含本数）",
    "<=": "不超过（含本数）",
    "<": "不满（不含本数）",
}
LEVEL_TITLES = {
    "nation": "全国",
    "province": "省（直辖市）",
    "city": "市",
    "district": "区县",
    "street": "街道",
    "compound": "小区",
}
RANK_TITLES = {
    "law": "法律",
    "judicial_interpretation": "司法解释",
    "administrative_regulation": "行政法规",
    "ministry_rule": "部门规章",
    "local_regulation": "地方性法规",
    "normative_document": "规范性文件",
    "local_rule": "地方规定",
    "custom": "约定和惯例",
}
CONFIDENCE_TITLES = {
    "P": "已核对原文",
    "S": "来自二手资料",
    "S-": "来源较弱",
    "K": "凭经验，待核实",
    "D": "本平台建议",
}
CONFIDENCE_HELP = {
    "P": "逐条看过法规原文。",
    "S": "在转载或者介绍中看到，没有看到原文。",
    "S-": "只在可靠性不高的资料中看到，使用前请核实。",
    "K": "没有查到出处，使用前请核实。",
    "D": "没有文件规定，由本平台提出，可以改。",
}


def value_text(rule: RuleKey, written: Any) -> str:
    """A written value in words; a dash where nothing is known."""
    if written is None:
        return "—"
    value = read_value(rule.type, written)
    if isinstance(value, Share):
        return share_text(value)
    if isinstance(value, Duration):
        return _(DURATIONS[value.unit]).format(n=value.n)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, int):
        return _(COUNTED[rule.unit]).format(n=value) if rule.unit else str(value)
    if isinstance(value, tuple):
        return listed(_(rule.choices.get(each, each)) for each in value)
    return _(rule.choices.get(value, value))


def share_text(share: Share) -> str:
    """A threshold as laws word it; whether the number itself is enough is never left open."""
    base = _(BASES.get(share.of, share.of)) if share.of else _("总数")
    if share.comparison is Comparison.MORE_THAN and share.ratio == HALF:
        return _("{base}过半数").format(base=base)
    words = {
        Comparison.AT_LEAST: _("{base}{share} 以上（含）"),
        Comparison.MORE_THAN: _("超过{base}{share}（不含）"),
        Comparison.AT_MOST: _("{base}{share} 以下（含）"),
        Comparison.LESS_THAN: _("不满{base}{share}（不含）"),
    }
    return words[share.comparison].format(base=f"{base} ", share=ratio_text(share.ratio)).strip()


def ratio_text(ratio: Fraction) -> str:
    """``2/3`` as a fraction, ``30%`` where it is one in everyday life, and multiples as such."""
    if ratio.denominator == 1 and ratio > 1:
        return _("{n} 倍").format(n=ratio.numerator)
    if ratio.denominator == 1 or (ratio.denominator > 5 and 100 % ratio.denominator == 0):
        return f"{ratio.numerator * (100 // ratio.denominator)}%"
    return f"{ratio.numerator}/{ratio.denominator}"


def article_text(article: str) -> str:
    """``第278条``; empty where no article is known."""
    if not article:
        return ""
    first, dash, last = article.partition("-")
    return _("第{first}至{last}条").format(first=first, last=last) if dash else _("第{n}条").format(n=article)


def title_text(candidate: Candidate) -> str:
    """The document, without its article; for an override the decision that adopted it."""
    if candidate.override_id is None:
        return candidate.title_en if current_locale() == "en" else candidate.title
    if candidate.title:
        return candidate.title
    return _("本小区的决定") if candidate.level == "compound" else _("本街道的规定")


def source_text(candidate: Candidate) -> str:
    """Document and article in one line."""
    title, article = title_text(candidate), article_text(candidate.article)
    if candidate.override_id is not None or candidate.rank == "custom":
        return f"{title} {article}".rstrip() if article else title
    named = title if current_locale() == "en" else _("《{title}》").format(title=title)
    return f"{named} {article}".strip() if current_locale() == "en" else f"{named}{article}"


def rule_source(found: RuleValue) -> str:
    """Where a value comes from in words: document, article and what to know about it; empty when nothing is known."""
    if found.winner is None:
        return ""
    note = note_text(found.winner)
    words = source_text(found.winner)
    if not note:
        return words
    return f"{words} ({note})" if current_locale() == "en" else f"{words}（{note}）"


def note_text(candidate: Candidate) -> str:
    """What to know about a value; empty when nothing."""
    return candidate.note_en if current_locale() == "en" else candidate.note


def step_text(rule: RuleKey, step: Step) -> str:
    """What became of a candidate, in a sentence."""
    other = f"{source_text(step.against)}（{value_text(rule, step.against.value)}）" if step.against is not None else ""
    match step.verdict:
        case "won":
            return _("现在采用")
        case "not_yet":
            return _("{day} 起才施行").format(day=step.candidate.effective_from.isoformat())
        case "expired":
            last = step.candidate.effective_to
            return _("到 {day} 为止，已经失效").format(day=last.isoformat() if last else "")
        case "withdrawn":
            last = step.candidate.withdrawn_on
            return _("{day} 已撤回").format(day=last.isoformat() if last else "")
        case "outranked":
            return _("效力低于同一地区的{other}").format(other=other)
        case "older":
            return _("同一地区有更晚施行的{other}").format(other=other)
        case "narrower":
            return _("由范围更小的{other}代替").format(other=other)
        case "weaker":
            return _("比{other}宽松，而那里只允许更严").format(other=other)
        case _:
            return _("与{other}无法比较松严，而那里只允许更严").format(other=other)


def stricter_text(rule: RuleKey) -> str:
    """Which way is stricter, for the form of an override; empty where values have no order."""
    if not rule.stricter:
        return ""
    if rule.type == "list":
        return _("项目更多为更严") if rule.stricter == "higher" else _("项目更少为更严")
    if rule.type == "boolean":
        return _("“是”为更严") if rule.stricter == "higher" else _("“否”为更严")
    if rule.type == "duration":
        return _("更长为更严") if rule.stricter == "higher" else _("更短为更严")
    return _("更高为更严") if rule.stricter == "higher" else _("更低为更严")


def refusal_text(rule: RuleKey, floor: Candidate, verdict: str) -> tuple[str, str]:
    """Why an override may not stand, and what may: naming the wider value, its title and article."""
    held = {"source": source_text(floor), "value": value_text(rule, floor.value)}
    if verdict == "weaker":
        message = _("{source}规定为“{value}”，这里只能更严，不能更宽松").format(**held)
    else:
        message = _("{source}规定为“{value}”，这里只能更严；填写的值无法与它比较，请用相同的单位和算法").format(**held)
    return message, _("{value}，或者更严（{way}）").format(value=held["value"], way=stricter_text(rule))


def titled(choices: dict[str, str]) -> dict[str, str]:
    """Choices with their titles in the language of the request."""
    return {value: _(title) for value, title in choices.items()}


def unit_choices(units: Sequence[str]) -> dict[str, str]:
    """The units of a duration for a form."""
    return {unit: _(UNIT_NAMES[unit]) for unit in units or tuple(UNIT_NAMES)}
