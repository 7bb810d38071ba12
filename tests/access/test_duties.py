"""Separation of duties: who cannot hold what together, whichever way a role comes, and that nobody is locked out."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from linli.access.actors import duties_of
from linli.access.duties import separation_of
from linli.access.models import RoleGrant
from linli.access.places import GrantPlace
from linli.access.roles import ROLES, SEPARATE_ROLES, THREE_ADMINISTRATORS, role_permissions, separated_permissions
from linli.access.service import add_grant, end_all_grants, end_grant, grant_role, require_may_grant
from linli.approvals import ApprovalRequired, ask_approval
from linli.approvals.service import approve
from linli.identity.invitations import invite
from linli.identity.models import Account, AccountTenant
from linli.kit.actor import SYSTEM, Actor, Grant
from linli.kit.clock import today
from linli.kit.errors import Conflict, Forbidden, Invalid
from linli.residents.roster import export_roster
from linli.settings.service import clear_setting, get_setting, set_setting

PERMISSIONS = role_permissions()
STREET = GrantPlace()
DAY = timedelta(days=1)
SYSTEM_ADMIN, SECURITY, AUDIT = THREE_ADMINISTRATORS


def holder(account_id, role, **place) -> Actor:
    held = separated_permissions(PERMISSIONS) if place.pop("separated", False) else PERMISSIONS
    return Actor(account_id=account_id, display_name=role, grants=(Grant(role, **place),), permissions=held)


def account(session, world, name: str) -> UUID:
    made = uuid4()
    session.add(Account(id=made, user_name=f"{name}-{made.hex[:8]}", display_name=name))
    session.flush()
    session.add(AccountTenant(account_id=made, tenant_id=world.here.id))
    session.flush()
    return made


def give(session, account_id, role, starts=None, ends=None) -> RoleGrant:
    return add_grant(
        session,
        account_id=account_id,
        account_name=f"某{role}",
        role=ROLES[role],
        place=STREET,
        place_name="全街道",
        starts_on=starts or today(),
        ends_on=ends,
        granted_by=None,
        reason="测试",
    )


@pytest.fixture
def staffed(superuser_url, template, world):
    """A street with one holder of each role; nothing is chosen yet. Yields its house and the accounts."""
    from linli.testing.plugin import _cloned_house

    with _cloned_house(superuser_url, template) as house:
        with house.owner.unit_of_work(world.here.scope) as session:
            people = {role: account(session, world, role) for role in (*THREE_ADMINISTRATORS, "spare")}
            for role in THREE_ADMINISTRATORS:
                give(session, people[role], role)
        yield house, people


@pytest.fixture
def separated(staffed, world):
    house, people = staffed
    with house.database.unit_of_work(world.here.scope) as session:
        set_setting(session, SYSTEM, "core", "separate_duties", True)
    return house, people


class TestTogether:
    @pytest.mark.parametrize("first", sorted(SEPARATE_ROLES))
    @pytest.mark.parametrize("second", sorted(SEPARATE_ROLES))
    def test_no_two_of_them_while_it_is_on(self, separated, world, first, second) -> None:
        house, people = separated
        if first == second:
            return
        with house.database.unit_of_work(world.here.scope) as session:
            give(session, people["spare"], first)
            with pytest.raises(Conflict, match="三权分立"):
                give(session, people["spare"], second)
            give(session, people["spare"], "street_staff")

    def test_any_two_while_it_is_off(self, staffed, world) -> None:
        house, people = staffed
        with house.database.unit_of_work(world.here.scope) as session:
            for role in SEPARATE_ROLES:
                give(session, people["spare"], role)

    @pytest.mark.parametrize(("gap", "allowed"), [(0, False), (1, True)])
    def test_terms_that_touch_on_one_day_overlap(self, separated, world, gap, allowed) -> None:
        house, people = separated
        ends = today() + 10 * DAY
        with house.database.unit_of_work(world.here.scope) as session:
            give(session, people["spare"], SECURITY, ends=ends)
            if allowed:
                give(session, people["spare"], AUDIT, starts=ends + gap * DAY)
            else:
                with pytest.raises(Conflict):
                    give(session, people["spare"], AUDIT, starts=ends + gap * DAY)

    def test_a_role_that_ended_does_not_count(self, separated, world) -> None:
        house, people = separated
        security = holder(people[SECURITY], SECURITY)
        with house.database.unit_of_work(world.here.scope, security) as session:
            held = give(session, people["spare"], SYSTEM_ADMIN)
            end_grant(session, security, held.id, reason="轮岗")
            give(session, people["spare"], AUDIT)

    def test_another_street_is_another_matter(self, separated, world) -> None:
        house, _people = separated
        with house.database.unit_of_work(world.there.scope) as session:
            give(session, world.there.auditor, SYSTEM_ADMIN)
            give(session, world.there.auditor, AUDIT)

    def test_of_two_grants_at_once_one_is_refused(self, separated, world) -> None:
        house, people = separated
        results: list[str] = []
        ready = threading.Barrier(2)

        def grant(role: str) -> None:
            ready.wait(10)
            try:
                with house.database.unit_of_work(world.here.scope) as session:
                    give(session, people["spare"], role)
                results.append("given")
            except Conflict:
                results.append("refused")

        threads = [threading.Thread(target=grant, args=[role]) for role in (SYSTEM_ADMIN, AUDIT)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(results) == ["given", "refused"]

    def test_an_accepted_invitation_is_no_way_around(self, separated, world) -> None:
        from linli.identity.acceptance import _take_office

        house, people = separated
        security = holder(people[SECURITY], SECURITY)
        with house.database.unit_of_work(world.here.scope, security) as session:
            invitation, _token = invite(session, security, role=AUDIT, place=STREET, name="某人")
            give(session, people["spare"], SYSTEM_ADMIN)
            with pytest.raises(Conflict, match="三权分立"):
                _take_office(session, invitation, ROLES[AUDIT], people["spare"], "某人")
            with pytest.raises(Conflict, match="自己发出的邀请"):
                _take_office(session, invitation, ROLES[AUDIT], people[SECURITY], "某人")


class TestTurningItOn:
    def test_is_refused_with_the_names_of_those_who_conflict(self, staffed, world) -> None:
        house, people = staffed
        with house.database.unit_of_work(world.here.scope) as session:
            give(session, people["spare"], AUDIT)
            give(session, people["spare"], "street_administrator", starts=today() + 5 * DAY)
            with pytest.raises(Invalid) as refused:
                set_setting(session, SYSTEM, "core", "separate_duties", True)
            assert [fault.message for fault in refused.value.errors] == [
                "某audit_administrator同时担任审计管理员、街道管理员"
            ]
            assert not get_setting(session, "core", "separate_duties")
            assert separation_of(session).conflicts == ("某audit_administrator同时担任审计管理员、街道管理员",)

    def test_is_refused_while_a_role_is_vacant(self, open_session, world) -> None:
        with open_session(world.here.scope) as session, pytest.raises(Invalid) as refused:
            set_setting(session, SYSTEM, "core", "separate_duties", True)
        assert len(refused.value.errors) == 3

    def test_waits_for_grants_on_their_way(self, staffed, world) -> None:
        house, people = staffed
        turned: list[str] = []

        def turn_on() -> None:
            try:
                with house.database.unit_of_work(world.here.scope) as session:
                    set_setting(session, SYSTEM, "core", "separate_duties", True)
                turned.append("on")
            except Invalid:
                turned.append("refused")

        with house.database.unit_of_work(world.here.scope) as session:
            give(session, people["spare"], AUDIT)
            give(session, people["spare"], SYSTEM_ADMIN)
            thread = threading.Thread(target=turn_on)
            thread.start()
            thread.join(0.5)
            assert turned == []
        thread.join(30)
        assert turned == ["refused"]


class TestWhatTheyMay:
    def test_system_runs_the_house_and_sees_no_people(self) -> None:
        held = ROLES[SYSTEM_ADMIN].permissions
        assert {"core.settings.manage", "core.plugin.allow"} <= held
        assert not [name for name in held if name.split(".")[1] in ("resident", "roster", "audit", "role", "staff")]

    def test_security_looks_after_people_of_the_office_alone(self) -> None:
        held = ROLES[SECURITY].permissions
        assert {"core.role.grant", "core.staff.manage", "core.approval.decide"} <= held
        assert not [name for name in held if name.split(".")[1] in ("resident", "roster", "audit", "plugin")]
        assert "core.settings.manage" not in held

    def test_audit_reads_and_changes_nothing(self) -> None:
        held = ROLES[AUDIT].permissions
        assert {"core.audit.read", "core.audit.verify"} <= held
        assert all(name.endswith((".read", ".verify")) for name in held)

    def test_the_street_administrator_loses_roles_and_audit(self) -> None:
        apart = duties_of(PERMISSIONS, True)["street_administrator"]
        lost = PERMISSIONS["street_administrator"] - apart
        assert lost == {"core.role.grant", "core.staff.manage", "core.audit.read", "core.audit.verify"}
        assert duties_of(PERMISSIONS, None) == duties_of(PERMISSIONS, False) == PERMISSIONS

    def test_the_streets_choice_reaches_every_request(self, separated, world) -> None:
        from linli.testing.web import Browser, serving

        house, people = separated
        with serving(house) as client:
            browser = Browser(client, house)
            console = f"/s/{world.here.code}/console"
            browser.sign_in_as(world.here.administrator)
            assert browser.get(f"{console}/audit").status_code == 403
            assert browser.get(f"{console}/staff/grant").status_code == 403
            assert browser.get(f"{console}/settings").status_code == 200
            browser.sign_in_as(people[AUDIT])
            assert browser.get(f"{console}/audit").status_code == 200
            assert browser.get(f"{console}/settings").status_code == 403
            browser.sign_in_as(people[SECURITY])
            assert browser.get(f"{console}/staff/grant").status_code == 200
            page = browser.get(f"{console}/staff").text
            assert "已启用" in page
            assert "某audit_administrator" in page
            browser.sign_in_as(world.there.administrator)
            assert browser.get(f"/s/{world.there.code}/console/audit").status_code == 200


class TestGivingWithoutHolding:
    @pytest.mark.parametrize("role", sorted(ROLES[SECURITY].gives_unheld))
    def test_security_gives_the_named_roles(self, open_session, world, role) -> None:
        held = ROLES[role]
        place = STREET
        if "street" not in held.levels:
            own = world.here.communities[0]
            place = GrantPlace(own.id)
            if "community" not in held.levels:
                place = GrantPlace(own.id, own.compound, own.building if "building" in held.levels else None)
        with open_session(world.here.scope) as session:
            require_may_grant(session, holder(uuid4(), SECURITY), role, place)

    @pytest.mark.parametrize("role", ["street_administrator", "platform_operator"])
    def test_no_way_up_through_an_accomplice(self, staffed, world, role) -> None:
        house, people = staffed
        security = holder(people[SECURITY], SECURITY)
        with house.database.unit_of_work(world.here.scope) as session:
            with pytest.raises(Forbidden):
                require_may_grant(session, security, role, STREET)
            set_setting(session, SYSTEM, "core", "separate_duties", True)
            # Now that office neither gives roles nor audits, and somebody has to be able to fill it.
            require_may_grant(session, security, role, STREET)

    def test_never_to_oneself(self, separated, world) -> None:
        house, people = separated
        security = holder(people[SECURITY], SECURITY)
        with house.database.unit_of_work(world.here.scope, security) as session, pytest.raises(Forbidden, match="自己"):
            grant_role(session, security, people[SECURITY], role="street_staff", place=STREET, reason="x")

    @pytest.mark.parametrize("role", ["system_administrator", "audit_administrator", "street_staff", "auditor"])
    def test_the_property_is_securitys_alone(self, open_session, world, role) -> None:
        with open_session(world.here.scope) as session, pytest.raises(Forbidden):
            require_may_grant(session, holder(uuid4(), role), "street_staff", STREET)

    def test_a_token_that_may_not_grant_grants_nothing(self, open_session, world) -> None:
        from dataclasses import replace

        narrow = replace(holder(uuid4(), SECURITY), token_scopes=frozenset({"core.staff.read"}))
        with open_session(world.here.scope) as session, pytest.raises(Forbidden):
            require_may_grant(session, narrow, "street_staff", STREET)

    def test_a_community_administrator_beside_security_gives_no_street_role_elsewhere(
        self, open_session, world
    ) -> None:
        own, sibling = world.here.communities
        both = Actor(
            account_id=uuid4(),
            grants=(Grant("community_administrator", community_id=own.id),),
            permissions=PERMISSIONS,
        )
        with open_session(world.here.scope) as session, pytest.raises(Forbidden):
            require_may_grant(session, both, "committee_chair", GrantPlace(sibling.id, sibling.compound))

    @pytest.mark.parametrize("role", THREE_ADMINISTRATORS)
    def test_the_last_of_each_stays_while_it_is_on(self, separated, world, role) -> None:
        house, people = separated
        with house.database.unit_of_work(world.here.scope) as session:
            last = session.scalars(select(RoleGrant).where(RoleGrant.account_id == people[role])).one()
            with pytest.raises(Conflict, match="最后一位"):
                end_grant(session, SYSTEM, last.id, reason="x")
            give(session, people["spare"], role)
            end_grant(session, SYSTEM, last.id, reason="x")


class TestTwoPeople:
    @pytest.fixture
    def pair(self, staffed, world):
        """Giving and ending administrators takes two; a security and a street administrator are there."""
        house, people = staffed
        with house.database.unit_of_work(world.here.scope) as session:
            acts = ["core.grant_administrator", "core.end_administrator", "core.export_register"]
            set_setting(session, SYSTEM, "core", "two_person_acts", [*acts, "core.end_separate_duties"])
        security = holder(people[SECURITY], SECURITY)
        street = holder(world.here.administrator, "street_administrator")
        return house, people, security, street

    def test_an_administrator_is_given_on_approval(self, pair, world) -> None:
        house, people, security, street = pair
        wanted = {"role": AUDIT, "place": STREET, "reason": "轮岗"}
        with (
            pytest.raises(ApprovalRequired) as stopped,
            house.database.unit_of_work(world.here.scope, security) as session,
        ):
            grant_role(session, security, people["spare"], **wanted)
        needed = stopped.value
        with house.database.unit_of_work(world.here.scope, security) as session:
            asked = ask_approval(
                session, security, needed.act.name, needed.payload, reason=needed.reason, subject=needed.subject
            )
        with house.database.unit_of_work(world.here.scope, street) as session:
            assert "审计管理员" in approve(session, street, asked).outcome
        with house.database.unit_of_work(world.here.scope) as session:
            made = session.scalars(select(RoleGrant).where(RoleGrant.account_id == people["spare"])).one()
            assert (made.role, made.granted_by, made.reason) == (AUDIT, security.account_id, "轮岗")

    def test_other_roles_take_one(self, pair, world) -> None:
        house, people, security, _street = pair
        with house.database.unit_of_work(world.here.scope, security) as session:
            grant_role(session, security, people["spare"], role="street_staff", place=STREET, reason="x")

    def test_an_invitation_is_no_way_around(self, pair, world) -> None:
        house, _people, security, _street = pair
        with house.database.unit_of_work(world.here.scope, security) as session:
            with pytest.raises(Conflict, match="不能直接邀请"):
                invite(session, security, role=AUDIT, place=STREET, name="某人")
            invite(session, security, role="street_staff", place=STREET, name="某人")

    def test_everything_of_somebody_ends_on_approval(self, pair, world) -> None:
        house, people, security, street = pair
        with house.database.unit_of_work(world.here.scope) as session:
            give(session, people["spare"], AUDIT)
            give(session, people["spare"], "street_staff")
        with (
            pytest.raises(ApprovalRequired) as stopped,
            house.database.unit_of_work(world.here.scope, security) as session,
        ):
            end_all_grants(session, security, people["spare"], reason="离任")
        needed = stopped.value
        with house.database.unit_of_work(world.here.scope, security) as session:
            assert len(session.scalars(select(RoleGrant).where(RoleGrant.revoked_at.is_not(None))).all()) == 0
            asked = ask_approval(session, security, needed.act.name, needed.payload, reason="", subject=needed.subject)
        with house.database.unit_of_work(world.here.scope, street) as session:
            approve(session, street, asked)
        with house.database.unit_of_work(world.here.scope) as session:
            ended = session.scalars(select(RoleGrant.role).where(RoleGrant.revoked_at.is_not(None)))
            assert sorted(ended) == [AUDIT, "street_staff"]

    def test_the_register_leaves_whole_once_after_approval(self, pair, world) -> None:
        house, _people, _security, street = pair
        own = world.here.communities[0]
        admin = holder(own.administrator, "community_administrator", community_id=own.id)

        def export(**options) -> bytes:
            with house.database.unit_of_work(own.scope, admin) as session:
                given = {"full": True, "reason": "换届", "file_format": "csv", **options}
                return b"".join(export_roster(session, admin, own.id, **given).content)

        assert b"," in export(full=False)
        with pytest.raises(ApprovalRequired) as stopped:
            export()
        needed = stopped.value
        with house.database.unit_of_work(own.scope, admin) as session:
            asked = ask_approval(session, admin, needed.act.name, needed.payload, reason="换届", subject=needed.subject)
        with house.database.unit_of_work(world.here.scope, street) as session:
            approve(session, street, asked)
        with pytest.raises(ApprovalRequired):
            export(compound_id=own.compound)
        assert b"19900" in export()
        with pytest.raises(ApprovalRequired):
            export()

    def test_the_rule_is_not_lifted_by_one(self, pair, world) -> None:
        house, _people, security, street = pair
        with house.database.unit_of_work(world.here.scope, street) as session:
            set_setting(session, street, "core", "separate_duties", True)
            for shrink in (
                lambda: set_setting(session, street, "core", "two_person_acts", ["core.export_register"]),
                lambda: clear_setting(session, street, "core", "two_person_acts"),
                lambda: set_setting(session, street, "core", "separate_duties", False),
                lambda: clear_setting(session, street, "core", "separate_duties"),
            ):
                with pytest.raises(ApprovalRequired) as stopped:
                    shrink()
            needed = stopped.value
            asked = ask_approval(session, street, needed.act.name, needed.payload, reason="", subject=needed.subject)
        with house.database.unit_of_work(world.here.scope, security) as session:
            approve(session, security, asked)
            assert not get_setting(session, "core", "separate_duties")

    def test_what_is_no_longer_what_was_asked_is_refused(self, pair, world) -> None:
        house, _people, security, street = pair
        with house.database.unit_of_work(world.here.scope, street) as session:
            with pytest.raises(ApprovalRequired) as stopped:
                set_setting(session, street, "core", "two_person_acts", ["core.export_register"])
            needed = stopped.value
            asked = ask_approval(session, street, needed.act.name, needed.payload, reason="", subject=needed.subject)
            every = [*get_setting(session, "core", "two_person_acts"), "core.disallow_plugin"]
            set_setting(session, street, "core", "two_person_acts", every)
        with (
            pytest.raises(Conflict, match="已经变化"),
            house.database.unit_of_work(world.here.scope, security) as session,
        ):
            approve(session, security, asked)
