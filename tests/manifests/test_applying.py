"""Applying a manifest: idempotent, atomic, and honest about what a portal changed meanwhile."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from linli.audit.models import AuditEntry
from linli.identity.models import Invitation
from linli.kit.actor import SYSTEM
from linli.kit.errors import Invalid
from linli.kit.scope import Scope
from linli.manifests import applying
from linli.manifests.applying import apply_manifest
from linli.manifests.exporting import export_manifest
from linli.plugins.gate import is_enabled
from linli.settings.service import get_setting, set_setting
from linli.tenancy.models import Community, Compound, Domain, Tenant
from linli.tenancy.register import parse_register
from linli.tenancy.streets import import_streets

EAST, WEST = "998001001001", "998001001002"


@pytest.fixture
def apply(house, plugins, read):
    return lambda text, **options: apply_manifest(house.owner, plugins, read(text), **options)


@pytest.fixture
def street(house):
    def scope(code: str = "998001001") -> Scope:
        with house.database.open_transaction() as connection:
            return Scope.of_street(connection.execute(select(Tenant.id).where(Tenant.code == code)).scalar_one())

    return scope


def changes(applied) -> dict[str, tuple]:
    return {str(each): (each.what, each.before, each.after, each.in_portal) for each in applied.changes}


def test_an_empty_platform_gets_the_whole_street(house, apply, good, street) -> None:
    applied = apply(good)
    assert {each.what for each in applied.differences} == {"created"}
    with house.database.unit_of_work(street()) as session:
        rows = session.execute(select(Community.code, Community.name, Community.register_name).order_by(Community.code))
        assert [tuple(row) for row in rows] == [
            (EAST, "东社区", "东社区居委会"),
            (WEST, "西边社区", "西边社区"),
        ]
        compound = session.scalars(select(Compound)).one()
        assert (compound.name, compound.kind, compound.is_old, compound.built_year) == (
            "示范小区甲",
            "unit_dormitory",
            True,
            1986,
        )
        assert get_setting(session, "core", "theme") == "blue"
        assert get_setting(session, "core", "rule_set") == "cn-beijing"
        assert get_setting(session, "core", "theme", community_id=compound.community_id) == "green"
        assert is_enabled(session, "notices", community_id=compound.community_id)
        west = session.scalars(select(Community.id).where(Community.code == WEST)).one()
        assert not is_enabled(session, "notices", community_id=west)
        assert session.scalars(select(Domain.host)).all() == ["first.example.cn"]
        assert sorted(session.scalars(select(Invitation.name))) == ["试用社区管理员", "试用管理员"]


def test_again_changes_nothing_and_leaves_no_trace(house, apply, good, street) -> None:
    first = apply(good)
    assert [each.is_new for each in first.invited] == [True, True]
    with house.database.unit_of_work(street()) as session:
        before = session.scalar(select(func.count()).select_from(AuditEntry))
    again = apply(good)
    assert again.is_unchanged
    assert [each.is_new for each in again.invited] == [False, False]
    with house.database.unit_of_work(street()) as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == before


def test_a_dry_run_tells_the_same_and_writes_nothing(house, apply, good) -> None:
    dry = apply(good, dry_run=True)
    with house.database.open_transaction() as connection:
        assert connection.scalar(select(func.count()).where(Tenant.code == "998001001")) == 0
    assert changes(apply(good)) == changes(dry)


def test_a_change_is_told_and_made(house, apply, good, street) -> None:
    apply(good)
    applied = apply(good.replace('theme = "blue"', 'theme = "red"').replace("1986", "1987"))
    assert changes(applied) == {
        "portal.theme": ("changed", "blue", "red", False),
        f"communities.{EAST}.compounds.示范小区甲.built_year": ("changed", 1986, 1987, False),
    }
    with house.database.unit_of_work(street()) as session:
        assert get_setting(session, "core", "theme") == "red"
        assert session.scalars(select(Compound.built_year)).one() == 1987


def test_what_the_portal_changed_is_told_and_taken_back(house, apply, good, street) -> None:
    apply(good)
    with house.database.unit_of_work(street()) as session:
        set_setting(session, SYSTEM, "core", "theme", "orange")
    applied = apply(good)
    assert changes(applied) == {"portal.theme": ("changed", "orange", "blue", True)}


def test_what_the_manifest_does_not_name_is_the_portals(house, apply, good, street) -> None:
    apply(good)
    with house.database.unit_of_work(street()) as session:
        set_setting(session, SYSTEM, "core", "contact", "北门传达室")
        compound = session.scalars(select(Compound)).one()
        compound.address = "示范路 9 号"
    assert apply(good).is_unchanged
    with house.database.unit_of_work(street()) as session:
        assert get_setting(session, "core", "contact") == "北门传达室"
        assert session.scalars(select(Compound.address)).one() == "示范路 9 号"


def test_the_list_of_communities_of_a_plugin_is_exact(house, apply, good, street) -> None:
    apply(good)
    apply(good.replace(f'communities = ["{EAST}"]', f'communities = ["{WEST}"]'))
    with house.database.unit_of_work(street()) as session:
        ids = dict(session.execute(select(Community.code, Community.id)).all())
        on = [code for code in (EAST, WEST) if is_enabled(session, "notices", community_id=ids[code])]
        assert on == [WEST]
    apply(good.replace(f'communities = ["{EAST}"]', 'communities = "all"'))
    with house.database.unit_of_work(street()) as session:
        assert all(is_enabled(session, "notices", community_id=ids[code]) for code in (EAST, WEST))
    apply(good.replace(f'communities = ["{EAST}"]', "allowed = false"))
    with house.database.unit_of_work(street()) as session:
        assert not is_enabled(session, "notices")


def test_another_street_is_left_alone(house, apply, good, world) -> None:
    apply(good)
    with house.database.unit_of_work(world.here.scope) as session:
        assert session.scalar(select(func.count()).select_from(Community)) == 2
        assert get_setting(session, "core", "theme") == "teal"
        assert session.scalar(select(func.count()).select_from(Invitation)) == 0


def test_a_failure_at_the_end_leaves_nothing(house, apply, good, monkeypatch) -> None:
    def fails(session, read):
        raise OSError("the disk is full")

    monkeypatch.setattr(applying, "invite_staff", fails)
    with pytest.raises(OSError, match="full"):
        apply(good)
    with house.database.open_transaction() as connection:
        assert connection.scalar(select(func.count()).where(Tenant.code == "998001001")) == 0
        assert connection.scalar(select(func.count()).select_from(Domain)) == 0


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ('name = "甲街道"\n', "", "t.toml:1 name", "要新建就必须写名称"),
        ('name = "西边社区"\n', "", "t.toml:27 communities[1].name", "要新建就必须写名称"),
        ('slug = "first-street"', 'slug = "taken"', "t.toml:2 slug", "另一个街道的短名"),
        ("first.example.cn", "taken.example.cn", "t.toml:5 domains[0]", "另一个街道的域名"),
        ('community = "998001001001"', 'community = "998001001009"', "t.toml:40 staff[1].community", "没有这个社区"),
    ],
)
def test_what_only_the_database_knows_is_told_with_its_line(
    house, apply, good, world, old, new, place, message
) -> None:
    with house.owner.unit_of_work(world.here.scope) as session:
        session.get_one(Tenant, world.here.id).slug = "taken"
        session.add(Domain(host="taken.example.cn", tenant_id=world.here.id))
    with pytest.raises(Invalid) as caught:
        apply(good.replace(old, new))
    assert (caught.value.errors[0].field, message in caught.value.errors[0].message) == (place, True)
    with house.database.open_transaction() as connection:
        assert connection.scalar(select(func.count()).where(Tenant.code == "998001001")) == 0


def test_after_a_register_import_names_need_not_be_written(house, apply, street) -> None:
    register = "code,name\n998001001,甲街道\n998001001001,东社区居委会\n"
    import_streets(house.owner, parse_register(register.encode(), "r.csv"), streets=["998001001"])
    applied = apply('code = "998001001"\n[[communities]]\ncode = "998001001001"\noffice_phone = "010-1"\n')
    assert changes(applied) == {f"communities.{EAST}.office_phone": ("changed", "", "010-1", False)}


class TestExport:
    def test_applied_again_it_is_unchanged(self, house, apply, good, street) -> None:
        apply(good)
        with house.database.unit_of_work(street(), read_only=True) as session:
            text = export_manifest(session)
        applied = apply(text)
        assert applied.is_unchanged
        assert len(applied.differences) > 15, "an export that says nothing would be unchanged too"

    def test_on_an_empty_platform_it_makes_the_same_street(self, house, apply, good, street, plugins, read) -> None:
        apply(good)
        with house.database.unit_of_work(street(), read_only=True) as session:
            text = export_manifest(session)
        copy = text.replace("998001001", "998001002").replace("first", "second")
        apply(copy)
        with house.database.unit_of_work(street("998001002"), read_only=True) as session:
            assert export_manifest(session) == copy

    def test_tells_no_person_and_no_other_street(self, house, apply, good, street, world) -> None:
        apply(good)
        with house.database.unit_of_work(street(), read_only=True) as session:
            text = export_manifest(session)
        assert "示范小区甲" in text
        assert not any(word in text for word in ("试用管理员", "19900001234", world.here.code, "一号院"))

    def test_odd_characters_survive(self, house, apply, good, street) -> None:
        odd = good.replace("甲街道邻里", "a\\\"b\\\\c\\u007fd'")
        apply(odd)
        with house.database.unit_of_work(street(), read_only=True) as session:
            assert apply(export_manifest(session)).is_unchanged
