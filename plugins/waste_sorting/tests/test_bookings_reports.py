"""Reports of full bins: filed, joined, handled, and what is kept of them and of bookings."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text

from linli.sdk import SYSTEM, Forbidden, Invalid, NotFound, Person, Photo, Span, list_files, now, today
from linli.testing.clock import frozen
from linli_waste_sorting.bookings import asking, personal, reports, service
from linli_waste_sorting.bookings.demo import fill_bookings
from linli_waste_sorting.bookings.models import Booking, BookingChange, FullReport, FullReportVoice, Slot
from linli_waste_sorting.bookings.obligations import BOOKING_OBLIGATIONS
from linli_waste_sorting.bookings.reports import ReportFilter
from linli_waste_sorting.bookings.schemas import BookingWrite, FullReportWrite, Thing
from linli_waste_sorting.bookings.slots import get_slot
from linli_waste_sorting.stations.schemas import Bins
from linli_waste_sorting.stations.service import close_station

BINS = [Bins(category="kitchen", pieces=1), Bins(category="other", pieces=1)]
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)
ANSWERS, BINS_DUTY = BOOKING_OBLIGATIONS


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


def told(session, account, kind) -> int:
    rows = "SELECT count(*) FROM core.notification WHERE account_id = :account AND kind = :kind"
    return session.scalar(text(rows), {"account": account, "kind": kind})


@pytest.fixture
def report(resident):
    """Reports a bin of a station as somebody of a household."""

    def file(session, community, station, category="kitchen", household=0, **given):
        wanted = FullReportWrite(station_id=station.id, category=category, **given)
        return reports.file_report(session, resident(community, household), community.id, wanted)

    return file


class TestFiling:
    def test_whoever_comes_later_joins_and_is_counted_once(self, open_session, own, make_station, report) -> None:
        with open_session(own.scope) as session:
            station = make_station(session, own, containers=BINS)
            first = report(session, own, station, words="堆满了")
            assert report(session, own, station, household=1).id == first.id
            assert report(session, own, station, household=1).voices == 2, "a second click counts nothing"
            assert report(session, own, station, "other").id != first.id
            assert [each.words for each in reports.voices_of(session, first)] == ["", "堆满了"]
            assert told(session, own.administrator, "waste_sorting.full_report_filed") == 2, "one for each bin"

    def test_only_a_station_at_home_with_such_a_bin(self, open_session, own, make_station, report) -> None:
        with open_session(own.scope) as session:
            station = make_station(session, own, containers=BINS)
            with pytest.raises(Invalid) as error:
                report(session, own, station, "garden")
            assert fields(error) == ["category"]
            close_station(session, SYSTEM, own.id, station.id)
            with pytest.raises(Invalid) as error:
                report(session, own, station)
            assert fields(error) == ["station_id"]
            session.execute(text("INSERT INTO core.compound (community_id, name) VALUES (:c, '另一个')"), {"c": own.id})
            other = session.scalar(text("SELECT id FROM core.compound WHERE name = '另一个'"))
            elsewhere = make_station(session, own, compound_id=other)
            with pytest.raises(Invalid) as error:
                report(session, own, elsewhere)
            assert fields(error) == ["station_id"]

    def test_two_at_once_are_one_report(self, house, own, make_station, report) -> None:
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            station = make_station(session, own)
        held, made = threading.Event(), []

        def second() -> None:
            held.wait(10)
            with house.database.unit_of_work(own.scope, SYSTEM) as session:
                made.append(report(session, own, station, household=1).voices)

        late = threading.Thread(target=second)
        late.start()
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            report(session, own, station)
            held.set()
            late.join(0.5)
            assert late.is_alive()
        late.join(10)
        assert made == [2]
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            assert [each.voices for each in session.scalars(select(FullReport))] == [2]

    @pytest.mark.actor("community_administrator")
    def test_staff_file_none(self, open_session, own, actor, make_station) -> None:
        with open_session(own.scope) as session:
            station = make_station(session, own)
            with pytest.raises(Forbidden):
                reports.file_report(session, actor, own.id, FullReportWrite(station_id=station.id, category="other"))


class TestHandling:
    @pytest.mark.actor("community_administrator")
    def test_everybody_who_reported_it_reads_what_was_done(
        self, open_session, own, actor, make_station, report
    ) -> None:
        with open_session(own.scope) as session:
            station = make_station(session, own)
            row = report(session, own, station)
            with pytest.raises(Invalid) as error:
                reports.handle_report(session, actor, own.id, row.id, " ")
            assert fields(error) == ["answer"]
            reports.handle_report(session, actor, own.id, row.id, "已清运")
            again = reports.handle_report(session, actor, own.id, row.id, "别的")
            assert (again.answer, again.handled_by_name) == ("已清运", actor.display_name)
            assert told(session, own.resident_account, "waste_sorting.full_report_handled") == 1
            assert report(session, own, station).id != row.id, "full again is a new report"
            open_ones, _end = reports.page_of_reports(session, actor, own.id, ReportFilter())
            assert row.id not in {each.id for each in open_ones}
            handled, _end = reports.page_of_reports(session, actor, own.id, ReportFilter(state="handled"))
            assert [each.id for each in handled] == [row.id]

    def test_neighbours_see_none(self, open_session, world, own, make_station, report, resident) -> None:
        with open_session(own.scope) as session:
            row = report(session, own, make_station(session, own))
            assert reports.own_reports(session, resident(own), own.id) == [row]
            assert reports.own_reports(session, resident(own, 1), own.id) == []
        for other in (world.here.communities[1], world.there.communities[0]):
            with open_session(other.scope) as session:
                assert reports.page_of_reports(session, SYSTEM, own.id, ReportFilter(state=""))[0] == []
                with pytest.raises(NotFound):
                    reports.handle_report(session, SYSTEM, other.id, row.id, "已清运")


class TestDuties:
    def test_a_day_is_done_when_the_last_booking_of_it_is_answered(
        self, open_session, own, make_slots, make_booking
    ) -> None:
        span = Span(today() - timedelta(days=3), today() + timedelta(days=3))
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            one = make_booking(session, own, slot)
            two = make_booking(session, own, slot, household=1)
            assert ANSWERS.occasions is not None
            [asked] = ANSWERS.occasions(session, [own.compound], span)
            assert (asked.key, asked.day) == (today().isoformat(), today())
            service.confirm_booking(session, SYSTEM, own.id, one.id)
            assert list(ANSWERS.evidence(session, [own.compound], span)) == []
            service.reject_booking(session, SYSTEM, own.id, two.id, "不收")
            [done] = ANSWERS.evidence(session, [own.compound], span)
            assert (done.occasion, done.place) == (asked.key, own.compound)
            assert list(ANSWERS.evidence(session, [own.compound], Span(date(2020, 1, 1), date(2020, 2, 1)))) == []

    def test_a_day_is_one_of_shanghai(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            evening = datetime.combine(today() - timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=16)
            row = make_booking(session, own, slot)
            row.requested_at = evening
            session.flush()
            span = Span(today() - timedelta(days=3), today())
            assert ANSWERS.occasions is not None
            [asked] = ANSWERS.occasions(session, [own.compound], span)
            assert asked.day == today(), "sixteen o'clock in Greenwich is midnight in Shanghai"

    def test_full_bins_likewise(self, open_session, own, make_station, report) -> None:
        span = Span(today() - timedelta(days=3), today() + timedelta(days=3))
        with open_session(own.scope) as session:
            row = report(session, own, make_station(session, own))
            assert BINS_DUTY.occasions is not None
            assert [each.key for each in BINS_DUTY.occasions(session, [own.compound], span)] == [today().isoformat()]
            assert list(BINS_DUTY.evidence(session, [own.compound], span)) == []
            reports.handle_report(session, SYSTEM, own.id, row.id, "已清运")
            assert [each.occasion for each in BINS_DUTY.evidence(session, [own.compound], span)] == [
                today().isoformat()
            ]


class TestPersonalData:
    def test_erased_a_booking_is_a_nameless_number_and_its_place_is_free(
        self, open_session, own, make_slots, resident
    ) -> None:
        person = Person((own.residents[0],), own.resident_account)
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            wanted = BookingWrite(
                slot_id=slot.id, dwelling_id=own.dwellings[0], things=[Thing(name="沙发", pieces=2)], note="五楼"
            )
            row = asking.book(session, resident(own), own.id, wanted, [Photo(PNG, "沙发.png", "")])
            bookings = personal.BOOKING_PERSONAL_DATA[0]
            [given] = bookings.export(session, person)
            assert (given["things"], given["note"]) == ("沙发 ×2", "五楼")
            assert bookings.erase(session, person).removed == 1
            assert bookings.erase(session, person).removed == 0
            session.expire_all()
            row = session.get_one(Booking, (own.tenant_id, row.id))
            assert (row.account_id, row.resident_id, row.dwelling_id, row.building_id) == (None,) * 4
            assert (row.state, row.note) == ("cancelled", "")
            assert [(each.name, each.pieces) for each in row.things] == [("—", 2)]
            assert list_files(session, "waste_sorting", ("booking", row.id)) == []
            assert get_slot(session, own.id, slot.id).taken == 0

    def test_erased_a_report_still_counts_and_names_nobody(self, open_session, own, make_station, report) -> None:
        person = Person((own.residents[0],), own.resident_account)
        with open_session(own.scope) as session:
            row = report(session, own, make_station(session, own), words="三楼老王家门口")
            voices = personal.BOOKING_PERSONAL_DATA[1]
            assert [each["words"] for each in voices.export(session, person)] == ["三楼老王家门口"]
            assert voices.erase(session, person).removed == 1
            [voice] = session.scalars(select(FullReportVoice))
            assert (voice.account_id, voice.words) == (None, "")
            assert reports.get_report(session, own.id, row.id).voices == 1
            reports.handle_report(session, SYSTEM, own.id, row.id, "已清运")

    def test_what_is_over_goes_and_what_is_open_or_held_stays(
        self, open_session, own, make_slots, make_booking
    ) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            gone, held, waiting = (make_booking(session, own, slot, household=n) for n in range(3))
            for row in (gone, held):
                service.reject_booking(session, SYSTEM, own.id, row.id, "不收")
            purge = personal.BOOKING_DATA_CLASSES[0].purge
            later, hold = now() + timedelta(days=1), frozenset([own.residents[1]])
            assert list(purge(session, now() - timedelta(days=1), 10, hold)) == []
            assert list(purge(session, later, 10, hold)) == [gone.id]
            left = {each.id for each in session.scalars(select(Booking))}
            assert left == {held.id, waiting.id}
            assert gone.id not in {each.booking_id for each in session.scalars(select(BookingChange))}
            assert list(purge(session, later, 10, frozenset([own.id]))) == []

    def test_handled_reports_go_open_ones_stay(self, open_session, own, make_station, report) -> None:
        with open_session(own.scope) as session:
            station = make_station(session, own)
            row, waiting = report(session, own, station), report(session, own, station, "other")
            reports.handle_report(session, SYSTEM, own.id, row.id, "已清运")
            purge = personal.BOOKING_DATA_CLASSES[1].purge
            later = now() + timedelta(days=1)
            assert list(purge(session, later, 10, frozenset([own.resident_account]))) == []
            assert list(purge(session, later, 10, frozenset())) == [row.id]
            assert [each.id for each in session.scalars(select(FullReport))] == [waiting.id]


def test_the_demo_is_the_same_each_time_and_keeps_its_own_rules(open_session, own, world) -> None:
    seen = []
    for community in (own, world.here.communities[1]):
        with open_session(community.scope) as session, frozen(datetime(2026, 11, 27, 4, tzinfo=UTC)):
            fill_bookings(session, SYSTEM, community.id)
            fill_bookings(session, SYSTEM, community.id)
            slots = session.scalars(select(Slot).order_by(Slot.day, Slot.opens)).all()
            rows = session.execute(
                select(Booking.state, Slot.day).join(Slot, Slot.id == Booking.slot_id).order_by(Booking.id)
            ).all()
            seen.append([(row.state, row.day) for row in rows])
            assert {slot.day.weekday() for slot in slots} == {2, 5, 6}
            assert all(row.day >= today() for row in rows if row.state == "confirmed")
            assert all(row.day < today() for row in rows if row.state in ("done", "missed"))
            taken = sum(row.state not in ("rejected", "cancelled") for row in rows)
            assert sum(slot.taken for slot in slots) == taken
            weighed = session.execute(
                select(Booking, Slot.category).join(Slot, Slot.id == Booking.slot_id).where(Booking.weights.any())
            ).all()
            assert {row.category for row in weighed} == {"recyclable"}
            for row, _category in weighed:
                is_done = row.state == "done"
                assert all((each.taken_kg is not None) == is_done for each in row.weights)
                assert (row.paid_fen is not None) == is_done
    assert seen[0] == seen[1]
    assert {"done", "cancelled", "requested"} <= {state for state, _day in seen[0]}
