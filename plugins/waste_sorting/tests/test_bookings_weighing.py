"""Recyclables by weight: what people expect, what the carrier took, and what it paid as information."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, today
from linli.testing.clock import frozen
from linli_waste_sorting.bookings import asking, repository, service, slots, weighing
from linli_waste_sorting.bookings.repository import BookingFilter
from linli_waste_sorting.bookings.schemas import BookingWrite, CollectBody, Thing, Weighed
from linli_waste_sorting.bookings.words import paid_text, taken_text, what_text
from linli_waste_sorting.weights.carriers import close_carrier

PAPER = Weighed(kind="paper", kg=Decimal(10))
PLASTIC = Weighed(kind="plastic", kg=Decimal("2.5"))


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


@pytest.fixture
def ask(own, make_slots, resident):
    """Books recyclables in a slot of its own."""

    def make(session, *recyclables: Weighed, category: str = "recyclable", things=(), **fields):
        [slot] = make_slots(session, own, category=category, **fields)
        wanted = BookingWrite(
            slot_id=slot.id, dwelling_id=own.dwellings[0], things=list(things), recyclables=list(recyclables)
        )
        return asking.book(session, resident(own), own.id, wanted)

    return make


@pytest.fixture
def fetched(ask, own):
    """A confirmed booking whose day has come."""

    def make(session, *recyclables: Weighed, **fields):
        row = ask(session, *(recyclables or (PAPER,)), **fields)
        service.confirm_booking(session, SYSTEM, own.id, row.id)
        return row

    return make


@pytest.fixture
def on_the_day():
    moment = datetime.combine(today() + timedelta(days=7), time(4), UTC)
    return lambda: frozen(moment)


class TestExpecting:
    def test_kinds_and_weights_are_kept(self, open_session, own, ask) -> None:
        with open_session(own.scope) as session:
            row = ask(session, PLASTIC, PAPER, things=[Thing(name="旧电扇")])
            assert what_text(row) == "旧电扇 ×1、废纸约 10 公斤、废塑料约 2.5 公斤"
            line = repository.plain_of(row, slots.get_slot(session, own.id, row.slot_id), "")
            assert [(each.kind, each.expected_kg, each.taken_kg) for each in line["recyclables"]] == [
                ("paper", Decimal(10), None),
                ("plastic", Decimal("2.5"), None),
            ]

    @pytest.mark.parametrize("kg", ["0", "-1", "2000.1", "1.25", "NaN"])
    def test_a_weight_is_a_weight(self, open_session, own, ask, kg) -> None:
        with open_session(own.scope) as session:
            with pytest.raises(Invalid) as error:
                ask(session, Weighed(kind="paper", kg=Decimal(kg)))
            assert fields(error) == ["recyclables"]

    @pytest.mark.parametrize("kg", ["0.1", "2000"])
    def test_up_to_the_limits(self, open_session, own, ask, kg) -> None:
        with open_session(own.scope) as session:
            assert ask(session, Weighed(kind="paper", kg=Decimal(kg))).weights[0].expected_kg == Decimal(kg)

    def test_each_kind_once_and_only_where_recyclables_are_fetched(self, open_session, own, ask) -> None:
        with open_session(own.scope) as session:
            wrong = (((PAPER, PAPER), "recyclable"), ((PAPER,), "bulky"), ((), "recyclable"))
            for n, (given, category) in enumerate(wrong):
                with pytest.raises(Invalid) as error:
                    ask(session, *given, category=category, opens=time(8, n))
                assert fields(error) == ["recyclables"]


class TestTaking:
    def test_what_was_taken_finishes_the_booking(self, open_session, own, fetched, on_the_day) -> None:
        with open_session(own.scope) as session:
            row = fetched(session, PAPER, PLASTIC)
            body = CollectBody(taken=[Weighed(kind="paper", kg=Decimal("8.5"))], paid_fen=680)
            with on_the_day():
                weighing.collect_booking(session, SYSTEM, own.id, row.id, body)
            assert (row.state, row.paid_fen) == ("done", 680)
            assert (taken_text(row), paid_text(row)) == ("废纸 8.5 公斤", "6.80 元")
            [told] = session.scalars(
                text("SELECT count(*) FROM core.notification WHERE account_id = :a AND context::text LIKE '%已完成%'"),
                {"a": own.resident_account},
            )
            assert told == 1
            facts, _next = repository.page_of_facts(session, own.id, BookingFilter(state="done"))
            assert [each.taken_kg for each in facts if each.id == row.id] == [Decimal("8.5")]

    def test_a_slip_is_corrected_and_the_record_keeps_both(self, open_session, own, fetched, on_the_day) -> None:
        with open_session(own.scope) as session:
            row = fetched(session)
        with open_session(own.scope) as session, on_the_day():
            for kg, kind in (("85", "paper"), ("8.5", "metal"), ("8.5", "metal")):
                body = CollectBody(taken=[Weighed(kind=kind, kg=Decimal(kg))])
                row = weighing.collect_booking(session, SYSTEM, own.id, row.id, body)
            assert [(each.kind, each.taken_kg) for each in row.weights if each.taken_kg] == [("metal", Decimal("8.5"))]
        with open_session(own.scope) as session:
            notes = session.execute(
                text(
                    "SELECT before, after FROM core.audit_entry WHERE subject_id = :id"
                    " AND action = 'waste_sorting.booking.weigh' ORDER BY n"
                ),
                {"id": str(row.id)},
            ).all()
            assert [each.after["taken"] for each in notes] == [{"paper": "85"}, {"metal": "8.5"}]
            assert notes[1].before["taken"] == {"paper": "85"}

    def test_not_before_its_day_nor_unconfirmed_nor_other_waste(
        self, open_session, own, ask, fetched, make_slots, make_booking, on_the_day
    ) -> None:
        body = CollectBody(taken=[PAPER])
        with open_session(own.scope) as session:
            row = fetched(session)
            with pytest.raises(Conflict):
                weighing.collect_booking(session, SYSTEM, own.id, row.id, body)
            waiting = ask(session, PAPER, opens=time(14), closes=time(15))
            [bulky] = make_slots(session, own)
            other = make_booking(session, own, bulky, household=1)
            service.confirm_booking(session, SYSTEM, own.id, other.id)
            with on_the_day():
                for each in (waiting, other):
                    with pytest.raises(Conflict):
                        weighing.collect_booking(session, SYSTEM, own.id, each.id, body)
                with pytest.raises(Conflict, match="取走的种类和重量"):
                    service.finish_booking(session, SYSTEM, own.id, row.id)

    def test_not_by_everybody(self, open_session, own, fetched, resident, on_the_day) -> None:
        with open_session(own.scope) as session:
            row = fetched(session)
            with on_the_day(), pytest.raises(Forbidden):
                weighing.collect_booking(session, resident(own), own.id, row.id, CollectBody(taken=[PAPER]))


class TestTheSlot:
    def test_tells_who_comes_and_what_they_pay(self, open_session, own, make_slots, make_carrier) -> None:
        with open_session(own.scope) as session:
            carrier = make_carrier(session, own)
            [slot] = make_slots(
                session, own, category="recyclable", carrier_id=carrier.id, pay_note=" 废纸每公斤 0.8 元 "
            )
            assert (slot.carrier_id, slot.pay_note) == (carrier.id, "废纸每公斤 0.8 元")
            close_carrier(session, SYSTEM, own.id, carrier.id)
            with pytest.raises(Invalid) as error:
                make_slots(session, own, category="bulky", carrier_id=carrier.id, pay_note="每件 1 元")
            assert sorted(fields(error)) == ["carrier_id", "pay_note"]


@pytest.mark.requirement("ENV-001")
@pytest.mark.actor("community_administrator")
def test_recyclables_from_the_offer_to_the_scales(browser, own, module_house, make_slots) -> None:
    with module_house.database.unit_of_work(own.scope) as session:
        given = {"category": "recyclable", "day": today(), "opens": time(0), "closes": time(23, 59), "hours_before": 0}
        with frozen(datetime.combine(today() - timedelta(days=1), time(4), UTC)):
            [slot] = make_slots(session, own, pay_note="废纸每公斤 0.8 元", **given)
            from_yesterday = BookingWrite(slot_id=slot.id, dwelling_id=own.dwellings[1], recyclables=[PAPER])
            row = asking.book(session, _second(own), own.id, from_yesterday)
        service.confirm_booking(session, SYSTEM, own.id, row.id)
        [later] = make_slots(session, own, **given | {"day": today() + timedelta(days=3)})
        booking, offer = row.id, later.id
    root = f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/bookings"
    page = html.unescape(browser.get(f"{root}/{booking}").text)
    assert "废纸约 10 公斤" in page
    assert f"{root}/{booking}/done" not in page
    faulty = browser.post(f"{root}/{booking}/collect", {"kg_paper": "十"})
    assert faulty.status_code == 422
    assert "重量不对" in faulty.text
    assert browser.post(f"{root}/{booking}/collect", {}).status_code == 422
    sent = browser.post(f"{root}/{booking}/collect", {"kg_paper": "9.5", "kg_metal": "1", "paid_yuan": "7.6"})
    assert sent.status_code == 303
    page = html.unescape(browser.get(f"{root}/{booking}").text)
    assert "废纸 9.5 公斤、废金属 1 公斤" in page
    assert "7.60 元" in page
    assert "改正取走的重量" in page
    browser.sign_in_as(own.resident_account)
    home = f"/s/{own.street_code}/c/{own.code}/waste_sorting/bookings"
    form = html.unescape(browser.get(f"{home}/slots/{offer}").text)
    assert len(re.findall(r'name="kg_[a-z]+"', form)) == 7
    typed = {"dwelling_id": str(own.dwellings[0]), "kg_glass": "3"}
    mine = browser.post(f"{home}/slots/{offer}", typed).headers["location"]
    assert "废玻璃约 3 公斤" in html.unescape(browser.get(mine).text)
    assert browser.get(f"{home}/{booking}").status_code == 404, "another household's"


@pytest.mark.actor("community_administrator")
def test_the_api_weighs_too(api, own, module_house, make_slots) -> None:
    with module_house.database.unit_of_work(own.scope) as session:
        given = {"category": "recyclable", "day": today(), "opens": time(0), "closes": time(23, 58), "hours_before": 0}
        with frozen(datetime.combine(today() - timedelta(days=1), time(4), UTC)):
            [slot] = make_slots(session, own, compound_id=None, **given)
            wanted = BookingWrite(slot_id=slot.id, dwelling_id=own.dwellings[2], recyclables=[PAPER])
            row = asking.book(session, _second(own, 2), own.id, wanted)
        service.confirm_booking(session, SYSTEM, own.id, row.id)
        booking = row.id
    one = f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting/bookings/{booking}"
    assert api.get(one).json()["recyclables"] == [{"kind": "paper", "expected_kg": "10.0", "taken_kg": None}]
    assert api.post(f"{one}/done").status_code == 409
    assert api.post(f"{one}/collect", {"taken": []}).status_code == 422
    done = api.post(f"{one}/collect", {"taken": [{"kind": "paper", "kg": "9.5"}], "paid_fen": 760}).json()
    assert (done["state"], done["paid_fen"]) == ("done", 760)
    assert done["recyclables"] == [{"kind": "paper", "expected_kg": "10.0", "taken_kg": "9.5"}]


def _second(own, household: int = 1):
    from linli.sdk import Actor, Grant

    return Actor(
        account_id=own.residents[household],
        grants=(Grant("resident", community_id=own.id),),
        permissions={"resident": frozenset(["waste_sorting.booking.request"])},
        resident_ids=(own.residents[household],),
        household_ids=(own.households[household],),
    )
