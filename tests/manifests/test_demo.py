"""The demo street: plausible in its numbers, generated in its looks, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from linli.identity.models import Account
from linli.identity.passwords import password_fits
from linli.kit.scope import Scope
from linli.manifests.demo import load_demo
from linli.manifests.reading import read_manifest
from linli.plugins.registry import Plugins
from linli.privacy.models import Consent, ConsentPurpose, PrivacyRequest
from linli.residents.models import Household, Ownership, Resident
from linli.residents.neighbours import homes_of_resident
from linli.settings.service import get_setting
from linli.tenancy.models import Community, CommunitySummary, Dwelling, Tenant

pytestmark = pytest.mark.thorough

MANIFEST = Path(__file__).parents[2] / "tenants" / "jinsong.toml"


@pytest.fixture(scope="module")
def demo(module_house, plugins):
    steps = []
    accounts = load_demo(module_house, plugins, read_manifest(MANIFEST), steps.append)
    with module_house.database.open_transaction() as connection:
        tenant = connection.execute(select(Tenant.id).where(Tenant.slug == "jinsong")).scalar_one()
    return accounts, Scope.of_street(tenant), steps


@pytest.fixture
def session(module_house, demo):
    with module_house.database.unit_of_work(demo[1], read_only=True) as session:
        yield session


def test_four_compounds_of_about_fifteen_hundred_dwellings(session) -> None:
    assert 1300 < session.scalar(select(func.count()).select_from(Dwelling)) < 1700
    summaries = session.scalars(select(CommunitySummary).where(CommunitySummary.dwellings > 0)).all()
    assert sum(each.compounds for each in summaries) == 4
    assert sum(each.dwellings for each in summaries) == session.scalar(select(func.count()).select_from(Dwelling))


def test_residents_look_generated(session) -> None:
    for resident in session.scalars(select(Resident)):
        assert resident.name == f"居民{resident.name[2:]}"
        assert resident.name[2:].isdigit()
        assert resident.phone_mask.startswith("199****")
    phones = session.scalar(select(func.count(func.distinct(Resident.phone_bi))))
    assert phones == session.scalar(select(func.count()).select_from(Resident)), "each has a number of their own"


def test_offices_can_be_reached_at_what_nobody_takes_for_real(session) -> None:
    for community in session.scalars(select(Community)):
        assert community.office_phone == "010-0000-0000"
        assert community.office_address.startswith("示范路")
    assert "010-0000-0000" in get_setting(session, "core", "contact")


def test_each_dwelling_is_owned_whole_and_has_an_area(session) -> None:
    whole = text(
        "SELECT count(*) FROM core.dwelling d WHERE exclusive_area IS NULL OR 1 <> (SELECT coalesce("
        "sum(share_numerator::numeric / share_denominator), 0) FROM core.ownership o WHERE o.dwelling_id = d.id)"
    )
    assert session.scalar(whole) == 0
    assert session.scalar(select(func.count()).where(Ownership.organisation_id.is_not(None))) > 20
    assert session.scalar(select(func.count()).where(Household.tenure == "lease")) > 50


def test_somebody_has_two_homes_so_that_the_switch_is_seen(session, module_house, demo) -> None:
    with module_house.owner.open_transaction() as connection:
        account = connection.scalar(select(Account.id).where(Account.user_name == "louzhang"))
    resident = session.scalars(select(Resident).where(Resident.account_id == account)).one()
    homes = homes_of_resident(session, resident.id)
    assert len({each.compound_id for each in homes}) == 2
    assert {each.community_id for each in homes} == {resident.community_id}


def test_the_accounts_can_sign_in(module_house, demo) -> None:
    accounts, _scope, _steps = demo
    assert [each.user_name for each in accounts] == [
        "jiedao",
        "xitong",
        "anquan",
        "shenji",
        "shequ",
        "louzhang",
        "jumin",
    ]
    with module_house.owner.open_transaction() as connection:
        for each in accounts:
            stored = connection.scalar(select(Account.password_hash).where(Account.user_name == each.user_name))
            assert password_fits(module_house.vault, stored, each.password)
            assert not password_fits(module_house.vault, stored, each.password + "x")


def test_a_second_start_adds_nothing(module_house, plugins, demo, session) -> None:
    before = session.scalar(select(func.count()).select_from(Resident))
    steps = []
    again = load_demo(module_house, plugins, read_manifest(MANIFEST), steps.append)
    assert (again, steps) == (demo[0], [])
    assert session.scalar(select(func.count()).select_from(Resident)) == before


def test_no_other_street_sees_them(module_house, demo, world, session) -> None:
    assert session.scalar(select(func.count()).where(Resident.name == "居民0001")) == 1
    with module_house.database.unit_of_work(world.here.scope) as other:
        assert other.scalar(select(func.count()).where(Resident.name.like("居民%"))) == 0


def test_residents_have_agreed_and_asked_so_that_no_page_is_empty(session, module_house, plugins) -> None:
    load_demo(module_house, plugins, read_manifest(MANIFEST))
    requests = session.execute(select(PrivacyRequest.kind, PrivacyRequest.state).order_by(PrivacyRequest.id)).all()
    assert [tuple(each) for each in requests] == [("correction", "done"), ("erasure", "open")], "once, at each start"
    assert session.scalar(select(func.count()).select_from(ConsentPurpose)) == 2
    given = session.scalars(select(Consent)).one()
    corrected = session.scalars(select(Resident).where(Resident.id == given.resident_id)).one()
    assert (given.act, corrected.remarks) == ("given", "听力不好，请敲门")


def test_a_plugin_that_is_not_installed_is_left_out(house, world) -> None:
    read = read_manifest(MANIFEST)
    read.manifest.plugins["from_elsewhere"] = read.manifest.plugins["notices"]
    core = Plugins.core()
    load_demo(house, core, read)
    with house.owner.open_transaction() as connection:
        assert connection.scalar(select(func.count()).select_from(Tenant).where(Tenant.slug == "jinsong")) == 1
