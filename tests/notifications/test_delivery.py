"""The way from the inbox row to the mailbox: batches, rest, preferences, faults, and nothing that does not belong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from structlog.testing import capture_logs
from tests.channels.mail_server import mail_server

from linli.channels import Channels, ChatMessage, Fault, Letter, TextMessage
from linli.channels.settings import SmtpServer
from linli.channels.smtp import SmtpChannel
from linli.house import House
from linli.identity.models import Account
from linli.kit.clock import SHANGHAI, frozen
from linli.kit.ids import new_id
from linli.notifications import Recipient, Term, notify
from linli.notifications.delivery import PAUSES, TRIES
from linli.notifications.models import Contact, Delivery, MessageTemplate, Notification, Preference
from linli.notifications.service import DELIVER
from linli.plugins.models import PluginAllowance, PluginEnablement
from linli.plugins.registry import Plugins
from linli.settings.models import Setting
from linli.tasks.models import Job
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner

NOON = datetime(2031, 3, 2, 12, tzinfo=SHANGHAI)
NIGHT = datetime(2031, 3, 2, 23, tzinfo=SHANGHAI)
MORNING = datetime(2031, 3, 3, 7, tzinfo=SHANGHAI)
LONG_AGO = datetime(2020, 1, 1, tzinfo=SHANGHAI)
WHAT = {"what": "停水"}


class Kept:
    """A channel that keeps what it is given, and fails as it is told."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.faults: list[Fault | Exception | None] = []
        self.is_connected = True

    def send(self, messages: Sequence[Any]) -> list[Fault | None]:
        found: list[Fault | None] = []
        for message in messages:
            fault = self.faults.pop(0) if self.faults else None
            if isinstance(fault, Exception):
                raise fault
            if fault is None:
                self.sent.append(message)
            found.append(fault)
        return found


@pytest.fixture
def channels(house: House) -> Channels:
    kept = Channels(Kept(), Kept(), Kept(), "https://linli.example.cn")
    house.channels = house.database.info["channels"] = kept
    return kept


@pytest.fixture(autouse=True)
def trial_is_on(house: House, world) -> None:
    """The plugin of the tests' kinds is on in the first street."""
    with house.database.unit_of_work(world.here.scope) as session:
        session.add(PluginAllowance(plugin="trial"))
        session.add_all(PluginEnablement(plugin="trial", community_id=each.id) for each in world.here.communities)


@pytest.fixture
def work(house: House, world) -> Callable[[datetime], None]:
    """Does all the work that waits, at a moment."""

    def run(moment: datetime = NOON) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            # The runner goes by the database's clock: what is due by ours is due for it too.
            session.execute(update(Job).where(Job.run_after <= moment).values(run_after=LONG_AGO))
            session.execute(text("SELECT core.ring_doorbell(clock_timestamp())"))
        with frozen(moment):
            JobRunner(house, Tasks.of(Plugins.load()), pause=0.01).run_due()

    return run


@pytest.fixture
def mailbox(house: House, world) -> Callable[..., None]:
    """Gives an account a proven mailbox in the first street."""

    def give(account_id: UUID, address: str, **values: Any) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            row = Contact(id=new_id(), account_id=account_id, **values)
            row.email_ct = session.vault.encrypt(session, "notification_contact", "email", row.id, address)
            session.add(row)

    return give


def tell(house: House, scope, kind: str, people: list[Recipient], moment: datetime = NOON, **options: Any) -> None:
    with frozen(moment), house.database.unit_of_work(scope) as session:
        notify(session, kind, people, options.pop("context", WHAT), **options)


def states(house: House, scope) -> dict[str, tuple[str, str, int]]:
    with house.database.unit_of_work(scope) as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id))
        return {row.channel: (row.state, row.error, row.attempts) for row in rows}


def test_a_message_goes_out_through_each_wanted_channel_once(house, here, people, channels, work, mailbox) -> None:
    mailbox(here.resident_account, "wang@example.cn")
    tell(house, here.scope, "trial.letter_sent", people[:1], link="/s/x/c/y/notices/1")
    work()
    work()
    assert [each.to for each in channels.email.sent] == ["wang@example.cn"]
    assert [each.account_id for each in channels.wechat.sent] == [here.resident_account]
    (sms,) = channels.sms.sent
    assert sms.phone.startswith("199")
    assert sms.text == "【第1社区】停水来信了。"
    assert {state for state, _error, _attempts in states(house, here.scope).values()} == {"sent"}


