"""Two people for one act: who may ask and who decide, that it happens once, and that what was asked cannot change."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from tests.approvals.conftest import DONE, ROLES, holder, known

from linli.access.models import RoleGrant
from linli.access.roles import role_permissions
from linli.approvals import Act, ApprovalRequired, ask_approval, needs_approval, require_approved
from linli.approvals.models import Approval
from linli.approvals.repository import count_waiting, list_approvals
from linli.approvals.service import approve, expire_approvals, reject, withdraw
from linli.approvals.standing import standing_of
from linli.approvals.wording import line_of
from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM, Actor
from linli.kit.clock import frozen, now, today
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.settings.service import set_setting

WALL = {"wall": "东墙", "colour": "白"}


@pytest.fixture
def two(open_session, world):
    """Both of the street's accounts are administrators, by grants in the database."""
    with open_session(world.here.scope) as session:
        session.add(
            RoleGrant(
                account_id=world.here.auditor,
                account_name="街道审计员",
                role="street_administrator",
                starts_on=today(),
                reason="测试",
            )
        )
    first = holder(world.here.administrator, "street_administrator")
    second = holder(world.here.auditor, "street_administrator")
    return first, second


def ask(session, actor, payload=None, **options):
    options = {"reason": "褪色了", "subject": ("wall", "东墙"), **options}
    return ask_approval(session, actor, "core.paint_wall", payload or WALL, **options)


def acts_of(session, *actions) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).where(AuditEntry.action.in_(actions)).order_by(AuditEntry.n)))


