"""Who may do what where."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from linli.kit.actor import PUBLIC, SYSTEM, Actor, Grant

COMMUNITY, COMPOUND, BUILDING, OTHER = uuid4(), uuid4(), uuid4(), uuid4()
ROLES = {"clerk": frozenset({"core.x.read", "core.x.write"}), "reader": frozenset({"core.x.read"})}


def actor(*grants: Grant, **options) -> Actor:
    return Actor(account_id=uuid4(), grants=grants, permissions=ROLES, **options)


def test_a_grant_reaches_its_place_and_every_place_within() -> None:
    street, community = Grant("clerk"), Grant("clerk", COMMUNITY)
    building = Grant("clerk", COMMUNITY, COMPOUND, BUILDING)
    assert street.reaches(None)
    assert street.reaches(COMMUNITY, COMPOUND)
    assert community.reaches(COMMUNITY, COMPOUND, BUILDING)
    assert not community.reaches(OTHER)
    assert not community.reaches(None)
    assert not building.reaches(COMMUNITY, COMPOUND)
    assert not building.reaches(COMMUNITY, COMPOUND, OTHER)


def test_a_permission_is_held_where_a_role_with_it_is_held() -> None:
    someone = actor(Grant("clerk", COMMUNITY), Grant("reader"))
    assert someone.can("core.x.read")
    assert not someone.can("core.x.write")
    assert someone.can("core.x.write", community_id=COMMUNITY)
    assert not someone.can("core.x.write", community_id=OTHER)
    assert someone.holds("core.x.write")
    assert not someone.holds("core.y.read")
    assert [grant.role for grant in someone.grants_for("core.x.write")] == ["clerk"]


def test_a_role_that_nobody_knows_gives_nothing() -> None:
    assert not actor(Grant("emperor")).holds("core.x.read")


def test_a_token_gives_no_more_than_both_role_and_token_do() -> None:
    limited = actor(Grant("clerk"), token_scopes=frozenset({"core.x.read", "core.y.read"}))
    assert limited.can("core.x.read")
    assert not limited.can("core.x.write")
    assert not limited.holds("core.y.read")
    assert limited.grants_for("core.x.write") == ()
    assert not replace(limited, token_scopes=frozenset()).holds("core.x.read")


def test_the_system_may_and_the_public_may_not() -> None:
    assert SYSTEM.can("core.x.write", community_id=OTHER)
    assert not PUBLIC.can("core.x.read")
    assert (PUBLIC.is_anonymous, SYSTEM.is_anonymous, actor().is_anonymous) == (True, False, False)
