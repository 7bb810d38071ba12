"""The demo street: generated households that look generated, and an account for each kind of user."""

# The Chinese here is data, not interface.
from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import UNSET, structs
from sqlalchemy import insert, select

from linli.access.models import RoleGrant
from linli.audit import record
from linli.db.session import ScopedSession
from linli.house import House
from linli.identity.models import Account, AccountTenant
from linli.identity.passwords import hash_password
from linli.kit.actor import SYSTEM
from linli.kit.clock import today
from linli.kit.crypto import derive_key
from linli.kit.ids import new_id
from linli.kit.phones import mask_phone
from linli.kit.pinyin import spell_name
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.manifests.applying import apply_manifest
from linli.manifests.demo_numbers import fill_numbers
from linli.manifests.demo_obligations import fill_obligations
from linli.manifests.demo_plugins import fill_plugins
from linli.manifests.demo_privacy import fill_privacy
from linli.manifests.demo_rules import fill_rules
from linli.manifests.reading import ReadManifest
from linli.plugins.registry import Plugins
from linli.residents.measuring import measure_register
from linli.residents.models import Household, HouseholdMember, Organisation, Ownership, Resident
from linli.settings.service import get_setting, set_setting
from linli.tenancy.bulk import create_building_from_plan
from linli.tenancy.models import Building, Community, Compound, Dwelling, Tenant
from linli.tenancy.schemas import BuildingPlan
from linli.tenancy.summaries import recount

_SEED = 20260101
#: Eight zeros are no number that rings anywhere.
_PHONE = "010-0000-0000"


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a demo compound is built and lived in; shares are parts of a hundred dwellings."""

    buildings: int
    units: int
    floors: int
    doors: int
    area: int
    vacant: int = 6
    leased: int = 10
    #: Owned by the organisation rather than by a person.
    organisation: tuple[str, str, int] | None = None


_PLANS = {
    "示范小区甲": _Plan(6, 3, 6, 3, 52, organisation=("示范产权单位", "title_unit", 12)),
    "示范小区乙": _Plan(4, 2, 18, 3, 88),
    "示范小区丙": _Plan(8, 3, 6, 2, 64),
    "示范小区丁": _Plan(6, 2, 11, 3, 76, vacant=12, organisation=("示范建设单位", "developer", 8)),
}


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Who may sign in to the demo, where, and with what.

    Attributes:
        portal: the path of the portal that is theirs.
    """

    title: str
    user_name: str
    password: str = field(repr=False)
    portal: str = ""


def demo_accounts(master: bytes, street: str, community: str) -> list[DemoAccount]:
    """The accounts of the demo; the passwords follow from the installation's key, so that each start can show them.

    Args:
        master: the installation's key.
        street: slug of the demo street.
        community: slug of the community in which the last three live and work.
    """
    home = f"/s/{street}/c/{community}"
    places = (
        (_("街道管理员"), "jiedao", f"/s/{street}/console"),
        (_("系统管理员"), "xitong", f"/s/{street}/console"),
        (_("安全管理员"), "anquan", f"/s/{street}/console"),
        (_("审计管理员"), "shenji", f"/s/{street}/console"),
        (_("社区管理员"), "shequ", f"{home}/admin"),
        (_("楼门长"), "louzhang", f"{home}/admin"),
        (_("居民"), "jumin", home),
    )
    return [DemoAccount(title, name, _password(master, name), portal) for title, name, portal in places]


def _password(master: bytes, user_name: str) -> str:
    letters = base64.b32encode(derive_key(master, f"demo/{user_name}", 5)).decode().lower()
    return f"{letters[:4]}-{letters[4:]}"


def load_demo(
    house: House, plugins: Plugins, read: ReadManifest, on_step: Callable[[str], None] = lambda _step: None
) -> list[DemoAccount]:
    """Make the demo street, or leave it as it is where it was made before.

    Args:
        house: with an owner's door.
        plugins: those that run here; each adds its own demo rows.
        read: the manifest of the demo street.
        on_step: is told in one sentence what takes time.

    Returns:
        Who may sign in. The first community of the manifest that has compounds is theirs.
    """
    with house.database.open_transaction() as connection:
        query = select(Tenant.id, Tenant.slug).where(Tenant.code == read.manifest.code)
        street = connection.execute(query).one_or_none()
    if street is None:
        on_step(_("正在建立演示街道"))
        apply_manifest(house.owner, plugins, _with_installed(read, plugins))
        return load_demo(house, plugins, read, on_step)
    with house.owner.unit_of_work(Scope.of_street(street.id), ttl=600) as session:
        communities = _demo_communities(session)
        home = communities[0]
        home_id = home.id
        accounts = demo_accounts(house.settings.secret_key, street.slug, home.slug)
        if session.scalar(select(Dwelling.id).limit(1)) is None:
            on_step(_("正在生成演示住户"))
            _fill(session, communities)
            measure_register(session)
            _give_contacts(session)
            _make_accounts(session, house, accounts, home)
    fill_privacy(house.database, street.id, home_id)
    fill_rules(house.database, street.id, home_id)
    fill_plugins(house.database, plugins, street.id)
    fill_obligations(house.database, street.id)
    fill_numbers(house.database, street.id)
    return accounts


