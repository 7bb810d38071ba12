"""The community in which the tests work, and what happens there: stations, rounds, collections, bookings."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from openpyxl import load_workbook
from sqlalchemy import select, text

from linli.sdk import SYSTEM, Actor, Grant, ScopedSession, now, today
from linli.testing.world import CommunityWorld
from linli_waste_sorting.bookings.asking import book
from linli_waste_sorting.bookings.models import Booking, Slot
from linli_waste_sorting.bookings.permissions import BOOKING_PERMISSIONS
from linli_waste_sorting.bookings.schemas import BookingWrite, SlotCreate, Thing
from linli_waste_sorting.bookings.slots import create_slots
from linli_waste_sorting.inspections import service as inspections
from linli_waste_sorting.inspections.models import Finding, Round
from linli_waste_sorting.inspections.permissions import INSPECTION_PERMISSIONS
from linli_waste_sorting.inspections.schemas import FindingWrite, PointIn
from linli_waste_sorting.points.catalogue import create_item
from linli_waste_sorting.points.days import create_day
from linli_waste_sorting.points.earning import Ground, earn
from linli_waste_sorting.points.models import Claim, Item, Purse, RedemptionDay
from linli_waste_sorting.points.permissions import POINT_PERMISSIONS
from linli_waste_sorting.points.purses import purse_at
from linli_waste_sorting.points.schemas import DayWrite, ItemCreate
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.stations.schemas import StationCreate
from linli_waste_sorting.stations.service import create_station
from linli_waste_sorting.weights.carriers import create_carrier
from linli_waste_sorting.weights.contracts import create_contract
from linli_waste_sorting.weights.models import Carrier, Collection, Contract
from linli_waste_sorting.weights.schemas import CarrierWrite, CollectionCreate, ContractWrite
from linli_waste_sorting.weights.service import create_collection


@pytest.fixture
def own(world) -> CommunityWorld:
    """A community in which the plugin is on."""
    return world.here.communities[0]


@pytest.fixture
def make_station() -> Callable[..., Station]:
    """Sets up a station in a community's compound."""

    def make(session: ScopedSession, community: CommunityWorld, **fields: Any) -> Station:
        given = {"name": "1号站", "place": "南门", "compound_id": community.compound, **fields}
        return create_station(session, SYSTEM, community.id, StationCreate(**given))

    return make


_ROLES: dict[str, frozenset[str]] = {
    role: frozenset(each.name for each in INSPECTION_PERMISSIONS if role in each.roles)
    for role in {role for each in INSPECTION_PERMISSIONS for role in each.roles}
}


@pytest.fixture
def staff() -> Callable[..., Actor]:
    """Somebody who holds one role at a place of a community."""

    def make(role: str, community: CommunityWorld, *, number: int = 1, **place: UUID) -> Actor:
        grant = Grant(role, community.id, place.get("compound_id"), place.get("building_id"))
        name = f"测试工作人员{number}"
        return Actor(account_id=UUID(int=number), display_name=name, grants=(grant,), permissions=_ROLES)

    return make


@pytest.fixture
def household() -> Callable[..., Actor]:
    """Somebody who lives in one of a community's dwellings."""

    def make(community: CommunityWorld, n: int = 0) -> Actor:
        return Actor(
            account_id=community.resident_account if n == 0 else UUID(int=100 + n),
            display_name=f"测试居民{n + 1}",
            grants=(Grant("resident", community_id=community.id),),
            permissions=_ROLES,
            resident_ids=(community.residents[n],),
            household_ids=(community.households[n],),
        )

    return make


@pytest.fixture
def walk(make_station) -> Callable[..., tuple[Round, list[Finding]]]:
    """Walks a round on a day: findings as pairs of result and the number of the dwelling, ``None`` for nobody's."""

    def make(
        session: ScopedSession,
        community: CommunityWorld,
        day: date,
        *findings: tuple[str, int | None],
        met: tuple[bool, ...] = (),
        actor: Actor = SYSTEM,
        finish: bool = True,
    ) -> tuple[Round, list[Finding]]:
        station = _station(session, community, make_station)
        row = inspections.start_round(session, actor, community.id, community.compound)
        row.day = day
        session.flush()
        made = []
        for result, n in findings:
            door = {} if n is None else {"building_id": community.building, "door": f"{n + 1}01"}
            data = FindingWrite(category="kitchen", result=result, **door)  # type: ignore[arg-type]
            made.append(inspections.add_finding(session, actor, community.id, row.id, station, data))
        if met:
            points = inspections.points_of(session, community.compound)
            given = [PointIn(point=point, is_met=each) for point, each in zip(points, met, strict=False)]
            inspections.check_station(session, actor, community.id, row.id, station, given)
        if finish:
            inspections.finish_round(session, actor, community.id, row.id)
        return row, made

    return make


