"""Invitations: a link good for one person, once, for seven days, while whoever gave it may still give it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from linli.access.models import RoleGrant
from linli.access.places import GrantPlace
from linli.access.roles import role_permissions
from linli.audit.models import AuditEntry
from linli.identity.acceptance import Acceptance, accept_as_newcomer, accept_as_oneself, read_offer
from linli.identity.codes import request_code
from linli.identity.invitations import invite, invite_resident, list_invitations, revoke_invitation
from linli.identity.models import Invitation
from linli.identity.sign_in import sign_in
from linli.kit.actor import Actor, Grant
from linli.kit.clock import today
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.residents.models import Resident

ROLES = role_permissions()
WORD = "a fresh word 81"


def street_administrator(world) -> Actor:
    return Actor(
        account_id=world.here.administrator,
        display_name="街道管理员",
        grants=(Grant("street_administrator"),),
        permissions=ROLES,
    )


def community_administrator(world, n=0) -> Actor:
    community = world.here.communities[n]
    return Actor(
        account_id=community.administrator,
        display_name="社区管理员",
        grants=(Grant("community_administrator", community.id),),
        permissions=ROLES,
    )


@pytest.fixture
def offer(premises, world):
    """Makes an invitation of the community administrator, and returns its token."""

    def make(**changes) -> str:
        community = world.here.communities[0]
        wanted = {
            "role": "committee_chair",
            "place": GrantPlace(community.id, community.compound),
            "name": "受邀人",
            **changes,
        }
        with premises.database.unit_of_work(world.here.scope, actor := community_administrator(world)) as session:
            return invite(session, actor, **wanted)[1]

    return make


def accept(premises, world, token, address, **form):
    return accept_as_newcomer(premises, world.here.code, token, Acceptance(**{"password": WORD, **form}), ip=address)


def grants_of(premises, world, account_id) -> list[RoleGrant]:
    with premises.database.unit_of_work(world.here.scope) as session:
        return list(session.scalars(select(RoleGrant).where(RoleGrant.account_id == account_id)))


class TestNewcomer:
    def test_accepting_makes_an_account_with_the_role(self, premises, world, offer, address) -> None:
        token = offer(phone="13700000001", user_name="chair-one")
        shown = read_offer(premises, world.here.code, token, ip=address)
        assert (shown.name, shown.role_title, shown.phone_mask) == ("受邀人", "自治委员会主任", "137****0001")
        signed = accept(premises, world, token, address)
        (grant,) = grants_of(premises, world, signed.account_id)
        assert (grant.role, grant.compound_id) == ("committee_chair", world.here.communities[0].compound)
        assert sign_in(premises, "chair-one", WORD, ip=address).account_id == signed.account_id
        assert sign_in(premises, "13700000001", WORD, ip=address).account_id == signed.account_id

    def test_the_audit_trail_names_the_newcomer(self, premises, world, offer, address) -> None:
        signed = accept(premises, world, offer(user_name="chair-two"), address)
        with premises.database.unit_of_work(world.here.scope) as session:
            actions = set(session.scalars(select(AuditEntry.action).where(AuditEntry.actor_id == signed.account_id)))
        assert actions == {"core.role.grant", "core.invitation.accept"}

    def test_a_link_works_once(self, premises, world, offer, address) -> None:
        token = offer(user_name="chair-three")
        accept(premises, world, token, address)
        with pytest.raises(NotFound):
            accept(premises, world, token, address, user_name="chair-three-again")
        with pytest.raises(NotFound):
            read_offer(premises, world.here.code, token, ip=address)

    @pytest.mark.parametrize(("days", "works"), [(6, True), (8, False)])
    def test_a_link_lives_seven_days(self, premises, world, offer, address, as_owner, days, works) -> None:
        token = offer(user_name=f"chair-after-{days}")
        with premises.owner.unit_of_work(world.here.scope) as session:
            session.execute(
                text("UPDATE core.invitation SET expires_at = expires_at - make_interval(days => :days)"),
                {"days": days},
            )
        if works:
            assert accept(premises, world, token, address)
        else:
            with pytest.raises(NotFound):
                accept(premises, world, token, address)

    def test_a_link_of_one_street_opens_nothing_under_another(self, premises, world, offer, address) -> None:
        token = offer(user_name="chair-four")
        answers = set()
        for street, link in ((world.there.code, token), (world.here.code, "made-up"), ("999999999", token)):
            with pytest.raises(NotFound) as caught:
                read_offer(premises, street, link, ip=address)
            answers.add(caught.value.message)
        assert len(answers) == 1

    @pytest.mark.parametrize(
        ("form", "field"),
        [
            ({"password": "short", "user_name": "chair-short"}, "password"),
            ({"user_name": "1st"}, "user_name"),
            ({"user_name": "admin-999001001001"}, "user_name"),
            ({"phone": "12345"}, "phone"),
            ({"phone": "13700009999"}, "code"),
            ({}, "user_name"),
        ],
    )
    def test_bad_input_names_its_field_and_keeps_the_link(self, premises, world, offer, address, form, field) -> None:
        token = offer()
        with pytest.raises(Invalid) as caught:
            accept(premises, world, token, address, **form)
        assert caught.value.errors[0].field == field
        assert read_offer(premises, world.here.code, token, ip=address)

    def test_another_phone_has_to_be_shown_to_be_ones_own(self, premises, world, offer, address, codes) -> None:
        token = offer(phone="13700000010")
        request_code(premises, "13700000011", "phone", ip=address)
        signed = accept(premises, world, token, address, phone="13700000011", code=codes.last())
        assert sign_in(premises, "13700000011", WORD, ip=address).account_id == signed.account_id

    def test_a_phone_with_an_account_is_led_to_sign_in(self, premises, world, offer, address, person) -> None:
        token = offer(phone=person.phone)
        with pytest.raises(Invalid) as caught:
            accept(premises, world, token, address)
        assert caught.value.errors[0].field == "phone"
        assert grants_of(premises, world, person.id) == []

    def test_every_fault_is_named_at_once(self, premises, world, offer, address) -> None:
        with pytest.raises(Invalid) as caught:
            accept(premises, world, offer(), address, password="short", user_name="1", phone="2")
        assert [error.field for error in caught.value.errors] == ["user_name", "phone", "password"]


class TestOneself:
    def test_who_is_signed_in_takes_it_up_with_the_own_account(
        self, premises, world, offer, new_person, sign, address
    ) -> None:
        stranger = new_person(world.there.id)
        token = offer()
        accept_as_oneself(premises, world.here.code, token, sign(stranger)[1], ip=address)
        (grant,) = grants_of(premises, world, stranger.id)
        assert grant.role == "committee_chair"
        with pytest.raises(NotFound):
            accept_as_oneself(premises, world.here.code, token, sign(stranger)[1], ip=address)

    def test_two_at_once_get_one_role(self, premises, world, offer, new_person, sign, address) -> None:
        from concurrent.futures import ThreadPoolExecutor

        token = offer()
        digests = [sign(new_person())[1] for _ in range(4)]

        def take(digest):
            try:
                accept_as_oneself(premises, world.here.code, token, digest, ip=address)
            except NotFound:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(take, digests)) == [False, False, False, True]


class TestInviter:
    def test_a_taken_back_offer_is_dead(self, premises, world, offer, address) -> None:
        token, actor = offer(name="收回"), community_administrator(world)
        with premises.database.unit_of_work(world.here.scope, actor) as session:
            found, _next = list_invitations(session, actor)
            target = next(each for each in found if each.name == "收回")
            revoke_invitation(session, actor, target.id)
            with pytest.raises(NotFound):
                revoke_invitation(session, actor, target.id)
        with pytest.raises(NotFound):
            read_offer(premises, world.here.code, token, ip=address)

    def test_the_offer_dies_with_the_inviters_office(self, premises, world, new_person, sign, address) -> None:
        inviter, community = new_person(), world.here.communities[0]
        with premises.owner.unit_of_work(world.here.scope) as session:
            grant = RoleGrant(
                account_id=inviter.id,
                account_name="将离任",
                role="community_administrator",
                community_id=community.id,
                starts_on=today(),
                reason="测试",
            )
            session.add(grant)
        actor = Actor(
            account_id=inviter.id, grants=(Grant("community_administrator", community.id),), permissions=ROLES
        )
        with premises.database.unit_of_work(world.here.scope, actor) as session:
            place = GrantPlace(community.id, community.compound)
            _made, token = invite(session, actor, role="committee_chair", place=place, name="甲", user_name="orphan-1")
        with premises.owner.unit_of_work(world.here.scope) as session:
            session.execute(text("UPDATE core.role_grant SET revoked_at = now() WHERE id = :id"), {"id": grant.id})
        with pytest.raises(Conflict):
            accept(premises, world, token, address)
        with pytest.raises(Invalid):
            sign_in(premises, "orphan-1", WORD, ip=address)

    def test_nobody_offers_what_they_may_not_give(self, premises, world) -> None:
        actor, community = community_administrator(world), world.here.communities[0]
        other = world.here.communities[1]
        for role, place in (
            ("street_administrator", GrantPlace()),
            ("auditor", GrantPlace(community.id)),
            ("committee_chair", GrantPlace(other.id, other.compound)),
        ):
            with pytest.raises(Forbidden), premises.database.unit_of_work(world.here.scope, actor) as session:
                invite(session, actor, role=role, place=place, name="甲")

    def test_a_community_sees_only_its_own_open_offers(self, premises, world, offer, open_session) -> None:
        offer(name="只在一社区")
        for n, seen in ((0, True), (1, False)):
            actor = community_administrator(world, n)
            for scope in (world.here.communities[n].scope, world.here.scope):
                with premises.database.unit_of_work(scope, actor) as session:
                    names = {each.name for each in list_invitations(session, actor)[0]}
                assert ("只在一社区" in names) is seen
        actor = Actor(account_id=world.there.administrator, grants=(Grant("street_administrator"),), permissions=ROLES)
        with premises.database.unit_of_work(world.there.scope, actor) as session:
            assert list_invitations(session, actor)[0] == []

    def test_the_phone_is_sealed(self, premises, world, offer) -> None:
        offer(name="密封", phone="13700000042")
        with premises.database.unit_of_work(world.here.scope) as session:
            found = session.scalar(select(Invitation).where(Invitation.name == "密封"))
        assert found is not None
        assert b"13700000042" not in found.phone_ct
        assert found.phone_mask == "137****0042"


class TestResident:
    def test_accepting_joins_the_account_to_the_resident(self, premises, world, address) -> None:
        community, actor = world.here.communities[0], community_administrator(world)
        resident = community.residents[1]
        with premises.database.unit_of_work(community.scope, actor) as session:
            _first, dead = invite_resident(session, actor, resident)
            _second, token = invite_resident(session, actor, resident)
        with pytest.raises(NotFound):
            read_offer(premises, world.here.code, dead, ip=address)
        signed = accept(premises, world, token, address, user_name="resident-two")
        with premises.database.unit_of_work(community.scope) as session:
            assert session.scalar(select(Resident.account_id).where(Resident.id == resident)) == signed.account_id
        with premises.database.unit_of_work(community.scope, actor) as session, pytest.raises(Conflict):
            invite_resident(session, actor, resident)

    def test_a_resident_of_elsewhere_is_not_found(self, premises, world) -> None:
        community, actor = world.here.communities[0], community_administrator(world)
        for other in (world.here.communities[1], world.there.communities[0]):
            with premises.database.unit_of_work(community.scope, actor) as session, pytest.raises(NotFound):
                invite_resident(session, actor, other.residents[0])

    def test_the_term_of_an_offer_is_checked(self, premises, world, offer) -> None:
        with pytest.raises(Invalid) as caught:
            offer(starts_on=today(), ends_on=today() - timedelta(days=1))
        assert caught.value.errors[0].field == "ends_on"
