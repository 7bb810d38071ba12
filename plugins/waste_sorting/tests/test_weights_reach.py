"""Who works for one compound alone notes and sees what was taken from it, and nothing of the others."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text

from linli.sdk import Actor, Forbidden, Grant, Invalid, NotFound, today
from linli_waste_sorting.stations.schemas import Bins
from linli_waste_sorting.weights import repository, service
from linli_waste_sorting.weights.asked import wanted_of
from linli_waste_sorting.weights.ledger import missing_days, month_of
from linli_waste_sorting.weights.permissions import NOTE_COLLECTIONS, READ_COLLECTIONS, WEIGHT_PERMISSIONS
from linli_waste_sorting.weights.repository import Wanted
from linli_waste_sorting.weights.schemas import CollectionVoid

ROLES = {
    role: frozenset(each.name for each in WEIGHT_PERMISSIONS if role in each.roles)
    for role in ("property_staff", "community_administrator", "auditor")
}
MONTH = f"{today():%Y-%m}"


def elsewhere(session, own) -> uuid.UUID:
    """Another compound of the same community."""
    made = text("INSERT INTO core.compound (community_id, name) VALUES (:community, '别处') RETURNING id")
    return session.scalar(made, {"community": own.id})


@pytest.fixture
def worker(own):
    """Somebody of the property company of a compound."""

    def make(compound_id, role: str = "property_staff") -> Actor:
        grant = Grant(role, community_id=own.id, compound_id=compound_id)
        return Actor(account_id=uuid.UUID(int=9), display_name="物业", grants=(grant,), permissions=ROLES)

    return make


class TestReach:
    def test_one_notes_for_ones_own_compound_alone(self, open_session, own, worker, note) -> None:
        with open_session(own.scope) as session:
            mine, other = worker(own.compound), elsewhere(session, own)
            row = note(session, own, actor=mine)
            with pytest.raises(Invalid) as error:
                note(session, own, actor=mine, compound_id=other)
            assert [each.field for each in error.value.errors] == ["compound_id"]
            assert service.get_collection(session, mine, own.id, row.id).id == row.id
            theirs = note(session, own, compound_id=other)
            for permission in (READ_COLLECTIONS, NOTE_COLLECTIONS):
                with pytest.raises(NotFound):
                    service.get_collection(session, mine, own.id, theirs.id, permission)
            with pytest.raises(NotFound):
                service.void_collection(session, mine, own.id, theirs.id, CollectionVoid(reason="错"))
            assert theirs.voided_at is None
            assert service.void_collection(session, mine, own.id, row.id, CollectionVoid(reason="错")).voided_at

    def test_whoever_only_reads_notes_nothing(self, open_session, own, worker, note) -> None:
        with open_session(own.scope) as session, pytest.raises(Forbidden):
            note(session, own, actor=worker(own.compound, "auditor"))

    def test_lists_and_sums_end_at_the_compound(self, open_session, own, note) -> None:
        with open_session(own.scope) as session:
            other = elsewhere(session, own)
            mine, _theirs = note(session, own, "10"), note(session, own, "70", compound_id=other)
            within, month = frozenset([own.compound]), month_of(today())
            rows, _next = repository.page_of_collections(session, own.id, wanted_of("", "", "", "", compounds=within))
            assert [row.id for row in rows] == [mine.id]
            asked = wanted_of(str(other), "", "", "", compounds=within)
            assert repository.page_of_collections(session, own.id, asked)[0] == []
            for sort in ("-day", "day", "-kg", "kg"):
                whole, mark = repository.page_of_collections(session, own.id, Wanted(), sort=sort, limit=1)
                beyond, _end = repository.page_of_collections(
                    session, own.id, wanted_of("", "", "", "", compounds=within), sort=sort, after=mark
                )
                expected = [] if whole[0].id == mine.id else [mine.id]
                assert [row.id for row in beyond] == expected, "a mark of a wider list shows no more than one's own"
            for read in (repository.month_sums, repository.day_sums):
                assert {each.compound_id for each in read(session, month.first, month.last, own.id, within)} == within
                assert len(read(session, month.first, month.last, own.id)) == 2
            assert repository.sums_by_day(session, month.first, month.last, own.id, within)[today()] == {"kitchen": 10}

    def test_missing_days_and_contracts_too(
        self, open_session, own, make_station, make_carrier, make_contract, note
    ) -> None:
        with open_session(own.scope) as session:
            other = elsewhere(session, own)
            station = make_station(session, own, compound_id=other, containers=[Bins(category="kitchen", pieces=1)])
            long_ago = today() - timedelta(days=90)
            session.execute(
                text("UPDATE plugin_waste_sorting.station SET created_at = :at WHERE id = :id"),
                {"at": long_ago, "id": station.id},
            )
            before = month_of(today()).before
            assert {each.compound_id for each in missing_days(session, own.id, before)} == {other}
            assert missing_days(session, own.id, before, frozenset([own.compound])) == []
            carrier = make_carrier(session, own)
            mine = make_contract(session, own, carrier)
            theirs = make_contract(session, own, carrier, compound_ids=[other], number="别处1号")
            found = repository.contracts_of(session, own.id, frozenset([own.compound]))
            assert [each.id for each in found] == [mine.id]
            assert {each.id for each in repository.contracts_of(session, own.id)} == {mine.id, theirs.id}


@pytest.fixture
def other(module_house, own) -> uuid.UUID:
    """Another compound of the same community, for the pages."""
    with module_house.database.unit_of_work(own.scope) as session:
        known = session.scalar(text("SELECT id FROM core.compound WHERE name = '别处'"))
        return known or elsewhere(session, own)


@pytest.fixture
def both(module_house, own, other, empty_ledger, make_carrier, note):
    """A record of each of two compounds, committed; the ids."""
    with module_house.database.unit_of_work(own.scope) as session:
        make_carrier(session, own)
        return note(session, own, "11.5").id, note(session, own, "77.5", compound_id=other).id


@pytest.fixture
def narrowed(module_house, own):
    """The community's administrator as property staff of one compound, for as long as the test runs."""
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        mine = (own.administrator, own.id)
        held = "FROM core.role_grant WHERE account_id = %s AND community_id = %s"
        [before] = connection.execute(f"SELECT role, compound_id {held}", mine).fetchall()
        change = "UPDATE core.role_grant SET role = %s, compound_id = %s WHERE account_id = %s AND community_id = %s"
        connection.execute(change, ("property_staff", own.compound, *mine))
        yield
        connection.execute(change, (*before, *mine))


