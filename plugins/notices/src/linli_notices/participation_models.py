"""How far a notice reached, building by building, and consents to what a public one shows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from linli.sdk import CommunityRow, StreetOrCommunityRow
from linli_notices.models import Base


class NoticeReach(Base, CommunityRow):
    """How many people and households of a building have read a notice; counted by the writer, never per request."""

    __tablename__ = "notice_reach"
    __keys__ = (
        ForeignKeyConstraint(
            ["tenant_id", "community_id", "compound_id", "building_id"],
            [
                "core.building.tenant_id",
                "core.building.community_id",
                "core.building.compound_id",
                "core.building.id",
            ],
        ),
        UniqueConstraint("tenant_id", "community_id", "notice_id", "building_id"),
    )

    notice_id: Mapped[UUID]
    compound_id: Mapped[UUID]
    building_id: Mapped[UUID]
    readers: Mapped[int] = mapped_column(server_default="0")
    households: Mapped[int] = mapped_column(server_default="0")


class NoticeDisclosure(Base, StreetOrCommunityRow):
    """Somebody's word that what was found in a public notice may be shown, and why. Appended, never changed."""

    __tablename__ = "notice_disclosure"
    __keys__ = (
        CheckConstraint("reason <> ''", name="reason"),
        Index("ix_notice_disclosure_notice", "tenant_id", "community_id", "notice_id"),
        {
            "comment": "street-wide: a street confirms what its own notices show",
            "info": {"rights": ("SELECT", "INSERT")},
        },
    )

    notice_id: Mapped[UUID]
    #: Of what was found: another text needs another word.
    fingerprint: Mapped[bytes]
    reason: Mapped[str]
    confirmed_by: Mapped[UUID | None]
    confirmed_by_name: Mapped[str] = mapped_column(server_default="")
    confirmed_at: Mapped[datetime] = mapped_column(server_default=func.now())
