"""The overview of a street of forty communities with every plugin on: as many queries as for two, and fast."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from linli.kit.clock import today
from linli.kit.ids import new_id
from linli.plugins.informing import declared_metrics
from linli.showing.history import keep_made_up, keep_numbers
from linli.testing.world import WORLD

COMMUNITIES = 40
REQUESTS = 200
#: Milliseconds of server time, at the 95th of a hundred (issue 5, A 8).
TARGET = 50
#: Statements of the whole page with its shell, however many communities and numbers there are. Four are those of the
#: card of waste sorting: its own savepoint and scope, its figures, and the end of it.
QUERIES = 18

pytestmark = pytest.mark.actor("street_administrator")


@pytest.fixture(scope="module")
def forty(module_house):
    """Forty communities with compounds, kept counts, duties, three months of numbers, and every plugin on."""
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
        values = {
            today() - timedelta(days=back): {
                item.name: {each: n + back % 7 for n, each in enumerate(ids)}
                for _owner, item in declared_metrics()
                if item.level == "community"
            }
            for back in range(7, 92, 7)
        }
        keep_made_up(session, values)
        assert len(ids) == COMMUNITIES
    with module_house.owner.open_transaction() as connection:
        connection.execute(text("ANALYZE core.metric_value"))
        connection.execute(text("ANALYZE core.obligation_record"))
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
def test_is_answered_within_fifty_milliseconds(browser, forty) -> None:
    for _warm in range(10):
        browser.get(forty)
    took, worked = [], []
    for _request in range(REQUESTS):
        began, busy = time.perf_counter(), time.process_time()
        assert browser.get(forty).status_code == 200
        took.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - busy) * 1000)
    p95 = statistics.quantiles(took, n=100)[94]
    told = f"overview, {COMMUNITIES} communities: median {statistics.median(took):.1f} ms, p95 {p95:.1f} ms"
    told += f"; of these the web process itself: median {statistics.median(worked):.1f} ms"
    print(told)  # noqa: T201 the figure is what this is for
    assert p95 < TARGET, told
