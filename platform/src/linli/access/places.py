"""Where a grant is held: the street, a community, a compound or a building."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.access.roles import Level
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.tenancy.models import Building, Community, Compound


@dataclass(frozen=True, slots=True)
class GrantPlace:
    """A place by its ids, from the outside in; all ``None`` means the whole street."""

    community_id: UUID | None = None
    compound_id: UUID | None = None
    building_id: UUID | None = None

    @property
    def level(self) -> Level:
        """How wide a grant here reaches."""
        if self.building_id is not None:
            return Level.BUILDING
        if self.compound_id is not None:
            return Level.COMPOUND
        return Level.STREET if self.community_id is None else Level.COMMUNITY

    def ids(self) -> dict[str, UUID | None]:
        """As keyword arguments of ``Actor.can`` and of the models."""
        return {
            "community_id": self.community_id,
            "compound_id": self.compound_id,
            "building_id": self.building_id,
        }


def require_place(session: Session, place: GrantPlace) -> str:
    """The place's name, such as ``农光里社区 一号院 3号楼``; empty for the whole street.

    Raises:
        Invalid: no such place in this scope, or one does not lie in the other.
    """
    if place.community_id is None:
        if place.compound_id or place.building_id:
            raise Invalid.one("community_id", _("请先选择社区"))
        return ""
    community = session.scalar(select(Community.name).where(Community.id == place.community_id))
    if community is None or not session.info["scope"].covers(place.community_id):
        raise Invalid.one("community_id", _("找不到这个社区"))
    names = [community]
    if place.building_id is not None and place.compound_id is None:
        raise Invalid.one("compound_id", _("请先选择小区"))
    if place.compound_id is not None:
        names.append(_compound(session, place))
    if place.building_id is not None:
        names.append(_building(session, place))
    return " ".join(names)


def _compound(session: Session, place: GrantPlace) -> str:
    found = session.scalar(
        select(Compound.name).where(Compound.id == place.compound_id, Compound.community_id == place.community_id)
    )
    if found is None:
        raise Invalid.one("compound_id", _("这个社区里没有这个小区"))
    return found


def _building(session: Session, place: GrantPlace) -> str:
    found = session.scalar(
        select(Building.name).where(
            Building.id == place.building_id,
            Building.compound_id == place.compound_id,
            Building.community_id == place.community_id,
        )
    )
    if found is None:
        raise Invalid.one("building_id", _("这个小区里没有这栋楼"))
    return found
