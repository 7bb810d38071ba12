"""From the database's answer to an actor: nobody keeps a right that a missing factor or a spent session takes away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import text

from linli.access.actors import actor_from_row
from linli.access.models import RoleGrant
from linli.access.roles import role_permissions
from linli.identity.models import SignInSession
from linli.identity.sessions import NOBODY
from linli.kit.clock import SHANGHAI, frozen, now, today

ROLES = role_permissions()
NOON = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)


def row(role: str = "", **changes):
    grants = [{"id": str(uuid4()), "role": role, "community_id": None, "ends_on": None}] if role else []
    return SimpleNamespace(
        **{
            **vars(NOBODY),
            "account_id": uuid4(),
            "display_name": "某人",
            "totp_enrolled": False,
            "session_id": uuid4(),
            "session_started_at": NOON,
            "grants": grants,
            **changes,
        }
    )


def actor(given, *, demo=False, later=timedelta()):
    with frozen(NOON + later):
        return actor_from_row(given, ROLES, ip="192.0.2.1", request_id="r", demo=demo)


def test_nobody_is_the_public_and_leaves_a_trace() -> None:
    found = actor(NOBODY)
    assert found.is_anonymous
    assert (found.ip, found.request_id) == ("192.0.2.1", "r")


class TestTwelveHours:
    @pytest.mark.parametrize(
        ("later", "alive"),
        [
            (timedelta(hours=12) - timedelta(seconds=1), True),
            (timedelta(hours=12), False),
            (timedelta(days=29), False),
        ],
    )
    @pytest.mark.parametrize("role", ["community_administrator", "street_staff", "gatekeeper"])
    def test_staff_sign_in_again(self, role, later, alive) -> None:
        assert actor(row(role, totp_at=NOON), later=later).is_anonymous is not alive

    @pytest.mark.parametrize("role", ["resident", "owner", "building_steward", "committee_chair", ""])
    def test_residents_stay(self, role) -> None:
        assert not actor(row(role), later=timedelta(days=29)).is_anonymous

    def test_a_program_has_no_shift(self) -> None:
        given = row("street_staff", session_id=None, session_started_at=None, token_id=uuid4(), token_scopes=[])
        assert not actor(given, later=timedelta(days=29)).is_anonymous


class TestSecondFactor:
    def test_a_waiting_session_is_nobodys(self) -> None:
        assert actor(row("resident", totp_enrolled=True)).is_anonymous
        assert not actor(row("resident", totp_enrolled=True, totp_at=NOON)).is_anonymous

    @pytest.mark.parametrize(
        "role", ["street_administrator", "street_staff", "department_officer", "auditor", "platform_operator"]
    )
    def test_street_staff_without_one_keep_no_right_until_they_enrol(self, role) -> None:
        found = actor(row(role))
        assert found.must_enrol_totp
        assert found.grants == ()
        assert not found.holds("core.community.read")

    def test_in_the_demo_nobody_is_asked(self) -> None:
        found = actor(row("street_administrator"), demo=True)
        assert not found.must_enrol_totp
        assert found.can("core.community.manage")

    @pytest.mark.parametrize("role", ["community_administrator", "building_steward", "resident"])
    def test_others_are_not_asked(self, role) -> None:
        assert not actor(row(role)).must_enrol_totp

    def test_a_second_hat_stays_on(self) -> None:
        given = row("street_staff")
        given.grants.append({"role": "resident", "community_id": str(uuid4())})
        assert [grant.role for grant in actor(given).grants] == ["resident"]


class TestScopes:
    def test_a_token_narrows(self) -> None:
        given = row("street_administrator", session_id=None, token_id=uuid4(), token_scopes=["core.audit.read"])
        assert actor(given).can("core.audit.read")
        assert not actor(given).can("core.settings.read")

    def test_a_token_without_scopes_may_nothing(self) -> None:
        given = row("street_administrator", session_id=None, token_id=uuid4(), token_scopes=None)
        assert not actor(given).holds("core.audit.read")

    def test_a_role_nobody_knows_gives_nothing(self) -> None:
        assert not actor(row("role_of_a_removed_version")).holds("core.community.read")


class TestTerm:
    """A right ends with its term, whose first and last day belong to it."""

    @pytest.mark.parametrize(("offset", "holds"), [(-11, False), (-10, True), (0, True), (10, True), (11, False)])
    def test_the_days_around_a_term(self, module_house, world, offset, holds) -> None:
        community, day, token = world.here.communities[0], today(), uuid4().bytes
        with module_house.owner.unit_of_work(world.here.scope) as session:
            session.add(
                SignInSession(token_hash=token, account_id=community.steward, expires_at=now() + timedelta(hours=1))
            )
            session.add(
                RoleGrant(
                    account_id=community.steward,
                    account_name="楼门长",
                    role="committee_chair",
                    community_id=community.id,
                    compound_id=community.compound,
                    starts_on=day - timedelta(days=10),
                    ends_on=day + timedelta(days=10),
                    reason="测试",
                )
            )
        with module_house.database.unit_of_work(community.scope, read_only=True) as session:
            found = session.execute(
                text("SELECT * FROM core.resolve_request(:token, 'session', :day)"),
                {"token": token, "day": day + timedelta(days=offset)},
            ).one()
        roles = {grant.role for grant in actor_from_row(found, ROLES).grants}
        assert "building_steward" in roles
        assert ("committee_chair" in roles) is holds


@pytest.mark.parametrize(
    ("moment", "day"), [("2026-05-04T15:59:59+00:00", "2026-05-04"), ("2026-05-04T16:00:00+00:00", "2026-05-05")]
)
def test_the_day_changes_at_midnight_in_shanghai(moment, day) -> None:
    with frozen(datetime.fromisoformat(moment)):
        assert today().isoformat() == day
        assert datetime.fromisoformat(moment).astimezone(SHANGHAI).date() == today()
