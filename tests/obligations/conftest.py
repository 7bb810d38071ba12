"""A duty whose evidence the tests lay down, in a street that goes by Shanghai's rules: publish revenue each quarter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text

from linli.kit.actor import SYSTEM
from linli.kit.clock import SHANGHAI, frozen
from linli.obligations.models import ObligationRecord
from linli.obligations.service import judge_community
from linli.plugins.obligations import Evidence, Obligation, Occasion, declare_obligations, declared_obligations
from linli.settings.service import set_setting

QUARTERLY = "public_revenue.published_every"
THIRTY_DAYS = "public_revenue.audit_posted_for"


@dataclass
class Desk:
    """What was recorded; and what the plugin was asked, and how it behaves."""

    evidence: list[Evidence] = field(default_factory=list)
    occasions: list[Occasion] = field(default_factory=list)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    fault: Callable[[], Any] | None = None

    def look(self, session, places, span):
        self.asked.append((tuple(places), span))
        if self.fault is not None:
            return self.fault()
        return list(self.evidence)

    def look_for_occasions(self, session, places, span):
        return list(self.occasions)

    def did(self, place, when: datetime | date, **more: Any) -> None:
        self.evidence.append(Evidence(place=place, when=when, title="收支公示", path="1", **more))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def quarterly(desk) -> Obligation:
    return Obligation(name="core.accounts", title="公布公共收益", rhythm="every", every=QUARTERLY, evidence=desk.look)


@contextmanager
def at(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> Iterator[None]:
    """The clock of Asia/Shanghai."""
    with frozen(datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)):
        yield


@pytest.fixture
def own(world):
    return world.here.communities[0]


def settle_long_ago(session) -> None:
    """The places of the test world were registered before the days of these tests."""
    session.execute(text("UPDATE core.compound SET created_at = '2020-01-01T00:00:00Z'"))
    session.execute(text("UPDATE core.community SET created_at = '2020-01-01T00:00:00Z'"))
    set_setting(session, SYSTEM, "core", "rule_set", "cn-shanghai")


@pytest.fixture
def street(open_session, world):
    """Opens a session of the street; everything is rolled back."""
    with open_session(world.here.scope) as session:
        settle_long_ago(session)

    @contextmanager
    def opened() -> Iterator[Any]:
        with open_session(world.here.scope) as session:
            yield session

    return opened


@pytest.fixture
def judged(street, own, quarterly):
    """Judges the first community's compound on a day; gives its rows by period, as ``(state, reason)``."""

    def judge(*day: int, obligation: Obligation | None = None, owner: str = "core", **more: Any) -> dict[str, Any]:
        with at(*day), street() as session:
            judge_community(session, own.id, obligations=[(owner, obligation or quarterly)], **more)
            return rows_of(session, own.compound)

    return judge


def rows_of(session, compound_id) -> dict[str, tuple[str, str]]:
    rows = session.scalars(
        select(ObligationRecord).where(ObligationRecord.compound_id == compound_id).order_by(ObligationRecord.due_on)
    )
    return {row.period: (row.state, row.reason) for row in rows}


@contextmanager
def declared(*obligations: tuple[str, Obligation]) -> Iterator[None]:
    """These are the duties of this process; those before are put back."""
    before = declared_obligations()
    declare_obligations(obligations)
    try:
        yield
    finally:
        declare_obligations(before)


def moved(house, **sets: str) -> None:
    """Change rows past the platform, as a superuser."""
    with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
        for table, change in sets.items():
            connection.execute(f"UPDATE core.{table} SET {change}")
