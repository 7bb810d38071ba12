"""Who answers for sorting, in schema ``plugin_waste_sorting``."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.sdk import CommunityRow, Versioned, community_fk
from linli_waste_sorting.models import Base


class Party(Base, CommunityRow, Versioned):
    """Who answers for sorting in a compound 分类管理责任人 from a day on; the one before ends the day before."""

    __tablename__ = "party"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        CheckConstraint("kind IN ('property_company', 'self_managing', 'street_decision')", name="kind"),
        CheckConstraint("ends_on >= starts_on", name="days"),
        # Where there is no property company the street determines it, and that decision is on record.
        CheckConstraint("kind <> 'street_decision' OR (decision <> '' AND decided_on IS NOT NULL)", name="decision"),
        Index(
            "uq_party_current",
            "tenant_id",
            "community_id",
            "compound_id",
            unique=True,
            postgresql_where=text("ends_on IS NULL"),
        ),
        UniqueConstraint("tenant_id", "community_id", "compound_id", "starts_on"),
    )

    compound_id: Mapped[UUID]
    kind: Mapped[str]
    #: Of the company, the unit, or whom the street determined.
    name: Mapped[str]
    #: Where it is reached: an office, no private number.
    contact: Mapped[str] = mapped_column(server_default="")
    #: The street's document and its day.
    decision: Mapped[str] = mapped_column(server_default="")
    decided_on: Mapped[date | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
