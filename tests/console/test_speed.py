"""The overview of a street of forty communities with every plugin on: as many queries as for two, and fast."""

from __future__ import annotations

import json
import statistics
import time
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from linli.kit.clock import today
from linli.kit.ids import new_id
from linli.showing.history import keep_numbers
from linli.testing.world import WORLD

COMMUNITIES = 40
BATCHES, REQUESTS = 5, 100
#: Milliseconds of server time, at the 95th of a hundred (issue 5, A 8).
TARGET = 50
#: Of these, of the web process itself.
BUSY = 30
#: Statements of the whole page with its shell, however many communities and numbers there are. Eight are those of the
#: card of waste sorting: its savepoint and the end of it, its figures and definitions, and the rules of the street.
QUERIES = 18

#: What a year leaves behind, as far as it is kept: a hundred days of each number and twelve months, and in each
#: community the figures of twelve months for it, its compounds and their buildings. All made set by set.
_YEAR = (
    """
    INSERT INTO core.metric_value (community_id, metric, grain, starts_on, seen_on, value, origin)
    SELECT v.community_id, v.metric, 'day', d::date, d::date, v.value + extract(day FROM d)::int % 7, 'measured'
      FROM core.metric_value v, generate_series(CAST(:day AS date) - 99, CAST(:day AS date) - 1, '1 day') d
     WHERE v.grain = 'day' AND v.starts_on = :day
    """,
    """
    INSERT INTO core.metric_value (community_id, metric, grain, starts_on, seen_on, value, origin)
    SELECT v.community_id, v.metric, 'month', m::date, m::date, v.value + extract(month FROM m)::int, 'measured'
      FROM core.metric_value v,
           generate_series(date_trunc('month', CAST(:day AS date)) - interval '12 months',
                           date_trunc('month', CAST(:day AS date)) - interval '1 month', '1 month') m
     WHERE v.grain = 'day' AND v.starts_on = :day
    """,
    """
    WITH places AS (
        SELECT id AS community_id, 'community' AS level, id AS place_id, CAST(NULL AS uuid) AS compound_id
          FROM core.community
         UNION ALL
        SELECT community_id, 'compound', id, id FROM core.compound
         UNION ALL
        SELECT community_id, 'building', md5(id::text || n)::uuid, id FROM core.compound, generate_series(1, 20) n)
    INSERT INTO plugin_waste_sorting.monthly_figures
           (community_id, month, level, place_id, compound_id, amounts, computed_at)
    SELECT p.community_id, m::date, p.level, p.place_id, p.compound_id, CAST(:amounts AS jsonb), now()
      FROM places p,
           generate_series(date_trunc('month', CAST(:day AS date)) - interval '12 months',
                           date_trunc('month', CAST(:day AS date)) - interval '1 month', '1 month') m
    """,
)
_AMOUNTS = {
    "kitchen": 12000,
    "other": 31000,
    "recyclable": 2100,
    "hazardous": 12,
    "kitchen_other": 43000,
    "sorted": 14112,
    "household": 45112,
    "findings_correct": 81,
    "findings_all": 92,
    "households_correct": 61,
    "households_observed": 74,
    "points_met": 38,
    "points_checked": 41,
    "stations_met": 5,
    "stations_checked": 6,
}

pytestmark = pytest.mark.actor("street_administrator")


