"""What pages and telling cost: as many statements for two hundred notices as for one, for thousands as for three."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import Engine, event, text

from linli.sdk import SYSTEM, today
from linli.testing.web import serving
from linli_notices import publishing, service, telling
from linli_notices.schemas import NoticeCreate

NOTICES = """
INSERT INTO plugin_notices.notice
  (community_id, kind, title, body, body_html, body_text, state, posting_from, posting_to, published_at,
   allows_objections, is_public, is_narrowed)
SELECT :community, 'posting', '第' || n || '号公示', '收支', '<p>收支</p>', '收支', 'published', :first, :last, now(),
       true, n % 2 = 0, n % 2 = 1
  FROM generate_series(CAST(:begin AS int), CAST(:end AS int)) n
"""
PLACES = """
INSERT INTO plugin_notices.notice_place (community_id, notice_id, compound_id)
SELECT n.community_id, n.id, :compound FROM plugin_notices.notice n
 WHERE n.community_id = :community AND n.is_narrowed
   AND NOT EXISTS (SELECT FROM plugin_notices.notice_place p WHERE p.notice_id = n.id)
"""
OBJECTIONS = """
INSERT INTO plugin_notices.objection
  (community_id, notice_id, kind, body, resident_id, dwelling_id, compound_id, building_id, answer_due_on,
   state, answer, outcome, answered_at)
SELECT :community, :notice, 'objection', '第' || n || '条', :resident, :dwelling, :compound, :building, :last,
       'answered', '已核对', 'accepted', now()
  FROM generate_series(CAST(:begin AS int), CAST(:end AS int)) n
"""
CROWD = """
WITH people AS (
  INSERT INTO core.resident (community_id, name)
  SELECT :community, '居民' || n FROM generate_series(1, CAST(:number AS int)) n RETURNING id)
INSERT INTO core.household_member (community_id, household_id, resident_id)
SELECT :community, :household, id FROM people
"""


@contextmanager
def statements() -> Iterator[list[str]]:
    """All statements of this process."""
    found: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        # A worker of another test looks whether there is work.
        if "tenants_with_work" not in statement:
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def served(module_house) -> Iterator[TestClient[Litestar]]:
    """Without background work, whose statements would be counted with those of the pages."""
    with serving(module_house, works=False) as client:
        yield client


@pytest.fixture
def own(world):
    return world.here.communities[0]


def test_pages_of_notices_and_objections_cost_the_same_however_many_there_are(browser, api, own, module_house) -> None:
    home = f"/s/{own.street_code}/c/{own.code}"
    with module_house.database.unit_of_work(own.scope) as session:
        data = NoticeCreate(
            title="收支", body="收支", kind="posting", allows_objections=True, is_public=True, posting_to=today()
        )
        notice_id = service.create_notice(session, SYSTEM, own.id, data).id
        publishing.publish_notice(session, SYSTEM, own.id, notice_id)
    values = {
        "community": own.id,
        "notice": notice_id,
        "compound": own.compound,
        "building": own.building,
        "resident": own.residents[0],
        "dwelling": own.dwellings[0],
        "first": today(),
        "last": today() + timedelta(days=5),
    }
    pages = [
        (own.administrator, f"{home}/admin/notices"),
        (own.administrator, f"{home}/admin/notices/objections"),
        (own.administrator, f"{home}/admin/notices/export?file=csv"),
        (own.resident_account, f"{home}/notices"),
        (own.resident_account, f"{home}/notices/{notice_id}"),
        (None, f"{home}/notices"),
        (None, f"{home}/notices/{notice_id}"),
    ]
    costs: dict[int, list[int]] = {}
    made = 0
    for number in (1, 20, 200):
        with module_house.database.unit_of_work(own.scope) as session:
            for statement in (NOTICES, PLACES, OBJECTIONS):
                session.execute(text(statement), {**values, "begin": made + 1, "end": number})
        made, costs[number] = number, []
        for account, path in pages:
            browser.sign_in_as(account) if account else browser.sign_out()
            measured = []
            # What is kept from request to request, and what is noted once in a while, costs the first of them more.
            for _time in range(3):
                with statements() as found:
                    page = browser.get(path)
                assert page.status_code == 200, path
                measured.append(len(found))
            assert "公示" in page.text, path
            costs[number].append(min(measured))
    assert all(costs[1]), "statements are seen at all"
    assert costs[20] == costs[200] == costs[1]


def test_publishing_and_telling_cost_the_same_for_thousands(house, own) -> None:
    costs, told = [], []
    for number in (0, 5000):
        with house.database.unit_of_work(own.scope) as session:
            if number:
                crowd = {"community": own.id, "household": own.households[0], "number": number}
                session.execute(text(CROWD), crowd)
        with house.database.unit_of_work(own.scope) as session:
            data = NoticeCreate(title="停水", body="停水", kind="posting", posting_to=today() + timedelta(days=3))
            notice = service.create_notice(session, SYSTEM, own.id, data)
            session.flush()
            with statements() as publishing_costs:
                publishing.publish_notice(session, SYSTEM, own.id, notice.id)
            with statements() as telling_costs:
                told.append(telling.tell(session, notice.id, telling.PUBLISHED, own.id))
            with statements() as again:
                assert telling.tell(session, notice.id, telling.PUBLISHED, own.id) == 0
            costs.append((len(publishing_costs), len(telling_costs), len(again)))
    assert told[1] - told[0] == 5000
    assert costs[0] == costs[1]
