"""What looks implausible about a collection before it is noted: a question to whoever notes it, never a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from uuid import UUID

from linli.sdk import Duration, FieldError, ScopedSession, rule_values, today
from linli.sdk import gettext as _
from linli_waste_sorting.weights import repository
from linli_waste_sorting.weights.rule_keys import DENSITIES, MEDIAN_DAYS, MEDIAN_TIMES
from linli_waste_sorting.weights.schemas import CollectionLine
from linli_waste_sorting.words import kilos

#: What can look implausible, to its title; messages.
DOUBTS = {
    "future": "日期在今天以后",
    "duplicate": "同一天登记过同样的清运",
    "heavy": "比平时重得多",
    "full": "超过容器能装的重量",
}
_GRAMS = 1000


@dataclass(frozen=True, slots=True)
class Doubt:
    """A key of ``DOUBTS``, and the question at the field that it is about."""

    key: str
    question: FieldError


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of the places and days of the lines, read beforehand.

    Attributes:
        rules: compound to key of a rule to its value; ``None`` where nothing is known: then nothing is questioned.
        weights: compound and kind to day and kilograms of what was weighed before.
        taken: compound, kind, day and carrier of what is noted already.
        bins: compound and kind to station, pieces and litres.
    """

    rules: dict[UUID, dict[str, int | None]]
    weights: dict[tuple[UUID, str], list[tuple[date, Decimal]]] = field(default_factory=dict)
    taken: set[tuple[UUID, str, date, UUID]] = field(default_factory=set)
    bins: dict[tuple[UUID, str], list[tuple[UUID, int, int | None]]] = field(default_factory=dict)


def doubts_about(session: ScopedSession, lines: Sequence[CollectionLine]) -> list[list[Doubt]]:
    """What looks implausible about each line, those before it among what is known."""
    ground, found, day = _ground(session, lines), [], today()
    for line in lines:
        found.append([each for each in (ask(line, ground, day) for ask in _QUESTIONS) if each is not None])
        ground.taken.add((line.compound_id, line.category, line.day, line.carrier_id))
    return found


def _ground(session: ScopedSession, lines: Sequence[CollectionLine]) -> Ground:
    compounds, days = {each.compound_id for each in lines}, {each.day for each in lines}
    ground = Ground({each: _rules(session, each) for each in compounds})
    longest = max((rules[MEDIAN_DAYS] or 0 for rules in ground.rules.values()), default=0)
    first, last = min(days) - timedelta(days=longest), max(days)
    categories = {each.category for each in lines}
    for compound_id, category, when, kg in repository.recent_weights(session, compounds, categories, first, last):
        ground.weights.setdefault((compound_id, category), []).append((when, kg))
    ground.taken.update(repository.same_days(session, compounds, days))
    for compound_id, station_id, category, pieces, litres in repository.containers_of(session, compounds):
        ground.bins.setdefault((compound_id, category), []).append((station_id, pieces, litres))
    return ground


def _rules(session: ScopedSession, compound_id: UUID) -> dict[str, int | None]:
    keys = [MEDIAN_TIMES, MEDIAN_DAYS, *DENSITIES.values()]
    held = rule_values(session, keys, compound_id=compound_id)
    return {key: _whole(each.value) for key, each in held.items()}


def _whole(value: object) -> int | None:
    """A number, or of a duration how many days; ``None`` where nothing is known."""
    if isinstance(value, Duration):
        return value.n
    return value if isinstance(value, int) else None


def _future(line: CollectionLine, _ground: Ground, day: date) -> Doubt | None:
    if line.day <= day:
        return None
    return Doubt("future", FieldError("day", _("日期在今天以后"), _("不晚于 {day}").format(day=day.isoformat())))


def _duplicate(line: CollectionLine, ground: Ground, _day: date) -> Doubt | None:
    if (line.compound_id, line.category, line.day, line.carrier_id) not in ground.taken:
        return None
    words = _("{day} 这个小区的这种垃圾，已经登记过由同一单位清运").format(day=line.day.isoformat())
    return Doubt("duplicate", FieldError("category", words))


def _heavy(line: CollectionLine, ground: Ground, _day: date) -> Doubt | None:
    rules = ground.rules[line.compound_id]
    times, days = rules[MEDIAN_TIMES], rules[MEDIAN_DAYS]
    if line.kg is None or times is None or days is None:
        return None
    first = line.day - timedelta(days=days)
    known = ground.weights.get((line.compound_id, line.category), [])
    before = [kg for when, kg in known if first <= when < line.day]
    usual = median(before) if before else None
    if usual is None or line.kg <= usual * times:
        return None
    words = _("{kg} 公斤，是前 {days} 天中位数（{usual} 公斤）的 {times} 倍以上").format(
        kg=kilos(line.kg), days=days, usual=kilos(usual), times=times
    )
    return Doubt("heavy", FieldError("kg", words))


def _full(line: CollectionLine, ground: Ground, _day: date) -> Doubt | None:
    density = ground.rules[line.compound_id][DENSITIES[line.category]]
    litres = _litres(line, ground)
    if line.kg is None or density is None or litres is None or line.kg * _GRAMS <= litres * density:
        return None
    words = _("{kg} 公斤，超过容器（共 {litres} 升）最多能装的 {most} 公斤").format(
        kg=kilos(line.kg), litres=litres, most=kilos(Decimal(litres * density) / _GRAMS)
    )
    return Doubt("full", FieldError("kg", words))


def _litres(line: CollectionLine, ground: Ground) -> int | None:
    """What the containers in question hold together; ``None`` where there are none or one has never been measured."""
    bins = [
        (pieces, litres)
        for station_id, pieces, litres in ground.bins.get((line.compound_id, line.category), [])
        if line.station_id in (None, station_id)
    ]
    sizes = [litres for _pieces, litres in bins if litres is not None]
    if not bins or len(sizes) < len(bins):
        return None
    # Those that were emptied, each as large as the largest; where nobody counted, all that there are.
    return line.pieces * max(sizes) if line.pieces is not None else sum(n * litres for n, litres in bins if litres)


_QUESTIONS = (_future, _duplicate, _heavy, _full)
