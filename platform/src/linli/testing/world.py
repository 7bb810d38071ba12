"""The world in every test database: two streets of two communities each, alike in all but their names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.orm import Session

from linli.access.models import RoleGrant
from linli.db.session import Database
from linli.db.walls import OWNER_ROLE
from linli.identity.models import Account, AccountTenant
from linli.kit.phones import mask_phone
from linli.kit.pinyin import spell_name
from linli.kit.scope import Scope
from linli.plugins.models import PluginAllowance, PluginEnablement
from linli.residents.models import Household, HouseholdMember, Ownership, Resident
from linli.tenancy.calendar import OFFICIAL_CALENDAR, load_calendar, read_calendar
from linli.tenancy.models import Building, Community, CommunitySummary, Compound, Dwelling, Tenant, UnitEntrance
from linli.tenancy.naming import natural_key, sort_key

__all__ = ["WORLD", "CommunityWorld", "StreetWorld", "World"]

_SPACE = UUID("6b1f0f9e-2f0e-5c53-9d6d-1c1a0c0b7a11")
STARTED = date(2025, 1, 1)


def known_id(*parts: object) -> UUID:
    """The same parts give the same id in every process, so that the world can be named without being read."""
    return uuid5(_SPACE, "/".join(str(part) for part in parts))


@dataclass(frozen=True, slots=True)
class CommunityWorld:
    """One community: one compound with one building, one unit entrance, four dwellings, three households."""

    tenant_id: UUID
    street_code: str
    id: UUID
    code: str
    name: str
    compound: UUID
    building: UUID
    unit_entrance: UUID
    dwellings: tuple[UUID, ...]
    households: tuple[UUID, ...]
    residents: tuple[UUID, ...]
    #: Accounts: the community administrator, a resident who owns the first dwelling, the building's steward.
    administrator: UUID
    resident_account: UUID
    steward: UUID

    @property
    def scope(self) -> Scope:
        return Scope.of_communities(self.tenant_id, self.id)


@dataclass(frozen=True, slots=True)
class StreetWorld:
    """One street office with two communities and its staff."""

    id: UUID
    code: str
    name: str
    administrator: UUID
    auditor: UUID
    communities: tuple[CommunityWorld, CommunityWorld]

    @property
    def scope(self) -> Scope:
        return Scope.of_street(self.id)


@dataclass(frozen=True, slots=True)
class World:
    """Two streets; what one sees, the other must not."""

    here: StreetWorld
    there: StreetWorld

    @property
    def streets(self) -> tuple[StreetWorld, StreetWorld]:
        return self.here, self.there


def _community(street: str, n: int) -> CommunityWorld:
    code = f"{street}{n:03d}"

    def each(kind: str, count: int) -> tuple[UUID, ...]:
        return tuple(known_id(code, kind, k) for k in range(count))

    return CommunityWorld(
        tenant_id=known_id(street),
        street_code=street,
        id=known_id(code),
        code=code,
        name=f"第{n}社区",
        compound=known_id(code, "compound"),
        building=known_id(code, "building"),
        unit_entrance=known_id(code, "unit_entrance"),
        dwellings=each("dwelling", 4),
        households=each("household", 3),
        residents=each("resident", 4),
        administrator=known_id(code, "administrator"),
        resident_account=known_id(code, "resident account"),
        steward=known_id(code, "steward"),
    )


def _street(code: str, name: str) -> StreetWorld:
    return StreetWorld(
        known_id(code),
        code,
        name,
        known_id(code, "administrator"),
        known_id(code, "auditor"),
        (_community(code, 1), _community(code, 2)),
    )


#: Codes of no real street: 999 is not assigned.
WORLD = World(_street("999001001", "测试甲街道"), _street("999001002", "测试乙街道"))


def fill_world(owner: Database, plugins: tuple[str, ...] = ()) -> None:
    """Write the world; the plugins are allowed in both streets and on in each first community."""
    with owner.engine.begin() as connection:
        connection.execute(text(f"SET LOCAL ROLE {OWNER_ROLE}"))
        load_calendar(connection, read_calendar(OFFICIAL_CALENDAR))
    for street in WORLD.streets:
        with owner.unit_of_work(street.scope) as session:
            session.add(
                Tenant(
                    id=street.id, code=street.code, slug=street.code, name=street.name, district_code=street.code[:6]
                )
            )
            session.flush()
            owner.vault.make_tenant_keys(session)
            _add_account(session, street.administrator, f"street-{street.code}", "街道管理员")
            _grant(session, street.administrator, "street_administrator", "街道管理员")
            _add_account(session, street.auditor, f"auditor-{street.code}", "街道审计员")
            _grant(session, street.auditor, "auditor", "街道审计员")
            session.add_all(PluginAllowance(plugin=plugin) for plugin in plugins)
            for community in street.communities:
                _fill_community(owner, session, community)
            session.add_all(
                PluginEnablement(community_id=street.communities[0].id, plugin=plugin) for plugin in plugins
            )


def _add_account(session: Session, account_id: UUID, user_name: str, name: str) -> None:
    session.add(Account(id=account_id, user_name=user_name, display_name=name))
    session.flush()
    session.add(AccountTenant(account_id=account_id, tenant_id=session.info["scope"].tenant_id))


def _grant(session: Session, account: UUID, role: str, name: str, **place: UUID) -> None:
    session.add(RoleGrant(account_id=account, account_name=name, role=role, starts_on=STARTED, reason="测试", **place))


def _fill_community(owner: Database, session: Session, world: CommunityWorld) -> None:
    place = {"community_id": world.id}
    session.add(
        Community(id=world.id, code=world.code, slug=world.code, name=world.name, register_name=f"{world.name}居委会")
    )
    session.flush()
    session.add(Compound(id=world.compound, name="一号院", **place))
    session.flush()
    session.add(
        Building(id=world.building, compound_id=world.compound, name="1号楼", sort_key=natural_key("1号楼"), **place)
    )
    session.flush()
    session.add(
        UnitEntrance(
            id=world.unit_entrance, building_id=world.building, name="1单元", sort_key=natural_key("1单元"), **place
        )
    )
    session.flush()
    for k, dwelling in enumerate(world.dwellings):
        session.add(
            Dwelling(
                id=dwelling,
                compound_id=world.compound,
                building_id=world.building,
                unit_entrance_id=world.unit_entrance,
                door=f"{k + 1}01",
                sort_key=sort_key("1号楼", "1单元", f"{k + 1}01"),
                label=f"1号楼 1单元 {k + 1}01",
                exclusive_area=50 + 10 * k,
                area_basis="registry",
                **place,
            )
        )
    for k, resident in enumerate(world.residents):
        phone = f"1990000{world.code[7:9]}{world.code[-1]}{k}"[:11]
        session.add(
            Resident(
                id=resident,
                name=f"测试居民{k + 1}",
                name_pinyin=spell_name(f"测试居民{k + 1}"),
                phone_ct=owner.vault.encrypt(session, "resident", "phone", resident, phone),
                phone_bi=owner.vault.blind_index(session, "phone", phone),
                phone_mask=mask_phone(phone),
                account_id=world.resident_account if k == 0 else None,
                **place,
            )
        )
    session.flush()
    for k, household in enumerate(world.households):
        session.add(Household(id=household, dwelling_id=world.dwellings[k], started_on=STARTED, **place))
        session.flush()
        session.add(
            HouseholdMember(
                household_id=household, resident_id=world.residents[k], relation="head", moved_in_on=STARTED, **place
            )
        )
        session.add(
            Ownership(
                dwelling_id=world.dwellings[k],
                resident_id=world.residents[k],
                is_representative=True,
                started_on=STARTED,
                **place,
            )
        )
    session.add(CommunitySummary(compounds=1, buildings=1, dwellings=4, households=3, residents=4, **place))
    _add_account(session, world.administrator, f"admin-{world.code}", "社区管理员")
    _grant(session, world.administrator, "community_administrator", "社区管理员", **place)
    _add_account(session, world.resident_account, f"resident-{world.code}", "测试居民1")
    _add_account(session, world.steward, f"steward-{world.code}", "楼门长")
    _grant(
        session,
        world.steward,
        "building_steward",
        "楼门长",
        compound_id=world.compound,
        building_id=world.building,
        **place,
    )
    session.flush()
