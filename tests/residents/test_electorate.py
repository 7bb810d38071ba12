"""Heads and area of a compound's owners, case by case by article, and by what must hold for every compound."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from linli.residents.electorate import CountingRules, Owner, Share, Unit, count_electorate, electorate
from linli.residents.models import Organisation, Ownership
from linli.tenancy.models import Dwelling

ON = date(2026, 3, 1)
NATIONAL = CountingRules()
NINGBO = CountingRules(usages_without_area=frozenset({"parking"}), source="宁波市住宅小区物业管理条例 第18条")


def _owner(n: int = 0, **options) -> Owner:
    return Owner(UUID(int=n) if n else uuid4(), **options)


def _unit(*owners: Owner, area: str | None = "100", **options) -> Unit:
    share = Fraction(1, len(owners) or 1)
    shares = tuple(Share(owner, share, is_representative=not k) for k, owner in enumerate(owners))
    basis = options.pop("area_basis", "registry")
    return Unit(uuid4(), area=Decimal(area) if area else None, area_basis=basis, shares=shares, **options)


def _count(*units: Unit, rules: CountingRules = NATIONAL):
    return count_electorate(units, ON, rules)


class TestHeads:
    def test_one_exclusive_part_is_one_head(self) -> None:
        assert _count(_unit(_owner()), _unit(_owner()), _unit(_owner())).head_count == 3

    def test_several_parts_of_one_owner_are_one_head_and_their_areas_add_up(self) -> None:
        owner = _owner()
        counted = _count(_unit(owner, area="60.5"), _unit(owner, area="39.52"))
        assert [(head.kind, head.area) for head in counted.heads] == [("person", Decimal("100.02"))]

    def test_co_owners_are_one_head_for_their_unit(self) -> None:
        counted = _count(_unit(_owner(), _owner(), _owner()))
        assert [(head.kind, len(head.owners)) for head in counted.heads] == [("co_owners", 3)]

    def test_the_same_co_owners_of_two_units_are_one_head(self) -> None:
        first, second = _owner(), _owner()
        assert _count(_unit(first, second), _unit(second, first)).head_count == 1

    def test_a_unit_of_ones_own_and_a_shared_one_are_two_heads(self) -> None:
        first, second = _owner(), _owner()
        counted = _count(_unit(first), _unit(first, second))
        assert counted.head_count == 2
        assert len(counted.of_owner(first.id)) == 2
        assert len(counted.of_owner(second.id)) == 1

    def test_the_developers_unsold_and_undelivered_units_are_one_head(self) -> None:
        developer, buyer = _owner(kind="organisation", is_developer=True), _owner()
        counted = _count(
            _unit(developer, delivery="unsold", area="80"),
            _unit(developer, delivery="unsold", area="90"),
            _unit(buyer, delivery="sold_undelivered", area="70"),
            _unit(buyer, area="50"),
        )
        assert [(head.kind, head.area) for head in counted.heads] == [
            ("developer", Decimal(240)),
            ("person", Decimal(50)),
        ]

    def test_unsold_units_count_once_even_when_no_developer_is_recorded(self) -> None:
        counted = _count(_unit(delivery="unsold"), _unit(delivery="unsold"), _unit(delivery="sold_undelivered"))
        assert [head.kind for head in counted.heads] == ["developer"]

    def test_two_developers_are_two_heads(self) -> None:
        one, two = (_owner(kind="organisation", is_developer=True) for _ in range(2))
        assert _count(_unit(one, delivery="unsold"), _unit(two, delivery="unsold")).head_count == 2

    def test_a_title_unit_with_unsold_public_housing_is_one_head(self) -> None:
        unit_owner = _owner(kind="organisation")
        counted = _count(*(_unit(unit_owner) for _ in range(5)))
        assert [(head.kind, head.area) for head in counted.heads] == [("organisation", Decimal(500))]

    def test_a_part_without_known_owner_is_a_head_and_a_gap(self) -> None:
        counted = _count(_unit())
        assert counted.head_count == 1
        assert [gap.reason for gap in counted.gaps] == ["owner_unknown"]


class TestArea:
    def test_an_unknown_area_is_a_gap_and_not_a_guess(self) -> None:
        counted = _count(_unit(_owner(), area=None), _unit(_owner(), area="0.01"))
        assert (counted.area, [gap.reason for gap in counted.gaps]) == (Decimal("0.01"), ["area_unknown"])

    def test_an_area_of_unknown_basis_counts_and_is_named(self) -> None:
        counted = _count(_unit(_owner(), area_basis="unknown"))
        assert (counted.area, [gap.reason for gap in counted.gaps]) == (Decimal(100), ["area_basis_unknown"])

    def test_parking_counts_nationally_and_not_in_ningbo(self) -> None:
        owner = _owner()
        units = _unit(owner), _unit(owner, usage="parking", area="12")
        assert _count(*units).area == 112
        assert _count(*units, rules=NINGBO).area == 100
        assert _count(*units, rules=NINGBO).head_count == 1

    def test_a_missing_area_of_an_excluded_usage_is_no_gap(self) -> None:
        assert _count(_unit(_owner(), usage="parking", area=None), rules=NINGBO).gaps == ()

    def test_an_excluded_usage_alone_may_give_no_head(self) -> None:
        rules = replace(NINGBO, usages_without_head=frozenset({"parking"}))
        assert _count(_unit(_owner(), usage="parking"), rules=rules).head_count == 0


class TestRepresentative:
    def test_a_single_owner_represents_the_unit(self) -> None:
        owner = _owner()
        assert Unit(uuid4(), shares=(Share(owner),)).representative == owner

    def test_co_owners_without_choice_are_a_gap(self) -> None:
        first, second = _owner(), _owner()
        shares = (Share(first, Fraction(1, 2)), Share(second, Fraction(1, 2)))
        counted = _count(replace(_unit(), shares=shares))
        assert [gap.reason for gap in counted.gaps] == ["no_representative"]

    def test_a_share_that_nobody_holds_is_a_gap(self) -> None:
        counted = _count(replace(_unit(), shares=(Share(_owner(), Fraction(2, 3)),)))
        assert [gap.reason for gap in counted.gaps] == ["share_incomplete"]


_owners = st.integers(1, 8).map(_owner)
_units = st.builds(
    lambda owners, cents, delivery, usage: replace(
        _unit(*owners, area=None), area=None if cents is None else Decimal(cents) / 100, delivery=delivery, usage=usage
    ),
    st.lists(_owners, unique=True, max_size=3),
    st.none() | st.integers(1, 10**7),
    st.sampled_from(["delivered", "delivered", "sold_undelivered", "unsold"]),
    st.sampled_from(["residential", "commercial", "parking", "storage"]),
)


@given(st.lists(_units, max_size=25))
def test_area_is_conserved_and_every_unit_is_in_one_head(units) -> None:
    counted = _count(*units)
    assert counted.area == sum((unit.area or Decimal(0) for unit in units), Decimal(0))
    assert sorted(unit.id for head in counted.heads for unit in head.units) == sorted(unit.id for unit in units)
    assert counted.head_count <= len(units)


@given(st.lists(_units, max_size=15), st.randoms())
def test_the_order_of_units_does_not_matter(units, random) -> None:
    shuffled = list(units)
    random.shuffle(shuffled)
    one, two = _count(*units), _count(*shuffled)
    assert (one.head_count, one.area, len(one.gaps)) == (two.head_count, two.area, len(two.gaps))


@given(st.lists(_units, max_size=15))
def test_no_set_of_owners_has_two_heads(units) -> None:
    owners = [head.owners for head in _count(*units).heads if head.owners]
    assert len(owners) == len(set(owners))


class TestRegister:
    def test_it_is_read_as_of_the_day(self, open_session, world) -> None:
        here = world.here.communities[0]
        with open_session(here.scope) as session:
            old = session.scalars(select(Ownership).where(Ownership.dwelling_id == here.dwellings[0])).one()
            old.ended_on = ON
            session.add(
                Ownership(
                    community_id=here.id,
                    dwelling_id=here.dwellings[0],
                    resident_id=here.residents[1],
                    started_on=ON,
                    is_representative=True,
                )
            )
        with open_session(here.scope) as session:
            before = electorate(session, here.compound, date(2026, 2, 28))
            after = electorate(session, here.compound, ON)
        assert [before.head_count, after.head_count] == [4, 3]
        assert before.area == after.area == 50 + 60 + 70 + 80
        assert len(after.of_owner(here.residents[1])[0].units) == 2
        assert after.of_owner(here.residents[0]) == ()
        assert [gap.reason for gap in after.gaps] == ["owner_unknown"]

    def test_a_developer_is_known_by_its_kind(self, open_session, world) -> None:
        here = world.here.communities[0]
        with open_session(here.scope) as session:
            developer = Organisation(community_id=here.id, name="测试建设单位", kind="developer")
            session.add(developer)
            session.flush()
            session.add(Ownership(community_id=here.id, dwelling_id=here.dwellings[3], organisation_id=developer.id))
            for dwelling in session.scalars(select(Dwelling).where(Dwelling.id.in_(here.dwellings[2:]))):
                dwelling.delivery = "unsold" if dwelling.id == here.dwellings[3] else "sold_undelivered"
        with open_session(here.scope) as session:
            counted = electorate(session, here.compound, ON)
        assert [head.kind for head in counted.heads] == ["person", "person", "developer"]
        assert counted.heads[2].area == 150

    def test_another_communitys_and_another_streets_compound_have_no_owners(self, open_session, world) -> None:
        here, sibling = world.here.communities
        with open_session(here.scope) as session:
            assert electorate(session, here.compound, ON).head_count == 4
            assert electorate(session, sibling.compound, ON).head_count == 0
            assert electorate(session, world.there.communities[0].compound, ON).head_count == 0
