"""Figures of a month, the definitions of a street, and rankings as they were made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linli.sdk import CommunityRow, Stamped, StreetOrCommunityRow, TenantRow, Versioned, community_fk
from linli_waste_sorting.models import Base

#: Of what a row of figures is; the street is the sum of its communities, and a household is never kept.
LEVELS = ("community", "compound", "building")
#: What a ranking puts in order.
SUBJECTS = ("communities", "compounds", "buildings")
STATES = ("draft", "reviewed", "published", "withdrawn")


class MonthlyFigures(Base, CommunityRow, Stamped):
    """What was measured at a place in a month: whole numbers by the quantity, see ``quantities``.

    A quantity that is not known is left out; none is ever written as zero for want of records.
    """

    __tablename__ = "monthly_figures"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        CheckConstraint("level IN ('community', 'compound', 'building')", name="level"),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        CheckConstraint("(level = 'community') = (compound_id IS NULL)", name="compound"),
        CheckConstraint("extract(day FROM base_month) = 1", name="base_month"),
        UniqueConstraint("tenant_id", "community_id", "month", "level", "place_id", name="uq_monthly_figures_place"),
    )

    #: Its first day.
    month: Mapped[date]
    level: Mapped[str]
    #: The community, compound or building itself.
    place_id: Mapped[UUID]
    compound_id: Mapped[UUID | None]
    amounts: Mapped[dict[str, Any]]
    #: The base month that it was counted with; the street may have chosen another one since.
    base_month: Mapped[date | None]
    computed_at: Mapped[datetime]
    #: A ranking of the month was published: from then on the row stays as it is.
    frozen_at: Mapped[datetime | None]
    #: When records of a frozen month were last seen to say something else.
    differs_at: Mapped[datetime | None]


class IndicatorSet(Base, TenantRow, Stamped):
    """The definitions that a street uses from a moment on; a change is a new row, and the highest number holds."""

    __tablename__ = "indicator_set"
    __keys__ = (
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("extract(day FROM base_month) = 1", name="base_month"),
        UniqueConstraint("tenant_id", "number"),
    )

    number: Mapped[int]
    #: The preset that it was taken from, unchanged; empty for the street's own.
    preset: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    #: As ``definitions.Indicator`` writes them.
    indicators: Mapped[list[Any]] = mapped_column(JSONB)
    #: The first day of the month that weights are compared with.
    base_month: Mapped[date | None]
    made_by: Mapped[UUID | None]
    made_by_name: Mapped[str] = mapped_column(server_default="")


class Ranking(Base, StreetOrCommunityRow, Versioned):
    """A month's ranking: of the street's communities, or of one community's compounds or buildings."""

    __tablename__ = "ranking"
    __keys__ = (
        CheckConstraint("subject IN ('communities', 'compounds', 'buildings')", name="subject"),
        CheckConstraint("(subject = 'communities') = (community_id IS NULL)", name="place"),
        CheckConstraint("state IN ('draft', 'reviewed', 'published', 'withdrawn')", name="state"),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        CheckConstraint("(state IN ('published', 'withdrawn')) = (published_at IS NOT NULL)", name="published"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
        CheckConstraint("(state = 'withdrawn') = (withdraw_reason <> '')", name="reason"),
        # A withdrawn one stays beside the one that takes its place.
        Index(
            "uq_ranking_standing",
            "tenant_id",
            "community_id",
            "subject",
            "month",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_ranking_list", "tenant_id", "community_id", "id"),
        Index("ix_ranking_month", "tenant_id", "community_id", "month", "id"),
        {"comment": "street-wide: a street ranks its communities for all of them to read"},
    )

    month: Mapped[date]
    subject: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="draft")
    #: The definitions that it was computed with: their number (0 for a preset that nobody had chosen yet), and all
    #: of them, so that a later change alters nothing here.
    set_number: Mapped[int]
    indicators: Mapped[list[Any]] = mapped_column(JSONB)
    least_households: Mapped[int]
    least_weight: Mapped[int]
    #: As ``ranks.RankLine`` writes them.
    lines: Mapped[list[Any]] = mapped_column(JSONB)
    made_by: Mapped[UUID | None]
    made_by_name: Mapped[str] = mapped_column(server_default="")
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None]
    reviewed_by_name: Mapped[str] = mapped_column(server_default="")
    published_at: Mapped[datetime | None]
    published_by: Mapped[UUID | None]
    published_by_name: Mapped[str] = mapped_column(server_default="")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]
    withdrawn_by_name: Mapped[str] = mapped_column(server_default="")
    withdraw_reason: Mapped[str] = mapped_column(server_default="")
    #: The withdrawn ranking that this one puts right. No reference: one of the street has no community to carry.
    replaces_id: Mapped[UUID | None]
    #: The notice in which it was announced; ``None`` where the notices are off.
    notice_id: Mapped[UUID | None]