@pytest.fixture(scope="module")
def forty(module_house):
    """Forty communities with compounds, kept counts, duties, what a year leaves behind, and every plugin on."""
    street = WORLD.here
    with module_house.owner.unit_of_work(street.scope) as session:
        codes = [f"{street.code}{n:03d}" for n in range(100, 100 + COMMUNITIES - len(street.communities))]
        for n, code in enumerate(codes):
            ids = {"id": new_id(), "compound": new_id(), "code": code, "n": n}
            session.execute(
                text(
                    "INSERT INTO core.community (id, code, slug, name, register_name) "
                    "VALUES (:id, :code, :code, '社区' || :code, '社区' || :code)"
                ),
                ids,
            )
            session.execute(
                text(
                    "INSERT INTO core.community_summary (community_id, compounds, buildings, dwellings, households, "
                    "residents, counted_at) VALUES (:id, 1, :n + 3, :n * 40 + 100, :n * 35 + 90, :n * 90 + 200, now())"
                ),
                ids,
            )
            session.execute(
                text("INSERT INTO core.compound (id, community_id, name) VALUES (:compound, :id, '小区' || :code)"), ids
            )
            session.execute(
                text(
                    "INSERT INTO core.obligation_record (community_id, compound_id, obligation, period, first_day, "
                    "last_day, due_on, state, is_shown) SELECT :id, :compound, 'core.street_tasks', 'p' || g, "
                    ":day, :day, :day, CASE WHEN g % 2 = 0 THEN 'overdue' ELSE 'due' END, g = 0 "
                    "FROM generate_series(0, 20) g"
                ),
                ids | {"day": today() - timedelta(days=n)},
            )
        for plugin in session.scalars(text("SELECT plugin FROM core.plugin_allowance")).all():
            session.execute(
                text(
                    "INSERT INTO core.plugin_enablement (plugin, community_id) "
                    "SELECT :plugin, c.id FROM core.community c "
                    "WHERE NOT EXISTS (SELECT FROM core.plugin_enablement e "
                    "                   WHERE e.plugin = :plugin AND e.community_id = c.id)"
                ),
                {"plugin": plugin},
            )
    with module_house.database.unit_of_work(street.scope) as session:
        keep_numbers(session)
        ids = list(session.scalars(text("SELECT id FROM core.community WHERE status = 'active'")))
        assert len(ids) == COMMUNITIES
    with module_house.owner.unit_of_work(street.scope, ttl=600) as session:
        for statement in _YEAR:
            session.execute(text(statement), {"day": today(), "amounts": json.dumps(_AMOUNTS)})
    with module_house.owner.open_transaction() as connection:
        for table in ("core.metric_value", "core.obligation_record", "plugin_waste_sorting.monthly_figures"):
            connection.execute(text(f"ANALYZE {table}"))
    return f"/s/{street.code}/console"


def test_as_many_queries_as_for_two_communities(browser, forty, module_house) -> None:
    browser.get(forty)
    sent: list[str] = []
    engine = module_house.database.engine

    def count(_connection, _cursor, statement, *_rest) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        page = browser.get(forty)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert page.status_code == 200
    assert page.text.count('class="map-tile ') == COMMUNITIES
    assert len(sent) <= QUERIES, "\n".join(" ".join(each.split())[:150] for each in sent)


@pytest.mark.nightly
def test_is_answered_within_fifty_milliseconds(browser, forty, slowness) -> None:
    """At the 95th of a hundred, in the quietest of some hundreds: other programs of this machine are not measured."""
    for _warm in range(10):
        browser.get(forty)
    batches, worked = [], []
    for _batch in range(BATCHES):
        took = []
        for _request in range(REQUESTS):
            slower = slowness()
            began, busy = time.perf_counter(), time.process_time()
            assert browser.get(forty).status_code == 200
            took.append((time.perf_counter() - began) * 1000)
            worked.append((time.process_time() - busy) * 1000 / slower)
        batches.append(took)
    p95, median = min((statistics.quantiles(took, n=100)[94], statistics.median(took)) for took in batches)
    busy95 = statistics.quantiles(worked, n=100)[94]
    told = (
        f"overview, {COMMUNITIES} communities of a year: median {median:.1f} ms, p95 {p95:.1f} ms; of these the web "
        f"process itself, at the pace of the yardstick: median {statistics.median(worked):.1f} ms, p95 {busy95:.1f} ms"
    )
    print(told)  # noqa: T201 the figure is what this is for
    assert busy95 < BUSY, told
    assert p95 < TARGET, told
