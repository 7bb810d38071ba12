"""What pages and API show of figures: values, whether a target is reached, trends; never of too few households."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from linli.sdk import Actor, Chart, ScopedSession, Series, community_names, homes_of, line_chart
from linli.sdk import gettext as _
from linli_waste_sorting.indicators import figures, ranks
from linli_waste_sorting.indicators.definitions import Indicator
from linli_waste_sorting.indicators.hiding import of_whole
from linli_waste_sorting.indicators.models import MonthlyFigures
from linli_waste_sorting.indicators.months import TREND, months_back
from linli_waste_sorting.indicators.quantities import Amounts, add_up
from linli_waste_sorting.indicators.rankings import place_titles
from linli_waste_sorting.indicators.ranks import Terms
from linli_waste_sorting.indicators.schemas import PlaceFigures
from linli_waste_sorting.weights.ledger import Month

_SUBJECTS = {"compound": "compounds", "building": "buildings"}


@dataclass(frozen=True, slots=True)
class Tile:
    """One indicator of one place, in words: its value, its target and what is to be done."""

    title: str
    value: str
    target: str
    is_reached: bool | None


def figures_of_street(session: ScopedSession, month: Month, terms: Terms) -> list[PlaceFigures]:
    """The communities of which a month was counted, by name."""
    rows = {row.place_id: row for row in figures.rows_of(session, month, level="community")}
    names = community_names(session)
    return [_shown(row, names[key], month, terms) for key, row in _by_name(rows, names)]


def figures_of_level(
    session: ScopedSession, community_id: UUID, month: Month, terms: Terms, level: str
) -> list[PlaceFigures]:
    """The compounds or buildings of a community of which something is known, by name."""
    everything = figures.rows_of(session, month, community_id=community_id)
    hidden = figures.hidden_among(everything, terms.least_households)
    rows = {row.place_id: row for row in everything if row.level == level}
    names = place_titles(session, community_id, _SUBJECTS[level])
    return [_shown(row, names[key], month, terms, hidden.get(key, "")) for key, row in _by_name(rows, names)]


def compounds_at(session: ScopedSession, community_id: UUID, month: Month, level: str) -> dict[UUID, UUID]:
    """Place of a level to its compound, of those of which something is known."""
    rows = figures.rows_of(session, month, community_id=community_id, level=level)
    return {row.place_id: row.compound_id for row in rows if row.compound_id is not None}


def results_at_home(
    session: ScopedSession, actor: Actor, community_id: UUID, month: Month, terms: Terms, name: str
) -> list[PlaceFigures]:
    """The buildings in which the actor has a home, their compounds, and the community."""
    homes = homes_of(session, actor, community_id=community_id)
    # All of them: which is hidden depends on what stands beside it.
    everything = figures.rows_of(session, month, community_id=community_id)
    hidden = figures.hidden_among(everything, terms.least_households)
    rows = {row.place_id: row for row in everything}
    names = {community_id: name}
    if homes:
        for subject in ("buildings", "compounds"):
            names |= place_titles(session, community_id, subject)
    # From the nearest to the widest, as the homes stand in their order.
    nearest = [each.building_id for each in homes], [each.compound_id for each in homes], [community_id]
    wanted = dict.fromkeys(place for level in nearest for place in level)
    shown = [each for each in wanted if each in rows and each in names]
    return [_shown(rows[each], names[each], month, terms, hidden.get(each, "")) for each in shown]


def amounts_of(rows: Iterable[MonthlyFigures], terms: Terms) -> Amounts:
    """Of the whole street: the sum of what is shown of its communities; of one, what is shown of it."""
    return add_up(of_whole(row.amounts, terms.least_households) for row in rows)


def tiles(terms: Terms, amounts: Amounts) -> list[Tile]:
    """Each indicator of a place that may be shown."""
    found = []
    for each in terms.indicators:
        value = ranks.value_of(each, amounts)
        found.append(
            Tile(
                each.shown_title,
                "—" if value is None else f"{ranks.shown(value)}{each.sign}",
                target_text(each),
                None if value is None else ranks.is_reached(each, value),
            )
        )
    return found


def target_text(indicator: Indicator) -> str:
    """``不低于 20%``."""
    words = _("不低于 {target}") if indicator.direction == "up" else _("不高于 {target}")
    return words.format(target=f"{indicator.target.normalize():f}{indicator.sign}")


def trend_charts(
    session: ScopedSession, month: Month, terms: Terms, level: str, *, place_id: UUID | None = None
) -> list[Chart]:
    """A line for each indicator over the months up to this one, as the definitions of now compute it; one query."""
    months = months_back(month, TREND)
    rows = figures.trend_of(session, months, level, place_id=place_id)
    labels = [_("{n}月").format(n=each.first.month) for each in months]
    amounts = [amounts_of(rows[each.first], terms) for each in months]
    charts = []
    for each in terms.indicators:
        values: list[Decimal | None] = []
        for part in amounts:
            value = ranks.value_of(each, part)
            values.append(None if value is None else Decimal(ranks.shown(value)))
        charts.append(
            line_chart(each.shown_title, labels, [Series(each.shown_title, values)], unit=each.sign, target=each.target)
        )
    return charts


def _shown(row: MonthlyFigures, name: str, month: Month, terms: Terms, hidden: str = "") -> PlaceFigures:
    amounts = of_whole(row.amounts, terms.least_households) if row.level == "community" else row.amounts
    values = {} if hidden else {each.code: ranks.value_of(each, amounts) for each in terms.indicators}
    return PlaceFigures(
        place_id=row.place_id,
        level=row.level,
        name=name,
        month=month.key,
        is_hidden=bool(hidden),
        why=hidden,
        values={code: None if value is None else ranks.shown(value) for code, value in values.items()},
        reached=[
            each.code
            for each in terms.indicators
            if (value := values.get(each.code)) is not None and ranks.is_reached(each, value)
        ],
        is_frozen=row.frozen_at is not None,
        computed_at=row.computed_at,
    )


def _by_name(rows: dict[UUID, MonthlyFigures], names: dict[UUID, str]) -> list[tuple[UUID, MonthlyFigures]]:
    return [(key, rows[key]) for key in names if key in rows]
