"""Who answers for sorting in a compound."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, NotFound, ScopedSession
from linli.testing.world import CommunityWorld
from linli_waste_sorting.parties import service as parties
from linli_waste_sorting.parties.models import Party
from linli_waste_sorting.parties.schemas import PartyWrite

FIRST = date(2026, 1, 1)
DECIDED = {"kind": "street_decision", "decision": "某街发〔2026〕5号", "decided_on": FIRST}


@pytest.fixture
def name() -> Callable[..., Party]:
    """Writes down who answers in a community's compound."""

    def write(session: ScopedSession, community: CommunityWorld, actor: Any = SYSTEM, **fields: Any) -> Party:
        given = {"kind": "property_company", "name": "甲物业", "starts_on": FIRST, "compound_id": community.compound}
        return parties.name_party(session, actor, community.id, PartyWrite(**{**given, **fields}))

    return write


def held(session: ScopedSession, community: CommunityWorld, day: date) -> str:
    found = parties.parties_on(session, [community.compound], day).get(community.compound)
    return found.name if found else ""


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


class TestNaming:
    def test_the_next_one_begins_where_the_one_before_ends(self, open_session, own, name) -> None:
        with open_session(own.scope) as session:
            name(session, own)
            change = date(2026, 6, 1)
            name(session, own, name="乙物业", starts_on=change)
            days = (FIRST - timedelta(days=1), FIRST, change - timedelta(days=1), change)
            assert [held(session, own, day) for day in days] == ["", "甲物业", "甲物业", "乙物业"]
            assert [row.name for row in parties.parties_of(session, own.compound)] == ["乙物业", "甲物业"]

    @pytest.mark.parametrize("days", [-1, 0, 1])
    def test_it_begins_later_than_the_one_before(self, open_session, own, name, days) -> None:
        with open_session(own.scope) as session:
            name(session, own)
            if days > 0:
                assert name(session, own, starts_on=FIRST + timedelta(days=days)).ends_on is None
                return
            with pytest.raises(Invalid) as error:
                name(session, own, starts_on=FIRST + timedelta(days=days))
            assert fields(error) == ["starts_on"]
            assert held(session, own, date(2030, 1, 1)) == "甲物业", "nothing has changed"

    def test_what_the_street_determined_names_its_document_and_day(self, open_session, own, name) -> None:
        with open_session(own.scope) as session:
            with pytest.raises(Invalid) as error:
                name(session, own, kind="street_decision")
            assert fields(error) == ["decision", "decided_on"]
            with pytest.raises(Invalid) as error:
                name(session, own, **{**DECIDED, "decided_on": FIRST + timedelta(days=1)})
            assert fields(error) == ["decided_on"]
            assert name(session, own, **DECIDED).decision == "某街发〔2026〕5号"

    @pytest.mark.actor("community_administrator")
    def test_what_the_street_determined_is_written_down_by_the_street(self, open_session, own, actor, name) -> None:
        with open_session(own.scope) as session:
            with pytest.raises(Forbidden, match="街道"):
                name(session, own, actor, **DECIDED)
            row = name(session, own, actor)
            assert row.name == "甲物业"
            decided = name(session, own, starts_on=date(2026, 2, 1), **DECIDED)
            with pytest.raises(Forbidden, match="街道"):
                parties.undo_party(session, actor, own.id, decided.id)

    def test_a_compound_elsewhere_is_none_and_neighbours_see_nothing(self, open_session, world, own, name) -> None:
        with open_session(own.scope) as session:
            row = name(session, own)
        for other in (world.here.communities[1], world.there.communities[0]):
            with open_session(other.scope) as session:
                assert held(session, own, date(2030, 1, 1)) == ""
                assert parties.page_of_parties(session, None)[0] == []
                with pytest.raises(NotFound):
                    parties.undo_party(session, SYSTEM, other.id, row.id)
                with pytest.raises(Invalid) as error:
                    name(session, other, compound_id=own.compound)
                assert fields(error) == ["compound_id"]


class TestUndoing:
    def test_the_one_before_goes_on_as_if_nothing_had_happened(self, open_session, own, name) -> None:
        with open_session(own.scope) as session:
            first = name(session, own)
            second = name(session, own, name="乙物业", starts_on=date(2026, 6, 1))
            with pytest.raises(Conflict):
                parties.undo_party(session, SYSTEM, own.id, first.id)
            parties.undo_party(session, SYSTEM, own.id, second.id)
            assert first.ends_on is None
            assert held(session, own, date(2026, 7, 1)) == "甲物业"
            parties.undo_party(session, SYSTEM, own.id, first.id)
            assert parties.parties_of(session, own.compound) == []
            with pytest.raises(NotFound):
                parties.undo_party(session, SYSTEM, own.id, first.id)


@pytest.mark.actor("community_administrator")
def test_on_the_pages(browser, own, world) -> None:
    root = f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/parties"
    page = f"{root}/{own.compound}"
    assert "还没有登记责任人" in browser.get(root).text
    assert "还没有登记责任人" in browser.get(page).text
    sent = {"kind": "property_company", "name": "甲物业", "contact": "南门物业办公室", "starts_on": "2026-01-01"}
    assert browser.post(page, {**sent, "name": " "}).status_code == 422
    refused = browser.post(page, {**sent, "kind": "street_decision", "decision": "文", "decided_on": "2026-01-01"})
    assert refused.status_code == 403
    assert browser.post(page, sent).status_code == 303
    again = browser.post(page, sent)
    assert again.status_code == 422
    assert "2026-01-01 以后" in again.text
    assert "甲物业" in browser.get(root).text
    party = re.findall(r"entries/([0-9a-f-]{36})/undo", browser.get(page).text.replace("&#x2f;", "/"))[0]
    browser.sign_in_as(own.resident_account)
    assert "南门物业办公室" in browser.get(f"/s/{own.street_code}/c/{own.code}/waste_sorting").text
    browser.sign_in_as(own.administrator)
    assert browser.get(f"{root}/{world.here.communities[1].compound}").status_code == 404
    assert browser.post(f"{root}/entries/{party}/undo").status_code == 303
    assert "甲物业" not in browser.get(page).text


@pytest.mark.actor("community_administrator")
def test_in_the_api(api, own) -> None:
    root = f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting/parties"
    body = {
        "compound_id": str(own.compound),
        "kind": "self_managing",
        "name": "某单位",
        "starts_on": "2026-01-01",
    }
    made = api.post(root, body)
    assert made.status_code == 201
    assert [each["name"] for each in api.get(root).json()["items"] if each["ends_on"] is None] == ["某单位"]
    assert api.post(root, {**body, "starts_on": "x"}).json()["errors"][0]["field"] == "starts_on"
    path = f"{root}/{made.json()['id']}"
    assert api.request("DELETE", path).status_code == 204
    assert api.request("DELETE", path).status_code == 404
