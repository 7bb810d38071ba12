"""Who changed which setting, and taking a change back, at the place where it was made and nowhere else."""

from __future__ import annotations

import pytest

from linli.kit.actor import SYSTEM, Actor
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.settings import catalogue
from linli.settings.catalogue import declare_settings
from linli.settings.history import list_changes, undo_change
from linli.settings.service import clear_setting, get_setting, set_setting
from linli.settings.spec import SettingSpec

HOURS = SettingSpec(key="hours", type="integer", default=24, title="时限", minimum=1, maximum=240)


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture(autouse=True)
def tickets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "_specs", dict(catalogue._specs))
    declare_settings("tickets", [HOURS, SettingSpec(key="contact", type="text", default="", title="联系方式")])


def change(open_session, scope, key: str, value, **place) -> None:
    with open_session(scope) as session:
        set_setting(session, SYSTEM, "tickets", key, value, **place)


def history(open_session, scope, **place):
    with open_session(scope) as session:
        return list_changes(session, "tickets", **place)[0]


def test_every_change_is_told_with_what_was_before(open_session, world) -> None:
    street = world.here.scope
    change(open_session, street, "hours", 48)
    change(open_session, street, "hours", 72, locked=True)
    with open_session(street) as session:
        clear_setting(session, SYSTEM, "tickets", "hours")
    told = [(each.before, each.after, each.was_locked, each.is_locked) for each in history(open_session, street)]
    assert told == [(72, None, True, False), (48, 72, False, True), (None, 48, False, False)]


def test_a_change_is_taken_back_with_its_lock(open_session, world) -> None:
    street = world.here.scope
    change(open_session, street, "hours", 48, locked=True)
    change(open_session, street, "hours", 72, locked=False)
    last, first = history(open_session, street)
    with open_session(street) as session:
        undo_change(session, SYSTEM, "tickets", last.n)
    assert (history(open_session, street)[0].after, history(open_session, street)[0].is_locked) == (48, True)
    with open_session(street) as session:
        undo_change(session, SYSTEM, "tickets", first.n)
        assert get_setting(session, "tickets", "hours") == 24


def test_a_change_of_another_place_is_neither_shown_nor_taken_back(open_session, world, own) -> None:
    sibling = world.here.communities[1]
    here = {"community_id": own.id}
    change(open_session, world.here.scope, "hours", 30)
    change(open_session, own.scope, "hours", 36, **here)
    change(open_session, own.scope, "hours", 40, compound_id=own.compound, **here)
    change(open_session, world.there.scope, "hours", 99)
    street = history(open_session, world.here.scope)
    community = history(open_session, own.scope, **here)
    compound = history(open_session, own.scope, compound_id=own.compound, **here)
    assert [[each.after for each in found] for found in (street, community, compound)] == [[30], [36], [40]]
    assert history(open_session, sibling.scope, community_id=sibling.id) == []
    assert history(open_session, own.scope, community_id=sibling.id) == [], "not even when asked for by id"
    for scope, place, n in (
        (world.there.scope, {}, compound[0].n),
        (own.scope, here, street[0].n),
        (own.scope, here, compound[0].n),
        (own.scope, here, 2**63),
    ):
        with open_session(scope) as session, pytest.raises(NotFound):
            undo_change(session, SYSTEM, "tickets", n, **place)


def test_taking_back_in_a_compound_leaves_the_community_alone(open_session, world, own) -> None:
    place = {"community_id": own.id, "compound_id": own.compound}
    change(open_session, own.scope, "hours", 36, community_id=own.id)
    change(open_session, own.scope, "hours", 40, **place)
    with open_session(own.scope) as session:
        undo_change(session, SYSTEM, "tickets", list_changes(session, "tickets", **place)[0][0].n, **place)
        assert get_setting(session, "tickets", "hours", **place) == 36
    with open_session(own.scope) as session:
        assert list_changes(session, "tickets", **place)[0][0].after is None, "giving it up is told, too"


def test_what_is_no_longer_allowed_is_not_brought_back(open_session, world) -> None:
    street = world.here.scope
    change(open_session, street, "hours", 200)
    change(open_session, street, "hours", 10)
    declare_settings("tickets", [SettingSpec(key="hours", type="integer", default=24, title="时限", maximum=199)])
    last = history(open_session, street)[0]
    assert not last.can_undo
    with open_session(street) as session, pytest.raises(Conflict):
        undo_change(session, SYSTEM, "tickets", last.n)
    declare_settings("tickets", [SettingSpec(key="hours", type="integer", default=24, title="时限", maximum=200)])
    assert history(open_session, street)[0].can_undo


def test_a_number_that_the_record_masks_is_not_brought_back_masked(open_session, world) -> None:
    street = world.here.scope
    change(open_session, street, "contact", "值班电话 13800138000")
    change(open_session, street, "contact", "窗口")
    assert [each.can_undo for each in history(open_session, street)] == [False, True]


def test_pages_follow_one_another(open_session, world) -> None:
    street = world.here.scope
    for hours in range(1, 6):
        change(open_session, street, "hours", hours)
    with open_session(street) as session:
        first, following = list_changes(session, "tickets", limit=3)
        rest, end = list_changes(session, "tickets", limit=3, after=following)
        with pytest.raises(Invalid):
            list_changes(session, "tickets", after="x")
    assert ([each.after for each in first], [each.after for each in rest], end) == ([5, 4, 3], [2, 1], None)


def test_only_who_may_choose_takes_back(open_session, world) -> None:
    change(open_session, world.here.scope, "hours", 48)
    n = history(open_session, world.here.scope)[0].n
    with open_session(world.here.scope) as session, pytest.raises(Forbidden):
        undo_change(session, Actor(account_id=world.here.auditor), "tickets", n)
