"""Settings and plugins over the API."""

from __future__ import annotations

import pytest

from linli.testing.web import Api


@pytest.fixture
def street(api: Api, world) -> Api:
    return api.token_for(world.here.administrator, world.here.id)


def at(world, path: str) -> str:
    return f"/api/v1/s/{world.here.code}{path}"


def within(community, path: str) -> str:
    return f"/api/v1/s/{community.street_code}/c/{community.code}{path}"


def value_of(api: Api, address: str, key: str) -> dict:
    return next(item for item in api.get(address).json()["items"] if item["key"] == key)


class TestSettings:
    def test_the_streets_choice_holds_in_its_community_until_it_is_given_up(self, street: Api, world) -> None:
        here = world.here.communities[0]
        answer = street.patch(at(world, "/settings/core"), {"values": {"contact": "甲"}})
        assert answer.status_code == 200
        assert value_of(street, within(here, "/settings/core"), "contact")["value"] == "甲"
        assert value_of(street, within(here, "/settings/core"), "contact")["origin"] == "street"
        clear = at(world, "/settings/core/contact")
        assert street.request("DELETE", clear).status_code == 204
        assert street.request("DELETE", clear).status_code == 404
        assert value_of(street, within(here, "/settings/core"), "contact")["origin"] == "default"

    def test_every_fault_is_named_and_nothing_is_stored(self, street: Api, world) -> None:
        body = {"values": {"theme": "pink", "portal_title": "长" * 31, "contact": "不该存"}}
        answer = street.patch(at(world, "/settings/core"), body)
        assert answer.status_code == 422
        assert {fault["field"] for fault in answer.json()["errors"]} == {"theme", "portal_title"}
        assert value_of(street, at(world, "/settings/core"), "contact")["value"] == ""

    def test_a_lock_needs_its_value(self, street: Api, world) -> None:
        body = {"values": {"theme": "red"}, "locked": {"contact": True}}
        answer = street.patch(at(world, "/settings/core"), body)
        assert [fault["field"] for fault in answer.json()["errors"]] == ["locked.contact"]

    def test_what_the_street_locked_conflicts(self, street: Api, api: Api, world) -> None:
        street.patch(at(world, "/settings/core"), {"values": {"theme": "red"}, "locked": {"theme": True}})
        here = world.here.communities[0]
        api.token_for(here.administrator, world.here.id)
        assert api.patch(within(here, "/settings/core"), {"values": {"theme": "blue"}}).status_code == 409
        api.token_for(world.here.administrator, world.here.id)
        api.request("DELETE", at(world, "/settings/core/theme"))

    def test_a_change_is_told_and_taken_back(self, street: Api, world) -> None:
        for contact in ("甲处", "乙处"):
            street.patch(at(world, "/settings/core"), {"values": {"contact": contact}})
        last, first, *_rest = street.get(at(world, "/settings/core/history?key=contact")).json()["items"]
        assert [(each["before"], each["after"]) for each in (last, first)] == [("甲处", "乙处"), (None, "甲处")]
        assert street.post(at(world, f"/settings/core/history/{last['n']}/undo"), {}).json()["after"] == "乙处"
        assert value_of(street, at(world, "/settings/core"), "contact")["value"] == "甲处"
        within_here = within(world.here.communities[0], f"/settings/core/history/{last['n']}/undo")
        assert street.post(within_here, {}).status_code == 404, "a change of the street is none of a community's"
        street.request("DELETE", at(world, "/settings/core/contact"))

    def test_a_compound_of_elsewhere_is_not_found(self, street: Api, world) -> None:
        here, neighbour = world.here.communities
        settings = within(here, "/settings/core")
        assert street.get(f"{settings}?compound_id={here.compound}").status_code == 200
        assert street.get(f"{settings}?compound_id={neighbour.compound}").status_code == 404
        body = {"values": {"contact": "甲"}}
        assert street.patch(f"{settings}?compound_id={neighbour.compound}", body).status_code == 404

    def test_a_plugin_that_is_off_has_none(self, street: Api, world) -> None:
        assert street.get(within(world.here.communities[0], "/settings/notices")).status_code == 200
        assert street.get(within(world.here.communities[1], "/settings/notices")).status_code == 404

    def test_the_neighbours_are_closed(self, api: Api, world) -> None:
        here, neighbour = world.here.communities
        api.token_for(here.administrator, world.here.id)
        assert api.get(within(neighbour, "/settings/core")).status_code == 403
        assert api.patch(at(world, "/settings/core"), {"values": {"theme": "red"}}).status_code == 403


class TestPlugins:
    def test_a_community_sees_only_itself(self, api: Api, world) -> None:
        neighbour = world.here.communities[1]
        api.token_for(neighbour.administrator, world.here.id)
        item = next(
            each for each in api.get(within(neighbour, "/plugins")).json()["items"] if each["name"] == "notices"
        )
        assert item["is_allowed"]
        assert item["communities"] == []

    def test_the_street_sees_its_own_communities(self, street: Api, world) -> None:
        item = next(each for each in street.get(at(world, "/plugins")).json()["items"] if each["name"] == "notices")
        assert item["communities"] == [str(world.here.communities[0].id)]

    def test_a_community_switches_on_and_off(self, api: Api, world) -> None:
        neighbour = world.here.communities[1]
        api.token_for(neighbour.administrator, world.here.id)
        switch = within(neighbour, "/plugins/notices")
        assert api.request("PUT", switch).status_code == 204
        assert api.request("DELETE", switch).status_code == 204
        assert api.request("DELETE", switch).status_code == 404

    def test_a_compound_of_a_neighbour_is_unknown(self, api: Api, world) -> None:
        here, neighbour = world.here.communities
        api.token_for(here.administrator, world.here.id)
        switch = within(here, f"/plugins/notices?compound_id={neighbour.compound}")
        assert api.request("PUT", switch).status_code == 404

    def test_what_is_not_installed_cannot_be_allowed(self, street: Api, world) -> None:
        assert street.request("PUT", at(world, "/plugins/nothing")).status_code == 404

    def test_only_the_street_allows(self, api: Api, world) -> None:
        api.token_for(world.here.communities[0].administrator, world.here.id)
        assert api.request("DELETE", at(world, "/plugins/notices")).status_code == 403
