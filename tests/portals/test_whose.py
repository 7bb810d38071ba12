"""Whose home the resident portal shows: chosen among one's own, never anybody else's, and no right follows from it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from linli.house import House
from linli.kit.clock import today
from linli.residents.models import HouseholdMember, Ownership, Resident
from linli.testing.web import Browser
from linli.testing.world import CommunityWorld, World


@pytest.fixture
def second(module_house: House, here: CommunityWorld) -> UUID:
    """A second dwelling of the resident of the first."""
    with module_house.owner.unit_of_work(here.scope) as session:
        if session.get(Ownership, (here.tenant_id, _id(here, "second"))) is None:
            session.add(
                Ownership(
                    id=_id(here, "second"),
                    community_id=here.id,
                    dwelling_id=here.dwellings[3],
                    resident_id=here.residents[0],
                    share_numerator=1,
                    share_denominator=1,
                    basis="registry",
                )
            )
    return here.dwellings[3]


def _id(here: CommunityWorld, name: str) -> UUID:
    from linli.testing.world import known_id

    return known_id(here.code, "whose", name)


def _child(module_house: House, here: CommunityWorld, household: UUID, name: str) -> UUID:
    child = uuid4()
    with module_house.owner.unit_of_work(here.scope) as session:
        session.add(Resident(id=child, community_id=here.id, name=name, name_pinyin="", born_on=today()))
        session.flush()
        session.add(HouseholdMember(community_id=here.id, household_id=household, resident_id=child, relation="child"))
    return child


@pytest.fixture
def signed_in(browser: Browser, here: CommunityWorld) -> Browser:
    browser.client.cookies.delete("whose")
    return browser.sign_in_as(here.resident_account)


def choose(browser: Browser, portal: str, key: str):
    return browser.post(f"{portal}/whose", {"show": key})


def test_with_two_homes_one_chooses_which_is_shown(signed_in, read, portal, here, second) -> None:
    both = read(portal).partition("<main")[2]
    assert "1单元 101" in both
    assert "1单元 401" in both
    assert choose(signed_in, portal, f"home:{second}").headers["location"].endswith(portal)
    text = read(portal).partition("<main")[2]
    assert "现在只看" in text
    assert "1单元 401" in text
    assert "1单元 101" not in text
    own = read(f"{portal}/my-home").partition("<main")[2]
    assert "1单元 401" in own
    assert "1单元 101" not in own
    choose(signed_in, portal, "")
    assert "1单元 101" in read(portal).partition("<main")[2]


@pytest.mark.parametrize("kind", ["home", "child"])
def test_what_is_not_ones_own_cannot_be_chosen(signed_in, portal, here, kind) -> None:
    other = here.dwellings[1] if kind == "home" else here.residents[1]
    answer = choose(signed_in, portal, f"{kind}:{other}")
    assert answer.status_code == 422
    assert "不是您的家" in answer.text


@pytest.mark.parametrize("kind", ["home", "child"])
def test_a_forged_cookie_shows_nobody_elses_home(signed_in, read, portal, here, world: World, kind) -> None:
    elsewhere = world.there.communities[0]
    others = [here.dwellings[1], elsewhere.dwellings[0]] if kind == "home" else [here.residents[1], here.residents[2]]
    before = _shown(read, portal)
    for other in (*others, "nonsense", "' or 1=1"):
        signed_in.client.cookies.set("whose", f"{kind}:{other}")
        assert _shown(read, portal) == before
    signed_in.client.cookies.delete("whose")
    assert "测试居民2" not in "".join(before)


def _shown(read, portal: str) -> list[str]:
    """What the pages of one's home name: doors and people."""
    words = ("1单元 101", "1单元 201", "1单元 301", "测试居民1", "测试居民2", "测试居民3", "现在只看")
    texts = [read(portal + path).partition("<main")[2] for path in ("", "/my-home", "/whose")]
    return [word for text in texts for word in words if word in text]


def test_the_wish_of_who_used_the_telephone_before_counts_for_nothing(browser, read, portal, here, second) -> None:
    browser.sign_in_as(here.resident_account)
    choose(browser, portal, f"home:{second}")
    browser.sign_in_as(here.steward)
    assert "现在只看" not in read(f"{portal}/more")
    browser.client.cookies.delete("whose")


def test_a_child_of_ones_household_can_be_chosen_and_another_child_cannot(
    signed_in, read, module_house: House, portal, here, second
) -> None:
    mine = _child(module_house, here, here.households[0], "小测甲")
    neighbours = _child(module_house, here, here.households[1], "小测乙")
    assert "小测乙" not in read(f"{portal}/whose")
    assert choose(signed_in, portal, f"child:{neighbours}").status_code == 422
    assert choose(signed_in, portal, f"child:{mine}").status_code == 303
    text = read(portal).partition("<main")[2]
    assert "现在只看：小测甲" in text
    assert "1单元 101" in text
    assert "1单元 401" not in text
    choose(signed_in, portal, "")


def test_what_is_shown_decides_no_right(signed_in, portal, here, second) -> None:
    signed_in.client.cookies.set("whose", f"home:{here.dwellings[1]}")
    assert signed_in.get(f"{portal}/admin/residents").status_code == 403
    signed_in.client.cookies.delete("whose")