def test_who_has_no_account_is_told_by_the_phone_in_the_register(house, here, people, channels, work) -> None:
    tell(house, here.scope, "trial.letter_sent", people[1:2])
    work()
    assert len(channels.sms.sent) == 1
    assert channels.email.sent == channels.wechat.sent == []


def test_an_english_reader_gets_english_and_only_their_own_streets_words(
    house, world, here, channels, work, mailbox
) -> None:
    other = world.there.communities[0]
    with house.owner.engine.begin() as connection:
        connection.execute(update(Account).where(Account.id == here.resident_account).values(locale="en"))
    mailbox(here.resident_account, "wang@example.cn")
    with house.database.unit_of_work(world.there.scope) as session:
        session.add(MessageTemplate(kind="core.role_granted", locale="en", channel="email", subject="乙", body="乙"))
    context = {"place": "一号院", "role": Term("业主"), "starts_on": NOON.date()}
    for community in (other, here):
        person = Recipient(community.resident_account, community.residents[0], None)
        tell(house, community.scope, "core.role_granted", [person], context=context)
    work()
    (letter,) = channels.email.sent
    assert letter.subject == "You are now Owner of 一号院"
    assert "from 2 Mar 2031" in letter.text
    assert world.here.name in letter.text
    assert world.there.name not in letter.text + letter.html + letter.subject


def test_context_is_shown_as_text_never_as_markup_or_as_a_template(house, here, people, channels, work, mailbox):
    mailbox(here.resident_account, "wang@example.cn")
    evil = "<script>x</script>{street}{what.__class__}\r\nBcc: spy@example.cn"
    tell(house, here.scope, "trial.letter_sent", people[:1], context={"what": evil})
    work()
    (letter,) = channels.email.sent
    assert "<script>" not in letter.html
    assert "&lt;script&gt;" in letter.html
    assert "{street}{what.__class__}" in letter.text
    assert "\n" not in letter.subject


class TestRest:
    @pytest.mark.parametrize(
        ("moment", "is_held"),
        [
            (NIGHT.replace(hour=21, minute=59), False),
            (NIGHT.replace(hour=22), True),
            (MORNING - timedelta(minutes=1), True),
            (MORNING, False),
        ],
    )
    def test_what_falls_into_the_night_is_held_until_it_ends(
        self, house, here, people, channels, work, moment, is_held
    ) -> None:
        tell(house, here.scope, "trial.letter_sent", people[1:2], moment)
        work(moment)
        assert len(channels.sms.sent) == (0 if is_held else 1)
        assert states(house, here.scope)["sms"][0] == ("held" if is_held else "sent")

    def test_what_is_held_goes_out_at_its_end_and_costs_no_try(self, house, here, people, channels, work) -> None:
        tell(house, here.scope, "trial.letter_sent", people[1:2], NIGHT)
        work(NIGHT)
        work(MORNING - timedelta(seconds=1))
        assert channels.sms.sent == []
        with house.database.unit_of_work(here.scope) as session:
            assert session.scalars(select(Delivery.due_at)).one() == MORNING
            planned = session.scalars(select(Job.dedup_key).where(Job.state == "queued", Job.task == DELIVER)).all()
        assert len(planned) == 1
        work(MORNING)
        assert len(channels.sms.sent) == 1
        assert states(house, here.scope)["sms"] == ("sent", "", 1)

    def test_what_is_urgent_is_not_held(self, house, here, people, channels, work) -> None:
        tell(house, here.scope, "trial.alarm_raised", people[1:2], NIGHT)
        work(NIGHT)
        assert len(channels.sms.sent) == 1

    def test_a_person_chooses_other_hours_and_a_street_too(self, house, world, here, people, channels, work) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            session.add(Contact(account_id=here.resident_account, quiet_from=time(12), quiet_until=time(14)))
            for key in ("quiet_from", "quiet_until"):
                session.add(Setting(owner="core", key=key, value="08:00", source="portal"))
        tell(house, here.scope, "trial.letter_sent", people[:1], NOON)
        tell(house, here.scope, "trial.letter_sent", people[1:2], NIGHT)
        work(NOON)
        assert channels.wechat.sent == []
        with house.database.unit_of_work(here.scope) as session:
            held = set(session.scalars(select(Delivery.due_at).where(Delivery.state == "held")))
        assert held == {NOON.replace(hour=14)}
        work(NIGHT)
        # The street has no hours of rest, and at night the person has none.
        assert len(channels.sms.sent) == 2


