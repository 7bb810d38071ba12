"""A mailbox that is proven before it is used, sealed where it lies, and choices that hold in the whole street."""

from __future__ import annotations

import queue
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import delete, func, select

from linli.audit.models import AuditEntry
from linli.channels import Fault, Letter
from linli.kit.actor import Actor, Grant
from linli.kit.clock import frozen, now
from linli.kit.errors import Conflict, Forbidden, Invalid, TooMany
from linli.notifications.kinds import find_kind
from linli.notifications.models import Contact, Preference
from linli.notifications.preferences import (
    choose,
    confirm_email,
    mask_mailbox,
    reachability,
    remove_email,
    request_email,
    set_rest,
)

ADDRESS = "wang.xiaoming@example.cn"


class Mailboxes:
    """A channel that keeps letters."""

    is_connected = True

    def __init__(self) -> None:
        self.letters: queue.Queue[Letter] = queue.Queue()

    def send(self, messages: Sequence[Letter]) -> list[Fault | None]:
        for letter in messages:
            self.letters.put(letter)
        return [None] * len(messages)

    def code(self) -> str:
        """The code of the next letter; waits for the thread that sends it."""
        found = re.search(r"\d{6}", self.letters.get(timeout=10).text)
        assert found
        return found[0]


@pytest.fixture
def mailboxes(module_house) -> Mailboxes:
    kept = Mailboxes()
    module_house.channels = module_house.database.info["channels"] = replace(module_house.channels, email=kept)
    return kept


@pytest.fixture
def unit(module_house, world, here):
    """Opens units of work of the first community; forgets choices and attempts beforehand."""
    with module_house.database.unit_of_work(world.here.scope) as session:
        for table in (Contact, Preference):
            session.execute(delete(table))
    with module_house.owner.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM core.throttle")
    return lambda: module_house.database.unit_of_work(here.scope, actor(here))


def actor(here) -> Actor:
    return Actor(account_id=here.resident_account, display_name="测试居民1", resident_ids=here.residents[:1])


def ask(house, unit, here, address: str = ADDRESS) -> None:
    with unit() as session:
        request_email(house, session, actor(here), address)


def test_a_mailbox_is_used_once_its_code_came_back(module_house, unit, here, mailboxes) -> None:
    ask(module_house, unit, here)
    code = mailboxes.code()
    with unit() as session:
        mine = reachability(session, actor(here), [], [])
        assert (mine.email_mask, mine.pending_mask) == ("", "w***@example.cn")
        confirm_email(module_house, session, actor(here), code)
    with unit() as session:
        mine = reachability(session, actor(here), [], [])
        assert (mine.email_mask, mine.pending_mask) == ("w***@example.cn", "")
        row = session.scalars(select(Contact)).one()
        opened = session.vault.decrypt(session, "notification_contact", "email", row.id, row.email_ct)
        assert opened == ADDRESS
        assert ADDRESS.encode() not in row.email_ct


def test_the_record_of_acts_shows_the_mask_alone(module_house, unit, here, mailboxes) -> None:
    ask(module_house, unit, here)
    code = mailboxes.code()
    with unit() as session:
        confirm_email(module_house, session, actor(here), code)
    with unit() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.action.like("core.mailbox.%"))).all()
        assert rows
        for row in rows:
            assert "wang" not in f"{row.before}{row.after}"
            assert code not in f"{row.before}{row.after}"


@pytest.mark.parametrize("wrong", ["000000", "", "12345", "一二三四五六"])
def test_a_wrong_code_changes_nothing(module_house, unit, here, mailboxes, wrong) -> None:
    ask(module_house, unit, here)
    mailboxes.code()
    with pytest.raises(Invalid), unit() as session:
        confirm_email(module_house, session, actor(here), wrong)
    with unit() as session:
        assert session.scalars(select(Contact.email_ct)).one() is None


@pytest.mark.parametrize(("late", "fits"), [(timedelta(minutes=29, seconds=59), True), (timedelta(minutes=30), False)])
def test_a_code_lives_half_an_hour(module_house, unit, here, mailboxes, late, fits) -> None:
    moment = now()
    with frozen(moment):
        ask(module_house, unit, here)
    code = mailboxes.code()
    with frozen(moment + late), unit() as session:
        if fits:
            confirm_email(module_house, session, actor(here), code)
        else:
            with pytest.raises(Invalid):
                confirm_email(module_house, session, actor(here), code)


