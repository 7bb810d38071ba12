"""What the demo street shows of inspections: three months of weekly rounds, a household followed up, an objection."""

# The Chinese here is data, not interface.
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from linli.sdk import (
    SHANGHAI,
    Actor,
    CompoundOutline,
    HouseholdAt,
    ScopedSession,
    community_outline,
    dwellings_in,
    households_at,
    new_id,
    today,
    workday_rule,
)
from linli_waste_sorting.inspections.models import Appeal, Finding, Point, Round, Step
from linli_waste_sorting.inspections.words import points_of
from linli_waste_sorting.stations.models import Station

_WEEKS, _SEED = 13, 19095
_BAGS, _BAGS_OF_HOUSEHOLDS = 12, 2
#: Right in the first week, and how much better each week is.
_BEGINS, _BETTER, _AFTER_HOLIDAYS = 0.72, 0.012, 0.14
_MET, _HOUSEHOLDS = 0.93, 12
_WALKERS = ("示范社区居委会", "示范楼门长", "示范物业值班员")
_NOTES = {
    "wrong": ("塑料袋没有去掉", "骨头投进了其他垃圾", "饮料瓶没有分出来"),
    "contaminated": ("厨余里混有塑料和纸巾",),
}
_MISSED = ("桶身有污渍", "桶盖没有盖好", "地面有汤水")


@dataclass(slots=True)
class _Rows:
    rounds: list[dict[str, Any]] = field(default_factory=list)
    points: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    community_id: UUID
    compound_id: UUID
    stations: Sequence[UUID]
    points: Sequence[str]
    households: Sequence[HouseholdAt]
    repeated: HouseholdAt | None


def fill_inspections(session: ScopedSession, actor: Actor, community_id: UUID) -> None:
    """Weekly rounds of three months in each compound of a community, unless there are some already."""
    if session.scalar(select(Round.id).where(Round.community_id == community_id).limit(1)) is not None:
        return
    rows, random = _Rows(), Random(_SEED)  # noqa: S311 the same each time, and no secret
    places = [
        place for each in community_outline(session, community_id) if (place := _place(session, community_id, each))
    ]
    first = today() - timedelta(weeks=_WEEKS)
    is_work = workday_rule(session, first - timedelta(days=7), today())
    for week in range(_WEEKS):
        day = first + timedelta(days=7 * week + 3)
        chance = _BEGINS + _BETTER * week - (_AFTER_HOLIDAYS if _is_after_holiday(is_work, day) else 0)
        for place in places:
            _walk(random, rows, place, week, day, chance)
    for model, given in ((Round, rows.rounds), (Point, rows.points), (Finding, rows.findings)):
        if given:
            session.execute(insert(model), given)
    _follow(session, actor, community_id, [each.repeated for each in places if each.repeated])


def _place(session: ScopedSession, community_id: UUID, compound: CompoundOutline) -> _Place | None:
    stations = session.scalars(
        select(Station.id)
        .where(Station.compound_id == compound.id, Station.kind.in_(("staffed", "point")))
        .order_by(Station.id)
    ).all()
    if not stations:
        return None
    households = households_at(session, dwellings_in(community_id, compounds=[compound.id]), limit=_HOUSEHOLDS)
    # One that somebody can sign in to, so that a visitor sees what a household sees.
    repeated = next((each for each in households if each.accounts), households[0] if households else None)
    return _Place(community_id, compound.id, stations, points_of(session, compound.id), households, repeated)


def _walk(random: Random, rows: _Rows, place: _Place, week: int, day: date, chance: float) -> None:
    walk = _round(rows, place.community_id, place.compound_id, day, _WALKERS[week % len(_WALKERS)])
    for station in place.stations:
        rows.points += [_point(random, walk, station, each) for each in place.points]
        # Spread evenly, so that a dozen bags show what a hundred would.
        draws = [(n + random.random()) / _BAGS for n in random.sample(range(_BAGS), _BAGS)]
        for n, draw in enumerate(draws):
            household = random.choice(place.households) if place.households and n < _BAGS_OF_HOUSEHOLDS else None
            rows.findings.append(_finding(random, walk, station, n, draw < chance, household))
    if place.repeated and _WEEKS - 6 <= week < _WEEKS - 1:
        rows.findings.append(_again(walk, place.stations[0], place.repeated))


