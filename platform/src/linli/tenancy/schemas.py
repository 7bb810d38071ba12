"""What is sent to make or change a place."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from linli.tenancy.choices import AreaBasis, CompoundKind, Delivery, Management, Usage

Name = Annotated[str, Meta(min_length=1, max_length=60)]
Line = Annotated[str, Meta(max_length=200)]
Year = Annotated[int, Meta(ge=1800, le=2200)]
Floors = Annotated[int, Meta(ge=1, le=200)]
Floor = Annotated[int, Meta(ge=-9, le=200)]
Area = Annotated[Decimal, Meta(description="square metres, two decimals")]


class CommunityUpdate(Struct, forbid_unknown_fields=True):
    """The office of a community; code and official name belong to the register."""

    name: Name
    office_phone: Annotated[str, Meta(max_length=40)] = ""
    office_address: Line = ""


class CompoundIn(Struct, forbid_unknown_fields=True):
    """A residential compound."""

    name: Name
    kind: CompoundKind = "other"
    is_old: bool = False
    condition: Line = ""
    address: Line = ""
    built_year: Year | None = None
    management: Management = "none"


class BuildingIn(Struct, forbid_unknown_fields=True):
    """A building of a compound; ``3`` and ``3#`` are both stored as ``3号楼``."""

    name: Name
    floors: Floors | None = None


class UnitEntranceIn(Struct, forbid_unknown_fields=True):
    """A unit entrance of a building; ``2`` is stored as ``2单元``."""

    name: Name


class DwellingIn(Struct, forbid_unknown_fields=True):
    """An exclusive part of a building."""

    door: Annotated[str, Meta(min_length=1, max_length=30)]
    unit_entrance_id: UUID | None = None
    floor: Floor | None = None
    exclusive_area: Area | None = None
    area_basis: AreaBasis = "unknown"
    usage: Usage = "residential"
    delivery: Delivery = "delivered"


class BuildingPlan(Struct, forbid_unknown_fields=True):
    """A whole building at once: unit entrances times floors times doors.

    Attributes:
        doors: on each floor of each unit entrance.
        first_floor: the lowest floor with homes.
        skipped_floors: numbers that the building leaves out, such as 4 or 13.
        running: doors count on through the unit entrances (101, 102 then 103, 104) instead of afresh in each.
        area: square metres of each dwelling, where all are alike.
    """

    name: Name
    units: Annotated[int, Meta(ge=1, le=30)] = 1
    floors: Annotated[int, Meta(ge=1, le=120)] = 6
    doors: Annotated[int, Meta(ge=1, le=40)] = 2
    first_floor: Annotated[int, Meta(ge=1, le=100)] = 1
    skipped_floors: list[int] = []
    running: bool = False
    area: Area | None = None
    usage: Usage = "residential"
