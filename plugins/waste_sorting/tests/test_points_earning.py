"""Earning: by the plugin's own events, once each, within the caps of the day, and back when a record falls."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update

from linli.sdk import SHANGHAI, SYSTEM, new_id, now, today
from linli.testing.choices import settle_rule
from linli.testing.jobs import run_waiting
from linli_waste_sorting.bookings import service as bookings
from linli_waste_sorting.bookings.events import PickupFetched
from linli_waste_sorting.bookings.models import Slot
from linli_waste_sorting.inspections import service as inspections
from linli_waste_sorting.inspections.events import BagFoundCorrect, FindingStruck
from linli_waste_sorting.inspections.models import Finding, Round
from linli_waste_sorting.points import earning, listening
from linli_waste_sorting.points.earning import Ground
from linli_waste_sorting.points.models import Claim, Entry, Purse
from linli_waste_sorting.watch.events import WatchCounted

TOPIC = "waste_sorting_points"


@pytest.fixture(autouse=True)
def _rules(open_session, house, world, request) -> None:
    """Bags earn all day, so that the tests may run at night; but where the hours are what is tried."""
    if "at" in request.fixturenames:
        return
    for open_one in (open_session, house.database.unit_of_work):
        with open_one(world.here.scope) as session:
            settle_rule(session, f"{TOPIC}.windows", "0:00-24:00")


def claims(session) -> list[tuple[str, int, int, str]]:
    rows = session.scalars(select(Claim).where(Claim.source != "reversal").order_by(Claim.id))
    return [(each.source, each.asked, each.given, each.why) for each in rows]


def balance(session, own, n: int = 0) -> int:
    return session.scalar(select(Purse.balance).where(Purse.dwelling_id == own.dwellings[n])) or 0


class TestCaps:
    def ask(self, session, purse, points: int, source: str = "award", day=None) -> Claim:
        ground = Ground(source=source, source_id=uuid4(), day=day or today(), at=now())
        return earning.earn(session, purse, ground, points)

    @pytest.mark.parametrize(
        ("had", "asked", "given", "why"),
        [(2, 1, 1, ""), (2, 2, 2, ""), (2, 3, 2, "rule_cap"), (3, 2, 1, "rule_cap"), (4, 2, 0, "rule_cap")],
    )
    def test_of_a_rule_below_at_and_above(self, open_session, own, purse, had, asked, given, why) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            self.ask(session, mine, had)
            claim = self.ask(session, mine, asked, "bag")
            assert (claim.asked, claim.given, claim.why) == (asked, given, why)
            assert purse(session, own).balance == had + given

    @pytest.mark.parametrize(
        ("watch", "given", "why"), [(0, 4, ""), (1, 4, ""), (2, 3, "household_cap"), (4, 1, "household_cap")]
    )
    def test_of_a_household_over_all_rules(self, open_session, own, purse, watch, given, why) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            if watch:
                self.ask(session, mine, watch, "watch")
            claim = self.ask(session, mine, 4)
            assert (claim.given, claim.why) == (given, why)

    def test_another_day_and_another_household_begin_anew(self, open_session, own, purse) -> None:
        with open_session(own.scope) as session:
            self.ask(session, purse(session, own), 4)
            assert self.ask(session, purse(session, own), 4).given == 0
            assert self.ask(session, purse(session, own), 4, day=today() - timedelta(days=1)).given == 4
            assert self.ask(session, purse(session, own, 1), 4).given == 4

    def test_what_was_taken_back_and_what_was_granted_count_in_none(self, open_session, own, purse, gain) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 100)
            mine = purse(session, own)
            first = earning.entry_of(session, self.ask(session, mine, 4))
            assert first is not None
            earning.take_back(session, mine, first, "错发")
            assert self.ask(session, mine, 4).given == 4

    def test_a_compound_may_say_otherwise(self, open_session, world, own, purse) -> None:
        with open_session(world.here.scope) as session:
            settle_rule(session, f"{TOPIC}.household_cap", 3, compound_id=own.compound)
        with open_session(own.scope) as session:
            assert self.ask(session, purse(session, own), 4).why == "household_cap"

    def test_the_same_ground_again_gives_nothing_more(self, open_session, own, purse) -> None:
        with open_session(own.scope) as session:
            mine, ground = purse(session, own), Ground(source="bag", source_id=uuid4(), day=today(), at=now())
            first = earning.earn(session, mine, ground, 2)
            assert earning.earn(session, mine, ground, 2).id == first.id
            assert purse(session, own).balance == 2


class TestBags:
    def event(self, finding: Finding) -> BagFoundCorrect:
        place = {"community_id": finding.community_id, "compound_id": finding.compound_id}
        return BagFoundCorrect(finding_id=finding.id, day=finding.day, **place)

    def test_a_correct_bag_earns_once_however_often_it_is_told(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            _round, [finding] = walk(session, own, today(), ("correct", 0))
            for _each in range(3):
                listening.earn_for_bag(session, self.event(finding))
            assert claims(session) == [("bag", 2, 2, "")]
            assert balance(session, own) == 2

    @pytest.mark.parametrize("result", ["wrong", "contaminated"])
    def test_a_wrong_one_earns_nothing(self, open_session, own, walk, result) -> None:
        with open_session(own.scope) as session:
            _round, [finding] = walk(session, own, today(), (result, 0))
            listening.earn_for_bag(session, self.event(finding))
            assert claims(session) == []

    def test_nothing_for_nobodys_bag_a_struck_one_or_one_that_is_gone(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            _round, [nobodys, struck] = walk(session, own, today(), ("correct", None), ("correct", 0))
            inspections.strike_finding(session, SYSTEM, own.id, struck.id, "看错了")
            gone = BagFoundCorrect(finding_id=new_id(), community_id=own.id, compound_id=own.compound, day=today())
            for event in (self.event(nobodys), self.event(struck), gone):
                listening.earn_for_bag(session, event)
            assert claims(session) == []

    @pytest.mark.parametrize(
        ("at", "given", "why"),
        [
            ("06:59", 0, "window"),
            ("07:00", 2, ""),
            ("09:00", 2, ""),
            ("09:01", 0, "window"),
        ],
    )
    def test_in_the_hours_of_the_rule_alone(self, open_session, world, own, walk, at, given, why) -> None:
        with open_session(world.here.scope) as session:
            settle_rule(session, f"{TOPIC}.windows", "7:00-9:00")
        with open_session(own.scope) as session:
            _round, [finding] = walk(session, own, today(), ("correct", 0))
            moment = datetime.combine(today(), time.fromisoformat(at), SHANGHAI)
            session.execute(update(Finding).where(Finding.id == finding.id).values(noted_at=moment))
            session.refresh(finding)
            listening.earn_for_bag(session, self.event(finding))
            assert claims(session) == [("bag", 2, given, why)], "what is not given is on record"

    def test_nobody_earns_by_looking_at_their_own_bag(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            row, [finding] = walk(session, own, today(), ("correct", 0))
            session.execute(update(Round).where(Round.id == row.id).values(inspector_id=own.resident_account))
            listening.earn_for_bag(session, self.event(finding))
            assert claims(session) == [("bag", 2, 0, "own")]

    def test_struck_out_it_is_taken_back_and_the_household_is_told(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            _round, [finding] = walk(session, own, today(), ("correct", 0))
            listening.earn_for_bag(session, self.event(finding))
            struck = FindingStruck(finding_id=finding.id, community_id=own.id, compound_id=own.compound, day=today())
            for _each in range(2):
                listening.drop_bag(session, struck)
            assert balance(session, own) == 0
            assert session.scalars(select(Entry.kind).order_by(Entry.id)).all() == ["earn", "reverse"]
            told = session.execute(
                text("SELECT kind FROM core.notification WHERE account_id = :a"), {"a": own.resident_account}
            ).all()
            assert [each.kind for each in told] == ["waste_sorting.points_reversed"]

    def test_the_events_tell_it_by_themselves(self, house, own, walk) -> None:
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            _round, [first, _wrong, _nobodys] = walk(
                session, own, today(), ("correct", 0), ("wrong", 1), ("correct", None)
            )
        run_waiting(house)
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            rows = session.execute(select(Claim.source, Claim.source_id)).all()
            assert [tuple(each) for each in rows] == [("bag", first.id)]
            inspections.strike_finding(session, SYSTEM, own.id, first.id, "看错了")
        run_waiting(house)
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            assert balance(session, own) == 0


class TestWatches:
    def event(self, own, minutes: int, **fields: object) -> WatchCounted:
        given = {
            "duty_id": own.dwellings[0],
            "community_id": own.id,
            "compound_id": own.compound,
            "account_id": own.resident_account,
            "day": today(),
            **fields,
        }
        return WatchCounted(minutes=minutes, **given)  # type: ignore[arg-type]

    @pytest.mark.parametrize(("minutes", "asked", "given"), [(59, 0, 0), (60, 2, 2), (119, 2, 2), (120, 4, 4)])
    def test_whole_hours_count(self, open_session, own, minutes, asked, given) -> None:
        with open_session(own.scope) as session:
            listening.earn_for_watch(session, self.event(own, minutes))
            assert claims(session) == [("watch", asked, given, "")]

    def test_told_twice_it_earns_once(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            for _each in range(2):
                listening.earn_for_watch(session, self.event(own, 60))
            assert (claims(session), balance(session, own)) == ([("watch", 2, 2, "")], 2)

    def test_counted_anew_the_later_one_stands(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            seen = []
            for minutes in (60, 120, 60, 60, 0):
                listening.earn_for_watch(session, self.event(own, minutes))
                seen.append(balance(session, own))
            assert seen == [2, 4, 2, 2, 0]
            assert [each[2] for each in claims(session)] == [2, 4, 2, 0]

    def test_somebody_without_an_account_or_a_home_earns_nothing(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            for account in (None, own.administrator):
                listening.earn_for_watch(session, self.event(own, 60, account_id=account))
            assert claims(session) == []


class TestPickups:
    def test_what_was_fetched_earns_once_where_the_rule_names_its_kind(
        self, open_session, own, make_slots, make_booking
    ) -> None:
        with open_session(own.scope) as session:
            for n, category in enumerate(("recyclable", "bulky")):
                [slot] = make_slots(session, own, category=category)
                row = make_booking(session, own, slot, household=n)
                event = PickupFetched(
                    booking_id=row.id,
                    community_id=own.id,
                    compound_id=own.compound,
                    category=category,
                    day=today(),
                    pieces=3,
                )
                listening.earn_for_pickup(session, event)
                assert claims(session) == ([] if n == 0 else [("pickup", 3, 3, "")]), "not before it is done"
                row.state = "done"
                row.answered_at = now()
                session.flush()
                for _each in range(2):
                    listening.earn_for_pickup(session, event)
            assert claims(session) == [("pickup", 3, 3, "")]
            assert (balance(session, own), balance(session, own, 1)) == (3, 0)

    def test_the_event_tells_it_by_itself(self, house, own, make_slots, make_booking) -> None:
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            [slot] = make_slots(session, own, category="recyclable")
            row = make_booking(session, own, slot)
            session.execute(update(Slot).where(Slot.id == slot.id).values(day=today()))
            bookings.confirm_booking(session, SYSTEM, own.id, row.id)
            bookings.finish_booking(session, SYSTEM, own.id, row.id)
            bookings.finish_booking(session, SYSTEM, own.id, row.id)
        run_waiting(house)
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            assert claims(session) == [("pickup", 3, 3, "")]