@pytest.mark.actor("community_administrator")
def test_the_pages_and_files_show_one_compound(browser, own, other, both, narrowed) -> None:
    root = f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting"
    mine, theirs = both
    listed = browser.get(f"{root}/collections").text
    assert str(mine) in listed
    assert str(theirs) not in listed
    assert str(other) not in listed
    assert browser.get(f"{root}/collections/{mine}").status_code == 200
    for page in (f"collections/{theirs}", f"collections/{theirs}/correct"):
        assert browser.get(f"{root}/{page}").status_code == 404
    for page in ("collections/new", "collections/sheet", "collections/paste", "carriers"):
        shown = browser.get(f"{root}/{page}")
        assert shown.status_code == 200
        assert str(other) not in shown.text
        assert "别处" not in shown.text
    ledger = browser.get(f"{root}/ledger?month={MONTH}").text
    assert "11.5" in ledger
    assert "这里只有您负责的小区" in ledger
    assert "77.5" not in ledger
    assert not re.search(r">\s*89\s*<", ledger), "nor the sum of both"
    for what in ("days", "months"):
        file = browser.get(f"{root}/ledger/export?month={MONTH}&what={what}&file=csv").content.decode("utf-8-sig")
        assert "11.5" in file
        assert "77.5" not in file
        assert len({row[2] for row in csv.reader(io.StringIO(file)) if row[2].startswith("别处")}) == 0
    assert browser.post(f"{root}/ledger/report", {"month": MONTH}).status_code == 403


@pytest.mark.actor("community_administrator")
def test_the_api_shows_one_compound(api, own, other, both, narrowed) -> None:
    root = f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting"
    mine, theirs = both
    assert [each["id"] for each in api.get(f"{root}/collections").json()["items"]] == [str(mine)]
    assert api.get(f"{root}/collections?compound_id={other}").json()["items"] == []
    assert api.get(f"{root}/collections/{theirs}").status_code == 404
    assert api.post(f"{root}/collections/{theirs}/void", {"reason": "错"}).status_code == 404
    lines = api.get(f"{root}/ledger?month={MONTH}").json()["items"]
    assert {each["compound_id"] for each in lines} == {str(own.compound)}
    assert api.get(f"{root}/ledger/reports").json()["items"] == []
    body = {"category": "kitchen", "day": today().isoformat(), "kg": "5", "destination": "处理厂", "confirmed": True}
    carrier = api.get(f"{root}/carriers").json()["items"][0]["id"]
    made = api.post(f"{root}/collections", body | {"compound_id": str(own.compound), "carrier_id": carrier})
    assert made.status_code == 201
    refused = api.post(f"{root}/collections", body | {"compound_id": str(other), "carrier_id": carrier})
    assert [each["field"] for each in refused.json()["errors"]] == ["compound_id"]