class TestChoices:
    def choose(self, house, scope, account_id: UUID, kind: str, channel: str, is_on: bool) -> None:
        with house.database.unit_of_work(scope) as session:
            session.add(Preference(account_id=account_id, kind=kind, channel=channel, is_on=is_on))

    def test_what_somebody_switched_off_is_not_even_queued(self, house, here, people, channels, work) -> None:
        self.choose(house, here.scope, here.resident_account, "trial.letter_sent", "wechat", False)
        tell(house, here.scope, "trial.letter_sent", people[:1])
        assert set(states(house, here.scope)) == {"sms"}

    def test_what_is_switched_off_while_it_is_held_is_not_sent(self, house, here, people, channels, work) -> None:
        tell(house, here.scope, "trial.letter_sent", people[:1], NIGHT)
        work(NIGHT)
        self.choose(house, here.scope, here.resident_account, "trial.letter_sent", "wechat", False)
        work(MORNING)
        assert channels.wechat.sent == []
        assert states(house, here.scope)["wechat"] == ("suppressed", "unwanted", 0)
        assert len(channels.sms.sent) == 1

    def test_what_somebody_asks_for_beyond_the_usual_is_sent(self, house, here, people, channels, work) -> None:
        self.choose(house, here.scope, here.resident_account, "trial.thing_happened", "wechat", True)
        tell(house, here.scope, "trial.thing_happened", people)
        work()
        assert [each.account_id for each in channels.wechat.sent] == [here.resident_account]
        assert channels.sms.sent == []

    def test_what_is_urgent_cannot_be_switched_off(self, house, here, people, channels, work) -> None:
        self.choose(house, here.scope, here.resident_account, "trial.alarm_raised", "sms", False)
        tell(house, here.scope, "trial.alarm_raised", people[:1])
        work()
        assert len(channels.sms.sent) == 1

    def test_a_closed_account_gets_no_mail(self, house, here, people, channels, work, mailbox) -> None:
        mailbox(here.resident_account, "wang@example.cn")
        tell(house, here.scope, "trial.letter_sent", people[:1])
        with house.owner.engine.begin() as connection:
            connection.execute(update(Account).where(Account.id == here.resident_account).values(status="disabled"))
        work()
        assert channels.email.sent == channels.wechat.sent == []
        assert states(house, here.scope)["email"] == ("suppressed", "no_address", 0)

    def test_a_channel_that_nobody_connected_is_written_off(self, house, here, people, channels, work) -> None:
        channels.sms.is_connected = False
        tell(house, here.scope, "trial.letter_sent", people[:2])
        work()
        assert states(house, here.scope)["sms"] == ("suppressed", "not_connected", 0)


