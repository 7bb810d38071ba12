"""Where the acting person is at home: what a resident's own pages are narrowed by."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session

from linli.db.session import once
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.residents.models import Household, Ownership
from linli.tenancy.models import Dwelling


@dataclass(frozen=True, slots=True)
class Home:
    """A dwelling in which somebody lives or which they own."""

    community_id: UUID
    compound_id: UUID
    building_id: UUID
    dwelling_id: UUID


def homes_of(session: Session, actor: Actor, *, community_id: UUID | None = None) -> list[Home]:
    """The dwellings where the actor lives today or which they own today; one query.

    Args:
        session: of the street or the community.
        actor: nobody's homes are given for the public and for those who are no residents here.
        community_id: only those of one community.
    """
    if not actor.resident_ids and not actor.household_ids:
        return []
    # In the scope of one community that one is meant anyway, however it is asked.
    community_id = community_id or session.info["scope"].community_id
    key = ("homes", actor.resident_ids, actor.household_ids, community_id)
    return list(once(session, key, lambda: _homes(session, actor, community_id)))


def _homes(session: Session, actor: Actor, community_id: UUID | None) -> list[Home]:
    day = today()
    lived_in = select(Household.dwelling_id).where(Household.id.in_(actor.household_ids))
    owned = select(Ownership.dwelling_id).where(
        Ownership.resident_id.in_(actor.resident_ids),
        or_(Ownership.started_on.is_(None), Ownership.started_on <= day),
        or_(Ownership.ended_on.is_(None), Ownership.ended_on > day),
    )
    statement = select(Dwelling.community_id, Dwelling.compound_id, Dwelling.building_id, Dwelling.id).where(
        Dwelling.id.in_(union(lived_in, owned).scalar_subquery())
    )
    if community_id is not None:
        statement = statement.where(Dwelling.community_id == community_id)
    return [Home(*row) for row in session.execute(statement.order_by(Dwelling.sort_key, Dwelling.id))]


def homes_at(session: Session, dwelling_ids: Collection[UUID]) -> dict[UUID, Home]:
    """Dwelling to the building, compound and community that it is of; one query. What is out of scope is left out."""
    if not dwelling_ids:
        return {}
    rows = session.execute(
        select(Dwelling.community_id, Dwelling.compound_id, Dwelling.building_id, Dwelling.id).where(
            Dwelling.id.in_(dwelling_ids)
        )
    )
    return {row[3]: Home(*row) for row in rows}
