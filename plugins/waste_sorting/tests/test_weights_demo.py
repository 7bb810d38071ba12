"""The rows of the demo: they add up, they look like life, and they are the same each time."""

from __future__ import annotations

import time
from collections import defaultdict
from decimal import Decimal

import pytest
from sqlalchemy import select

from linli.sdk import SYSTEM, today
from linli_waste_sorting.demo import fill
from linli_waste_sorting.weights import repository
from linli_waste_sorting.weights.contracts import contract_out
from linli_waste_sorting.weights.demo import fill_weights
from linli_waste_sorting.weights.doubts import DOUBTS
from linli_waste_sorting.weights.ledger import ledger_lines, missing_days, month_of
from linli_waste_sorting.weights.models import Collection, LedgerReport
from linli_waste_sorting.weights.obligations import uncovered
from linli_waste_sorting.weights.reports import totals_of


@pytest.fixture
def filled(open_session, own):
    with open_session(own.scope) as session:
        fill(session, SYSTEM, own.id)
        yield session


def rows_of(session) -> list[Collection]:
    return list(session.scalars(select(Collection).order_by(Collection.id)))


def test_three_months_up_to_yesterday_with_a_day_or_two_forgotten(filled, own) -> None:
    rows = rows_of(filled)
    month = month_of(today()).before.before.before
    assert {min(each.day for each in rows), max(each.day for each in rows)} <= {
        month.first,
        today().fromordinal(today().toordinal() - 1),
    }
    months = [month, month.after, month.after.after, month_of(today())]
    missing = [each for some in months for each in missing_days(filled, own.id, some)]
    assert 1 <= len(missing) <= 2
    assert sum(each.voided_at is not None for each in rows) == 1
    assert all(set(each.doubts) <= set(DOUBTS) for each in rows)


def test_weights_add_up_over_days_months_and_kinds(filled, own) -> None:
    rows = [each for each in rows_of(filled) if each.voided_at is None]
    first, last = rows[0].day, today()
    total = sum((each.kg for each in rows), Decimal(0))
    sums = repository.month_sums(filled, first, last, own.id)
    days = repository.day_sums(filled, first, last, own.id)
    by_kind = repository.weights_by_category(filled, first, last, community_id=own.id)
    assert sum(each.kg for each in sums) == sum(each.kg for each in days) == total
    assert sum(sum(kinds.values()) for kinds in by_kind.values()) == total
    assert sum(each.times for each in sums) == len(rows)


def test_each_month_that_is_over_was_reported_with_its_sums(filled, own) -> None:
    reports = list(filled.scalars(select(LedgerReport).order_by(LedgerReport.month)))
    months = [month_of(each.month) for each in reports]
    over = [month_of(today()).before.before.before, month_of(today()).before.before]
    assert months[:2] == over
    for report, month in zip(reports, months, strict=True):
        assert month.last < today()
        lines = ledger_lines(repository.month_sums(filled, month.first, month.last, own.id), {})
        assert report.totals == totals_of(lines)
        assert report.kg == sum(each.kg for each in lines)


def test_weekends_bring_more_and_the_rate_is_one_of_a_real_place(filled, own) -> None:
    by_weekend: dict[bool, list[Decimal]] = defaultdict(list)
    for each in rows_of(filled):
        if each.category == "kitchen":
            by_weekend[each.day.weekday() >= 5].append(each.kg)
    mean = {key: sum(some) / len(some) for key, some in by_weekend.items()}
    assert mean[True] > mean[False] * Decimal("1.1")
    rates = [
        repository.separation_rate(kinds)
        for kinds in repository.weights_by_category(filled, rows_of(filled)[0].day, today()).values()
    ]
    assert all(rate is not None and 15 < rate < 35 for rate in rates)


def test_contracts_cover_what_they_must_and_one_ends_soon(filled, own) -> None:
    assert uncovered(filled, [own.compound], today()) == {}
    states = sorted(contract_out(each, 30).state for each in repository.contracts_of(filled, own.id))
    assert states == ["ending", "valid", "valid"]


def test_a_second_time_adds_nothing_and_another_time_gives_the_same(open_session, own) -> None:
    seen = []
    for _n in range(2):
        with open_session(own.scope) as session, session.begin_nested() as savepoint:
            fill(session, SYSTEM, own.id)
            fill_weights(session, SYSTEM, own.id)
            seen.append([(each.day, each.category, each.kg, each.clock, each.pieces) for each in rows_of(session)])
            savepoint.rollback()
    assert seen[0] == seen[1]


def test_it_is_quick(open_session, own) -> None:
    with open_session(own.scope) as session:
        begin = time.perf_counter()
        fill_weights(session, SYSTEM, own.id)
        assert time.perf_counter() - begin < 1.5