def _is_after_holiday(is_work: Any, day: date) -> bool:
    """Whether a weekday off lay in the week before: then guests come, and habits slip."""
    before = (day - timedelta(days=n) for n in range(1, 8))
    return any(each.weekday() < 5 and not is_work(each) for each in before)


def _round(rows: _Rows, community_id: UUID, compound_id: UUID, day: date, walker: str) -> dict[str, Any]:
    row = {
        "id": new_id(),
        "community_id": community_id,
        "compound_id": compound_id,
        "day": day,
        "inspector_id": None,
        "inspector_name": walker,
        "finished_at": datetime.combine(day, time(9, 20), SHANGHAI),
    }
    rows.rounds.append(row)
    return row


def _noted(walk: dict[str, Any], station_id: UUID) -> dict[str, Any]:
    return {
        "id": new_id(),
        "community_id": walk["community_id"],
        "round_id": walk["id"],
        "station_id": station_id,
        "compound_id": walk["compound_id"],
        "day": walk["day"],
        "is_final": True,
        "noted_at": walk["finished_at"] - timedelta(minutes=30),
    }


def _point(random: Random, walk: dict[str, Any], station_id: UUID, point: str) -> dict[str, Any]:
    is_met = random.random() < _MET
    note = "" if is_met else random.choice(_MISSED)
    return {**_noted(walk, station_id), "point": point, "is_met": is_met, "note": note}


def _finding(
    random: Random, walk: dict[str, Any], station_id: UUID, n: int, is_right: bool, household: HouseholdAt | None
) -> dict[str, Any]:
    result = "correct" if is_right else random.choice(("wrong", "wrong", "contaminated"))
    return {
        **_noted(walk, station_id),
        "subject": "bag" if household or n % 3 else "container",
        "category": random.choice(("kitchen", "kitchen", "other", "recyclable")),
        "result": result,
        # The households that show up by chance are those that sort right: nobody is blamed by dice.
        "dwelling_id": household.dwelling_id if household and is_right else None,
        "is_guided": not is_right and random.random() < 0.7,
        "note": "" if is_right else random.choice(_NOTES[result]),
    }


def _again(walk: dict[str, Any], station_id: UUID, household: HouseholdAt) -> dict[str, Any]:
    """The household that is wrong again and again."""
    return {
        **_noted(walk, station_id),
        "subject": "bag",
        "category": "kitchen",
        "result": "wrong",
        "dwelling_id": household.dwelling_id,
        "is_guided": True,
        "note": "塑料袋没有去掉",
    }


def _follow(session: ScopedSession, actor: Actor, community_id: UUID, repeated: Sequence[HouseholdAt]) -> None:
    """What was done about one such household: dissuaded, and it objects to what was found last."""
    if not repeated:
        return
    dwelling_id = next((each for each in repeated if each.accounts), repeated[0]).dwelling_id
    mine = session.scalars(
        select(Finding).where(Finding.dwelling_id == dwelling_id, Finding.result != "correct").order_by(Finding.day)
    ).all()
    session.add(
        Step(
            id=new_id(),
            community_id=community_id,
            compound_id=mine[0].compound_id,
            dwelling_id=dwelling_id,
            kind="dissuade",
            done_on=mine[1].day + timedelta(days=1),
            done_by=actor.account_id,
            done_by_name=_WALKERS[0],
            note="上门说明了厨余要去掉袋子，家里老人表示知道了",
            counts_from=mine[0].day,
            counted=2,
            needed=2,
        )
    )
    session.add(
        Appeal(
            id=new_id(),
            community_id=community_id,
            compound_id=mine[-1].compound_id,
            dwelling_id=dwelling_id,
            finding_id=mine[-1].id,
            body="那天早上家里没有人，这袋垃圾不是我家投的，请核实。",
            filed_at=datetime.combine(mine[-1].day + timedelta(days=1), time(20, 5), SHANGHAI),
        )
    )
    session.flush()
