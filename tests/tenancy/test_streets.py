"""Streets and communities follow the register: repeatable, nothing doubled, nothing lost."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from linli.audit.models import AuditEntry
from linli.kit.errors import Invalid
from linli.kit.scope import Scope
from linli.tenancy import streets as module
from linli.tenancy.models import Community, Compound, Division, Tenant
from linli.tenancy.register import parse_register
from linli.tenancy.streets import import_streets

FIRST = {
    "998001": "试验区",
    "998001001": "甲街道",
    "998001001001": "东社区居委会",
    "998001001002": "西社区居委会",
    "998001002": "乙街道",
    "998001002001": "南社区居民委员会",
}


def register(units: dict[str, str]):
    return parse_register(("code,name\n" + "".join(f"{c},{n}\n" for c, n in units.items())).encode(), "r.csv")


def counts(created=0, updated=0, unchanged=0, vanished=0) -> dict[str, int]:
    return {"created": created, "updated": updated, "unchanged": unchanged, "vanished": vanished}


def run(house, units, **options):
    options = options or {"district": "998001"}
    return import_streets(house.owner, register(units), **options).counts()


def tenant(house, code: str) -> Tenant:
    with house.owner.unit_of_work(Scope.of_street(module._NOBODY.tenant_id)) as session:
        return session.scalars(select(Tenant).where(Tenant.code == code)).one()


def communities(house, street: str) -> dict[str, tuple[str, str, str]]:
    with house.database.unit_of_work(Scope.of_street(tenant(house, street).id)) as session:
        rows = session.execute(
            select(Community.code, Community.name, Community.register_name, Community.status).order_by(Community.code)
        )
        return {code: tuple(rest) for code, *rest in rows}


def test_a_district_is_brought_in_with_names_of_areas(house) -> None:
    assert run(house, FIRST) == {"streets": counts(created=2), "communities": counts(created=3)}
    assert communities(house, "998001001") == {
        "998001001001": ("东社区", "东社区居委会", "active"),
        "998001001002": ("西社区", "西社区居委会", "active"),
    }
    street = tenant(house, "998001001")
    assert (street.slug, street.name, street.district_name) == ("998001001", "甲街道", "试验区")


def test_the_same_register_again_changes_nothing(house) -> None:
    run(house, FIRST)
    with house.owner.unit_of_work(Scope.of_street(tenant(house, "998001001").id)) as session:
        before = session.scalar(select(func.count()).select_from(AuditEntry))
    assert run(house, FIRST) == {"streets": counts(unchanged=2), "communities": counts(unchanged=3)}
    with house.owner.unit_of_work(Scope.of_street(tenant(house, "998001001").id)) as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == before == 1


def test_one_street_leaves_the_others_alone(house) -> None:
    assert run(house, FIRST, streets=["998001002"]) == {
        "streets": counts(created=1),
        "communities": counts(created=1),
    }
    assert run(house, FIRST, district="998001")["streets"] == counts(created=1, unchanged=1)


def test_a_renamed_community_keeps_the_name_chosen_by_hand(house) -> None:
    run(house, FIRST)
    with house.database.unit_of_work(Scope.of_street(tenant(house, "998001001").id)) as session:
        session.execute(update(Community).where(Community.code == "998001001002").values(name="西边人家"))
    renamed = FIRST | {"998001001001": "东风社区居委会", "998001001002": "西风社区居委会"}
    assert run(house, renamed)["communities"] == counts(updated=2, unchanged=1)
    assert communities(house, "998001001") == {
        "998001001001": ("东风社区", "东风社区居委会", "active"),
        "998001001002": ("西边人家", "西风社区居委会", "active"),
    }


def test_a_renamed_street_follows_unless_named_by_hand(house) -> None:
    run(house, FIRST)
    renamed = FIRST | {"998001001": "甲一街道", "998001002": "乙一街道"}
    with house.owner.unit_of_work(Scope.of_street(tenant(house, "998001002").id)) as session:
        session.execute(update(Tenant).where(Tenant.code == "998001002").values(name="自选街道"))
    assert run(house, renamed)["streets"] == counts(updated=1, unchanged=1)
    assert (tenant(house, "998001001").name, tenant(house, "998001002").name) == ("甲一街道", "自选街道")


def test_a_vanished_community_keeps_its_rows_and_comes_back(house) -> None:
    run(house, FIRST)
    scope = Scope.of_street(tenant(house, "998001001").id)
    with house.database.unit_of_work(scope) as session:
        east = session.scalars(select(Community.id).where(Community.code == "998001001001")).one()
        session.add(Compound(community_id=east, name="留下的小区"))
    less = {code: name for code, name in FIRST.items() if code != "998001001001"}
    assert run(house, less)["communities"] == counts(vanished=1, unchanged=2)
    assert communities(house, "998001001")["998001001001"] == ("东社区", "东社区居委会", "vanished")
    assert run(house, less)["communities"] == counts(unchanged=2), "vanished once, told once"
    assert run(house, FIRST)["communities"] == counts(updated=1, unchanged=2)
    with house.database.unit_of_work(scope) as session:
        found = session.scalars(select(Community).where(Community.id == east)).one()
        assert (found.status, found.vanished_at) == ("active", None)
        assert session.scalars(select(Compound.name)).all() == ["留下的小区"]


def test_a_vanished_street_is_marked_and_comes_back(house) -> None:
    run(house, FIRST)
    less = {code: name for code, name in FIRST.items() if not code.startswith("998001002")}
    assert run(house, less)["streets"] == counts(unchanged=1, vanished=1)
    assert tenant(house, "998001002").status == "vanished"
    assert run(house, FIRST)["streets"] == counts(updated=1, unchanged=1)
    assert tenant(house, "998001002").vanished_at is None


def test_a_failure_in_the_second_street_leaves_nothing(house, monkeypatch) -> None:
    whole = module._reconcile

    def fails_for_the_second(session, units, report):
        whole(session, units, report)
        if any(unit.code.startswith("998001002") for unit in units):
            raise OSError("the disk is full")

    monkeypatch.setattr(module, "_reconcile", fails_for_the_second)
    with pytest.raises(OSError, match="full"):
        run(house, FIRST)
    with house.database.open_transaction() as connection:
        assert connection.scalar(select(func.count()).where(Tenant.code.like("998%"))) == 0
        assert connection.scalar(select(func.count()).where(Division.code.like("998%"))) == 0


def test_a_dry_run_tells_and_undoes(house) -> None:
    assert run(house, FIRST, district="998001", dry_run=True)["communities"] == counts(created=3)
    with house.database.open_transaction() as connection:
        assert connection.scalar(select(func.count()).where(Tenant.code.like("998%"))) == 0


def test_the_register_of_the_district_is_kept(house) -> None:
    run(house, FIRST)
    run(house, FIRST | {"998001002": "新乙街道"})
    with house.database.open_transaction() as connection:
        rows = connection.execute(select(Division.code, Division.name, Division.parent_code).order_by(Division.code))
        kept = {code: (name, parent) for code, name, parent in rows if code.startswith("998")}
    assert kept["998001002"] == ("新乙街道", "998001")
    assert len(kept) == len(FIRST)


def test_a_new_street_can_seal_personal_data_at_once(house) -> None:
    run(house, FIRST)
    scope = Scope.of_street(tenant(house, "998001001").id)
    with house.database.unit_of_work(scope, read_only=True) as session:
        assert len(house.vault.blind_index(session, "phone", "19900000001")) == 16


@pytest.mark.parametrize(
    ("options", "field", "message"),
    [
        ({"streets": ["998001009"]}, "street", "没有街道 998001009"),
        ({"streets": ["99800100"]}, "street", "不是区划代码"),
        ({"district": "998002"}, "district", "没有区县 998002"),
        ({"district": "9980０1"}, "district", "不是区划代码"),
        ({"district": "998001", "streets": ["998001001"]}, "street", "只能选一样"),
    ],
)
def test_a_wrong_choice_names_the_fault(house, options, field, message) -> None:
    with pytest.raises(Invalid) as caught:
        run(house, FIRST, **options)
    assert caught.value.errors[0].field == field
    assert message in caught.value.errors[0].message
