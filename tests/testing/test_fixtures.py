"""What a plugin's tests are given: people by marker, a clock that stands, kept mail and events, no network."""

from __future__ import annotations

import socket
from datetime import date

import pytest
from sqlalchemy import select, text

from linli.kit.clock import now, today
from linli.notifications import Recipient, notify
from linli.plugins.contributions import NotificationType
from linli.plugins.messages import declare_notifications, declared_notifications
from linli.sdk import SYSTEM
from linli.tenancy.models import Community
from linli.testing.actors import person_of
from linli.testing.jobs import run_task, run_waiting
from linli.testing.mail import inbox_of
from linli.testing.network import NetworkBlocked
from linli.testing.queries import at_most
from linli_notices import closing, publishing
from linli_notices.events import NoticeWithdrawn


class TestActor:
    @pytest.mark.actor("community_administrator")
    def test_of_a_community(self, actor, world) -> None:
        here, sibling = world.here.communities
        assert actor.can("notices.notice.read", community_id=here.id)
        assert not actor.can("notices.notice.read", community_id=sibling.id)

    @pytest.mark.actor("street_administrator", street="there")
    def test_of_the_other_street(self, actor, world) -> None:
        assert actor.account_id == world.there.administrator
        assert actor.can("notices.notice.read")

    @pytest.mark.actor("resident", community=1)
    def test_a_resident_lives_in_a_household(self, actor, world) -> None:
        here = world.here.communities[1]
        assert (actor.resident_ids, actor.household_ids) == ((here.residents[0],), (here.households[0],))

    @pytest.mark.actor("committee_chair")
    def test_a_role_that_the_test_world_does_not_have_signs_in(self, browser, api, world) -> None:
        here = world.here.communities[0]
        assert browser.get(f"/s/{here.street_code}/c/{here.code}/admin/notices").status_code == 200
        assert api.get(f"/api/v1/s/{here.street_code}/c/{here.code}/notices").status_code == 200
        assert browser.get(f"/s/{here.street_code}/c/{here.code}/admin/residents").status_code == 403, "control"

    @pytest.mark.parametrize(
        "mark", [pytest.mark.actor("king"), pytest.mark.actor("auditor", street="x"), pytest.mark.actor()]
    )
    def test_a_marker_that_names_nobody_is_told(self, mark) -> None:
        with pytest.raises(pytest.UsageError):
            person_of(mark.mark)


class TestClock:
    @pytest.mark.today("2026-10-01")
    def test_stands_at_noon_of_the_day_that_is_named(self, clock) -> None:
        assert today() == date(2026, 10, 1)
        assert now() == clock
        assert clock.hour == 12

    def test_stands_today_where_no_day_is_named(self, clock) -> None:
        assert now() == now() == clock


class TestNetwork:
    def test_another_machine_is_out_of_reach(self) -> None:
        with socket.socket() as door, pytest.raises(NetworkBlocked, match=r"192\.0\.2\.1"):
            door.connect(("192.0.2.1", 80))
        with pytest.raises(NetworkBlocked, match="example"):
            socket.create_connection(("example.org", 80), timeout=1)

    def test_a_name_that_never_exists_is_not_found(self) -> None:
        with pytest.raises(socket.gaierror):
            socket.create_connection(("no.invalid", 80), timeout=1)

    def test_this_machine_is_not(self) -> None:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            with socket.create_connection(server.getsockname(), timeout=5) as client:
                assert client.getpeername() == server.getsockname()

    @pytest.mark.network
    def test_unless_the_test_asks_for_it(self) -> None:
        assert socket.socket.connect.__name__ == "connect"
        assert "loopback_only" not in socket.socket.connect.__qualname__


def test_queries_are_counted_and_shown(open_session, world, assert_queries) -> None:
    with open_session(world.here.scope) as session:
        with assert_queries(session, 2):
            session.scalars(select(Community.id)).all()
            session.scalars(select(Community.name)).all()
        with pytest.raises(AssertionError, match="1 statements instead of 0"), at_most(session, 0):
            session.execute(text("SELECT 1"))


def test_events_are_kept_whoever_tells_them(open_session, world, outbox) -> None:
    event = NoticeWithdrawn(notice_id=world.here.id, community_id=None, category="", snapshot_sha256="")
    # As a plugin's module holds it: taken over by name, before the test began.
    with open_session(world.here.scope) as session:
        publishing.emit(session, event)
        closing.emit(session, event)
    assert outbox == [event, event]


KIND = NotificationType(name="trial.thing_lost", title="有事", subject="{what}", body="{what}了", channels=("email",))


def test_messages_are_read_as_their_reader_does(house, world, mails) -> None:
    here, before = world.here.communities[0], declared_notifications()
    declare_notifications([*before, KIND])
    try:
        with house.database.unit_of_work(here.scope, SYSTEM) as session:
            notify(session, KIND.name, [Recipient(here.resident_account, None, None)], {"what": "停水"})
        assert [each.subject for each in inbox_of(house, here.resident_account, here.scope)] == ["停水"]
        assert inbox_of(house, here.administrator, here.scope) == []
        run_waiting(house)
        assert mails.email.sent == [], "nobody has a mailbox yet"
    finally:
        declare_notifications(before)


def test_a_task_is_done_and_gives_back_what_it_found(house, world) -> None:
    assert set(run_task(house, world.here.scope, "notices.sweep_periods")) == {"published", "closed"}
    with pytest.raises(AssertionError, match=r"notices\.no_such"):
        run_task(house, world.here.scope, "notices.no_such")
