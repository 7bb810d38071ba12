"""The search of the API: the same finds as the pages, for the same readers."""

from __future__ import annotations

from uuid import UUID

import pytest

from linli.testing.web import Api


@pytest.fixture
def here(own) -> str:
    return f"/api/v1/s/{own.street_code}/c/{own.code}/search"


@pytest.fixture
def street(world) -> str:
    return f"/api/v1/s/{world.here.code}/search"


@pytest.fixture
def ask(served, module_house, world):
    """An API client of an account, or of nobody."""

    def client(account: UUID | None = None) -> Api:
        made = Api(served, module_house)
        return made if account is None else made.token_for(account, world.here.id)

    return client


def hits(answer) -> list[dict]:
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


class TestCommunity:
    def test_staff_find_people_by_initials(self, ask, here, own, admin) -> None:
        found = hits(ask(own.administrator).get(here, params={"q": "csjm1"}))
        people = [each for each in found if each["kind"] == "core.residents"]
        assert [each["url"].rpartition("/")[2] for each in people] == [str(own.residents[0])]
        assert people[0]["kind_title"] == "居民"
        assert people[0]["community_id"] == str(own.id)

    def test_it_finds_what_the_page_finds(self, ask, browser, here, own, admin) -> None:
        page = browser.sign_in_as(own.administrator).get(f"{admin}/search", params={"q": "测试居民"}).text
        found = hits(ask(own.administrator).get(here, params={"q": "测试居民", "kind": "core.residents"}))
        assert len(found) == len(own.residents)
        assert all(each["url"].rpartition("/")[2] in page for each in found)

    def test_everybody_finds_what_is_open_and_nobodys_data(self, ask, here, own) -> None:
        for caller in (ask(), ask(own.resident_account)):
            found = hits(caller.get(here, params={"q": "csjm"}))
            assert {each["kind"] for each in found} <= {"probe.things"}

    def test_a_kind_that_one_may_not_ask_is_a_fault(self, ask, here, own) -> None:
        answer = ask(own.resident_account).get(here, params={"q": "csjm", "kind": "core.residents"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "kind"

    def test_other_communities_are_not_there(self, ask, here, own, world) -> None:
        found = hits(ask(own.administrator).get(here, params={"q": "csjm"}))
        text = str(found)
        assert not any(str(each) in text for each in world.here.communities[1].residents)

    def test_it_goes_page_by_page(self, ask, here, own) -> None:
        caller = ask(own.administrator)
        whole = hits(caller.get(here, params={"q": "csjm", "kind": "core.residents"}))
        first = caller.get(here, params={"q": "csjm", "kind": "core.residents", "limit": 1}).json()
        second = caller.get(
            here, params={"q": "csjm", "kind": "core.residents", "limit": 1, "after": first["next"]}
        ).json()
        assert [*first["items"], *second["items"]] == whole[:2]
        assert caller.get(here, params={"q": "csjm", "after": "nowhere"}).status_code == 422

    def test_with_too_many_words_it_is_a_fault(self, ask, here, own) -> None:
        assert ask(own.administrator).get(here, params={"q": "x" * 61}).status_code in (400, 422)

    @pytest.mark.parametrize("asked", [{}, {"q": ""}, {"q": "  "}])
    def test_without_words_nothing_is_found(self, ask, here, own, asked) -> None:
        found = ask(own.administrator).get(here, params=asked)
        assert (found.status_code, found.json()["items"]) == (200, [])


class TestStreet:
    def test_finds_in_all_its_communities_and_says_where(self, ask, street, world) -> None:
        found = hits(ask(world.here.administrator).get(street, params={"q": "csjm1", "kind": "core.residents"}))
        assert {each["community_id"] for each in found} == {str(each.id) for each in world.here.communities}

    def test_is_closed_to_who_works_in_one_community_and_to_other_streets(self, ask, street, own, world) -> None:
        assert ask(own.administrator).get(street, params={"q": "csjm"}).status_code == 403
        assert ask(world.there.administrator).get(street, params={"q": "csjm"}).status_code in (403, 404)