class TestFaults:
    def test_a_fault_is_tried_again_after_growing_pauses_and_given_up(self, house, here, people, channels, work):
        channels.sms.faults = [Fault("busy")] * TRIES
        tell(house, here.scope, "trial.alarm_raised", people[1:2])
        moment = NOON
        for tried, pause in enumerate(PAUSES, 1):
            work(moment)
            assert states(house, here.scope)["sms"] == ("queued", "busy", tried)
            work(moment + pause - timedelta(seconds=1))
            assert states(house, here.scope)["sms"] == ("queued", "busy", tried)
            moment += pause
        work(moment)
        assert states(house, here.scope)["sms"] == ("failed", "busy", TRIES)
        assert channels.sms.sent == []

    def test_a_final_fault_is_given_up_at_once(self, house, here, people, channels, work) -> None:
        channels.sms.faults = [Fault("refused", is_final=True)]
        tell(house, here.scope, "trial.alarm_raised", people[1:2])
        work()
        assert states(house, here.scope)["sms"] == ("failed", "refused", 1)

    def test_one_fault_costs_nobody_else_a_message(self, house, here, people, channels, work) -> None:
        channels.sms.faults = [Fault("refused", is_final=True), None]
        tell(house, here.scope, "trial.alarm_raised", people[:2])
        work()
        assert len(channels.sms.sent) == 1

    def test_a_channel_that_breaks_is_a_fault_and_says_nothing(self, house, here, people, channels, work) -> None:
        channels.sms.faults = [RuntimeError("13800000001 停水")]
        tell(house, here.scope, "trial.alarm_raised", people[1:2])
        with capture_logs() as logs:
            work()
        assert states(house, here.scope)["sms"] == ("queued", "RuntimeError", 1)
        assert "停水" not in str(logs)
        assert "1380000" not in str(logs)

    def test_what_was_taken_and_lost_with_its_process_is_taken_up_again(self, house, here, people, channels, work):
        tell(house, here.scope, "trial.alarm_raised", people[1:2])
        with house.database.unit_of_work(here.scope) as session:
            session.execute(update(Delivery).values(attempts=1, due_at=NOON + timedelta(minutes=10)))
        work(NOON + timedelta(minutes=9))
        assert channels.sms.sent == []
        work(NOON + timedelta(minutes=10))
        assert states(house, here.scope)["sms"] == ("sent", "", 2)

    def test_what_kills_its_process_is_given_up(self, house, here, people, channels, work) -> None:
        tell(house, here.scope, "trial.alarm_raised", people[1:2])
        with house.database.unit_of_work(here.scope) as session:
            session.execute(update(Delivery).values(attempts=TRIES))
        work()
        assert states(house, here.scope)["sms"] == ("failed", "process_died", TRIES)

    def test_a_plugin_that_was_switched_off_sends_nothing_more(self, house, here, people, channels, work) -> None:
        tell(house, here.scope, "trial.letter_sent", people[1:2])
        with house.database.unit_of_work(here.scope) as session:
            session.execute(update(Notification).values(kind="gone.thing_happened"))
        work()
        assert states(house, here.scope)["sms"] == ("suppressed", "switched_off", 0)


def test_a_letter_goes_the_whole_way_to_a_mail_server(house, world, here, people, channels, work, mailbox) -> None:
    mailbox(here.resident_account, "wang@example.cn")
    with mail_server() as server:
        smtp = SmtpChannel(SmtpServer("127.0.0.1", server.port, "none", sender="linli@example.cn"))
        house.database.info["channels"] = replace(channels, email=smtp)
        tell(house, here.scope, "trial.letter_sent", people[:1], link="/s/x/c/y/notices/1")
        with capture_logs() as logs:
            work()
    (kept,) = server.letters
    assert kept.recipients == ["wang@example.cn"]
    assert kept.message["Subject"] == "停水"
    assert str(kept.message["From"]).startswith(world.here.name)
    assert "停水来信了。" in kept.part("plain")
    assert "https://linli.example.cn/s/x/c/y/notices/1" in kept.part("plain")
    assert 'href="https://linli.example.cn/s/x/c/y/notices/1"' in kept.part("html")
    assert "wang" not in str(logs)


def test_many_are_sent_in_batches(house, here, channels, work) -> None:
    with house.database.unit_of_work(here.scope) as session:
        ids = _crowd(session, here.id, 120)
    tell(house, here.scope, "trial.alarm_raised", [Recipient(None, each, None) for each in ids])
    work()
    assert len(channels.sms.sent) == 120
    assert len({each.phone for each in channels.sms.sent}) == 120


def _crowd(session, community_id: UUID, count: int) -> list[UUID]:
    from linli.residents.models import Resident

    ids = [new_id() for _ in range(count)]
    for n, each in enumerate(ids):
        phone = session.vault.encrypt(session, "resident", "phone", each, f"138{n:08d}")
        session.add(Resident(id=each, community_id=community_id, name="众", phone_ct=phone))
    return ids


def test_the_kinds_of_messages_do_not_show_what_they_carry() -> None:
    letter = Letter("1", "wang@example.cn", "街道", "停水", "停水", "停水")
    sms = TextMessage("13800000001", "core.x", {"code": "123456"}, "123456")
    chat = ChatMessage(new_id(), "core.x", {"what": "停水"}, "停水")
    shown = repr((letter, sms, chat))
    for secret in ("wang", "停水", "13800000001", "123456"):
        assert secret not in shown
