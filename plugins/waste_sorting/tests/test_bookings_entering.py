"""Pick-ups that staff book for somebody: on whose terms, who sees them, and what is on record."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from linli.sdk import Actor, Conflict, Forbidden, Grant, Invalid, NotFound, Person, today
from linli.testing.choices import settle_rule
from linli_waste_sorting.bookings import asking, personal, repository, service
from linli_waste_sorting.bookings.permissions import BOOKING_PERMISSIONS
from linli_waste_sorting.bookings.schemas import BookingForWrite, Thing

ROLES = {
    role: frozenset(each.name for each in BOOKING_PERMISSIONS if role in each.roles)
    for role in ("community_administrator", "property_staff", "resident")
}


@pytest.fixture
def clerk(own):
    """Somebody of the community's office."""

    def make(role: str = "community_administrator", **place) -> Actor:
        grant = Grant(role, community_id=own.id, **place)
        return Actor(account_id=own.administrator, display_name="王主任", grants=(grant,), permissions=ROLES)

    return make


def wanted(community, slot, household: int = 1, **fields) -> BookingForWrite:
    given = {
        "slot_id": slot.id,
        "dwelling_id": community.dwellings[household],
        "resident_id": community.residents[household],
        "things": [Thing(name="旧床", pieces=1)],
        **fields,
    }
    return BookingForWrite(**given)


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