def _with_installed(read: ReadManifest, plugins: Plugins) -> ReadManifest:
    """The demo shows what is installed, and does without the rest: a wheel of the core brings no plugin along."""
    asked = read.manifest.plugins
    kept = asked if asked is UNSET else {name: section for name, section in asked.items() if name in plugins}
    return replace(read, manifest=structs.replace(read.manifest, plugins=kept))


def _demo_communities(session: ScopedSession) -> list[Community]:
    query = select(Community).where(Community.id.in_(select(Compound.community_id).where(Compound.name.in_(_PLANS))))
    return list(session.scalars(query.order_by(Community.code)))


def _fill(session: ScopedSession, communities: list[Community]) -> None:
    people = _People(session)
    for community in communities:
        query = select(Compound).where(Compound.community_id == community.id, Compound.name.in_(_PLANS))
        for compound in session.scalars(query.order_by(Compound.name)):
            plan = _PLANS[compound.name]
            for n in range(1, plan.buildings + 1):
                shape = BuildingPlan(str(n), units=plan.units, floors=plan.floors, doors=plan.doors)
                create_building_from_plan(session, SYSTEM, compound.id, shape)
            people.move_in(compound, plan)
        recount(session, community.id)
        record(session, "core.demo.fill", ("community", community.id), community_id=community.id)


def _give_contacts(session: ScopedSession) -> None:
    """Phones and addresses that nobody can take for real ones, where the manifest names none."""
    for n, community in enumerate(session.scalars(select(Community).order_by(Community.code)), 1):
        community.office_phone = community.office_phone or _PHONE
        community.office_address = community.office_address or f"示范路 {100 + n} 号"
    if not get_setting(session, "core", "contact"):
        set_setting(session, SYSTEM, "core", "contact", f"电话 {_PHONE}，地址 示范路 100 号")


class _People:
    """Generates owners, households and lessees; the same ones each time."""

    def __init__(self, session: ScopedSession) -> None:
        self._session = session
        self._random = random.Random(_SEED)  # noqa: S311 nothing is secret here
        self._count = 0
        self._rows: dict[Any, list[dict[str, Any]]] = {}

    def move_in(self, compound: Compound, plan: _Plan) -> None:
        """Give each dwelling of a compound its area, owners and household."""
        place = {"community_id": compound.community_id}
        organisation = self._organisation(place, plan)
        query = select(Dwelling).where(Dwelling.compound_id == compound.id).order_by(Dwelling.sort_key)
        for dwelling in self._session.scalars(query).all():
            dwelling.exclusive_area = Decimal(plan.area * 100 + self._random.randrange(-600, 1800)) / 100
            dwelling.area_basis = "registry"
            self._settle(place, dwelling, plan, organisation)
        for table in (Resident, Ownership, Household, HouseholdMember):
            if rows := self._rows.pop(table, []):
                self._session.execute(insert(table), rows)

    def _organisation(self, place: dict[str, Any], plan: _Plan) -> UUID | None:
        if plan.organisation is None:
            return None
        row = Organisation(id=new_id(), name=plan.organisation[0], kind=plan.organisation[1], **place)
        self._session.add(row)
        self._session.flush()
        return row.id

    def _settle(self, place: dict[str, Any], dwelling: Dwelling, plan: _Plan, organisation: UUID | None) -> None:
        since = today().replace(month=1, day=1) - timedelta(days=self._random.randrange(200, 7000))
        lot = self._random.randrange(100)
        if organisation and plan.organisation and lot < plan.organisation[2]:
            self._own(place, dwelling.id, since, organisation_id=organisation, basis="unit_housing")
            if plan.organisation[1] == "developer":
                dwelling.delivery = "unsold"
                return
            self._household(place, dwelling.id, "public_rent", since, [self._person(place)])
            return
        owners = [self._person(place) for _each in range(2 if self._random.randrange(5) == 0 else 1)]
        for n, owner in enumerate(owners):
            share = {"share_denominator": len(owners), "is_representative": n == 0}
            self._own(place, dwelling.id, since, resident_id=owner, **share)
        kind = self._random.randrange(100)
        if kind < plan.vacant:
            return
        if kind < plan.vacant + plan.leased:
            lessees = [self._person(place, is_migrant=self._random.randrange(2) == 0)]
            self._household(place, dwelling.id, "lease", since, lessees)
            return
        family = [*owners, *(self._person(place) for _each in range(self._random.randrange(3)))]
        self._household(place, dwelling.id, "owner", since, family)

    def _person(self, place: dict[str, Any], **values: Any) -> UUID:
        self._count += 1
        n, resident_id = self._count, new_id()
        phone = f"1990000{n:04d}"
        vault, session = self._session.vault, self._session
        self._rows.setdefault(Resident, []).append(
            {
                "id": resident_id,
                "name": f"居民{n:04d}",
                "name_pinyin": spell_name(f"居民{n:04d}"),
                "gender": self._random.choice(("male", "female")),
                "born_on": date(1940, 1, 1) + timedelta(days=self._random.randrange(24000)),
                "phone_ct": vault.encrypt(session, "resident", "phone", resident_id, phone),
                "phone_bi": vault.blind_index(session, "phone", phone),
                "phone_mask": mask_phone(phone),
                "is_migrant": False,
                **place,
                **values,
            }
        )
        return resident_id

    def _own(self, place: dict[str, Any], dwelling_id: UUID, since: date, **values: Any) -> None:
        row = {
            "dwelling_id": dwelling_id,
            "resident_id": None,
            "organisation_id": None,
            "share_denominator": 1,
            "basis": "registry",
            "is_representative": True,
            "started_on": since,
        }
        self._rows.setdefault(Ownership, []).append({**row, **place, **values})

    def _household(
        self, place: dict[str, Any], dwelling_id: UUID, tenure: str, since: date, members: list[UUID]
    ) -> None:
        household_id = new_id()
        household = {"id": household_id, "dwelling_id": dwelling_id, "tenure": tenure, "started_on": since, **place}
        self._rows.setdefault(Household, []).append(household)
        others = "lessee" if tenure in ("lease", "public_rent") else "relative"
        for n, resident_id in enumerate(members):
            relation = "head" if n == 0 and others == "relative" else others
            member = {"household_id": household_id, "resident_id": resident_id, "relation": relation}
            self._rows.setdefault(HouseholdMember, []).append({**member, "moved_in_on": since, **place})


