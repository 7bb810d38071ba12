"""Part G: what is sent to people names nothing of another street, and opens nothing there."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.access.places import GrantPlace
from linli.access.roles import role_permissions
from linli.channels import Fault, Letter, TextMessage
from linli.house import House
from linli.identity.acceptance import read_offer
from linli.identity.codes import code_fits, request_code
from linli.identity.identifiers import sealed_phone
from linli.identity.invitations import invite
from linli.identity.models import Account
from linli.kit.actor import Actor, Grant
from linli.kit.clock import today
from linli.kit.errors import NotFound
from linli.kit.ids import new_id
from linli.notifications import Recipient, notify
from linli.notifications.models import Contact, Delivery, MessageTemplate, Notification
from linli.notifications.service import DELIVER
from linli.plugins.registry import Plugins
from linli.tasks import enqueue
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.testing.world import WORLD

KIND = "core.role_granted"
#: Somebody of each street, and the phone that the messages go to.
PHONES = {
    WORLD.here.communities[0].administrator: "13911110001",
    WORLD.there.communities[0].administrator: "13922220002",
}


class Post:
    """Keeps every text message that leaves the house."""

    is_connected = True

    def __init__(self) -> None:
        self.sent: queue.Queue[TextMessage] = queue.Queue()

    def send(self, messages: Sequence[TextMessage]) -> list[Fault | None]:
        for message in messages:
            self.sent.put(message)
        return [None] * len(messages)

    def next(self) -> TextMessage:
        return self.sent.get(timeout=10)


@pytest.fixture
def post(module_house: House, planted) -> Iterator[Post]:
    post = Post()
    with Session(module_house.owner.engine) as session, session.begin():
        for account_id, phone in PHONES.items():
            account = session.get(Account, account_id)
            assert account is not None
            for column, value in sealed_phone(module_house.vault, account_id, phone).items():
                setattr(account, column, value)
    channels = module_house.channels
    module_house.channels = replace(channels, sms=post)
    yield post
    module_house.channels = channels


def test_g5_a_code_goes_to_its_phone_and_says_nothing_of_a_street(module_house, post, planted) -> None:
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda phone: request_code(module_house, phone, "sign_in", ip="203.0.113.5"), PHONES.values()))
    sent = [post.next() for _ in PHONES]
    assert {message.phone for message in sent} == set(PHONES.values())
    codes = {message.phone: message.values["code"] for message in sent}
    own, other = PHONES.values()
    for message in sent:
        assert (len(codes[message.phone]), message.kind) == (6, "core.sign_in_code")
        assert codes[message.phone].isdigit()
        assert not [street.name for street in WORLD.streets if street.name in message.text]
    # One's code under the other's phone, or for something else, opens nothing and is not used up by the try.
    if codes[own] != codes[other]:
        assert not code_fits(module_house, other, "sign_in", codes[own])
    assert not code_fits(module_house, own, "password", codes[own])
    assert code_fits(module_house, own, "sign_in", codes[own]), "control: its own phone"
    assert not code_fits(module_house, own, "sign_in", codes[own])


class Letters:
    """Keeps every letter that leaves the house."""

    is_connected = True

    def __init__(self) -> None:
        self.sent: list[Letter] = []

    def send(self, messages: Sequence[Letter]) -> list[Fault | None]:
        self.sent += messages
        return [None] * len(messages)


@pytest.fixture
def letters(module_house: House, planted) -> Iterator[Letters]:
    box = Letters()
    channels = module_house.channels
    module_house.channels = module_house.database.info["channels"] = replace(channels, email=box)
    yield box
    module_house.channels = module_house.database.info["channels"] = channels


def test_g5_letters_of_two_streets_carry_their_own_words_alone(module_house, letters) -> None:
    told = {}
    for street in WORLD.streets:
        community = street.communities[0]
        address = f"box@{street.code}.example"
        with module_house.database.unit_of_work(street.scope) as session:
            # Equal hours are no hours of rest: the letters have to leave by night too.
            rest = {"quiet_from": time(0), "quiet_until": time(0)}
            contact = Contact(id=new_id(), account_id=community.administrator, **rest)
            contact.email_ct = session.vault.encrypt(session, "notification_contact", "email", contact.id, address)
            words = {"subject": f"{street.code}的话：{{role}}", "body": f"{street.code}的话：{{place}}的{{role}}"}
            session.add_all([contact, MessageTemplate(kind=KIND, locale="zh_CN", channel="email", **words)])
        with module_house.database.unit_of_work(community.scope) as session:
            # What people write is filled in and never filled out: it names no placeholder of anybody.
            context = {"role": "{street}{place}", "place": community.name, "starts_on": today()}
            people = [Recipient(community.administrator, None, None)]
            assert notify(session, KIND, people, context, subject=("secret", new_id())) == 1
            told[street.code] = session.scalars(select(Notification.id).where(Notification.kind == KIND)).one()
    JobRunner(module_house, Tasks.of(Plugins.load()), pause=0.01).run_due()
    assert {each.to for each in letters.sent} == {f"box@{street.code}.example" for street in WORLD.streets}, "control"
    for street, other in (WORLD.streets, WORLD.streets[::-1]):
        [letter] = [each for each in letters.sent if street.code in each.to]
        whole = f"{letter.sender_name} {letter.subject} {letter.text} {letter.html}"
        assert f"{street.code}的话" in letter.subject, "control: its own template"
        assert street.name in whole, "control"
        assert "{street}{place}" in letter.subject
        for foreign in (other.code, other.name, str(other.id)):
            assert foreign not in whole
    sent = len(letters.sent)
    for street, other in (WORLD.streets, WORLD.streets[::-1]):
        # A forged order to send what the other street has to say finds nothing to send.
        with module_house.database.unit_of_work(street.scope) as session:
            session.add(Delivery(id=new_id(), notification_id=told[other.code], channel="email", community_id=None))
            enqueue(session, DELIVER)
    JobRunner(module_house, Tasks.of(Plugins.load()), pause=0.01).run_due()
    assert len(letters.sent) == sent


def test_g5_an_invitation_is_of_one_street(module_house, planted) -> None:
    links = {}
    for street in WORLD.streets:
        community = street.communities[0]
        actor = Actor(
            account_id=community.administrator,
            display_name="社区管理员",
            grants=(Grant("community_administrator", community.id),),
            permissions=role_permissions(),
        )
        place = GrantPlace(community.id, community.compound)
        with module_house.database.unit_of_work(street.scope, actor) as session:
            name = f"受邀者{street.code}"
            links[street.code] = invite(session, actor, role="committee_chair", place=place, name=name)[1]
    for street, other in (WORLD.streets, WORLD.streets[::-1]):
        offer = read_offer(module_house, street.code, links[street.code], ip="203.0.113.7")
        assert offer.name == f"受邀者{street.code}", "control"
        assert other.code not in str(offer)
        with pytest.raises(NotFound):
            read_offer(module_house, other.code, links[street.code], ip="203.0.113.7")
