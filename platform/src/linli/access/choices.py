"""What the forms of roles offer: places as one choice, and the roles that somebody may give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.access.places import GrantPlace
from linli.access.repository import offered_owners
from linli.access.roles import ROLES, Level, Role, owner_of
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.tenancy.models import Building, Community, Compound

#: A value and what it is called.
Choice = tuple[str, str]

#: Communities of a street, compounds of a community.
_MOST = 300
#: Buildings in one list; beyond that the compound is chosen first.
_MOST_BUILDINGS = 600


@dataclass(frozen=True, slots=True)
class PlaceChoices:
    """Places to choose from, the widest first.

    Attributes:
        whole: everything that this scope holds.
        groups: a heading and the places below it.
        compounds: to choose from first, because not all buildings are named; empty where they are.
    """

    whole: list[Choice]
    groups: list[tuple[str, list[Choice]]]
    compounds: list[Choice] = field(default_factory=list)

    @property
    def options(self) -> list[tuple[str, Any]]:
        """As the options of one select."""
        return [*self.whole, *self.groups]

    @property
    def titles(self) -> dict[str, str]:
        """What each value is called."""
        return dict(self.whole) | {key: title for _heading, group in self.groups for key, title in group}


def place_key(place: GrantPlace) -> str:
    """The place as the value of a choice; ``street`` for the whole street."""
    ids = [str(each) for each in (place.community_id, place.compound_id, place.building_id) if each]
    return "/".join(ids) or "street"


def read_place(key: str, *, field: str = "place") -> GrantPlace:
    """What ``place_key`` wrote.

    Raises:
        Invalid: anything else.
    """
    if key == "street":
        return GrantPlace()
    try:
        ids = [UUID(part) for part in key.split("/")]
    except ValueError:
        ids = []
    if not 1 <= len(ids) <= 3:
        raise Invalid.one(field, _("请选择范围"))
    return GrantPlace(*ids)


def place_choices(session: ScopedSession, compound_id: UUID | None = None) -> PlaceChoices:
    """The places of this scope: the street with its communities, or the community with its compounds and buildings.

    Args:
        session: of a street or of one community.
        compound_id: whose buildings to name where those of all compounds would be too many for one list.
    """
    community_id = session.scope.community_id
    if community_id is None:
        rows = session.execute(
            select(Community.id, Community.name)
            .where(Community.status == "active")
            .order_by(Community.code)
            .limit(_MOST)
        )
        communities = [(place_key(GrantPlace(row.id)), row.name) for row in rows]
        return PlaceChoices([("street", _("全街道"))], [(_("社区"), communities)] if communities else [])
    compounds = session.execute(
        select(Compound.id, Compound.name)
        .where(Compound.community_id == community_id, Compound.archived_at.is_(None))
        .order_by(Compound.name)
        .limit(_MOST)
    ).all()
    buildings, are_all = _buildings(session, community_id, compound_id)
    groups = []
    for row in compounds:
        whole = (place_key(GrantPlace(community_id, row.id)), _("{compound}（整个小区）").format(compound=row.name))
        groups.append((row.name, [whole, *_options(community_id, row.id, row.name, buildings)]))
    return PlaceChoices(
        [(place_key(GrantPlace(community_id)), _("全社区"))],
        groups,
        [] if are_all else [(str(row.id), row.name) for row in compounds],
    )


def _buildings(session: ScopedSession, community_id: UUID, compound_id: UUID | None) -> tuple[list[Any], bool]:
    """The community's buildings; or, with ``False``, one compound's because all would be too many."""
    query = (
        select(Building.compound_id, Building.id, Building.name)
        .where(Building.community_id == community_id)
        .order_by(Building.sort_key, Building.name)
    )
    found = session.execute(query.limit(_MOST_BUILDINGS + 1)).all()
    if len(found) <= _MOST_BUILDINGS:
        return list(found), True
    return list(session.execute(query.where(Building.compound_id == compound_id).limit(_MOST_BUILDINGS))), False


def _options(community_id: UUID, compound_id: UUID, name: str, buildings: list[Any]) -> list[Choice]:
    return [
        (place_key(GrantPlace(community_id, compound_id, row.id)), f"{name} · {row.name}")
        for row in buildings
        if row.compound_id == compound_id
    ]


def role_choices(session: ScopedSession, actor: Actor, levels: frozenset[Level]) -> list[Choice]:
    """The roles that this actor may give at one of these levels, each saying where it is held."""
    offered = offered_owners(session)
    return [
        (
            role.code,
            _("{role}（范围选{levels}）").format(
                role=_(role.title),
                levels=listed(_(level.label) for level in Level if level in role.levels & levels),
            ),
        )
        for role in roles_to_give(actor, levels)
        if owner_of(role.code) in offered
    ]


def roles_to_give(actor: Actor, levels: frozenset[Level]) -> list[Role]:
    """The roles that this actor's own roles may give at one of these levels."""
    held = {grant.role for grant in actor.grants}
    return [role for role in ROLES.values() if role.levels & levels and (actor.system or role.granted_by & held)]


def levels_of(session: ScopedSession) -> frozenset[Level]:
    """What is granted from here: the street's portal gives street and community, a community's the rest."""
    if session.scope.community_id is None:
        return frozenset({Level.STREET, Level.COMMUNITY})
    return frozenset({Level.COMMUNITY, Level.COMPOUND, Level.BUILDING})
