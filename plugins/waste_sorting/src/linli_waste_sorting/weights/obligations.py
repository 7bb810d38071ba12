"""What has to be done again and again: kitchen waste each day, a contract at all times, a report each month."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from linli.sdk import Evidence, Obligation, ScopedSession, Span, rule_value
from linli.sdk import gettext as _
from linli_waste_sorting.stations.repository import compounds_with_stations
from linli_waste_sorting.weights import repository
from linli_waste_sorting.weights.ledger import Month, month_of
from linli_waste_sorting.weights.models import Contract, LedgerReport
from linli_waste_sorting.weights.permissions import READ_COLLECTIONS
from linli_waste_sorting.weights.rule_keys import (
    CONTRACT_EVERY,
    CONTRACTED,
    KITCHEN_EVERY,
    LEDGER_EVERY,
    LEDGER_WITHIN,
)

_ROLES = ("property_staff", "community_administrator")


def kitchen_collected(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Evidence]:
    """The days on which kitchen waste was taken from each compound; the day itself counts, whenever it was noted."""
    for compound_id, days in repository.kitchen_days(session, places, span.first, span.last).items():
        for day, row_id in days.items():
            yield Evidence(place=compound_id, when=day, title=_("厨余垃圾清运"), path=f"collections/{row_id}")


def with_kitchen_containers(session: ScopedSession, places: Sequence[UUID]) -> Collection[UUID]:
    """The compounds that have containers for kitchen waste."""
    return set(compounds_with_stations(session, places, ("kitchen",)))


def contracted(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Evidence]:
    """For each day of the span on which every kind that must be is under a contract: the one that ends first."""
    needed, held = _needed(session, places), _held(session, places, span)
    for place, kinds in needed.items():
        day = span.first
        while day <= span.last:
            standing = _standing(held.get(place, []), day)
            if kinds <= {kind for each in standing for kind in each.categories}:
                first = min(standing, key=lambda each: each.ends_on)
                title = _("收运合同 {number}").format(number=first.number)
                yield Evidence(place=place, when=day, title=title, path="carriers")
            day += timedelta(days=1)


def uncovered(session: ScopedSession, places: Sequence[UUID], day: date) -> dict[UUID, set[str]]:
    """Compound to the kinds of waste that must be under a contract on a day and are not; only those that lack some."""
    held = _held(session, places, Span(day, day))
    found = {
        place: kinds - {kind for each in _standing(held.get(place, []), day) for kind in each.categories}
        for place, kinds in _needed(session, places).items()
    }
    return {place: kinds for place, kinds in found.items() if kinds}


def _held(session: ScopedSession, places: Sequence[UUID], span: Span) -> dict[UUID, list[Contract]]:
    held: dict[UUID, list[Contract]] = {}
    for compound_id, contract in repository.contracts_between(session, places, span.first, span.last):
        held.setdefault(compound_id, []).append(contract)
    return held


def _standing(contracts: Sequence[Contract], day: date) -> list[Contract]:
    return [each for each in contracts if each.starts_on <= day <= each.ends_on]


def with_contracted_kinds(session: ScopedSession, places: Sequence[UUID]) -> Collection[UUID]:
    """The compounds that have containers for a kind of waste that must be under a contract."""
    return set(_needed(session, places))


def reported(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Evidence]:
    """The months that stand reported in each community; what was taken back does not count."""
    rows = session.execute(
        select(LedgerReport.community_id, LedgerReport.month, LedgerReport.reported_at).where(
            LedgerReport.community_id.in_(places),
            LedgerReport.reopened_at.is_(None),
            LedgerReport.month.between(span.first.replace(day=1), span.last),
        )
    )
    for community_id, first, moment in rows:
        month = month_of(first)
        if span.holds(month.last):
            yield _reported(community_id, month, moment)


def _reported(community_id: UUID, month: Month, moment: date) -> Evidence:
    title = _("{month} 台账").format(month=month.key)
    return Evidence(place=community_id, when=moment, title=title, path=f"ledger?month={month.key}", about=month.last)


def _needed(session: ScopedSession, places: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Compound to the kinds of waste that it has containers for and that must be under a contract."""
    held = rule_value(session, CONTRACTED).value
    return compounds_with_stations(session, places, held if isinstance(held, tuple) else ())


WEIGHT_OBLIGATIONS = (
    Obligation(
        name="waste_sorting.kitchen",
        title="厨余垃圾清运",
        help="登记当天的厨余垃圾清运记录；补记的按清运的日期算。",
        rhythm="every",
        every=KITCHEN_EVERY,
        evidence=kitchen_collected,
        applies=with_kitchen_containers,
        roles=_ROLES,
        needs=READ_COLLECTIONS,
        order=60,
    ),
    Obligation(
        name="waste_sorting.contracts",
        title="垃圾收运合同",
        help="有容器的垃圾，按规定都要有生效的收运合同；没有登记或者已经到期的要补上。",
        rhythm="every",
        every=CONTRACT_EVERY,
        evidence=contracted,
        applies=with_contracted_kinds,
        roles=_ROLES,
        needs=READ_COLLECTIONS,
        order=61,
    ),
    Obligation(
        name="waste_sorting.ledger",
        title="上报垃圾清运台账",
        help="在“台账”里核对上个月的数字并上报；撤回以后要重新上报。",
        rhythm="every",
        every=LEDGER_EVERY,
        within=LEDGER_WITHIN,
        evidence=reported,
        level="community",
        needs=READ_COLLECTIONS,
        order=62,
    ),
)
