"""Who is told what and when: before the due day, when it is overdue, each once however often the night comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text
from tests.obligations.conftest import at, declared, settle_long_ago

from linli.access.models import RoleGrant
from linli.kit.actor import SYSTEM
from linli.notifications.models import Notification
from linli.obligations.reminding import remind
from linli.obligations.service import judge_community
from linli.obligations.settings import OVERDUE_DAYS, REMIND_DAYS
from linli.settings.service import set_setting


@pytest.fixture
def night(street, own, quarterly):
    """Judges and reminds on a day; gives how many were told."""

    def run(*day: int, duty=None) -> int:
        duty = duty or quarterly
        with declared(("core", duty)), at(*day), street() as session:
            judge_community(session, own.id)
            return remind(session, own.id)

    return run


@pytest.fixture
def told(street):
    def look(kind: str) -> list[tuple]:
        with street() as session:
            rows = session.scalars(select(Notification).where(Notification.kind == f"core.obligation_{kind}"))
            return [(row.account_id, row.context["count"], row.link) for row in rows]

    return look


@pytest.mark.parametrize(("day", "count"), [((2026, 3, 23), 0), ((2026, 3, 24), 1), ((2026, 3, 31), 1)])
def test_so_many_days_before(night, told, own, day, count) -> None:
    night(2026, 1, 1)
    assert night(*day) == count
    assert len(told("due")) == count


def test_once_however_often_the_night_comes(night, told, own) -> None:
    night(2026, 1, 1)
    assert [night(2026, 3, 24), night(2026, 3, 24), night(2026, 3, 25)] == [1, 0, 0]
    assert told("due") == [
        (own.administrator, 1, f"/s/{own.street_code}/c/{own.code}/admin/obligations/compounds/{own.compound}")
    ]


@pytest.mark.parametrize(("day", "count"), [((2026, 3, 31), 0), ((2026, 4, 1), 1)])
def test_overdue_from_the_day_after(night, told, day, count) -> None:
    night(2026, 1, 1)
    night(*day)
    assert len(told("overdue")) == count


def test_overdue_once(night, told) -> None:
    night(2026, 1, 1)
    assert [night(2026, 4, 1), night(2026, 4, 2), night(2026, 6, 1)] == [1, 0, 0]


def test_a_run_that_was_lost_after_telling_tells_nobody_twice(night, told, street) -> None:
    night(2026, 1, 1)
    night(2026, 3, 24)
    with street() as session:
        session.execute(text("UPDATE core.obligation_record SET due_told_at = NULL"))
    assert night(2026, 3, 24) == 0
    assert len(told("due")) == 1


def test_nobody_is_told_of_what_is_done(night, told, own, desk) -> None:
    night(2026, 1, 1)
    desk.did(own.compound, date(2026, 2, 1))
    assert [night(2026, 3, 24), night(2026, 4, 1)] == [0, 0]


@pytest.mark.parametrize("key", [REMIND_DAYS, OVERDUE_DAYS])
def test_zero_means_never(night, street, key) -> None:
    night(2026, 1, 1)
    with street() as session:
        set_setting(session, SYSTEM, "core", key, 0)
    assert night(2026, 3, 24) + night(2026, 4, 1) == 1


class TestWhom:
    def grant(self, street, account, role, **place) -> None:
        with street() as session:
            row = {"account_name": "测试", "role": role, "starts_on": date(2025, 1, 1), "reason": "测试", **place}
            session.add(RoleGrant(account_id=account, **row))

    def test_the_compounds_own_chair_beside_the_community(self, night, told, street, own, quarterly, world) -> None:
        place = {"community_id": own.id, "compound_id": own.compound}
        self.grant(street, own.steward, "committee_chair", **place)
        duty = replace(quarterly, roles=("committee_chair", "community_administrator"))
        night(2026, 1, 1, duty=duty)
        night(2026, 3, 24, duty=duty)
        assert {row[0] for row in told("due")} == {own.steward, own.administrator}

    def test_the_streets_where_the_place_has_nobody(self, night, told, street, own, quarterly, world) -> None:
        self.grant(street, world.here.auditor, "committee_chair")
        duty = replace(quarterly, roles=("committee_chair",))
        night(2026, 1, 1, duty=duty)
        night(2026, 3, 24, duty=duty)
        assert [row[0] for row in told("due")] == [world.here.auditor]

    def test_many_compounds_are_one_message(self, night, told, street, own) -> None:
        with street() as session:
            for n in range(3):
                session.execute(
                    text("INSERT INTO core.compound (community_id, name) VALUES (:c, :n)"),
                    {"c": own.id, "n": f"小区{n}"},
                )
            settle_long_ago(session)
        night(2026, 1, 1)
        night(2026, 3, 24)
        assert [row[1] for row in told("due")] == [4]
