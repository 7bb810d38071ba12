"""Telling people: each once, in few statements, in the transaction of the cause, behind both walls."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from linli.kit.clock import today
from linli.kit.ids import new_id
from linli.notifications import Recipient, Term, holders_of, notified_by_building, notify, recipients_in
from linli.notifications.models import Delivery, Notification
from linli.notifications.service import DELIVER
from linli.residents.models import Household, HouseholdMember, Ownership, Resident
from linli.tasks.models import Job

KIND = "trial.thing_happened"
WHAT = {"what": "停水"}


def count(session, model, *where) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


class TestRecipients:
    def test_everybody_who_lives_or_owns_there_is_found_once(self, open_session, here) -> None:
        with open_session(here.scope) as session:
            # The owner of the first dwelling lives in it too.
            found = recipients_in(session, here.id)
            assert len({each.resident_id for each in found}) == len(found) >= 3
            owner = next(each for each in found if each.resident_id == here.residents[0])
        assert owner == Recipient(here.resident_account, here.residents[0], here.building)

    @pytest.mark.parametrize(
        ("moved_out", "found"), [(timedelta(days=0), False), (timedelta(days=1), True)], ids=["today", "tomorrow"]
    )
    def test_who_moves_out_is_told_until_the_day_before(self, open_session, here, moved_out, found) -> None:
        with open_session(here.scope) as session:
            session.execute(update(Ownership).values(ended_on=today()))
            session.execute(update(HouseholdMember).values(moved_out_on=today() + moved_out))
            assert bool(recipients_in(session, here.id)) is found

    def test_a_building_and_a_compound_narrow(self, open_session, here, second_building) -> None:
        building, dwelling = second_building
        with open_session(here.scope) as session:
            only_there = Resident(id=new_id(), community_id=here.id, name="周九")
            home = Household(id=new_id(), community_id=here.id, dwelling_id=dwelling)
            session.add_all([only_there, home])
            session.flush()
            for who in (only_there.id, here.residents[0]):
                session.add(HouseholdMember(community_id=here.id, household_id=home.id, resident_id=who))
            session.flush()
            there = recipients_in(session, here.id, building_id=building)
            assert {each.resident_id for each in there} == {only_there.id, here.residents[0]}
            assert {each.building_id for each in there} == {building}
            assert len(recipients_in(session, here.id, compound_id=here.compound)) == len(
                recipients_in(session, here.id)
            )
            assert recipients_in(session, here.id, compound_id=new_id()) == []

    def test_where_people_live_counts_before_where_they_own(self, open_session, here, second_building) -> None:
        building, dwelling = second_building
        with open_session(here.scope) as session:
            session.execute(update(HouseholdMember).values(moved_out_on=date(2025, 1, 1), moved_in_on=None))
            home = Household(id=new_id(), community_id=here.id, dwelling_id=dwelling)
            session.add(home)
            session.flush()
            session.add(HouseholdMember(community_id=here.id, household_id=home.id, resident_id=here.residents[0]))
            session.flush()
            found = {each.resident_id: each.building_id for each in recipients_in(session, here.id)}
        assert found[here.residents[0]] == building

    def test_who_was_merged_or_erased_is_left_out(self, open_session, here) -> None:
        with open_session(here.scope) as session:
            session.execute(update(Resident).where(Resident.id == here.residents[0]).values(erased_at=func.now()))
            session.execute(
                update(Resident).where(Resident.id == here.residents[1]).values(merged_into=here.residents[2])
            )
            found = {each.resident_id for each in recipients_in(session, here.id)}
        assert found.isdisjoint(here.residents[:2])
        assert found

    def test_nobody_of_another_community_or_street_is_found(self, open_session, world, here) -> None:
        with open_session(here.scope) as session:
            assert recipients_in(session, world.here.communities[1].id) == []
        with open_session(world.here.scope) as session:
            assert recipients_in(session, world.here.communities[1].id)
            assert recipients_in(session, world.there.communities[0].id) == []

    def test_holders_of_a_permission_are_those_of_the_place_and_of_its_street(self, open_session, world, here) -> None:
        with open_session(world.here.scope) as session:
            street = {each.account_id for each in holders_of(session, "core.settings.manage")}
            community = {each.account_id for each in holders_of(session, "core.settings.manage", community_id=here.id)}
        assert street == {world.here.administrator}
        assert community == {world.here.administrator, here.administrator}


class TestTelling:
    def test_each_person_gets_one_row_with_what_the_text_needs(self, open_session, here, people) -> None:
        with open_session(here.scope) as session:
            context = {"what": Term("公告"), "on": date(2026, 3, 1), "unused": 3}
            assert notify(session, KIND, people, context, link="/s/x/c/y") == 3
            row = session.scalars(select(Notification).where(Notification.account_id == here.resident_account)).one()
        assert (row.community_id, row.resident_id, row.kind) == (here.id, here.residents[0], KIND)
        assert row.context == {"what": {"term": "公告"}, "on": {"day": "2026-03-01"}, "unused": 3}
        assert (row.link, row.read_at) == ("/s/x/c/y", None)

    def test_a_person_named_twice_is_told_once(self, open_session, here, people) -> None:
        as_staff = Recipient(here.resident_account, None, None)
        with open_session(here.scope) as session:
            assert notify(session, KIND, [*people, *people, as_staff], WHAT) == 3

    def test_a_second_call_with_the_same_subject_adds_nothing(self, open_session, here, people) -> None:
        subject = ("thing", new_id())
        with open_session(here.scope) as session:
            assert notify(session, KIND, people, WHAT, subject=subject) == 3
            assert notify(session, KIND, people, WHAT, subject=subject) == 0
            assert count(session, Notification) == 3
            assert notify(session, KIND, people, WHAT, subject=("thing", new_id())) == 3
            assert notify(session, "trial.letter_sent", people, WHAT, subject=subject) == 3

    def test_the_same_person_under_another_name_is_not_told_again(self, open_session, here) -> None:
        subject = ("thing", new_id())
        both = Recipient(here.resident_account, here.residents[0], here.building)
        with open_session(here.scope) as session:
            assert notify(session, KIND, [Recipient(here.resident_account, None, None)], WHAT, subject=subject) == 1
            assert notify(session, KIND, [both], WHAT, subject=subject) == 0
        other = ("thing", new_id())
        with open_session(here.scope) as session:
            assert notify(session, KIND, [Recipient(None, here.residents[0], None)], WHAT, subject=other) == 1
            assert notify(session, KIND, [both], WHAT, subject=other) == 0

    def test_without_a_subject_each_call_tells_anew(self, open_session, here, people) -> None:
        with open_session(here.scope) as session:
            assert notify(session, KIND, people, WHAT) == notify(session, KIND, people, WHAT) == 3

    def test_from_the_street_a_residents_row_lies_in_their_community(self, open_session, world, people) -> None:
        other = world.here.communities[1]
        recipients = [*people, Recipient(None, other.residents[0], None)]
        with open_session(world.here.scope) as session:
            assert notify(session, KIND, recipients, WHAT, subject=("thing", new_id())) == 4
            rows = {row.person_id: row.community_id for row in session.scalars(select(Notification))}
        assert rows[people[0].resident_id] == rows[people[1].resident_id] == world.here.communities[0].id
        assert rows[other.residents[0]] == other.id
        assert rows[people[2].account_id] is None

    def test_a_resident_of_another_street_cannot_be_told(self, open_session, world) -> None:
        stranger = world.there.communities[0].residents[0]
        with pytest.raises(IntegrityError), open_session(world.here.scope) as session:
            notify(session, KIND, [Recipient(None, stranger, None)], WHAT)
        with pytest.raises(IntegrityError), open_session(world.here.communities[0].scope) as session:
            notify(session, KIND, [Recipient(None, stranger, None)], WHAT)

    @pytest.mark.parametrize(
        ("kind", "context", "link", "fault"),
        [
            ("trial.nothing", WHAT, "", "nobody declared"),
            (KIND, {}, "", "needs what"),
            (KIND, WHAT, "https://elsewhere.example", "no path"),
            (KIND, WHAT, "//elsewhere.example", "no path"),
            (KIND, WHAT, "/\\elsewhere.example", "no path"),
            (KIND, WHAT, "/a\r\nBcc: x", "no path"),
            (KIND, WHAT, "javascript:alert(1)", "no path"),
        ],
    )
    def test_what_cannot_be_told_is_refused(self, open_session, here, people, kind, context, link, fault) -> None:
        with open_session(here.scope) as session:
            with pytest.raises(ValueError, match=fault):
                notify(session, kind, people, context, link=link)
            assert count(session, Notification) == 0

    def test_a_value_that_is_no_word_is_refused(self, open_session, here, people) -> None:
        with open_session(here.scope) as session, pytest.raises(TypeError, match="what"):
            notify(session, KIND, people, {"what": object()})

    def test_five_thousand_are_told_in_few_statements(self, open_session, here, count_queries) -> None:
        with open_session(here.scope) as session:
            session.execute(
                text(
                    "INSERT INTO core.resident (community_id, name, phone_ct) "
                    "SELECT :c, '居民' || n, 'x' FROM generate_series(1, 5000) n"
                ),
                {"c": here.id},
            )
            crowd = [
                Recipient(None, each, here.building)
                for each in session.scalars(select(Resident.id).where(Resident.phone_ct == b"x"))
            ]
            subject = ("thing", new_id())
            with count_queries(session) as counter:
                assert notify(session, "trial.alarm_raised", crowd, WHAT, subject=subject) == 5000
                session.commit()
            assert counter.count <= 6
            assert count(session, Delivery, Delivery.channel == "sms") == 5000
            assert count(session, Job, Job.task == DELIVER) == 1
            with count_queries(session) as counter:
                assert notify(session, "trial.alarm_raised", crowd, WHAT, subject=subject) == 0
            assert counter.count == 1

    def test_the_told_are_counted_by_building(self, open_session, here, people) -> None:
        subject = ("thing", new_id())
        with open_session(here.scope) as session:
            notify(session, KIND, people, WHAT, subject=subject)
            notify(session, KIND, people, WHAT, subject=("thing", new_id()))
            assert notified_by_building(session, KIND, subject) == {here.building: 2, None: 1}
            assert notified_by_building(session, KIND, ("other", subject[1])) == {}


class TestWalls:
    def test_another_street_and_another_community_see_no_row_and_no_count(self, open_session, world, here, people):
        subject = ("thing", new_id())
        with open_session(here.scope) as session:
            notify(session, "trial.alarm_raised", people, WHAT, subject=subject)
            assert count(session, Notification) == 3
            assert count(session, Delivery) > 0
        for scope in (world.there.scope, world.here.communities[1].scope, world.there.communities[0].scope):
            with open_session(scope) as session:
                assert count(session, Notification) == count(session, Delivery) == 0
                assert notified_by_building(session, KIND, subject) == {}
                assert session.execute(update(Notification).values(read_at=func.now())).rowcount == 0


class TestTransactions:
    def test_a_rollback_tells_nobody_and_asks_for_no_job(self, house, world, here, people) -> None:
        def undone() -> None:
            with house.database.unit_of_work(here.scope) as session:
                notify(session, "trial.alarm_raised", people, WHAT)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            undone()
        with house.database.unit_of_work(world.here.scope) as session:
            assert count(session, Notification) == count(session, Delivery) == 0
            assert count(session, Job, Job.task == DELIVER) == 0

    def test_one_transaction_asks_for_one_job_and_the_inbox_alone_for_none(self, open_session, here, people) -> None:
        with open_session(here.scope) as session:
            notify(session, KIND, people, WHAT)
        with open_session(here.scope) as session:
            assert count(session, Job, Job.task == DELIVER) == 0
            for _ in range(3):
                notify(session, "trial.alarm_raised", people, WHAT)
        with open_session(here.scope) as session:
            assert count(session, Job, Job.task == DELIVER) == 1