def _station(session: ScopedSession, community: CommunityWorld, make_station: Callable[..., Station]) -> UUID:
    held = session.scalar(select(Station.id).where(Station.community_id == community.id, Station.name == "检查站"))
    return held or make_station(session, community, name="检查站").id


@pytest.fixture
def make_carrier() -> Callable[..., Carrier]:
    """Writes down a carrier of a community."""

    def make(session: ScopedSession, community: CommunityWorld, **fields: Any) -> Carrier:
        return create_carrier(session, SYSTEM, community.id, CarrierWrite(**{"name": "环卫中心", **fields}))

    return make


@pytest.fixture
def make_contract() -> Callable[..., Contract]:
    """Writes down a contract about kitchen and other waste that holds today."""

    def make(session: ScopedSession, community: CommunityWorld, carrier: Carrier, **fields: Any) -> Contract:
        given = {
            "carrier_id": carrier.id,
            "number": "清运1号",
            "categories": ["kitchen", "other"],
            "compound_ids": [community.compound],
            "destination": "处理厂",
            "starts_on": today() - timedelta(days=300),
            "ends_on": today() + timedelta(days=300),
            **fields,
        }
        return create_contract(session, SYSTEM, community.id, ContractWrite(**given))

    return make


@pytest.fixture
def note(make_carrier) -> Callable[..., Collection]:
    """Notes what was taken away today, by a carrier that is made when there is none."""

    def write(
        session: ScopedSession,
        community: CommunityWorld,
        kg: str | None = "10",
        *,
        actor: Actor = SYSTEM,
        **fields: Any,
    ) -> Collection:
        if "carrier_id" not in fields:
            known = session.query(Carrier).filter(Carrier.closed_at.is_(None)).first()
            fields["carrier_id"] = (known or make_carrier(session, community)).id
        given = {
            "compound_id": community.compound,
            "category": "kitchen",
            "day": today(),
            "destination": "处理厂",
            "kg": Decimal(kg) if kg is not None else None,
            **fields,
        }
        return create_collection(session, actor, community.id, CollectionCreate(**given))

    return write


@pytest.fixture
def days_ago() -> Callable[[int], date]:
    """The day so many days before today."""
    return lambda days: today() - timedelta(days=days)


@pytest.fixture
def empty_ledger(module_house) -> Iterator[None]:
    """Takes away what a test of pages or of the API has noted: they commit, and share the module's database."""
    yield
    tables = ("ledger_report", "collection", "contract_compound", "contract", "carrier")
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        # Slots name the carrier that comes.
        connection.execute("TRUNCATE " + ", ".join(f"plugin_waste_sorting.{each}" for each in tables) + " CASCADE")


@pytest.fixture
def slot_data() -> Callable[..., SlotCreate]:
    """A slot of the compound in a week, for ten, from nine to eleven."""

    def make(community: CommunityWorld, **fields: Any) -> SlotCreate:
        given = {
            "compound_id": community.compound,
            "category": "bulky",
            "day": today() + timedelta(days=7),
            "opens": time(9),
            "closes": time(11),
            "capacity": 10,
            **fields,
        }
        return SlotCreate(**given)

    return make


@pytest.fixture
def make_slots(slot_data) -> Callable[..., list[Slot]]:
    """Sets up slots in a community's compound."""

    def make(session: ScopedSession, community: CommunityWorld, **fields: Any) -> list[Slot]:
        return create_slots(session, SYSTEM, community.id, slot_data(community, **fields))

    return make


@pytest.fixture
def resident() -> Callable[..., Actor]:
    """Somebody who lives in one of a community's households; the first is the one with the account."""
    allowed = {"resident": frozenset(each.name for each in BOOKING_PERMISSIONS if "resident" in each.roles)}

    def make(community: CommunityWorld, household: int = 0) -> Actor:
        return Actor(
            account_id=community.resident_account if household == 0 else community.residents[household],
            display_name=f"测试居民{household + 1}",
            grants=(Grant("resident", community_id=community.id),),
            permissions=allowed,
            resident_ids=(community.residents[household],),
            household_ids=(community.households[household],),
        )

    return make


@pytest.fixture
def make_booking(resident) -> Callable[..., Booking]:
    """Books a slot for the dwelling of one of a community's households."""

    def make(
        session: ScopedSession, community: CommunityWorld, slot: Slot, household: int = 0, **fields: Any
    ) -> Booking:
        given = {
            "slot_id": slot.id,
            "dwelling_id": community.dwellings[household],
            "things": [Thing(name="沙发", pieces=1), Thing(name="床垫", pieces=2)],
            **fields,
        }
        return book(session, resident(community, household), community.id, BookingWrite(**given))

    return make


