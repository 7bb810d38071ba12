"""Granting and ending roles: by whom, to whom, where, and what a street never loses."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from linli.access.models import RoleGrant
from linli.access.places import GrantPlace
from linli.access.repository import explain, get_grant, list_grants
from linli.access.roles import BUILT_IN_ROLES, role_permissions
from linli.access.service import (
    end_all_grants,
    end_grant,
    find_linked_account,
    grant_role,
    linked_account,
)
from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM, Actor, Grant
from linli.kit.clock import today
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound

ROLES = role_permissions()
DAY = timedelta(days=1)


def holder(account_id, role, **place) -> Actor:
    return Actor(account_id=account_id, display_name=role, grants=(Grant(role, **place),), permissions=ROLES)


@pytest.fixture
def street(world) -> Actor:
    return holder(world.here.administrator, "street_administrator")


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def admin(own) -> Actor:
    return holder(own.administrator, "community_administrator", community_id=own.id)


@pytest.fixture
def compound(own) -> GrantPlace:
    return GrantPlace(own.id, own.compound)


def give(session, actor, account, role="committee_chair", place: GrantPlace = GrantPlace(), **options):  # noqa: B008 - frozen
    return grant_role(session, actor, account, role=role, place=place, **{"reason": "选举产生", **options})


class TestGrant:
    def test_it_is_written_with_its_reason_and_audited(self, open_session, own, admin, compound) -> None:
        with open_session(own.scope, admin) as session:
            made = give(session, admin, own.resident_account, place=compound, ends_on=today() + 365 * DAY)
        with open_session(own.scope) as session:
            grant = session.get_one(RoleGrant, (own.tenant_id, made.id))
            assert (grant.role, grant.granted_by, grant.reason) == ("committee_chair", admin.account_id, "选举产生")
            entry = session.scalars(
                select(AuditEntry).where(AuditEntry.subject_id == str(made.id), AuditEntry.action == "core.role.grant")
            ).one()
            assert entry.community_id == own.id
            assert entry.after["ends_on"] == str(today() + 365 * DAY)

    @pytest.mark.requirement("PLT-007")
    @pytest.mark.parametrize(
        "role", [role.code for role in BUILT_IN_ROLES if "community_administrator" not in role.granted_by]
    )
    def test_a_community_administrator_gives_no_role_above(self, open_session, own, admin, role) -> None:
        for place in (GrantPlace(), GrantPlace(own.id)):
            with pytest.raises((Forbidden, Invalid)), open_session(own.scope, admin) as session:
                give(session, admin, own.resident_account, role, place)

    @pytest.mark.parametrize("side", ["other community", "other street"])
    def test_a_role_ends_at_the_wall(self, open_session, world, own, admin, side) -> None:
        other = world.here.communities[1] if side == "other community" else world.there.communities[0]
        for scope in (own.scope, world.here.scope):
            with pytest.raises(Forbidden), open_session(scope, admin) as session:
                give(session, admin, own.resident_account, place=GrantPlace(other.id, other.compound))

    def test_another_streets_place_is_unknown_even_to_the_platform(self, open_session, world, own) -> None:
        other = world.there.communities[0]
        with pytest.raises(Invalid) as caught, open_session(world.here.scope) as session:
            give(session, SYSTEM, own.resident_account, place=GrantPlace(other.id, other.compound))
        assert caught.value.errors[0].field == "community_id"

    def test_a_building_has_to_lie_in_the_compound(self, open_session, world, own, street) -> None:
        other = world.here.communities[1]
        for place, field in (
            (GrantPlace(own.id, own.compound, other.building), "building_id"),
            (GrantPlace(own.id, other.compound, own.building), "compound_id"),
            (GrantPlace(own.id, None, own.building), "compound_id"),
        ):
            with pytest.raises(Invalid) as caught, open_session(world.here.scope, street) as session:
                give(session, street, own.resident_account, "building_steward", place)
            assert caught.value.errors[0].field == field

    @pytest.mark.requirement("PLT-007")
    def test_nobody_grants_to_oneself(self, open_session, world, street, own) -> None:
        with pytest.raises(Forbidden), open_session(world.here.scope, street) as session:
            give(session, street, world.here.administrator, "community_administrator", GrantPlace(own.id))

    @pytest.mark.requirement("PLT-007")
    def test_nobody_gives_a_permission_that_they_do_not_hold(self, open_session, own) -> None:
        poorer = {**ROLES, "community_administrator": ROLES["community_administrator"] - {"core.dwelling.read"}}
        actor = Actor(
            account_id=own.administrator,
            grants=(Grant("community_administrator", own.id),),
            permissions=poorer,
        )
        with pytest.raises(Forbidden), open_session(own.scope, actor) as session:
            give(session, actor, own.resident_account, place=GrantPlace(own.id, own.compound))

    def test_a_token_without_the_scope_grants_nothing(self, open_session, own, compound) -> None:
        actor = Actor(
            account_id=own.administrator,
            grants=(Grant("community_administrator", own.id),),
            permissions=ROLES,
            token_scopes=frozenset({"core.role.read"}),
        )
        with pytest.raises(Forbidden), open_session(own.scope, actor) as session:
            give(session, actor, own.resident_account, place=compound)

    def test_only_accounts_that_this_street_knows(self, open_session, world, own, admin, compound) -> None:
        for stranger in (world.there.communities[0].resident_account, uuid4()):
            with pytest.raises(Invalid) as caught, open_session(own.scope, admin) as session:
                give(session, admin, stranger, place=compound)
            assert caught.value.errors[0].field == "account_id"

    @pytest.mark.parametrize(
        ("role", "options", "field"),
        [
            ("committee_chair", {"reason": " "}, "reason"),
            ("committee_chair", {"starts_on": today(), "ends_on": today() - DAY}, "ends_on"),
            ("committee_chair", {"starts_on": today() - 9 * DAY, "ends_on": today() - DAY}, "ends_on"),
            ("king", {}, "role"),
            ("resident", {}, "role"),
            ("building_steward", {}, "role"),
        ],
    )
    def test_bad_input_names_its_field(self, open_session, own, admin, compound, role, options, field) -> None:
        with pytest.raises(Invalid) as caught, open_session(own.scope, admin) as session:
            give(session, admin, own.resident_account, role, compound, **options)
        assert [error.field for error in caught.value.errors] == [field]

    def test_one_day_is_a_term(self, open_session, own, admin, compound) -> None:
        with open_session(own.scope, admin) as session:
            assert give(session, admin, own.resident_account, place=compound, ends_on=today())

    def test_the_platform_enters_for_a_time_only(self, open_session, world, street, own) -> None:
        with pytest.raises(Invalid) as caught, open_session(world.here.scope, street) as session:
            give(session, street, world.here.auditor, "platform_operator", GrantPlace())
        assert caught.value.errors[0].field == "ends_on"
        with open_session(world.here.scope, street) as session:
            assert give(session, street, world.here.auditor, "platform_operator", GrantPlace(), ends_on=today() + DAY)

    def test_the_same_role_twice_at_a_time_is_refused_and_after_it_is_not(
        self, open_session, own, admin, compound
    ) -> None:
        with open_session(own.scope, admin) as session:
            give(session, admin, own.resident_account, place=compound, ends_on=today() + 10 * DAY)
        with pytest.raises(Conflict), open_session(own.scope, admin) as session:
            give(session, admin, own.resident_account, place=compound, starts_on=today() + 10 * DAY)
        with open_session(own.scope, admin) as session:
            assert give(session, admin, own.resident_account, place=compound, starts_on=today() + 11 * DAY)


class TestEnd:
    @pytest.mark.asvs("V8.3.2")
    def test_it_ends_at_once_and_stays_in_the_list(self, open_session, own, admin, compound) -> None:
        with open_session(own.scope, admin) as session:
            made = give(session, admin, own.resident_account, place=compound)
        with open_session(own.scope, admin) as session:
            end_grant(session, admin, made.id, reason="辞职")
        with open_session(own.scope, admin) as session:
            row = get_grant(session, admin, made.id)
            assert row is not None
            assert row.state == "ended"
            with pytest.raises(Conflict):
                end_grant(session, admin, made.id, reason="再次")
            actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == str(made.id)))
            assert set(actions) == {"core.role.grant", "core.role.end"}

    def test_who_could_not_give_it_cannot_take_it(self, open_session, world, own, admin) -> None:
        with open_session(world.here.scope) as session:
            at_street = session.scalar(select(RoleGrant.id).where(RoleGrant.account_id == world.here.auditor))
            sibling = session.scalar(
                select(RoleGrant.id).where(RoleGrant.account_id == world.here.communities[1].administrator)
            )
        for scope, grant_id in ((own.scope, at_street), (world.here.scope, at_street), (world.here.scope, sibling)):
            with pytest.raises(Forbidden), open_session(scope, admin) as session:
                end_grant(session, admin, grant_id, reason="越权")
        with pytest.raises(NotFound), open_session(own.scope, admin) as session:
            end_grant(session, admin, sibling, reason="越权")

    def test_another_streets_grant_is_unknown(self, open_session, world, street) -> None:
        with open_session(world.there.scope) as session:
            theirs = session.scalar(select(RoleGrant.id).where(RoleGrant.account_id == world.there.administrator))
        with pytest.raises(NotFound), open_session(world.here.scope, street) as session:
            end_grant(session, street, theirs, reason="越界")

    def test_a_reason_is_asked_for(self, open_session, own, admin, compound) -> None:
        with open_session(own.scope, admin) as session:
            made = give(session, admin, own.resident_account, place=compound)
            with pytest.raises(Invalid):
                end_grant(session, admin, made.id, reason="")

    def test_all_of_a_person_at_once(self, open_session, own, admin, compound) -> None:
        with open_session(own.scope, admin) as session:
            give(session, admin, own.resident_account, place=compound)
            give(session, admin, own.resident_account, "volunteer_captain", compound)
            assert end_all_grants(session, admin, own.resident_account, reason="搬离") == 2
            with pytest.raises(NotFound):
                end_all_grants(session, admin, own.resident_account, reason="搬离")


class TestLastAdministrator:
    def first(self, open_session, world):
        with open_session(world.here.scope) as session:
            return session.scalar(select(RoleGrant.id).where(RoleGrant.account_id == world.here.administrator))

    def test_the_only_one_stays(self, open_session, world, street) -> None:
        with pytest.raises(Conflict), open_session(world.here.scope, street) as session:
            end_grant(session, street, self.first(open_session, world), reason="离任")

    @pytest.mark.parametrize(
        ("term", "ends"),
        [
            ({}, True),
            ({"ends_on": today()}, True),
            ({"starts_on": today() + DAY}, False),
        ],
    )
    def test_a_second_one_who_is_in_office_lets_the_first_go(self, open_session, world, street, term, ends) -> None:
        first = self.first(open_session, world)
        with open_session(world.here.scope, street) as session:
            give(session, street, world.here.auditor, "street_administrator", GrantPlace(), **term)
        if ends:
            with open_session(world.here.scope, street) as session:
                assert end_grant(session, street, first, reason="离任")
        else:
            with pytest.raises(Conflict), open_session(world.here.scope, street) as session:
                end_grant(session, street, first, reason="离任")

    def test_two_who_end_each_other_at_once_leave_one(self, house, world) -> None:
        from concurrent.futures import ThreadPoolExecutor

        one = holder(world.here.administrator, "street_administrator")
        two = holder(world.here.auditor, "street_administrator")
        with house.database.unit_of_work(world.here.scope, one) as session:
            made = give(session, one, world.here.auditor, "street_administrator", GrantPlace()).id
            first = session.scalar(
                select(RoleGrant.id).where(
                    RoleGrant.account_id == world.here.administrator, RoleGrant.role == "street_administrator"
                )
            )

        def end(task):
            actor, grant_id = task
            try:
                with house.database.unit_of_work(world.here.scope, actor) as session:
                    end_grant(session, actor, grant_id, reason="互相终止")
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(end, [(one, made), (two, first)])) == [False, True]
        with house.database.unit_of_work(world.here.scope) as session:
            left = session.scalar(
                select(func.count())
                .select_from(RoleGrant)
                .where(RoleGrant.role == "street_administrator", RoleGrant.revoked_at.is_(None))
            )
        assert left == 1


class TestList:
    def test_a_community_sees_its_own_and_the_streets(self, open_session, world, own, admin) -> None:
        with open_session(own.scope, admin) as session:
            rows, _next = list_grants(session, admin)
        names = {(row.account_id, row.role) for row in rows}
        assert (own.steward, "building_steward") in names
        assert (world.here.administrator, "street_administrator") in names
        other = world.here.communities[1]
        assert not {row.account_id for row in rows} & {other.steward, other.administrator, world.there.administrator}

    def test_in_the_streets_scope_a_community_still_sees_no_other(self, open_session, world, admin) -> None:
        other = world.here.communities[1]
        with open_session(world.here.scope, admin) as session:
            rows, _next = list_grants(session, admin)
            assert get_grant(session, admin, rows[0].id)
        assert not {row.account_id for row in rows} & {other.steward, other.administrator}

    def test_who_may_not_read_roles_sees_none(self, open_session, own) -> None:
        steward = holder(
            own.steward, "building_steward", community_id=own.id, compound_id=own.compound, building_id=own.building
        )
        with open_session(own.scope, steward) as session:
            assert list_grants(session, steward) == ([], None)

    def test_filters_and_pages(self, open_session, own, admin, compound) -> None:
        with open_session(own.scope, admin) as session:
            for n in range(4):
                give(
                    session, admin, own.resident_account, place=compound,
                    starts_on=today() + 100 * n * DAY, ends_on=today() + (100 * n + 1) * DAY,
                )  # fmt: skip
            wanted = {"role": "committee_chair", "account_id": own.resident_account}
            first, after = list_grants(session, admin, **wanted, state="all", limit=3)
            rest, end = list_grants(session, admin, **wanted, state="all", limit=3, after=after)
            assert (len(first), len(rest), end) == (3, 1, None)
            assert len({row.id for row in first + rest}) == 4
            assert len(list_grants(session, admin, **wanted)[0]) == 1
            assert len(list_grants(session, admin, **wanted, state="future")[0]) == 3
            assert list_grants(session, admin, **wanted, state="ended")[0] == []
            assert list_grants(session, admin, name="没有这个人")[0] == []
            assert first[-1].place == "第1社区 一号院"

    def test_a_page_costs_one_query(self, open_session, own, admin) -> None:
        from sqlalchemy import event

        with open_session(own.scope, admin) as session:
            seen = []
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", lambda *call: seen.append(call[2]))
            list_grants(session, admin)
            assert len(seen) == 1


class TestLinkedAccounts:
    def test_by_user_name_within_the_community(self, open_session, world, own) -> None:
        with open_session(own.scope) as session:
            found = find_linked_account(session, f"steward-{own.code}")
            assert found is not None
            assert found.account_id == own.steward
            assert find_linked_account(session, f"steward-{world.here.communities[1].code}") is None
            assert linked_account(session, world.here.communities[1].resident_account) is None

    def test_a_community_finds_its_residents(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            assert linked_account(session, own.resident_account) is not None

    def test_another_streets_are_unknown(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            for code in (world.there.code,):
                assert find_linked_account(session, f"street-{code}") is None
            assert linked_account(session, world.there.administrator) is None
            assert find_linked_account(session, "13811112222") is None


class TestExplain:
    def test_a_grant_is_named_with_its_giver_and_term(self, open_session, own, admin, compound) -> None:
        with open_session(own.scope, admin) as session:
            give(session, admin, own.resident_account, place=compound, ends_on=today() + DAY)
            found = explain(session, own.resident_account, "core.dwelling.read", compound, roles=ROLES)
        assert found.allowed
        ground = found.grounds[0]
        assert (ground.role, ground.gives, ground.granted_by) == ("committee_chair", True, "社区管理员")
        assert (ground.since, ground.until, ground.reason) == (today(), today() + DAY, "选举产生")

    @pytest.mark.parametrize(("offset", "why"), [(-1, "任期尚未开始"), (0, ""), (5, ""), (6, "任期已满")])
    def test_the_days_around_a_term(self, open_session, own, admin, compound, offset, why) -> None:
        from datetime import UTC, datetime, time

        from linli.kit.clock import frozen

        with open_session(own.scope, admin) as session:
            give(session, admin, own.resident_account, place=compound, ends_on=today() + 5 * DAY)
            moment = datetime.combine(today() + offset * DAY, time(3), UTC)
            with frozen(moment):
                found = explain(session, own.resident_account, "core.dwelling.read", compound, roles=ROLES)
        ground = next(each for each in found.grounds if each.role == "committee_chair")
        assert (found.allowed, ground.why_not) == (not why, why)

    def test_why_not(self, open_session, world, own, admin, compound) -> None:
        with open_session(own.scope, admin) as session:
            made = give(session, admin, own.resident_account, place=compound)
            end_grant(session, admin, made.id, reason="辞职")
            found = explain(session, own.resident_account, "core.dwelling.read", compound, roles=ROLES)
            assert not found.allowed
            assert {ground.why_not for ground in found.grounds} == {"已被终止", "这个角色不含此权限"}
            assert "community_administrator" in found.roles_that_would
            assert "resident" not in found.roles_that_would
            steward = explain(session, own.steward, "core.dwelling.read", GrantPlace(own.id), roles=ROLES)
        assert [ground.why_not for ground in steward.grounds] == ["授予的范围不包括此处"]

    def test_what_follows_from_the_register_is_said(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            found = explain(session, own.resident_account, "core.home.read", GrantPlace(own.id), roles=ROLES)
        assert found.allowed
        assert {(ground.role, ground.reason) for ground in found.grounds} == {
            ("resident", "来自居民登记"),
            ("owner", "来自产权登记"),
        }

    def test_another_communitys_grounds_stay_unsaid(self, open_session, world, own) -> None:
        other = world.here.communities[1]
        with open_session(own.scope) as session:
            found = explain(session, other.steward, "core.dwelling.read", GrantPlace(own.id), roles=ROLES)
        assert found.grounds == ()
        assert not found.allowed
