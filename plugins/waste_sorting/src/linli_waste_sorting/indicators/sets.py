"""Which definitions hold in a street: chosen, changed, taken back to a preset, tried; each change is a new version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from linli.sdk import PAGE, Actor, Conflict, Forbidden, NotFound, ScopedSession, new_id, record, rule_values
from linli.sdk import gettext as _
from linli_waste_sorting.indicators import definitions
from linli_waste_sorting.indicators.definitions import Indicator
from linli_waste_sorting.indicators.models import IndicatorSet
from linli_waste_sorting.indicators.permissions import DEFINE
from linli_waste_sorting.indicators.ranks import Terms
from linli_waste_sorting.indicators.rule_keys import LEAST_HOUSEHOLDS, LEAST_WEIGHT
from linli_waste_sorting.indicators.schemas import IndicatorSetOut, IndicatorSetWrite

#: What holds in a street that has chosen nothing.
_FIRST = "common"


@dataclass(frozen=True, slots=True)
class Standing:
    """The definitions that hold. ``number`` is 0 and ``row`` is ``None`` where nobody has chosen any."""

    number: int
    indicators: list[Indicator]
    row: IndicatorSet | None


def standing(session: ScopedSession) -> Standing:
    """What holds in the street now."""
    row = session.scalar(select(IndicatorSet).order_by(IndicatorSet.number.desc()).limit(1))
    if row is None:
        return Standing(0, definitions.preset_of(session, _FIRST), None)
    return Standing(row.number, definitions.read(row.indicators), row)


def terms_of(session: ScopedSession, indicators: Sequence[Indicator]) -> Terms:
    """These indicators with the limits that the rules say today."""
    held = rule_values(session, (LEAST_HOUSEHOLDS, LEAST_WEIGHT))
    households, weight = held[LEAST_HOUSEHOLDS].value, held[LEAST_WEIGHT].value
    return Terms(
        indicators, households if isinstance(households, int) else 5, weight if isinstance(weight, int) else 100
    )


def save_set(session: ScopedSession, actor: Actor, data: IndicatorSetWrite) -> IndicatorSet:
    """Let these indicators hold from now on. What was published keeps the ones that it was computed with.

    Raises:
        Forbidden: the actor does not speak for the street.
        Conflict: somebody has changed them since they were read.
        Invalid: naming each fault; the weights must make 100.
    """
    _require(actor)
    definitions.check_set(data.indicators)
    before = standing(session)
    if data.number is not None and data.number != before.number:
        raise Conflict(_("指标刚刚被修改过，您的修改没有保存；请刷新后再改"))
    return _add(session, actor, before.number, data.indicators, preset="", note=data.note.strip())


def use_preset(session: ScopedSession, actor: Actor, preset: str) -> IndicatorSet:
    """Let a preset hold, with the weights and targets of today's rules.

    Raises:
        Forbidden: the actor does not speak for the street.
        Invalid: the rules were changed so that the weights do not make 100.
    """
    _require(actor)
    indicators = definitions.preset_of(session, preset)
    definitions.check_set(indicators)
    return _add(session, actor, standing(session).number, indicators, preset=preset, note="")


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
    row = held.row
    return IndicatorSetOut(
        number=held.number,
        preset=row.preset if row else _FIRST,
        note=row.note if row else "",
        indicators=held.indicators,
        made_at=_made(row),
        made_by_name=row.made_by_name if row else "",
    )


def version_out(row: IndicatorSet) -> IndicatorSetOut:
    """As the API shows one version."""
    return set_out(Standing(row.number, definitions.read(row.indicators), row))


def _made(row: IndicatorSet | None) -> datetime | None:
    return row.created_at if row else None


def _add(
    session: ScopedSession, actor: Actor, before: int, indicators: Sequence[Indicator], *, preset: str, note: str
) -> IndicatorSet:
    row = IndicatorSet(
        id=new_id(),
        number=before + 1,
        preset=preset,
        note=note,
        indicators=definitions.written(indicators),
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
        after={"number": row.number, "preset": preset, "weights": weights, "note": note},
    )
    return row


def _require(actor: Actor) -> None:
    if not actor.can(DEFINE):
        raise Forbidden(_("指标由街道修改"))