_POINTS: dict[str, frozenset[str]] = {
    role: frozenset(each.name for each in POINT_PERMISSIONS if role in each.roles)
    for role in {role for each in POINT_PERMISSIONS for role in each.roles}
}


@pytest.fixture
def giver() -> Callable[..., Actor]:
    """Somebody of the staff who works with points, at a place of a community."""

    def make(community: CommunityWorld, role: str = "community_administrator", n: int = 1, **place: UUID) -> Actor:
        grant = Grant(role, community.id, place.get("compound_id"), place.get("building_id"))
        return Actor(account_id=UUID(int=n), display_name=f"经手人{n}", grants=(grant,), permissions=_POINTS)

    return make


@pytest.fixture
def at_home() -> Callable[..., Actor]:
    """Somebody who lives in one of a community's dwellings and has points there; the first has the account."""

    def make(community: CommunityWorld, n: int = 0) -> Actor:
        return Actor(
            account_id=community.resident_account if n == 0 else community.residents[n],
            display_name=f"测试居民{n + 1}",
            grants=(Grant("resident", community_id=community.id),),
            permissions=_POINTS,
            resident_ids=(community.residents[n],),
            household_ids=(community.households[n],),
        )

    return make


@pytest.fixture
def purse() -> Callable[..., Purse]:
    """The purse of one of a community's households."""

    def find(session: ScopedSession, community: CommunityWorld, n: int = 0) -> Purse:
        found = purse_at(session, community.id, community.dwellings[n])
        assert found is not None
        return found

    return find


@pytest.fixture
def gain(purse) -> Callable[..., Claim]:
    """Gives points to a household by hand, today or on a day."""

    def give(
        session: ScopedSession,
        community: CommunityWorld,
        points: int,
        n: int = 0,
        *,
        source: str = "grant",
        day: date | None = None,
    ) -> Claim:
        ground = Ground(source=source, source_id=uuid4(), day=day or today(), at=now())
        return earn(session, purse(session, community, n), ground, points)

    return give


@pytest.fixture
def make_item() -> Callable[..., Item]:
    """Puts a thing into a community's catalogue."""

    def make(session: ScopedSession, community: CommunityWorld, **fields: Any) -> Item:
        given = {"name": "洗衣液", "points": 10, "stock": 5, **fields}
        return create_item(session, SYSTEM, community.id, ItemCreate(**given))

    return make


@pytest.fixture
def make_day() -> Callable[..., RedemptionDay]:
    """Sets up a redemption day in a week."""

    def make(session: ScopedSession, community: CommunityWorld, **fields: Any) -> RedemptionDay:
        given = {
            "day": today() + timedelta(days=7),
            "opens": time(9),
            "closes": time(11),
            "place": "居委会",
            **fields,
        }
        return create_day(session, SYSTEM, community.id, DayWrite(**given))

    return make


@pytest.fixture
def sheet_of() -> Callable[[Any, str], list[list[str]]]:
    """A list as a file: its heads and its rows, alike as CSV and as XLSX but for what one writes as text."""

    def read(browser: Any, address: str) -> list[list[str]]:
        kept = browser.get(f"{address}{'&' if '?' in address else '?'}file=csv")
        assert kept.status_code == 200, kept.text[:300]
        rows = list(csv.reader(io.StringIO(kept.content.decode("utf-8-sig"))))
        book = browser.get(f"{address}{'&' if '?' in address else '?'}file=xlsx")
        sheet = load_workbook(io.BytesIO(book.content)).active
        assert [each.value for each in sheet[1]] == rows[0]
        assert sheet.max_row == len(rows)
        return rows

    return read


@pytest.fixture
def works_for(module_house, own) -> Iterator[Callable[[UUID], None]]:
    """Makes the community's administrator property staff of one compound, until the test ends."""
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        mine = (own.administrator, own.id)
        held = "FROM core.role_grant WHERE account_id = %s AND community_id = %s"
        [before] = connection.execute(f"SELECT role, compound_id {held}", mine).fetchall()
        change = "UPDATE core.role_grant SET role = %s, compound_id = %s WHERE account_id = %s AND community_id = %s"
        yield lambda compound_id: connection.execute(change, ("property_staff", compound_id, *mine)) and None
        connection.execute(change, (*before, *mine))


@pytest.fixture
def other_compound(module_house, own) -> UUID:
    """Another compound of the community, committed for the pages."""
    with module_house.database.unit_of_work(own.scope) as session:
        known = session.scalar(text("SELECT id FROM core.compound WHERE name = '别处'"))
        made = text("INSERT INTO core.compound (community_id, name) VALUES (:community, '别处') RETURNING id")
        return known or session.scalar(made, {"community": own.id})
