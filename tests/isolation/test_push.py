"""Part G: what is sent to people names nothing of another street, and opens nothing there."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from linli.access.places import GrantPlace
from linli.access.roles import role_permissions
from linli.house import House
from linli.identity.acceptance import read_offer
from linli.identity.codes import code_fits, register_channel, request_code
from linli.identity.identifiers import sealed_phone
from linli.identity.invitations import invite
from linli.identity.models import Account
from linli.kit.actor import Actor, Grant
from linli.kit.errors import NotFound
from linli.testing.world import WORLD

#: Somebody of each street, and the phone that the messages go to.
PHONES = {
    WORLD.here.communities[0].administrator: "13911110001",
    WORLD.there.communities[0].administrator: "13922220002",
}


class Post:
    """Keeps every message that leaves the house."""

    def __init__(self) -> None:
        self.sent: queue.Queue[tuple[str, str, str]] = queue.Queue()

    def send(self, phone: str, code: str, purpose: str) -> None:
        self.sent.put((phone, code, purpose))

    def next(self) -> tuple[str, str, str]:
        return self.sent.get(timeout=10)


@pytest.fixture
def post(module_house: House, planted) -> Iterator[Post]:
    post = Post()
    register_channel("isolation", post)
    with Session(module_house.owner.engine) as session, session.begin():
        for account_id, phone in PHONES.items():
            account = session.get(Account, account_id)
            assert account is not None
            for column, value in sealed_phone(module_house.vault, account_id, phone).items():
                setattr(account, column, value)
    settings = module_house.settings
    module_house.settings = replace(settings, code_channel="isolation")
    yield post
    module_house.settings = settings


def test_g5_a_code_goes_to_its_phone_and_says_nothing_of_a_street(module_house, post, planted) -> None:
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda phone: request_code(module_house, phone, "sign_in", ip="203.0.113.5"), PHONES.values()))
    sent = [post.next() for _ in PHONES]
    assert {phone for phone, _, _ in sent} == set(PHONES.values())
    codes = {phone: code for phone, code, _ in sent}
    own, other = PHONES.values()
    for phone, code, purpose in sent:
        assert (len(code), code.isdigit(), purpose) == (6, True, "sign_in")
        assert phone in PHONES.values()
    # One's code under the other's phone, or for something else, opens nothing and is not used up by the try.
    if codes[own] != codes[other]:
        assert not code_fits(module_house, other, "sign_in", codes[own])
    assert not code_fits(module_house, own, "password", codes[own])
    assert code_fits(module_house, own, "sign_in", codes[own]), "control: its own phone"
    assert not code_fits(module_house, own, "sign_in", codes[own])


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
