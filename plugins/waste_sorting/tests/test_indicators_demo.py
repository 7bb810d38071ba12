"""The demo's figures and rankings: they follow from the records, and are the same each time."""

from __future__ import annotations

import time
from fractions import Fraction
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from linli.sdk import SYSTEM, today
from linli_notices.models import Notice
from linli_waste_sorting.demo import fill
from linli_waste_sorting.indicators import definitions, figures, ranks
from linli_waste_sorting.indicators.demo import fill_indicators
from linli_waste_sorting.indicators.measuring import measure
from linli_waste_sorting.indicators.models import MonthlyFigures, Ranking
from linli_waste_sorting.indicators.months import months_back
from linli_waste_sorting.inspections.models import Finding
from linli_waste_sorting.instructors.models import Publicity
from linli_waste_sorting.weights.ledger import month_of
from linli_waste_sorting.weights.repository import weights_by_category


@pytest.fixture
def filled(open_session, own):
    with open_session(own.scope) as session:
        fill(session, SYSTEM, own.id)
        yield session


def published_of(session) -> list[Ranking]:
    return list(session.scalars(select(Ranking).where(Ranking.state == "published").order_by(Ranking.month)))


def test_three_months_and_the_open_one_are_counted_and_two_are_published(filled, own) -> None:
    months = months_back(month_of(today()), 4)
    kept = select(MonthlyFigures.month).where(MonthlyFigures.level == "community").order_by(MonthlyFigures.month)
    assert list(filled.scalars(kept)) == [each.first for each in months]
    published = published_of(filled)
    assert [each.month for each in published] == [months[1].first, months[2].first]
    assert {each.subject for each in published} == {"compounds"}
    frozen = select(MonthlyFigures.month).where(MonthlyFigures.frozen_at.is_not(None)).distinct()
    assert set(filled.scalars(frozen)) == {each.month for each in published}


def test_figures_follow_from_the_records(filled, own) -> None:
    month = month_of(today()).before
    row = figures.row_at(filled, month, "community", own.id)
    kinds = weights_by_category(filled, month.first, month.last, community_id=own.id)
    kitchen = sum(each.get("kitchen", 0) for each in kinds.values())
    assert row.amounts["kitchen"] == kitchen * 10
    found = select(func.count()).where(Finding.day.between(month.first, month.last), Finding.struck_at.is_(None))
    assert row.amounts["findings_all"] == filled.scalar(found)
    for each in measure(filled, own.id, month):
        assert figures.row_at(filled, month, each.level, each.place_id).amounts == each.amounts


def test_rankings_follow_from_the_figures(filled, own) -> None:
    for row in published_of(filled):
        terms = ranks.Terms(definitions.read(row.indicators), row.least_households, row.least_weight)
        for line in ranks.read(row.lines):
            kept = figures.row_at(filled, month_of(row.month), "compound", line.place_id)
            if line.why == "few":
                assert (line.amounts, line.values) == ({}, {})
                continue
            assert line.amounts == (kept.amounts if kept else {})
            score = ranks.score_of(terms, line.amounts)
            assert line.score == (None if score is None else ranks.shown(score))
        scores = [line.score for line in ranks.read(row.lines) if line.rank is not None]
        assert scores == sorted(scores, key=float, reverse=True)


def test_each_published_ranking_has_its_notice(filled, own) -> None:
    for row in published_of(filled):
        noted = filled.get(Notice, (own.tenant_id, row.notice_id))
        assert (noted.state, noted.source_id) == ("published", row.id)
        assert f"{row.month.month}月垃圾分类排名" in noted.title


def test_no_month_is_like_the_other_and_all_are_of_a_real_place(filled, own) -> None:
    rates = []
    for month in months_back(month_of(today()).before, 3):
        amounts = figures.row_at(filled, month, "community", own.id).amounts
        rates.append(Fraction(amounts["kitchen"], amounts["kitchen_other"]))
    # The season and what people learn show from month to month.
    assert len(set(rates)) == 3
    assert all(Fraction(15, 100) < rate < Fraction(35, 100) for rate in rates)


def test_there_is_publicity_in_each_quarter(filled, own) -> None:
    days = list(filled.scalars(select(Publicity.held_on).order_by(Publicity.held_on)))
    assert len(days) == 5
    assert max(later.toordinal() - day.toordinal() for day, later in pairwise(days)) < 92


def test_a_second_time_adds_nothing_and_it_is_quick(open_session, own) -> None:
    with open_session(own.scope) as session:
        fill(session, SYSTEM, own.id)
        kept = session.scalar(select(func.count()).select_from(MonthlyFigures))
        begin = time.perf_counter()
        fill(session, SYSTEM, own.id)
        assert session.scalar(select(func.count()).select_from(MonthlyFigures)) == kept
        session.query(MonthlyFigures).delete()
        session.query(Ranking).delete()
        begin = time.perf_counter()
        fill_indicators(session, SYSTEM, own.id)
        assert time.perf_counter() - begin < 1.5
