"""API tokens: no more than their owner may, in one street, for a time, until revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from linli.access.actors import actor_from_row
from linli.access.models import RoleGrant
from linli.access.roles import role_permissions
from linli.identity.tokens import create_token, list_tokens, revoke_token
from linli.kit.clock import today
from linli.kit.crypto import token_digest
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound

ROLES = role_permissions()


@pytest.fixture
def administrator(premises, person, sign, world):
    """A community administrator of the first community, signed in: person and session."""
    community = world.here.communities[0]
    with premises.owner.unit_of_work(world.here.scope) as session:
        session.add(
            RoleGrant(
                account_id=person.id,
                account_name="测试人",
                role="community_administrator",
                community_id=community.id,
                starts_on=today() - timedelta(days=1),
                reason="测试",
            )
        )
    return person, sign(person)[1]


def make(premises, world, digest, person, **changes):
    wanted = {"name": "报表", "scopes": ["core.dwelling.read"], "days": 30, "password": person.password, **changes}
    return create_token(premises, digest, world.here.id, ROLES, **wanted)


def actor_of(premises, token, scope):
    with premises.database.unit_of_work(scope, read_only=True) as session:
        row = session.execute(
            text("SELECT * FROM core.resolve_request(:token, 'token', :today)"),
            {"token": token_digest(token), "today": today()},
        ).one()
    return actor_from_row(row, ROLES)


class TestUse:
    def test_it_gives_its_scopes_and_no_more(self, premises, administrator, world) -> None:
        person, digest = administrator
        _id, token = make(premises, world, digest, person)
        place = {"community_id": world.here.communities[0].id}
        actor = actor_of(premises, token, world.here.scope)
        assert token.startswith("linli_")
        assert actor.account_id == person.id
        assert actor.can("core.dwelling.read", **place)
        assert not actor.can("core.resident.read", **place)

    def test_it_opens_nothing_in_another_street(self, premises, administrator, world) -> None:
        person, digest = administrator
        _id, token = make(premises, world, digest, person)
        assert actor_of(premises, token, world.there.scope).is_anonymous

    def test_what_ends_for_the_owner_ends_for_the_token(self, premises, administrator, world, as_owner) -> None:
        person, digest = administrator
        _id, token = make(premises, world, digest, person)
        with premises.owner.unit_of_work(world.here.scope) as session:
            session.execute(
                text("UPDATE core.role_grant SET revoked_at = now() WHERE account_id = :id"), {"id": person.id}
            )
        assert not actor_of(premises, token, world.here.scope).holds("core.dwelling.read")

    def test_a_revoked_one_is_dead_at_once(self, premises, administrator, world) -> None:
        person, digest = administrator
        token_id, token = make(premises, world, digest, person)
        with premises.database.open_transaction() as connection:
            revoke_token(connection, digest, token_id)
            assert [each.revoked_at is not None for each in list_tokens(connection, digest)] == [True]
            with pytest.raises(NotFound):
                revoke_token(connection, digest, token_id)
        assert actor_of(premises, token, world.here.scope).is_anonymous

    @pytest.mark.parametrize(("left", "alive"), [(2, True), (-1, False)])
    def test_it_expires(self, premises, administrator, world, as_owner, left, alive) -> None:
        person, digest = administrator
        token_id, token = make(premises, world, digest, person)
        as_owner(
            "UPDATE core.api_token SET expires_at = now() + make_interval(secs => :left) WHERE id = :id",
            left=left,
            id=token_id,
        )
        assert actor_of(premises, token, world.here.scope).is_anonymous is not alive

    def test_anothers_can_neither_be_seen_nor_revoked(self, premises, administrator, world, new_person, sign) -> None:
        person, digest = administrator
        token_id, token = make(premises, world, digest, person)
        _signed, other = sign(new_person())
        with premises.database.open_transaction() as connection:
            assert list_tokens(connection, other) == []
            with pytest.raises(NotFound):
                revoke_token(connection, other, token_id)
        assert not actor_of(premises, token, world.here.scope).is_anonymous


class TestMaking:
    def test_only_its_hash_and_its_beginning_are_stored(self, premises, administrator, world, as_owner) -> None:
        person, digest = administrator
        token_id, token = make(premises, world, digest, person)
        ((hashed, hint),) = as_owner("SELECT token_hash, hint FROM core.api_token WHERE id = :id", id=token_id)
        assert bytes(hashed) == token_digest(token)
        assert len(hint) == 10
        assert token.startswith(hint)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"scopes": ["core.plugin.allow"]}, "scopes"),
            ({"scopes": ["core.dwelling.read", "made.up.right"]}, "scopes"),
            ({"scopes": []}, "scopes"),
            ({"days": 0}, "days"),
            ({"days": 366}, "days"),
            ({"name": "  "}, "name"),
            ({"name": "名" * 61}, "name"),
            ({"password": "a wrong password"}, "password"),
        ],
    )
    def test_what_is_not_allowed_names_its_field(self, premises, administrator, world, change, field) -> None:
        person, digest = administrator
        with pytest.raises(Invalid) as caught:
            make(premises, world, digest, person, **change)
        assert [error.field for error in caught.value.errors] == [field]

    @pytest.mark.parametrize("days", [1, 365])
    def test_a_day_and_a_year_are_allowed(self, premises, administrator, world, days) -> None:
        person, digest = administrator
        assert make(premises, world, digest, person, days=days)[1]

    def test_without_anything_to_do_in_the_street_there_is_nothing_to_give(
        self, premises, administrator, world
    ) -> None:
        person, digest = administrator
        with pytest.raises(Invalid):
            create_token(
                premises,
                digest,
                world.there.id,
                ROLES,
                name="x",
                scopes=["core.dwelling.read"],
                days=1,
                password=person.password,
            )

    def test_the_twenty_first_is_refused(self, premises, administrator, world) -> None:
        person, digest = administrator
        for _ in range(20):
            make(premises, world, digest, person)
        with pytest.raises(Conflict):
            make(premises, world, digest, person)

    def test_street_staff_enrol_a_second_factor_first(self, premises, person, sign, world) -> None:
        with premises.owner.unit_of_work(world.here.scope) as session:
            session.add(
                RoleGrant(
                    account_id=person.id,
                    account_name="测试人",
                    role="street_staff",
                    starts_on=today(),
                    reason="测试",
                )
            )
        with pytest.raises(Forbidden):
            make(premises, world, sign(person)[1], person)