def test_a_code_fits_once_and_only_its_own_account(module_house, unit, here, mailboxes) -> None:
    ask(module_house, unit, here)
    code = mailboxes.code()
    steward = Actor(account_id=here.steward, grants=(Grant("building_steward", here.id),))
    with pytest.raises(Invalid), module_house.database.unit_of_work(here.scope, steward) as session:
        confirm_email(module_house, session, steward, code)
    with unit() as session:
        confirm_email(module_house, session, actor(here), code)
    with pytest.raises(Invalid), unit() as session:
        confirm_email(module_house, session, actor(here), code)


def test_guessing_is_slowed_down_and_so_is_asking(module_house, unit, here, mailboxes) -> None:
    for _n in range(3):
        ask(module_house, unit, here)
    with pytest.raises(TooMany):
        ask(module_house, unit, here)
    for _n in range(5):
        with pytest.raises(Invalid), unit() as session:
            confirm_email(module_house, session, actor(here), "000000")
    with pytest.raises(TooMany), unit() as session:
        confirm_email(module_house, session, actor(here), "000000")


@pytest.mark.parametrize(
    "address", ["wang", "wang@", "@example.cn", "a b@example.cn", "a@b.cn\r\nBcc: x@y.cn", "王@例.cn"]
)
def test_what_is_no_address_is_refused_with_an_example(module_house, unit, here, mailboxes, address) -> None:
    with pytest.raises(Invalid) as refused, unit() as session:
        request_email(module_house, session, actor(here), address)
    (fault,) = refused.value.errors
    assert fault.field == "email"
    assert "example.cn" in fault.allowed


def test_a_rollback_sends_no_code(module_house, unit, here, mailboxes) -> None:
    def undone() -> None:
        with unit() as session:
            request_email(module_house, session, actor(here), ADDRESS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    ask(module_house, unit, here)
    mailboxes.code()
    assert mailboxes.letters.empty()


def test_the_old_mailbox_is_used_until_the_new_one_is_proven_and_both_go(module_house, unit, here, mailboxes) -> None:
    ask(module_house, unit, here)
    code = mailboxes.code()
    with unit() as session:
        confirm_email(module_house, session, actor(here), code)
    ask(module_house, unit, here, "other@example.cn")
    with unit() as session:
        mine = reachability(session, actor(here), [], [])
        assert (mine.email_mask, mine.pending_mask) == ("w***@example.cn", "o***@example.cn")
        remove_email(session, actor(here))
        remove_email(session, actor(here))
        row = session.scalars(select(Contact)).one()
        assert (row.email_ct, row.pending_ct, row.code_hash) == (None, None, None)


def test_without_a_mail_server_no_mailbox_is_taken(module_house, unit, here, mailboxes) -> None:
    mailboxes.is_connected = False
    with pytest.raises(Conflict), unit() as session:
        request_email(module_house, session, actor(here), ADDRESS)


def test_a_choice_holds_in_the_whole_street_and_not_beyond(module_house, unit, world, here) -> None:
    kind = find_kind("trial.letter_sent")
    assert kind
    with unit() as session:
        choose(session, actor(here), {(kind.name, "sms"): False}, [kind])
        set_rest(session, actor(here), (time(21), time(8)))
    for scope, is_on in ((world.here.communities[1].scope, False), (world.there.scope, True)):
        with module_house.database.unit_of_work(scope) as session:
            mine = reachability(session, actor(here), [kind], ["sms"])
            assert [each.is_on for each in mine.choices] == [is_on]
            assert (mine.rest is None) is is_on


def test_the_usual_is_not_kept_and_the_urgent_cannot_go(module_house, unit, here) -> None:
    letter, alarm = find_kind("trial.letter_sent"), find_kind("trial.alarm_raised")
    assert letter
    assert alarm
    with unit() as session:
        choose(session, actor(here), {(letter.name, "sms"): False}, [letter])
        choose(session, actor(here), {(letter.name, "sms"): True}, [letter])
        assert session.scalars(select(Preference)).all() == []
    with pytest.raises(Invalid), unit() as session:
        choose(session, actor(here), {(alarm.name, "sms"): False, (letter.name, "sms"): False}, [letter, alarm])
    with pytest.raises(Invalid), unit() as session:
        choose(session, actor(here), {("gone.thing_happened", "sms"): True}, [letter])
    with unit() as session:
        assert session.scalars(select(Preference)).all() == []


def test_masks_show_the_first_letter() -> None:
    assert mask_mailbox(ADDRESS) == "w***@example.cn"


def test_who_has_nothing_to_do_here_leaves_no_choice_behind(open_session, here, world) -> None:
    stranger = Actor(account_id=world.there.administrator)
    with open_session(here.scope, stranger) as session:
        with pytest.raises(Forbidden, match="没有登记"):
            set_rest(session, stranger, None)
        assert session.scalar(select(func.count()).select_from(Contact)) == 0
