"""What all parts do alike with their rows: versions, what the record says of a change, out of use and back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from linli.sdk import Conflict, Forbidden, ScopedSession
from linli_waste_sorting.inspections.permissions import WALK
from linli_waste_sorting.keeping import close, noted_update, noter, reopen, require, require_version


class Noted(list[tuple[str, dict[str, Any]]]):
    """Keeps what is noted."""

    def __call__(self, _session: ScopedSession, verb: str, _row: object, **details: Any) -> None:
        self.append((verb, details))


def told(row) -> dict[str, str]:
    return {"name": row.name, "note": row.note}


def test_closing_and_reopening_twice_is_noted_once(open_session, own, make_station) -> None:
    with open_session(own.scope) as session:
        row, note = make_station(session, own), Noted()
        reopen(session, row, note)
        assert note == [], "it was in use"
        close(session, row, note)
        since = row.closed_at
        close(session, row, note)
        assert row.closed_at == since
        for _each in range(2):
            reopen(session, row, note)
        assert row.closed_at is None
        assert note == [("close", {}), ("reopen", {})]


def test_of_a_change_what_is_different_stands_in_the_record(open_session, own, make_station) -> None:
    note = Noted()
    with open_session(own.scope) as session:
        row = make_station(session, own)
        name = row.name
        with noted_update(session, row, told, note):
            row.note = row.note
        assert note == []
        with noted_update(session, row, told, note):
            row.name = "另一个"
    assert note == [("update", {"before": {"name": name}, "after": {"name": "另一个"}})]


def test_of_a_change_that_fails_nothing_is_noted(open_session, own, make_station) -> None:
    with open_session(own.scope) as session:
        row, note = make_station(session, own), Noted()
        with pytest.raises(Conflict), noted_update(session, row, told, note):
            raise Conflict("no")
        assert note == []


def test_a_noter_writes_into_the_record(house, own, make_station) -> None:
    with house.database.unit_of_work(own.scope) as session:
        row = make_station(session, own)
        noter("station", "station_of_test")(session, "close", row, reason="试验")
    with house.database.unit_of_work(own.scope, read_only=True) as session:
        kept = text("SELECT action FROM core.audit_entry WHERE subject_type = 'station_of_test'")
        assert list(session.scalars(kept)) == ["waste_sorting.station.close"]


def test_another_version_than_was_read_is_refused_and_none_asks_for_nothing(open_session, own, make_station) -> None:
    with open_session(own.scope) as session:
        row = make_station(session, own)
        for version in (None, row.version):
            require_version(row, version)
        with pytest.raises(Conflict, match="其他人刚刚修改过"):
            require_version(row, row.version + 1)


def test_only_whoever_may(world, own, staff) -> None:
    clerk = staff("community_administrator", own)
    require(clerk, WALK, own.id)
    with pytest.raises(Forbidden):
        require(clerk, WALK, world.here.communities[1].id)
