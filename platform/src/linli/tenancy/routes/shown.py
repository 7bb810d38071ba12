"""Places as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.tenancy.models import Community, Compound
from linli.tenancy.schemas import BuildingIn, CommunityUpdate, CompoundIn, DwellingIn

Version = Annotated[int, Meta(ge=1, le=2**31 - 1, description="as it was read; a stale one is refused with 409")]
S = TypeVar("S", bound=msgspec.Struct)


class CommunityOut(msgspec.Struct):
    """A community with its kept counts."""

    id: UUID
    code: Annotated[str, Meta(description="12-digit division code")]
    slug: str
    name: str
    register_name: Annotated[str, Meta(description="as the official register has it")]
    status: str
    office_phone: str
    office_address: str
    version: int
    compounds: int
    dwellings: int
    households: int
    residents: int


class CompoundOut(CompoundIn, kw_only=True):
    """A residential compound as it is stored."""

    id: UUID
    community_id: UUID
    is_archived: bool
    version: int


class BuildingOut(BuildingIn, kw_only=True):
    """A building as it is stored."""

    id: UUID
    compound_id: UUID
    version: int


class UnitEntranceOut(msgspec.Struct):
    """A unit entrance of a building."""

    id: UUID
    building_id: UUID
    name: str


class CommunityChange(CommunityUpdate, kw_only=True, forbid_unknown_fields=True):
    """A community's office with the version that was read."""

    version: Version


class CompoundChange(CompoundIn, kw_only=True, forbid_unknown_fields=True):
    """A compound with the version that was read."""

    version: Version


class BuildingChange(BuildingIn, kw_only=True, forbid_unknown_fields=True):
    """A building with the version that was read."""

    version: Version


class DwellingChange(DwellingIn, kw_only=True, forbid_unknown_fields=True):
    """A dwelling with the version that was read."""

    version: Version


class Archive(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Whether a compound shall be out of the lists, with the version that was read."""

    archived: bool = True
    version: Version


class Planned(msgspec.Struct):
    """What a building plan made."""

    building: BuildingOut
    dwellings: int


def fields_of(kind: type[S], row: Any, **more: Any) -> S:
    """The struct with the row's values of the same names."""
    names = [name for name in kind.__struct_fields__ if name not in more]
    return kind(**{name: getattr(row, name) for name in names}, **more)


def without_version(kind: type[S], data: msgspec.Struct) -> S:
    """What is to be changed, apart from the version that was read."""
    return kind(**{name: getattr(data, name) for name in kind.__struct_fields__})


def community_out(row: Community, counts: Any) -> CommunityOut:
    """A community and its counts."""
    names = ("compounds", "dwellings", "households", "residents")
    return fields_of(CommunityOut, row, **{name: getattr(counts, name) if counts else 0 for name in names})


def compound_out(row: Compound) -> CompoundOut:
    """A compound as the API shows it."""
    return fields_of(CompoundOut, row, is_archived=row.archived_at is not None)
