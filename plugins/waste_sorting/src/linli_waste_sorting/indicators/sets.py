"""Which definitions hold in a street: chosen, changed, taken back to a preset, tried; each change is a new version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from linli.sdk import (
    PAGE,
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    new_id,
    record,
    rule_value,
    rule_values,
)
from linli.sdk import gettext as _
from linli_waste_sorting.indicators import definitions
from linli_waste_sorting.indicators.definitions import Indicator
from linli_waste_sorting.indicators.models import IndicatorSet
from linli_waste_sorting.indicators.months import wanted_month
from linli_waste_sorting.indicators.permissions import DEFINE
from linli_waste_sorting.indicators.quantities import BASED, QUANTITIES
from linli_waste_sorting.indicators.ranks import Terms
from linli_waste_sorting.indicators.rule_keys import LEAST_HOUSEHOLDS, LEAST_WEIGHT
from linli_waste_sorting.indicators.schemas import IndicatorSetOut, IndicatorSetWrite
from linli_waste_sorting.weights.ledger import Month, month_of

#: What holds in a street that has chosen nothing.
_FIRST = "common"


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds: ``number`` is 0 and ``row`` is ``None`` where nobody has chosen any definitions."""

    number: int
    terms: Terms
    row: IndicatorSet | None


def standing(session: ScopedSession) -> Standing:
    """The definitions that hold in the street now, with the limits of today's rules, which are read once."""
    row = session.scalar(select(IndicatorSet).order_by(IndicatorSet.number.desc()).limit(1))
    preset = [] if row else definitions.preset_rules(_FIRST)
    held = rule_values(session, (LEAST_HOUSEHOLDS, LEAST_WEIGHT, *preset))
    indicators = definitions.read(row.indicators) if row else definitions.preset_from(held, _FIRST)
    limits = _number(held[LEAST_HOUSEHOLDS].value, 5), _number(held[LEAST_WEIGHT].value, 100)
    return Standing(row.number if row else 0, Terms(indicators, *limits), row)


def base_month(session: ScopedSession) -> Month | None:
    """The month that the street compares weights with; ``None`` where it has chosen none."""
    newest = select(IndicatorSet.base_month).order_by(IndicatorSet.number.desc()).limit(1)
    found = session.scalar(newest)
    return month_of(found) if found else None


def least_households(session: ScopedSession) -> int:
    """Households that must stand behind what is shown."""
    return _number(rule_value(session, LEAST_HOUSEHOLDS).value, 5)


def save_set(session: ScopedSession, actor: Actor, data: IndicatorSetWrite) -> IndicatorSet:
    """Let these indicators hold from now on. What was published keeps the ones that it was computed with.

    Raises:
        Forbidden: the actor does not speak for the street.
        Conflict: somebody has changed them since they were read.
        Invalid: naming each fault; the weights must make 100.
    """
    _require(actor)
    definitions.check_set(data.indicators)
    base = _base_of(data)
    before = standing(session)
    if data.number is not None and data.number != before.number:
        raise Conflict(_("指标刚刚被修改过，您的修改没有保存；请刷新后再改"))
    return _add(session, actor, before.number, data.indicators, base, note=data.note.strip())


def use_preset(session: ScopedSession, actor: Actor, preset: str) -> IndicatorSet:
    """Let a preset hold, with the weights and targets of today's rules.

    Raises:
        Forbidden: the actor does not speak for the street.
        Invalid: the rules were changed so that the weights do not make 100.
    """
    _require(actor)
    indicators = definitions.preset_of(session, preset)
    definitions.check_set(indicators)
    before = standing(session)
    return _add(session, actor, before.number, indicators, before.row.base_month if before.row else None, preset=preset)


def get_set(session: ScopedSession, number: int) -> IndicatorSet:
    """One version.

    Raises:
        NotFound: there is none.
    """
    row = session.scalar(select(IndicatorSet).where(IndicatorSet.number == number))
    if row is None:
        raise NotFound(_("没有找到这个版本的指标"))
    return row


def page_of_sets(
    session: ScopedSession, *, after: int | None = None, limit: int = PAGE
) -> tuple[Sequence[IndicatorSet], int | None]:
    """The versions, the newest first, and the ``after`` of the next page; ``None`` on the last."""
    statement = select(IndicatorSet).order_by(IndicatorSet.number.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(IndicatorSet.number < after)
    rows = session.scalars(statement).all()
    return rows[:limit], rows[limit - 1].number if len(rows) > limit else None


def set_out(held: Standing) -> IndicatorSetOut:
    """As the API shows what holds."""
    if held.row is not None:
        return version_out(held.row)
    return IndicatorSetOut(
        number=held.number,
        preset=_FIRST,
        note="",
        indicators=list(held.terms.indicators),
        base_month=None,
        made_at=None,
        made_by_name="",
    )


def version_out(row: IndicatorSet) -> IndicatorSetOut:
    """As the API shows one version."""
    return IndicatorSetOut(
        number=row.number,
        preset=row.preset,
        note=row.note,
        indicators=definitions.read(row.indicators),
        base_month=f"{row.base_month:%Y-%m}" if row.base_month else None,
        made_at=row.created_at,
        made_by_name=row.made_by_name,
    )


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise


def _base_of(data: IndicatorSetWrite) -> date | None:
    if data.base_month:
        try:
            return wanted_month(data.base_month).first
        except Invalid as error:
            raise Invalid(errors=[replace(each, field="base_month") for each in error.errors]) from error
    if any(QUANTITIES[each.numerator].kind == BASED for each in data.indicators):
        raise Invalid.one("base_month", _("有指标和基准月比较，必须填写"), _("例如 2025-06"))
    return None


def _add(
    session: ScopedSession,
    actor: Actor,
    before: int,
    indicators: Sequence[Indicator],
    base: date | None,
    *,
    preset: str = "",
    note: str = "",
) -> IndicatorSet:
    row = IndicatorSet(
        id=new_id(),
        number=before + 1,
        preset=preset,
        note=note,
        indicators=definitions.written(indicators),
        base_month=base,
        made_by=actor.account_id,
        made_by_name=actor.display_name,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        # Two saved at the same moment: the key lets one of them through.
        raise Conflict(_("指标刚刚被修改过，您的修改没有保存；请刷新后再改")) from error
    weights = "、".join(f"{each.title} {each.weight}%" for each in indicators)
    record(
        session,
        f"waste_sorting.indicator_set.{'use_preset' if preset else 'change'}",
        ("indicator_set", row.id),
        after={
            "number": row.number,
            "preset": preset,
            "weights": weights,
            "base_month": f"{base:%Y-%m}" if base else None,
            "note": note,
        },
    )
    return row


def _require(actor: Actor) -> None:
    if not actor.can(DEFINE):
        raise Forbidden(_("指标由街道修改"))
