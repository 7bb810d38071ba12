"""The pages of the console on which a street sees, changes and tries the definitions of its indicators."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from linli.sdk import Actor, FieldError, Form, Handler, Invalid, Redirect, ScopedSession, View, get, post
from linli.sdk import gettext as _
from linli_waste_sorting.indicators import definitions, rankings, sets
from linli_waste_sorting.indicators.definitions import DIRECTIONS, MOST_INDICATORS, PRESETS, UNITS, Indicator
from linli_waste_sorting.indicators.months import wanted_month
from linli_waste_sorting.indicators.permissions import DEFINE, READ_FIGURES
from linli_waste_sorting.indicators.quantities import quantity_titles
from linli_waste_sorting.indicators.ranks import RankLine, Terms
from linli_waste_sorting.indicators.schemas import IndicatorSetWrite, Preset, RankPreviewOut
from linli_waste_sorting.indicators.showing import target_text
from linli_waste_sorting.weights.ledger import Month

_HERE = "/waste_sorting/indicators/definitions"
_FIELDS = ("code", "title", "numerator", "denominator", "unit", "direction", "target", "weight")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
#: Empty rows of the form.
_BLANK = 2
#: Versions of the page that lists them.
_SHOWN = 20


class PresetForm(msgspec.Struct, kw_only=True):
    """Which preset shall hold."""

    preset: Preset


@get("/indicators/definitions", needs=READ_FIGURES)
def show_definitions(session: ScopedSession, actor: Actor) -> View:
    """What holds, the presets, and what held before."""
    held = sets.standing(session)
    before, _following = sets.page_of_sets(session, limit=_SHOWN)
    return View(
        "waste_sorting/definitions.html",
        {
            "held": held,
            "title": _version(held.number, held.row.preset if held.row else "common"),
            "base": held.row.base_month if held.row else None,
            "rows": _rows(held.terms.indicators),
            "versions": [(each, _version(each.number, each.preset)) for each in before],
            "presets": {key: _(title) for key, title in PRESETS.items()},
            "may_define": actor.can(DEFINE),
        },
    )


@get("/indicators/definitions/versions/{number:int}", needs=READ_FIGURES)
def show_version(session: ScopedSession, number: int) -> View:
    """One version, as it held."""
    row = sets.get_set(session, number)
    return View(
        "waste_sorting/definition_version.html",
        {"row": row, "title": _version(row.number, row.preset), "rows": _rows(definitions.read(row.indicators))},
    )


@post("/indicators/definitions/preset", needs=DEFINE, retry=show_definitions)
def use_preset(session: ScopedSession, actor: Actor, data: PresetForm) -> Redirect:
    """Go back to a preset."""
    sets.use_preset(session, actor, data.preset)
    return Redirect(_HERE, _("已改用“{preset}”；公布过的排名不变").format(preset=_(PRESETS[data.preset])))


@get("/indicators/definitions/edit", needs=DEFINE)
def edit_definitions(session: ScopedSession) -> View:
    """The form in which indicators are changed."""
    held = sets.standing(session)
    return _form(held.number, held.terms.indicators, held.row.base_month if held.row else None)


@post("/indicators/definitions/edit", needs=DEFINE, retry=edit_definitions)
def save_definitions(session: ScopedSession, actor: Actor, form: Form) -> View | Redirect:
    """Let what was typed hold, or show on a month what it would change."""
    indicators = _typed(form)
    if form.value("step") == "preview":
        definitions.check_set(indicators)
        month = _typed_month(form)
        number = form.value("number")
        preview = {"lines": preview_of(session, month, indicators), "month": month}
        return _form(int(number) if number.isdecimal() else 0, indicators, preview=preview)
    note = form.value("note").strip()
    if len(note) > 200:
        raise Invalid.one("note", _("太长"), _("最多 {n} 个字").format(n=200))
    number, base = form.value("number"), form.value("base_month").strip()
    if base and not _MONTH.fullmatch(base):
        raise Invalid.one("base_month", _("没有这个月份"), _("例如 2026-01"))
    wanted = IndicatorSetWrite(
        indicators=indicators,
        note=note,
        number=int(number) if number.isdecimal() else None,
        base_month=base or None,
    )
    sets.save_set(session, actor, wanted)
    return Redirect(_HERE, _("已保存为新的版本；公布过的排名不变"))


def preview_of(session: ScopedSession, month: Month, indicators: Sequence[Indicator]) -> list[RankPreviewOut]:
    """Each community's place in a month as it is and as it would be; nothing is written.

    Raises:
        Invalid: the indicators cannot hold.
    """
    definitions.check_set(indicators)
    terms = sets.standing(session).terms
    now, then = (_by_place(session, month, each) for each in (terms, replace(terms, indicators=indicators)))
    return [
        RankPreviewOut(
            place_id=key,
            name=line.name,
            rank_now=now[key].rank,
            score_now=now[key].score,
            rank_then=line.rank,
            score_then=line.score,
        )
        for key, line in then.items()
    ]


def _by_place(session: ScopedSession, month: Month, terms: Terms) -> dict[Any, RankLine]:
    return {each.place_id: each for each in rankings.rank_now(session, None, month, "communities", terms)}


def _form(
    number: int,
    indicators: Sequence[Indicator],
    base: date | None = None,
    *,
    preview: dict[str, Any] | None = None,
) -> View:
    rows: list[Indicator | None] = [*indicators]
    rows += [None] * min(_BLANK, MOST_INDICATORS - len(rows))
    return View(
        "waste_sorting/definitions_form.html",
        {
            "number": number,
            "rows": list(enumerate(rows)),
            "quantities": quantity_titles(),
            "units": {key: sign for key, (_whole, sign) in UNITS.items()},
            "directions": {key: _(title) for key, title in DIRECTIONS.items()},
            "total": sum(each.weight for each in indicators),
            "base": f"{base:%Y-%m}" if base else "",
            "preview": preview,
        },
    )


def _typed_month(form: Form) -> Month:
    text = form.value("month").strip()
    if text and not _MONTH.fullmatch(text):
        raise Invalid.one("month", _("没有这个月份"), _("例如 2026-01"))
    return wanted_month(text)


def _typed(form: Form) -> list[Indicator]:
    """The rows that were filled in.

    Raises:
        Invalid: naming each field at fault, as the form calls it: ``title-0``.
    """
    found: list[Indicator] = []
    kept: list[int] = []
    faults: list[FieldError] = []
    for n in range(MOST_INDICATORS):
        typed = {name: form.value(f"{name}-{n}").strip() for name in _FIELDS}
        if not any(typed[name] for name in ("code", "title", "numerator", "denominator", "target", "weight")):
            continue
        indicator = _one(typed, n, faults)
        if indicator is not None:
            found.append(indicator)
            kept.append(n)
    if faults:
        raise Invalid(errors=faults)
    try:
        definitions.check_set(found)
    except Invalid as error:
        raise Invalid(errors=[_in_form(each, kept) for each in error.errors]) from error
    return found


def _one(typed: dict[str, str], n: int, faults: list[FieldError]) -> Indicator | None:
    given: dict[str, Any] = dict(typed)
    before = len(faults)
    needed = ("code", "title", "numerator", "denominator")
    faults.extend(FieldError(f"{name}-{n}", _("必须填写")) for name in needed if not typed[name])
    try:
        given["target"] = Decimal(typed["target"])
    except InvalidOperation:
        faults.append(FieldError(f"target-{n}", _("不是数字"), _("例如 20 或 20.5")))
    if not typed["weight"].isdecimal() or int(typed["weight"]) > definitions.WHOLE:
        faults.append(FieldError(f"weight-{n}", _("不是 0 到 100 的整数")))
    else:
        given["weight"] = int(typed["weight"])
    if len(faults) > before:
        return None
    try:
        return msgspec.convert(given, Indicator, strict=False)
    except msgspec.ValidationError:
        field = "code" if not typed["code"].replace("_", "a").isalnum() or not typed["code"].islower() else "title"
        allowed = _("代码用小写英文字母、数字和下划线，名称最多 30 个字")
        faults.append(FieldError(f"{field}-{n}", _("写法不对"), allowed))
        return None


def _in_form(fault: FieldError, kept: Sequence[int]) -> FieldError:
    """``indicators.2.target`` as the form calls it; rows that were left empty have moved the numbers."""
    where, _dot, name = fault.field.rpartition(".")
    if not where.startswith("indicators."):
        return FieldError("weights", fault.message, fault.allowed)
    return FieldError(f"{name}-{kept[int(where.partition('.')[2])]}", fault.message, fault.allowed)


def _rows(indicators: Sequence[Indicator]) -> list[dict[str, Any]]:
    titles = quantity_titles()
    return [
        {
            "title": each.shown_title,
            "numerator": titles[each.numerator],
            "denominator": titles[each.denominator],
            "target": target_text(each),
            "weight": each.weight,
        }
        for each in indicators
    ]


def _version(number: int, preset: str) -> str:
    name = _(PRESETS[preset]) if preset else _("街道自定")
    return _("第 {n} 版 · {name}").format(n=number, name=name) if number else _("{name}（平台预设）").format(name=name)


DEFINITION_HANDLERS: tuple[Handler, ...] = (
    show_definitions,
    show_version,
    use_preset,
    edit_definitions,
    save_definitions,
)