def _make_accounts(session: ScopedSession, house: House, accounts: list[DemoAccount], home: Community) -> None:
    compound = session.scalars(
        select(Compound).where(Compound.community_id == home.id).order_by(Compound.name).limit(1)
    ).one()
    building = session.scalars(
        select(Building).where(Building.compound_id == compound.id).order_by(Building.sort_key).limit(1)
    ).one()
    household = select(HouseholdMember.resident_id).join(
        Household,
        (Household.tenant_id == HouseholdMember.tenant_id) & (Household.id == HouseholdMember.household_id),
    )
    heads = (
        household.join(Dwelling, (Dwelling.tenant_id == Household.tenant_id) & (Dwelling.id == Household.dwelling_id))
        .where(Dwelling.building_id == building.id, HouseholdMember.relation == "head")
        .order_by(Dwelling.sort_key)
        .limit(2)
    )
    neighbours = list(session.scalars(heads))
    ids = {each.user_name: _make_account(session, house, each) for each in accounts}
    for resident_id, user_name in zip(neighbours, ("jumin", "louzhang"), strict=True):
        session.get_one(Resident, (session.scope.tenant_id, resident_id)).account_id = ids[user_name]
    _inherit(session, neighbours[1], compound)
    building_place = {"compound_id": compound.id, "building_id": building.id}
    _grant(session, ids["jiedao"], "街道管理员", "street_administrator")
    _grant(session, ids["xitong"], "系统管理员", "system_administrator")
    _grant(session, ids["anquan"], "安全管理员", "security_administrator")
    _grant(session, ids["shenji"], "审计管理员", "audit_administrator")
    _grant(session, ids["shequ"], "社区管理员", "community_administrator", community_id=home.id)
    _grant(session, ids["louzhang"], "楼门长", "building_steward", community_id=home.id, **building_place)


def _inherit(session: ScopedSession, resident_id: UUID, home: Compound) -> None:
    """Half of an empty dwelling in another compound of the community: whoever has two homes can look at one of them."""
    row = session.scalars(
        select(Ownership)
        .join(Dwelling, (Dwelling.tenant_id == Ownership.tenant_id) & (Dwelling.id == Ownership.dwelling_id))
        .where(
            Dwelling.community_id == home.community_id,
            Dwelling.compound_id != home.id,
            Ownership.resident_id.is_not(None),
            Ownership.share_denominator == 1,
            Dwelling.id.not_in(select(Household.dwelling_id)),
        )
        .order_by(Dwelling.sort_key, Dwelling.id)
        .limit(1)
    ).one()
    row.share_denominator = 2
    session.add(
        Ownership(
            community_id=row.community_id,
            dwelling_id=row.dwelling_id,
            resident_id=resident_id,
            share_denominator=2,
            basis=row.basis,
            is_representative=False,
            started_on=row.started_on,
        )
    )


def _make_account(session: ScopedSession, house: House, account: DemoAccount) -> UUID:
    known = session.scalar(select(Account.id).where(Account.user_name == account.user_name))
    account_id = known or new_id()
    if known is None:
        hashed = hash_password(house.vault, account.password)
        session.add(
            Account(
                id=account_id, user_name=account.user_name, display_name=f"演示{account.title}", password_hash=hashed
            )
        )
        session.flush()
    session.add(AccountTenant(account_id=account_id, tenant_id=session.scope.tenant_id))
    session.flush()
    return account_id


def _grant(session: ScopedSession, account_id: UUID, name: str, role: str, **place: UUID) -> None:
    session.add(
        RoleGrant(
            account_id=account_id, account_name=f"演示{name}", role=role, starts_on=today(), reason="演示", **place
        )
    )