class TestBookingForSomebody:
    def test_who_booked_for_whom_is_on_record(self, open_session, own, make_slots, clerk) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            row = asking.book_for(session, clerk(), own.id, wanted(own, slot))
            assert (row.booked_by, row.booked_by_name) == (own.administrator, "王主任")
            assert (row.resident_id, row.account_id, row.state) == (own.residents[1], None, "requested")
            assert [each.acted_by_name for each in repository.changes_of(session, row)] == ["王主任"]
        with open_session(own.scope) as session:
            [noted] = session.scalars(
                text("SELECT after FROM core.audit_entry WHERE subject_id = :n"), {"n": str(row.id)}
            )
            assert noted["resident"] == str(own.residents[1])

    def test_it_is_the_residents_own(self, open_session, own, make_slots, clerk, resident) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            row = asking.book_for(session, clerk(), own.id, wanted(own, slot, 0))
            assert row.account_id == own.resident_account
            told = session.execute(
                text("SELECT kind FROM core.notification WHERE account_id = :account"),
                {"account": own.resident_account},
            ).scalars()
            assert "waste_sorting.booking_entered" in list(told)
            mine = resident(own)
            assert [each.id for each, _slot in repository.own_bookings(session, mine, own.id)] == [row.id]
            assert service.cancel_booking(session, mine, own.id, row.id).state == "cancelled"

    def test_an_account_made_later_sees_it_and_no_neighbour_does(
        self, open_session, own, make_slots, clerk, resident
    ) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            row = asking.book_for(session, clerk(), own.id, wanted(own, slot))
            assert service.own_booking(session, resident(own, 1), own.id, row.id).id == row.id
            for neighbour in (resident(own, 0), resident(own, 2), Actor(account_id=own.resident_account)):
                with pytest.raises(NotFound):
                    service.own_booking(session, neighbour, own.id, row.id)
                assert repository.own_bookings(session, neighbour, own.id) == []

    def test_the_same_again_is_the_same_booking(self, open_session, own, make_slots, clerk, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            row = asking.book_for(session, clerk(), own.id, wanted(own, slot))
            assert asking.book_for(session, clerk(), own.id, wanted(own, slot)).id == row.id
            make_booking(session, own, slot)
            with pytest.raises(Conflict):
                asking.book_for(session, clerk(), own.id, wanted(own, slot, 0))

    def test_on_the_terms_that_hold_for_everybody(self, open_session, world, own, make_slots, clerk) -> None:
        with open_session(world.here.scope) as session:
            settle_rule(session, "waste_sorting_bookings.most_open", 1)
        with open_session(own.scope) as session:
            first, second = make_slots(session, own, weeks=2, capacity=1)
            asking.book_for(session, clerk(), own.id, wanted(own, first))
            with pytest.raises(Invalid) as error:
                asking.book_for(session, clerk(), own.id, wanted(own, second))
            assert fields(error) == ["dwelling_id"]
            with pytest.raises(Invalid) as error:
                asking.book_for(session, clerk(), own.id, wanted(own, first, 2))
            assert fields(error) == ["slot_id"]

    def test_only_for_who_is_at_home_there(self, open_session, own, make_slots, clerk) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            for other in ({"dwelling_id": own.dwellings[2]}, {"resident_id": own.residents[2]}):
                with pytest.raises(Invalid) as error:
                    asking.book_for(session, clerk(), own.id, wanted(own, slot, **other))
                assert fields(error) == ["dwelling_id"]

    def test_not_beyond_ones_reach(self, open_session, world, own, make_slots, clerk) -> None:
        elsewhere = world.here.communities[1].compound
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            with pytest.raises(Invalid):
                asking.book_for(session, clerk(compound_id=elsewhere), own.id, wanted(own, slot))
            for role in ("property_staff", "resident"):
                with pytest.raises(Forbidden):
                    asking.book_for(session, clerk(role), own.id, wanted(own, slot))

    def test_what_staff_booked_is_theirs_to_read_and_kept(self, open_session, own, make_slots, clerk) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            row = asking.book_for(session, clerk(), own.id, wanted(own, slot))
            acts = personal.BOOKING_PERSONAL_DATA[2]
            person = Person(resident_ids=(), account_id=own.administrator)
            assert "王主任" in {each["name"] for each in acts.export(session, person)}
            assert acts.erase(session, person).kept >= 2
            theirs = Person(resident_ids=(own.residents[1],), account_id=None)
            personal.BOOKING_PERSONAL_DATA[0].erase(session, theirs)
            session.refresh(row)
            assert (row.resident_id, row.state, row.booked_by_name) == (None, "cancelled", "王主任")


@pytest.mark.actor("community_administrator")
def test_a_clerk_finds_the_person_and_books(browser, own, module_house, make_slots) -> None:
    with module_house.database.unit_of_work(own.scope) as session:
        [slot] = make_slots(session, own, day=today() + timedelta(days=5))
        slot_id = slot.id
    root = f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/bookings"
    assert "替居民预约" in browser.get(root).text
    assert "没有找到这位居民" in browser.get(f"{root}/for_residents?q=没有这个人").text
    found = html.unescape(browser.get(f"{root}/for_residents?q=1号楼 1单元 201").text)
    person = re.findall(rf'href="({re.escape(root)}/for_residents/[0-9a-f-]+/{own.dwellings[1]})"', found)[0]
    assert str(slot_id) in browser.get(person).text
    entry = f"{person}/{slot_id}"
    assert browser.get(entry).status_code == 200
    faulty = browser.post(entry, {"thing1": " ", "pieces1": "1"})
    assert faulty.status_code == 422
    assert "请写明要回收什么" in faulty.text
    sent = browser.post(entry, {"thing1": "旧床", "pieces1": "1", "note": "五楼"})
    assert sent.status_code == 303
    page = html.unescape(browser.get(sent.headers["location"]).text)
    assert "替 " in page
    assert "旧床 ×1" in page
    assert "代办" in browser.get(f"{root}?state=all").text
    gone = browser.get(f"{root}/for_residents/{own.residents[2]}/{own.dwellings[1]}")
    assert gone.status_code == 404


@pytest.mark.actor("community_administrator")
def test_the_api_books_for_somebody(api, own, module_house, make_slots) -> None:
    with module_house.database.unit_of_work(own.scope) as session:
        [slot] = make_slots(session, own, day=today() + timedelta(days=6))
        slot_id = slot.id
    root = f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting/bookings"
    body = {
        "slot_id": str(slot_id),
        "dwelling_id": str(own.dwellings[0]),
        "resident_id": str(own.residents[0]),
        "things": [{"name": "旧床"}],
    }
    made = api.post(f"{root}/for_residents", body)
    assert made.status_code == 201
    row = made.json()
    assert row["is_by_staff"] is True
    assert row["changes"][0]["by"]
    wrong = api.post(f"{root}/for_residents", body | {"resident_id": str(own.residents[1])})
    assert [each["field"] for each in wrong.json()["errors"]] == ["dwelling_id"]
    api.token_for(own.resident_account, own.tenant_id)
    mine = api.get(f"{root}/mine/{row['id']}").json()
    assert (mine["is_by_staff"], {each["by"] for each in mine["changes"]}) == (True, {""})
    assert api.post(f"{root}/for_residents", body).status_code == 403
