"""Queries on stored settings."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from linli.settings.models import Setting
from linli.tenancy.models import Compound


def layers(session: Session, owner: str, community_id: UUID | None, compound_id: UUID | None) -> Sequence[Setting]:
    """All rows that bear on a place, the street's first, then the community's, then the compound's; one query."""
    statement = select(Setting).where(
        Setting.owner == owner,
        or_(Setting.community_id.is_(None), Setting.community_id == community_id),
        or_(Setting.compound_id.is_(None), Setting.compound_id == compound_id),
    )
    return sorted(
        session.scalars(statement), key=lambda row: (row.community_id is not None, row.compound_id is not None)
    )


def stored(
    session: Session, owner: str, key: str, community_id: UUID | None, compound_id: UUID | None
) -> Setting | None:
    """The row of exactly this place."""
    return session.scalar(
        select(Setting).where(
            Setting.owner == owner,
            Setting.key == key,
            Setting.community_id.is_not_distinct_from(community_id),
            Setting.compound_id.is_not_distinct_from(compound_id),
        )
    )


def has_compound(session: Session, community_id: UUID | None, compound_id: UUID) -> bool:
    """Whether there is such a compound in the community."""
    found = select(Compound.id).where(Compound.community_id == community_id, Compound.id == compound_id)
    return session.scalar(found) is not None
