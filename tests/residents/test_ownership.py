"""Shares of dwellings: never more than the whole on any day, passed on by date, represented by one."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.residents.actors import community_administrator, steward

from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.residents.schemas import OrganisationCreate, OwnerIn, OwnershipCreate, Transfer
from linli.residents.service import (
    add_owner,
    choose_representative,
    create_organisation,
    end_ownership,
    list_organisations,
    owners_of,
    transfer_ownership,
)
from linli.residents.shares import Span, largest_sum, parse_share, write_share

DAY = date(2026, 3, 1)


@pytest.fixture
def admin(here):
    return community_administrator(here)


class TestShares:
    @pytest.mark.parametrize(
        ("text", "share"),
        [
            ("1", Fraction(1)),
            ("1/3", Fraction(1, 3)),
            ("２／３".replace("２", "2").replace("３", "3"), Fraction(2, 3)),
            ("33.33%", Fraction(3333, 10000)),
            ("0.5", Fraction(1, 2)),
            ("100%", Fraction(1)),
        ],
    )
    def test_as_people_write_them(self, text, share) -> None:
        assert parse_share(text) == share

    @pytest.mark.parametrize("text", ["0", "0%", "1/0", "3/2", "101%", "-1/2", "一半", "", "1/9999999", "0.0000001"])
    def test_what_is_no_share(self, text) -> None:
        assert parse_share(text) is None

    @given(st.fractions(min_value=0, max_value=1, max_denominator=1_000_000).filter(bool))
    def test_written_shares_are_read_back(self, share) -> None:
        assert parse_share(write_share(share)) == share

    @given(
        st.lists(
            st.builds(
                lambda parts, start, length: Span(
                    Fraction(1, parts),
                    None if start is None else DAY + timedelta(start),
                    None if length is None or start is None else DAY + timedelta(start + length),
                ),
                st.integers(1, 4),
                st.none() | st.integers(0, 20),
                st.none() | st.integers(0, 20),
            ),
            max_size=6,
        )
    )
    def test_the_largest_sum_is_the_largest_over_every_single_day(self, spans) -> None:
        def on(day):
            return sum(
                s.share
                for s in spans
                if (s.started_on is None or s.started_on <= day) and (s.ended_on is None or day < s.ended_on)
            )

        assert largest_sum(spans) == max(on(DAY + timedelta(n)) for n in range(-1, 45))


class TestAdd:
    def test_co_owners_up_to_the_whole_and_not_beyond(self, open_session, here, admin) -> None:
        place = {"dwelling_id": here.dwellings[3], "started_on": DAY}
        with open_session(here.scope, admin) as session:
            for resident_id in here.residents[:3]:
                owners = add_owner(session, admin, OwnershipCreate(resident_id=resident_id, share="1/3", **place))
            assert [owner.share for owner in owners] == ["1/3"] * 3
            with pytest.raises(Invalid, match="提交的内容有误"):
                add_owner(session, admin, OwnershipCreate(resident_id=here.residents[3], share="1/1000000", **place))

    def test_shares_of_different_times_do_not_add_up(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            first = owners_of(session, admin, here.dwellings[0])[0]
            end_ownership(session, admin, first.id, DAY)
            owners = add_owner(
                session,
                admin,
                OwnershipCreate(dwelling_id=here.dwellings[0], resident_id=here.residents[1], started_on=DAY),
            )
        assert [(owner.owner_name, owner.ended_on) for owner in owners] == [("测试居民2", None), ("测试居民1", DAY)]

    def test_one_day_of_overlap_is_refused(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            first = owners_of(session, admin, here.dwellings[0])[0]
            end_ownership(session, admin, first.id, DAY)
            with pytest.raises(Invalid):
                add_owner(
                    session,
                    admin,
                    OwnershipCreate(
                        dwelling_id=here.dwellings[0],
                        resident_id=here.residents[1],
                        started_on=DAY - timedelta(1),
                    ),
                )

    def test_an_owner_is_a_person_or_an_organisation_of_this_community(self, open_session, world, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            for owner in (
                {},
                {"resident_id": world.here.communities[1].residents[0]},
                {"organisation_id": here.residents[0]},
                {"resident_id": here.residents[0], "organisation_id": here.residents[0]},
            ):
                with pytest.raises(Invalid):
                    add_owner(session, admin, OwnershipCreate(dwelling_id=here.dwellings[3], **owner))

    def test_a_title_unit_owns_unsold_public_housing(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            unit = create_organisation(
                session, admin, here.id, OrganisationCreate(name="测试产权单位", kind="title_unit")
            )
            with pytest.raises(Invalid):
                create_organisation(session, admin, here.id, OrganisationCreate(name="测试产权单位"))
            owners = add_owner(
                session,
                admin,
                OwnershipCreate(dwelling_id=here.dwellings[3], organisation_id=unit.id, basis="unit_housing"),
            )
        assert [(owner.owner_name, owner.basis) for owner in owners] == [("测试产权单位", "unit_housing")]


class TestTransfer:
    def test_the_old_rows_end_on_the_day_the_new_ones_begin(self, open_session, here, admin) -> None:
        buyers = [
            OwnerIn(resident_id=here.residents[2], share="1/2", is_representative=True),
            OwnerIn(resident_id=here.residents[3], share="1/2"),
        ]
        with open_session(here.scope, admin) as session:
            owners = transfer_ownership(
                session, admin, here.dwellings[0], Transfer(on=DAY, owners=buyers, basis="purchase")
            )
        spans = {owner.owner_name: (owner.started_on, owner.ended_on) for owner in owners}
        assert spans == {
            "测试居民1": (date(2025, 1, 1), DAY),
            "测试居民3": (DAY, None),
            "测试居民4": (DAY, None),
        }

    def test_too_much_for_the_buyers_leaves_everything_as_it_was(self, open_session, here, admin) -> None:
        buyers = [OwnerIn(resident_id=here.residents[2]), OwnerIn(resident_id=here.residents[3], share="1/2")]
        with pytest.raises(Invalid), open_session(here.scope, admin) as session:
            transfer_ownership(session, admin, here.dwellings[0], Transfer(on=DAY, owners=buyers))
        with open_session(here.scope, admin) as session:
            assert [(o.owner_name, o.ended_on) for o in owners_of(session, admin, here.dwellings[0])] == [
                ("测试居民1", None)
            ]

    def test_no_transfer_before_the_last_one(self, open_session, here, admin) -> None:
        buyer = [OwnerIn(resident_id=here.residents[2])]
        with open_session(here.scope, admin) as session, pytest.raises(Conflict):
            transfer_ownership(session, admin, here.dwellings[0], Transfer(on=date(2025, 1, 1), owners=buyer))


def test_co_owners_choose_one_representative(open_session, here, admin) -> None:
    with open_session(here.scope, admin) as session:
        for resident_id in here.residents[:2]:
            owners = add_owner(
                session,
                admin,
                OwnershipCreate(
                    dwelling_id=here.dwellings[3], resident_id=resident_id, share="1/2", is_representative=True
                ),
            )
        chosen = choose_representative(session, admin, owners[1].id)
    assert [owner.id for owner in chosen if owner.is_representative] == [owners[1].id]


def test_owners_and_organisations_across_the_wall_do_not_exist(open_session, world, here, admin) -> None:
    other = world.here.communities[1]
    other_admin = community_administrator(other)
    with open_session(other.scope, other_admin) as session:
        create_organisation(session, other_admin, other.id, OrganisationCreate(name="邻社区单位"))
        foreign = owners_of(session, other_admin, other.dwellings[0])[0]
    with open_session(here.scope, admin) as session:
        assert list_organisations(session, admin, here.id).items == []
        with pytest.raises(Forbidden):
            list_organisations(session, admin, other.id)
        with pytest.raises(NotFound):
            owners_of(session, admin, other.dwellings[0])
        with pytest.raises(NotFound):
            end_ownership(session, admin, foreign.id, DAY)
        with pytest.raises(NotFound):
            owners_of(session, admin, world.there.communities[0].dwellings[0])


def test_a_steward_reads_only_the_buildings_owners(open_session, here, second_building) -> None:
    actor = steward(here, here.compound, second_building[0])
    with open_session(here.scope, actor) as session:
        assert owners_of(session, actor, second_building[1]) == []
        with pytest.raises(NotFound):
            owners_of(session, actor, here.dwellings[0])
