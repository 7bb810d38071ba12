"""Hot reads of places: compiled once, one round trip with who is asking; as narrow as the session's own lists."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from linli.db.read_door import ReadQuery
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE
from linli.tenancy.models import Dwelling

READ_DWELLING = "core.dwelling.read"


class DwellingOut(msgspec.Struct):
    """A dwelling; ``exclusive_area`` in square metres, ``null`` where the register does not know it."""

    id: UUID
    compound_id: UUID
    building_id: UUID
    unit_entrance_id: UUID | None
    door: str
    label: str
    sort_key: str
    floor: int | None
    exclusive_area: Decimal | None
    area_basis: str
    usage: str
    delivery: str
    version: int


_COLUMNS = [getattr(Dwelling, name) for name in DwellingOut.__struct_fields__]


def _chosen(column: Any, name: str) -> ColumnElement[bool]:
    value: ColumnElement[Any] = bindparam(name, None, type_=Uuid)
    return or_(value.is_(None), column == value)


# A grant for one compound or building reaches no further; both lists NULL means the whole community.
_REACH = or_(
    and_(
        bindparam("compounds", None, type_=ARRAY(Uuid)).is_(None),
        bindparam("buildings", None, type_=ARRAY(Uuid)).is_(None),
    ),
    Dwelling.compound_id == func.any(bindparam("compounds", None, type_=ARRAY(Uuid))),
    Dwelling.building_id == func.any(bindparam("buildings", None, type_=ARRAY(Uuid))),
)

ONE_DWELLING = ReadQuery(
    select(*_COLUMNS).where(Dwelling.id == bindparam("dwelling_id", type_=Uuid), _REACH), DwellingOut
)

_SEARCH = bindparam("search", "", type_=Text)
_USAGE = bindparam("usage", "", type_=Text)

_AFTER = bindparam("after_key", None, type_=Text)
_PLACE = tuple_(_AFTER, bindparam("after_id", UUID(int=0), type_=Uuid))


def _dwellings(is_descending: bool) -> ReadQuery[DwellingOut]:
    here = tuple_(Dwelling.sort_key, Dwelling.id)
    columns = (Dwelling.sort_key, Dwelling.id)
    return ReadQuery(
        select(*_COLUMNS)
        .where(
            Dwelling.community_id == bindparam("community_id", type_=Uuid),
            _chosen(Dwelling.compound_id, "compound_id"),
            _chosen(Dwelling.building_id, "building_id"),
            or_(literal("") == _USAGE, Dwelling.usage == _USAGE),
            or_(~bindparam("without_area", False, type_=Boolean), Dwelling.exclusive_area.is_(None)),
            or_(literal("") == _SEARCH, func.strpos(Dwelling.label, _SEARCH) > 0),
            or_(_AFTER.is_(None), here < _PLACE if is_descending else here > _PLACE),
            _REACH,
        )
        .order_by(*(column.desc() for column in columns) if is_descending else columns)
        .limit(bindparam("most", PAGE + 1, type_=Integer)),
        DwellingOut,
    )


#: By order: the statement is compiled once for each.
LIST_DWELLINGS = {"label": _dwellings(False), "-label": _dwellings(True)}


def reach_of(actor: Actor) -> dict[str, list[UUID]] | None:
    """What narrows a reader to single compounds or buildings; ``None`` for a reader of the whole community."""
    compounds: list[UUID] = []
    buildings: list[UUID] = []
    for grant in actor.grants_for(READ_DWELLING):
        if grant.building_id is not None:
            buildings.append(grant.building_id)
        elif grant.compound_id is not None:
            compounds.append(grant.compound_id)
        else:
            return None
    return {"compounds": compounds, "buildings": buildings}