class TestNeed:
    def test_a_street_chooses_which_acts_take_two(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            assert not needs_approval(session, "core.paint_wall")
            set_setting(session, SYSTEM, "core", "two_person_acts", ["core.paint_wall"])
            assert needs_approval(session, "core.paint_wall")
        with open_session(world.here.communities[0].scope) as session:
            assert needs_approval(session, "core.paint_wall")
        with open_session(world.there.scope) as session:
            assert not needs_approval(session, "core.paint_wall")

    def test_an_unknown_act_is_no_act(self, open_session, world) -> None:
        with open_session(world.here.scope) as session, pytest.raises(ValueError, match=r"core\.fly"):
            needs_approval(session, "core.fly")

    def test_the_service_is_stopped_until_somebody_else_approved(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            set_setting(session, SYSTEM, "core", "two_person_acts", ["core.paint_wall"])
            with pytest.raises(ApprovalRequired) as stopped:
                require_approved(session, two[0], "core.paint_wall", WALL, subject=("wall", "东墙"))
            assert stopped.value.payload == WALL
            # The platform's own hands, from the command line, are not a person of the street.
            require_approved(session, SYSTEM, "core.paint_wall", WALL, subject=("wall", "东墙"))
            job = Actor(account_id=two[0].account_id, system=True)
            with pytest.raises(ApprovalRequired):
                require_approved(session, job, "core.paint_wall", WALL, subject=("wall", "东墙"))

    def test_what_is_performed_must_be_what_was_approved(self, open_session, world, two, paint_act) -> None:
        tried = []

        def perform(session, actor, _payload) -> str:
            require_approved(session, actor, "core.paint_gate", WALL, subject=("wall", "东墙"))
            tried.append("asked")
            require_approved(session, actor, "core.paint_gate", {**WALL, "colour": "黑"}, subject=("wall", "东墙"))
            return ""

        act = Act("core.paint_gate", "刷门", paint_act.asks, paint_act.approves, perform, always=True)
        known(act)
        with open_session(world.here.scope) as session:
            asked = ask_approval(session, two[0], act.name, WALL, reason="", subject=("wall", "东墙"))
            with pytest.raises(Conflict, match="已经变化"), session.begin_nested():
                approve(session, two[1], asked)
        assert tried == ["asked"]


class TestAsking:
    def test_is_recorded_with_what_was_asked(self, open_session, world, two) -> None:
        with open_session(world.here.scope, two[0]) as session:
            asked = ask(session, two[0])
        with open_session(world.here.scope) as session:
            row = session.get_one(Approval, (world.here.id, asked))
            (entry,) = acts_of(session, "core.approval.ask")
            assert entry.after["digest"] == row.digest.hex()
            assert (entry.actor_id, entry.reason, row.payload) == (two[0].account_id, "褪色了", WALL)
            assert row.expires_at - row.created_at >= timedelta(days=6, hours=23)

    def test_asking_twice_is_asking_once(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            assert ask(session, two[0]) == ask(session, two[0])
            assert ask(session, two[0], {**WALL, "colour": "红"}) != ask(session, two[0])

    def test_takes_the_permission(self, open_session, world, two) -> None:
        staff = holder(world.here.auditor, "street_staff")
        with open_session(world.here.scope) as session:
            with pytest.raises(Forbidden):
                ask(session, staff)
            with pytest.raises(Forbidden):
                ask(session, SYSTEM)

    def test_nobody_waits_for_an_approver_who_does_not_exist(self, open_session, world) -> None:
        alone = holder(world.here.administrator, "street_administrator")
        with open_session(world.here.scope) as session, pytest.raises(Conflict, match="没有别人"):
            ask(session, alone)

    @pytest.mark.parametrize(("length", "fits"), [(500, True), (501, False)])
    def test_a_reason_has_a_limit(self, open_session, world, two, length, fits) -> None:
        with open_session(world.here.scope) as session:
            if fits:
                ask(session, two[0], reason="因" * length)
            else:
                with pytest.raises(Invalid):
                    ask(session, two[0], reason="因" * length)


class TestApproving:
    def test_does_it_in_the_askers_name(self, open_session, world, two) -> None:
        with open_session(world.here.scope, two[0]) as session:
            asked = ask(session, two[0])
        with open_session(world.here.scope, two[1]) as session:
            row = approve(session, two[1], asked)
            assert (row.state, row.decided_by) == ("approved", two[1].account_id)
            assert row.outcome == "街道管理员的墙已刷成白"
        with open_session(world.here.scope) as session:
            done, approved = acts_of(session, DONE, "core.approval.approve")[::-1]
            assert (done.actor_id, approved.actor_id) == (two[0].account_id, two[1].account_id)
            assert done.n > approved.n
            assert done.request_id == approved.request_id

    @pytest.mark.asvs("V2.3.5")
    def test_never_by_the_asker(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
            for decide in (lambda: approve(session, two[0], asked), lambda: reject(session, two[0], asked, reason="x")):
                with pytest.raises(Forbidden):
                    decide()
            with pytest.raises(Forbidden):
                approve(session, SYSTEM, asked)
            assert acts_of(session, DONE) == []

    @pytest.mark.parametrize("role", ["street_staff", "auditor"])
    def test_never_under_a_role_that_does_not_approve(self, open_session, world, two, role) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
            with pytest.raises((Forbidden, NotFound)):
                approve(session, holder(world.here.auditor, role), asked)

    def test_never_under_a_role_that_has_just_ended(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
            # The request of the approver was admitted a moment ago with this role.
            session.execute(
                update(RoleGrant)
                .where(RoleGrant.account_id == two[1].account_id, RoleGrant.role == "street_administrator")
                .values(revoked_at=now())
            )
            with pytest.raises(Forbidden):
                approve(session, two[1], asked)

    def test_not_with_a_token_that_carries_less(self, open_session, world, two) -> None:
        from dataclasses import replace

        narrow = replace(two[1], token_scopes=frozenset({"core.approval.read", "core.audit.read"}))
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
            with pytest.raises(Forbidden):
                approve(session, narrow, asked)

    def test_not_once_the_asker_may_no_longer_do_it(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
            session.execute(
                update(RoleGrant)
                .where(RoleGrant.account_id == two[0].account_id)
                .values(ends_on=today() - timedelta(days=1), starts_on=today() - timedelta(days=9))
            )
            with pytest.raises(Conflict, match="申请人已经没有"):
                approve(session, two[1], asked)
            assert acts_of(session, DONE) == []

    def test_not_when_the_reader_saw_something_else(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
            with pytest.raises(Conflict, match="不一致"):
                approve(session, two[1], asked, digest="0" * 64)
            shown = session.get_one(Approval, (world.here.id, asked)).digest.hex()
            assert approve(session, two[1], asked, digest=shown).state == "approved"

    def test_only_once(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
            approve(session, two[1], asked)
            for again in (approve, withdraw):
                with pytest.raises((Conflict, Forbidden)):
                    again(session, two[1], asked)
        with open_session(world.here.scope) as session:
            assert len(acts_of(session, DONE)) == 1

    def test_what_fails_is_undone_and_goes_on_waiting(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0], {**WALL, "fails": True})
        with pytest.raises(Conflict, match="漆没有了"), open_session(world.here.scope) as session:
            approve(session, two[1], asked)
        with open_session(world.here.scope) as session:
            assert session.get_one(Approval, (world.here.id, asked)).state == "waiting"
            assert acts_of(session, "core.approval.approve") == []
            assert reject(session, two[1], asked, reason="漆没有了").outcome == "漆没有了"

    def test_of_two_at_once_one_does_it(self, house, world) -> None:
        third = uuid4()
        with house.owner.unit_of_work(world.here.scope) as session:
            from linli.identity.models import Account, AccountTenant

            session.add(Account(id=third, user_name="third", display_name="第三人"))
            session.flush()
            session.add(AccountTenant(account_id=third, tenant_id=world.here.id))
            for account in (world.here.auditor, third):
                session.add(
                    RoleGrant(
                        account_id=account,
                        account_name="x",
                        role="street_administrator",
                        starts_on=today(),
                        reason="测试",
                    )
                )
        actors = [holder(each, "street_administrator") for each in (world.here.auditor, third)]
        asker = holder(world.here.administrator, "street_administrator")
        results: list[str] = []
        for n in range(5):
            with house.database.unit_of_work(world.here.scope, asker) as session:
                asked = ask(session, asker, {**WALL, "wall": f"墙{n}"})
            ready = threading.Barrier(2)

            def decide(actor, asked=asked, ready=ready) -> None:
                ready.wait(10)
                try:
                    with house.database.unit_of_work(world.here.scope, actor) as session:
                        approve(session, actor, asked)
                    results.append("done")
                except Conflict:
                    results.append("refused")

            threads = [threading.Thread(target=decide, args=[actor]) for actor in actors]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
        assert sorted(results) == ["done"] * 5 + ["refused"] * 5
        with house.database.unit_of_work(world.here.scope) as session:
            assert len(acts_of(session, DONE)) == 5


class TestOtherEnds:
    def test_a_rejection_says_why(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
            with pytest.raises(Invalid):
                reject(session, two[1], asked, reason="  ")
            assert reject(session, two[1], asked, reason="等春天").state == "rejected"
        with open_session(world.here.scope) as session:
            assert [entry.reason for entry in acts_of(session, "core.approval.reject")] == ["等春天"]
            assert acts_of(session, DONE) == []

    def test_the_asker_alone_takes_it_back(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
            with pytest.raises(Forbidden):
                withdraw(session, two[1], asked)
            assert withdraw(session, two[0], asked).state == "withdrawn"
            with pytest.raises(Conflict):
                approve(session, two[1], asked)
            assert ask(session, two[0]) != asked

    @pytest.mark.parametrize(("hours", "lives"), [(7 * 24 - 1, True), (7 * 24 + 1, False)])
    def test_it_ends_after_seven_days(self, open_session, world, two, hours, lives) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
            with frozen(now() + timedelta(hours=hours)):
                assert count_waiting(session, two[1]) == int(lives)
                if lives:
                    assert expire_approvals(session) == 0
                    assert approve(session, two[1], asked).state == "approved"
                else:
                    with pytest.raises(Conflict, match="过期"):
                        approve(session, two[1], asked)
                    assert ask(session, two[0]) != asked

    def test_what_is_over_is_closed_in_the_background(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
            with frozen(now() + timedelta(days=8)):
                assert (expire_approvals(session), expire_approvals(session)) == (1, 0)
            assert session.get_one(Approval, (world.here.id, asked)).state == "expired"
        with open_session(world.here.scope) as session:
            assert len(acts_of(session, "core.approval.expire")) == 1

    def test_a_street_chooses_the_days(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            set_setting(session, SYSTEM, "core", "approval_days", 1)
            row = session.get_one(Approval, (world.here.id, ask(session, two[0])))
            assert row.expires_at - now() <= timedelta(days=1)


class TestAPass:
    def test_lets_the_asker_do_it_once(self, open_session, world, two, paint_act) -> None:
        act = Act("core.take_brush", "取刷子", paint_act.asks, paint_act.approves, lambda *_: "可取一次", is_pass=True)
        known(act)
        given = {"payload": WALL, "subject": ("brush", "1")}
        with open_session(world.here.scope) as session:
            set_setting(session, SYSTEM, "core", "two_person_acts", [act.name])
            asked = ask_approval(session, two[0], act.name, WALL, reason="", subject=("brush", "1"))
            with pytest.raises(ApprovalRequired):
                require_approved(session, two[0], act.name, **given)
            approve(session, two[1], asked)
            with pytest.raises(ApprovalRequired):
                require_approved(session, two[1], act.name, **given)
            with pytest.raises(ApprovalRequired):
                require_approved(session, two[0], act.name, {**WALL, "colour": "黑"}, subject=("brush", "1"))
            with frozen(now() + timedelta(hours=25)), pytest.raises(ApprovalRequired):
                require_approved(session, two[0], act.name, **given)
            require_approved(session, two[0], act.name, **given)
            with pytest.raises(ApprovalRequired):
                require_approved(session, two[0], act.name, **given)


class TestWalls:
    def test_a_neighbour_and_another_street_see_nothing(self, open_session, world) -> None:
        own, sibling = world.here.communities
        asker = holder(own.administrator, "community_administrator", community_id=own.id)
        with open_session(world.here.scope) as session:
            asked = ask(session, asker, community_id=own.id)
        for scope, account, place in (
            (sibling.scope, sibling.administrator, {"community_id": sibling.id}),
            (world.there.communities[0].scope, world.there.communities[0].administrator, {}),
            (world.there.scope, world.there.administrator, {}),
        ):
            other = holder(account, "street_administrator", **place)
            with open_session(scope) as session:
                assert list_approvals(session, other, "all") == ([], None)
                assert count_waiting(session, other) == 0
                with pytest.raises(NotFound):
                    approve(session, other, asked)
        street = holder(world.here.administrator, "street_administrator")
        with open_session(world.here.scope) as session:
            assert [row.id for row in list_approvals(session, street, "mine")[0]] == [asked]
            assert approve(session, street, asked).state == "approved"

    def test_the_streets_own_requests_do_not_show_in_a_community(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            asked = ask(session, two[0])
        with open_session(world.here.communities[0].scope) as session:
            assert list_approvals(session, two[1], "all") == ([], None)
            with pytest.raises(NotFound):
                approve(session, two[1], asked)

    def test_others_of_the_same_place_do_not_see_it(self, open_session, world, two) -> None:
        clerk = holder(uuid4(), "street_staff")
        with open_session(world.here.scope) as session:
            ask(session, two[0])
            assert list_approvals(session, clerk, "all") == ([], None)
            assert len(list_approvals(session, two[0], "asked")[0]) == 1
            assert len(list_approvals(session, two[0], "mine")[0]) == 0

    @pytest.mark.parametrize(
        "change",
        [
            'payload = \'{"colour": "black"}\'',
            "digest = '\\x00'",
            "asked_by = gen_random_uuid()",
            "reason = 'x'",
            "expires_at = now() + interval '1 year'",
            "act = 'core.other'",
        ],
    )
    def test_the_database_keeps_what_was_asked(self, open_session, world, two, change) -> None:
        with open_session(world.here.scope) as session:
            ask(session, two[0])
            with pytest.raises(DBAPIError, match="cannot change"), session.begin_nested():
                session.execute(text(f"UPDATE core.approval SET {change}"))

    def test_the_database_keeps_a_decision(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            reject(session, two[1], ask(session, two[0]), reason="不")
            with pytest.raises(DBAPIError, match="decision"), session.begin_nested():
                session.execute(text("UPDATE core.approval SET state = 'approved'"))
            with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
                session.execute(text("DELETE FROM core.approval"))

    def test_the_database_refuses_one_person_for_both(self, open_session, world, two) -> None:
        with open_session(world.here.scope) as session:
            ask(session, two[0])
            with pytest.raises(DBAPIError, match="two_people"), session.begin_nested():
                session.execute(
                    text("UPDATE core.approval SET state = 'approved', decided_by = asked_by, decided_at = now()")
                )


def test_standing_is_read_from_the_grants_of_today(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        found = standing_of(session, world.here.administrator, role_permissions())
        assert found is not None
        assert found.can("core.role.grant")
        assert standing_of(session, world.there.administrator, ROLES) is None
        steward = standing_of(session, world.here.communities[0].steward, ROLES)
        assert steward is not None
        assert not steward.can("core.compound.read", community_id=world.here.communities[0].id)


def test_a_request_is_told_in_words_even_where_its_words_fail(open_session, world, two) -> None:
    with open_session(world.here.scope) as session:
        row = session.get_one(Approval, (world.here.id, ask(session, two[0])))
        line = line_of(session, two[1], row, with_words=True)
        assert (line.words, line.can_decide, line.can_withdraw) == ([("墙", "东墙"), ("颜色", "白")], True, False)
        assert line_of(session, two[0], row).can_withdraw
        odd = session.get_one(Approval, (world.here.id, ask(session, two[0], {**WALL, "odd": True})))
        assert ("colour", "白") in line_of(session, two[1], odd, with_words=True).words
