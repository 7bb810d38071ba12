"""Noting what was taken away, striking it out, and putting it right."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, NotFound, today
from linli_waste_sorting.weights import carriers, service
from linli_waste_sorting.weights.models import Collection
from linli_waste_sorting.weights.repository import Wanted, last_carrier, page_of_collections
from linli_waste_sorting.weights.schemas import CollectionCorrect, CollectionCreate, CollectionLine, CollectionVoid


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


def correct(row: Collection, **changed: Any) -> CollectionCorrect:
    given = {"compound_id": row.compound_id, "category": row.category, "carrier_id": row.carrier_id, "day": row.day}
    return CollectionCorrect(**{**given, "destination": row.destination, "reason": "磅单看错", **changed})


class TestNoting:
    def test_all_is_kept_and_who_noted_it(self, open_session, own, note, make_station) -> None:
        with open_session(own.scope) as session:
            station = make_station(session, own)
            given = {"kg": Decimal("86.5"), "pieces": 2, "clock": "06:30", "note": " 湿 ", "station_id": station.id}
            row = note(session, own, category="other", **given)
            session.expire_all()
            shown = service.collection_out(service.get_collection(session, SYSTEM, own.id, row.id))
            assert (shown.kg, shown.pieces, shown.clock, shown.note) == (Decimal("86.5"), 2, "06:30", "湿")
            assert (shown.station_id, shown.destination, shown.doubts) == (station.id, "处理厂", [])
            assert row.clock == time(6, 30)

    @pytest.mark.parametrize(
        ("kg", "allowed"),
        [
            *(("0", False), ("0.1", True), ("99999.9", True), ("100000", False), ("1.25", False)),
            *(("-1", False), ("NaN", False), ("Infinity", False), ("1E+400", False), ("1E+1", True)),
        ],
    )
    def test_kilograms_have_one_decimal_and_limits(self, open_session, own, note, kg, allowed) -> None:
        with open_session(own.scope) as session:
            if allowed:
                row = note(session, own, kg, confirmed=True)
                session.expire_all()
                assert row.kg == Decimal(kg)
                return
            with pytest.raises(Invalid) as error:
                note(session, own, kg, confirmed=True)
            assert fields(error) == ["kg"]

    def test_containers_alone_are_enough_and_nothing_is_not(self, open_session, own, note) -> None:
        with open_session(own.scope) as session:
            assert note(session, own, None, pieces=3).kg is None
            with pytest.raises(Invalid) as error:
                note(session, own, None)
            assert fields(error) == ["kg"]

    def test_the_destination_is_that_of_the_contract_of_the_day(
        self, open_session, own, note, make_carrier, make_contract, days_ago
    ) -> None:
        with open_session(own.scope) as session:
            carrier = make_carrier(session, own)
            make_contract(session, own, carrier, destination="旧厂", starts_on=days_ago(60), ends_on=days_ago(31))
            make_contract(session, own, carrier, destination="新厂", starts_on=days_ago(30), number="2号")
            for ago, where in ((31, "旧厂"), (30, "新厂"), (0, "新厂")):
                assert note(session, own, destination="", day=days_ago(ago), confirmed=True).destination == where
            assert note(session, own, destination=" 临时 ", confirmed=True).destination == "临时"
            for lacking in ({"day": days_ago(61)}, {"category": "garden"}):
                with pytest.raises(Invalid) as error:
                    note(session, own, destination="", **lacking)
                assert fields(error) == ["destination"]

    def test_places_and_carriers_are_those_of_the_community(
        self, open_session, world, own, note, make_station, make_carrier
    ) -> None:
        other = world.here.communities[1]
        with open_session(other.scope) as session:
            strange_station, strange_carrier = make_station(session, other), make_carrier(session, other)
        with open_session(own.scope) as session:
            gone = make_carrier(session, own, name="不来了")
            make_carrier(session, own)
            carriers.close_carrier(session, SYSTEM, own.id, gone.id)
            for field, value in (
                ("compound_id", other.compound),
                ("station_id", strange_station.id),
                ("carrier_id", strange_carrier.id),
                ("carrier_id", gone.id),
                ("day", date(1999, 12, 31)),
            ):
                with pytest.raises(Invalid) as error:
                    note(session, own, **{field: value})
                assert fields(error) == [field]
            assert page_of_collections(session, own.id, Wanted())[0] == []

    @pytest.mark.actor("auditor")
    def test_who_may_only_read_writes_nothing(self, open_session, own, note, actor) -> None:
        with open_session(own.scope) as session:
            row = note(session, own)
            for act in (
                lambda: note(session, own, actor=actor),
                lambda: service.void_collection(session, actor, own.id, row.id, CollectionVoid(reason="x")),
                lambda: service.correct_collection(session, actor, own.id, row.id, correct(row, kg=Decimal(1))),
            ):
                with pytest.raises(Forbidden):
                    act()
            assert page_of_collections(session, own.id, Wanted())[0] == [row]

    def test_neighbours_see_none_of_it(self, open_session, world, own, note) -> None:
        with open_session(own.scope) as session:
            row = note(session, own)
        for stranger in (world.here.communities[1], world.there.communities[0]):
            with open_session(stranger.scope) as session:
                assert page_of_collections(session, None, Wanted())[0] == []
                with pytest.raises(NotFound):
                    service.get_collection(session, SYSTEM, stranger.id, row.id)
                with pytest.raises(NotFound):
                    service.void_collection(session, SYSTEM, stranger.id, row.id, CollectionVoid(reason="x"))

    def test_the_last_carrier_is_chosen_beforehand(self, open_session, own, note, make_carrier, days_ago) -> None:
        with open_session(own.scope) as session:
            first, second = make_carrier(session, own), make_carrier(session, own, name="另一家")
            assert last_carrier(session, own.id, None, since=days_ago(90)) is None
            note(session, own, carrier_id=second.id)
            note(session, own, carrier_id=first.id, confirmed=True)
            assert last_carrier(session, own.id, None, since=days_ago(90)) == first.id
            carriers.close_carrier(session, SYSTEM, own.id, first.id)
            assert last_carrier(session, own.id, None, since=days_ago(90)) == second.id


class TestBatch:
    def line(self, own, row, **changed) -> CollectionLine:
        given = {"compound_id": own.compound, "category": "other", "carrier_id": row.carrier_id, "day": today()}
        return CollectionLine(**{**given, "destination": "厂", "kg": Decimal(5), **changed})

    def test_all_of_them_or_none_and_each_fault_at_its_line(self, open_session, own, note) -> None:
        with open_session(own.scope) as session:
            row = note(session, own)
            lines = [self.line(own, row), self.line(own, row, category="garden", kg=Decimal("0.05"))]
            with pytest.raises(Invalid) as error:
                service.create_batch(session, SYSTEM, own.id, lines, confirmed=False)
            assert fields(error) == ["lines.1.kg"]
            assert page_of_collections(session, own.id, Wanted())[0] == [row]
            lines[1] = self.line(own, row, category="garden")
            assert len(service.create_batch(session, SYSTEM, own.id, lines, confirmed=False)) == 2

    def test_two_alike_in_one_batch_are_questioned(self, open_session, own, note) -> None:
        with open_session(own.scope) as session:
            row = note(session, own)
            lines = [self.line(own, row)] * 2
            with pytest.raises(Invalid) as error:
                service.create_batch(session, SYSTEM, own.id, lines, confirmed=False)
            assert fields(error) == ["lines.1.category", "confirmed"]
            made = service.create_batch(session, SYSTEM, own.id, lines, confirmed=True)
            assert [each.doubts for each in made] == [[], ["duplicate"]]


class TestPuttingRight:
    def test_struck_out_it_stays_to_be_seen_and_cannot_be_struck_out_again(self, open_session, own, note) -> None:
        with open_session(own.scope) as session:
            row = note(session, own)
            with pytest.raises(Invalid) as error:
                service.void_collection(session, SYSTEM, own.id, row.id, CollectionVoid(reason=" "))
            assert fields(error) == ["reason"]
            service.void_collection(session, SYSTEM, own.id, row.id, CollectionVoid(reason="登记了两次"))
            assert (row.void_reason, row.voided_at is not None) == ("登记了两次", True)
            assert page_of_collections(session, own.id, Wanted(state="void"))[0] == [row]
            assert page_of_collections(session, own.id, Wanted(state="valid"))[0] == []
            with pytest.raises(Conflict):
                service.void_collection(session, SYSTEM, own.id, row.id, CollectionVoid(reason="再来"))

    def test_what_is_right_takes_its_place(self, open_session, own, note) -> None:
        with open_session(own.scope) as session:
            row = note(session, own)
            made = service.correct_collection(session, SYSTEM, own.id, row.id, correct(row, kg=Decimal("11.5")))
            assert (made.replaces_id, made.kg, made.doubts) == (row.id, Decimal("11.5"), []), "no duplicate of itself"
            assert row.void_reason == "磅单看错"
            assert row.kg == 10, "what was written first is not touched"
        with open_session(own.scope) as session:
            found = text("SELECT action FROM core.audit_entry WHERE action LIKE 'waste_sorting.collection%' ORDER BY n")
            acts = [each.rpartition(".")[2] for each in session.scalars(found)]
            assert acts == ["create", "void", "create"]

    def test_a_question_leaves_the_old_record_as_it_was(self, open_session, own, note, days_ago) -> None:
        with open_session(own.scope) as session:
            note(session, own, day=days_ago(1))
            row = note(session, own)
            with pytest.raises(Invalid) as error:
                service.correct_collection(session, SYSTEM, own.id, row.id, correct(row, kg=Decimal(31)))
            assert fields(error) == ["kg", "confirmed"]
            session.expire_all()
            assert row.voided_at is None
            wanted = correct(row, kg=Decimal(31), confirmed=True)
            assert service.correct_collection(session, SYSTEM, own.id, row.id, wanted).doubts == ["heavy"]

    def test_its_carrier_may_be_out_of_use_by_now(self, open_session, own, note) -> None:
        with open_session(own.scope) as session:
            row = note(session, own)
            carriers.close_carrier(session, SYSTEM, own.id, row.carrier_id)
            made = service.correct_collection(session, SYSTEM, own.id, row.id, correct(row, kg=Decimal(9)))
            assert made.carrier_id == row.carrier_id


class TestLists:
    def test_the_newest_day_first_page_by_page_and_by_every_filter(
        self, open_session, own, note, make_carrier, days_ago
    ) -> None:
        with open_session(own.scope) as session:
            late = note(session, own, day=days_ago(3))
            early = note(session, own, day=days_ago(5))
            now = note(session, own)
            first, after = page_of_collections(session, own.id, Wanted(), limit=2)
            second, end = page_of_collections(session, own.id, Wanted(), after=after, limit=2)
            assert ([*first, *second], end) == ([now, late, early], None)
            other = make_carrier(session, own, name="另一家")
            bulky = note(session, own, category="bulky", carrier_id=other.id)
            for wanted in (Wanted(category="bulky"), Wanted(carrier_id=other.id)):
                assert page_of_collections(session, own.id, wanted)[0] == [bulky]
            span = Wanted(first=days_ago(5), last=days_ago(3), compound_id=own.compound)
            assert page_of_collections(session, own.id, span)[0] == [late, early]

    def test_a_long_list_is_one_query(self, open_session, own, note, days_ago, assert_queries) -> None:
        with open_session(own.scope) as session:
            for n in range(12):
                note(session, own, day=days_ago(n))
            session.expire_all()
            with assert_queries(session, 1):
                assert len(page_of_collections(session, own.id, Wanted())[0]) == 12


def test_a_record_given_by_the_api_is_the_same_struct_as_a_line() -> None:
    assert set(CollectionLine.__struct_fields__) < set(CollectionCreate.__struct_fields__)
