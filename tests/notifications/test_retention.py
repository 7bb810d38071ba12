"""Old messages go with their deliveries; a person's own are given out and erased."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from linli.kit.clock import now
from linli.kit.ids import new_id
from linli.notifications import notify
from linli.notifications.models import Contact, Delivery, Notification, Preference
from linli.notifications.retention import DATA_CLASSES, PERSONAL_DATA
from linli.plugins.contributions import Person

(OLD,) = DATA_CLASSES
MESSAGES, CONTACT = PERSONAL_DATA
WHAT = {"what": "停水"}


def count(session, model) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


class TestPurge:
    def test_what_is_older_goes_and_what_is_as_old_stays(self, open_session, here, people) -> None:
        moment = datetime.fromisoformat("2024-01-01T00:00:00+08:00")
        with open_session(here.scope) as session:
            notify(session, "trial.alarm_raised", people, WHAT)
            rows = session.scalars(select(Notification.id).order_by(Notification.id)).all()
            for row, age in zip(rows, (-1, 0, 1), strict=True):
                at = moment + timedelta(seconds=age)
                session.execute(update(Notification).where(Notification.id == row).values(created_at=at))
            before = count(session, Delivery)
            assert len(OLD.purge(session, moment, 100, frozenset())) == 1
            assert len(OLD.purge(session, moment, 100, frozenset())) == 0
            assert set(session.scalars(select(Notification.id))) == set(rows[1:])
            assert count(session, Delivery) < before

    def test_at_most_so_many_and_none_of_those_that_are_held(self, open_session, world, here, people) -> None:
        with open_session(world.here.scope) as session:
            notify(session, "trial.alarm_raised", people, WHAT)
            later = now() + timedelta(days=1)
            held = frozenset({here.residents[0], here.administrator})
            assert len(OLD.purge(session, later, 1, frozenset({here.id}))) == 1
            assert len(OLD.purge(session, later, 100, held)) == 1
            assert set(session.scalars(select(Notification.person_id))) <= held

    def test_another_streets_rows_stay(self, open_session, world, people, here) -> None:
        with open_session(here.scope) as session:
            notify(session, "trial.alarm_raised", people, WHAT)
        with open_session(world.there.scope) as session:
            assert len(OLD.purge(session, now() + timedelta(days=1), 100, frozenset())) == 0
        with open_session(here.scope) as session:
            assert count(session, Notification) == 3


def test_a_person_gets_their_messages_and_has_them_erased(open_session, here, people) -> None:
    person = Person((here.residents[0],), here.resident_account)
    with open_session(here.scope) as session:
        notify(session, "trial.alarm_raised", people, WHAT)
        (row,) = MESSAGES.export(session, person)
        assert (row["subject"], row["read_at"]) == ("警报：停水", None)
        assert MESSAGES.erase(session, person).removed == 1
        assert MESSAGES.erase(session, person).removed == 0
        assert count(session, Notification) == 2


def test_a_person_gets_their_mailbox_in_clear_and_has_it_erased(open_session, world, here) -> None:
    person = Person((here.residents[0],), here.resident_account)
    with open_session(world.here.scope) as session:
        row = Contact(id=new_id(), account_id=here.resident_account)
        row.email_ct = session.vault.encrypt(session, "notification_contact", "email", row.id, "wang@example.cn")
        session.add(row)
        session.add(Contact(account_id=here.steward))
        session.add(Preference(account_id=here.resident_account, kind="k.x", channel="sms", is_on=False))
        session.flush()
        exported = CONTACT.export(session, person)
        assert exported[0]["email"] == "wang@example.cn"
        assert exported[1] == {"kind": "k.x", "channel": "sms", "is_on": False}
        assert CONTACT.erase(session, person).removed == 2
        assert count(session, Contact) == 1
        assert CONTACT.export(session, Person((), None)) == []
