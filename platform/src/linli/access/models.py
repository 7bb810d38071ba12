"""Grants: which account holds which role, where, from when to when."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from linli.db.base import Base, Stamped, StreetOrCommunityRow, community_fk


class RoleGrant(Base, StreetOrCommunityRow, Stamped):
    """A role at the street (no community), a community, a compound or a building, for a term. Ended, never deleted."""

    __tablename__ = "role_grant"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        community_fk("building_id", "core.building"),
        CheckConstraint("compound_id IS NULL OR community_id IS NOT NULL", name="place"),
        CheckConstraint("building_id IS NULL OR compound_id IS NOT NULL", name="building"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="term"),
        Index("ix_role_grant_account", "tenant_id", "account_id"),
    )

    account_id: Mapped[UUID]
    account_name: Mapped[str]
    role: Mapped[str]
    compound_id: Mapped[UUID | None]
    building_id: Mapped[UUID | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    granted_by: Mapped[UUID | None]
    reason: Mapped[str]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None]
