"""What the forms of roles offer: places as one choice, and the roles that somebody may give."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from linli.access.places import GrantPlace
from linli.access.roles import BUILT_IN_ROLES, Level, Role
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.tenancy.models import Building, Community, Compound

#: Choices of one kind in one list; beyond that a place is chosen step by step.
_MOST = 300


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


def place_choices(session: ScopedSession, compound_id: UUID | None = None) -> list[tuple[str, str]]:
    """Places of this scope: the street's communities, or the community's compounds, with one compound's buildings."""
    community_id = session.scope.community_id
    if community_id is None:
        rows = session.execute(
            select(Community.id, Community.name)
            .where(Community.status == "active")
            .order_by(Community.code)
            .limit(_MOST)
        )
        return [("street", _("全街道")), *((place_key(GrantPlace(row.id)), row.name) for row in rows)]
    found = [(place_key(GrantPlace(community_id)), _("全社区"))]
    compounds = session.execute(
        select(Compound.id, Compound.name)
        .where(Compound.community_id == community_id, Compound.archived_at.is_(None))
        .order_by(Compound.name)
        .limit(_MOST)
    ).all()
    for row in compounds:
        found.append((place_key(GrantPlace(community_id, row.id)), row.name))
        if row.id == compound_id or len(compounds) == 1:
            found += _buildings(session, community_id, row.id, row.name)
    return found


def _buildings(session: ScopedSession, community_id: UUID, compound_id: UUID, name: str) -> list[tuple[str, str]]:
    rows = session.execute(
        select(Building.id, Building.name)
        .where(Building.community_id == community_id, Building.compound_id == compound_id)
        .order_by(Building.sort_key, Building.name)
        .limit(_MOST)
    )
    return [(place_key(GrantPlace(community_id, compound_id, row.id)), f"{name} {row.name}") for row in rows]


def roles_to_give(actor: Actor, levels: frozenset[Level]) -> list[Role]:
    """The roles that this actor's own roles may give at one of these levels."""
    held = {grant.role for grant in actor.grants}
    return [role for role in BUILT_IN_ROLES if role.levels & levels and (actor.system or role.granted_by & held)]


def levels_of(session: ScopedSession) -> frozenset[Level]:
    """What is granted from here: the street's portal gives street and community, a community's the rest."""
    if session.scope.community_id is None:
        return frozenset({Level.STREET, Level.COMMUNITY})
    return frozenset({Level.COMMUNITY, Level.COMPOUND, Level.BUILDING})
