"""What the demo shows of full bins: three months back, the same each time."""

# i18n: data, shown to demo visitors as written
# The Chinese here is data, not interface.
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from linli.sdk import SHANGHAI, Actor, HouseholdAt, ScopedSession, new_id, now, today
from linli_waste_sorting.bookings.models import FullReport, FullReportVoice
from linli_waste_sorting.stations.models import Station

BACK = timedelta(days=91)
_ANSWERS = ("已清运，换了空桶", "已联系清运单位加收一次", "已清运，地面已冲洗", "已把旁边的空桶调过来")
_WORDS = ("", "", "旁边也堆满了", "盖子盖不上", "味道很大")


def fill_reports(
    session: ScopedSession, chance: Random, actor: Actor, community_id: UUID, homes: Sequence[HouseholdAt]
) -> None:
    """Reports of a community, most of them answered; two that wait."""
    stations = session.execute(
        select(Station.id, Station.compound_id)
        .where(Station.community_id == community_id, Station.kind.in_(("staffed", "point")))
        .order_by(Station.name, Station.id)
    ).all()
    reports: list[dict[str, Any]] = []
    voices: list[dict[str, Any]] = []
    for n in range(BACK.days, -1, -1):
        day = today() - timedelta(days=n)
        # Sundays and Mondays the bins hold a weekend's waste.
        if not stations or chance.random() > (0.6 if day.weekday() in (6, 0) else 0.2):
            continue
        station = chance.choice(stations)
        first = datetime.combine(day, time(chance.randint(7, 20), chance.randint(0, 59)), SHANGHAI)
        if first > now():
            continue
        handled = first + timedelta(hours=chance.uniform(1.5, 20))
        report = _report(actor, community_id, station, chance, first, handled)
        if not report["handled_at"] and any(_is_same(each, report) for each in reports):
            continue
        told = [home for home in homes if home.compound_id == station.compound_id] or list(homes)
        who = chance.sample(told, min(report["voices"], len(told)))
        report["voices"] = len(who)
        reports.append(report)
        voices += [_voice(report, home, chance, k) for k, home in enumerate(who)]
    for n, category in enumerate(("kitchen", "other") if stations else ()):
        first = now() - timedelta(hours=2 + n)
        report = _report(actor, community_id, stations[0], chance, first, now()) | {"category": category}
        if any(_is_same(each, report) for each in reports):
            continue
        report |= {"voices": 1, "last_at": first}
        reports.append(report)
        voices.append(_voice(report, homes[n % len(homes)], chance, 0))
    for model, rows in ((FullReport, reports), (FullReportVoice, voices)):
        if rows:
            session.execute(insert(model), rows)


def _report(
    actor: Actor, community_id: UUID, station: Any, chance: Random, first: datetime, handled: datetime
) -> dict[str, Any]:
    category, answer, number = (
        chance.choice(("kitchen", "other", "other")),
        chance.choice(_ANSWERS),
        chance.randint(1, 4),
    )
    is_handled = handled <= now() and first < now() - timedelta(hours=20)
    return {
        "id": new_id(),
        "community_id": community_id,
        "station_id": station.id,
        "compound_id": station.compound_id,
        "category": category,
        "voices": number,
        "first_at": first,
        "last_at": first + timedelta(minutes=20 * (number - 1)),
        "handled_at": handled if is_handled else None,
        "handled_by": actor.account_id if is_handled else None,
        "handled_by_name": actor.display_name if is_handled else "",
        "answer": answer if is_handled else "",
    }


def _voice(report: dict[str, Any], home: HouseholdAt, chance: Random, n: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "community_id": report["community_id"],
        "full_report_id": report["id"],
        "account_id": min(home.accounts, default=None),
        "words": chance.choice(_WORDS),
        "at": report["first_at"] + timedelta(minutes=20 * n),
    }


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    same = one["station_id"] == other["station_id"] and one["category"] == other["category"]
    return same and one["handled_at"] is None
