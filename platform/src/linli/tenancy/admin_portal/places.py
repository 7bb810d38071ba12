"""The community of a page, and the compounds and buildings that its lists can be narrowed to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.errors import NotFound
from linli.tenancy.directory import CommunityEntry
from linli.tenancy.models import Compound
from linli.tenancy.outline import community_outline
from linli.web.place import Place


@dataclass(frozen=True, slots=True)
class PlaceFilter:
    """The choices of the two place filters, as pairs of id and name, and what is chosen.

    ``compound_id`` and ``building_id`` are ``None`` where the address names nothing of this community.
    """

    compounds: list[tuple[str, str]]
    buildings: list[tuple[str, str]]
    compound_id: UUID | None = None
    building_id: UUID | None = None
    is_lost: bool = False


def community_of(place: Place) -> CommunityEntry:
    """The community of this portal's address; ``NotFound`` where an address names none."""
    if place.community is None:
        raise NotFound
    return place.community


def compound_names(session: ScopedSession, compound_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of these compounds, archived ones too: two compounds may each have a 1号楼."""
    if not compound_ids:
        return {}
    rows = session.execute(select(Compound.id, Compound.name).where(Compound.id.in_(set(compound_ids))))
    return {row[0]: row[1] for row in rows}


def place_filter(session: ScopedSession, community_id: UUID, compound: str, building: str) -> PlaceFilter:
    """The place filters of a list; a building of another compound than the chosen one is left out.

    Args:
        session: the unit of work.
        community_id: whose places.
        compound: the id in the address; empty for all.
        building: the id in the address; empty for all.
    """
    outline = community_outline(session, community_id)
    chosen = next((each for each in outline if str(each.id) == compound), None)
    shown = [chosen] if chosen else outline
    many = len(shown) > 1
    buildings = [
        (each, f"{place.name} {each.name}" if many else each.name) for place in shown for each in place.buildings
    ]
    building_id = next((each.id for each, _name in buildings if str(each.id) == building), None)
    return PlaceFilter(
        compounds=[(str(each.id), each.name) for each in outline],
        buildings=[(str(each.id), name) for each, name in buildings],
        compound_id=chosen.id if chosen else None,
        building_id=building_id,
        # What the address names is not here (archived, another community's, mistyped): nothing is shown, not all.
        is_lost=bool(compound and chosen is None),
    )
