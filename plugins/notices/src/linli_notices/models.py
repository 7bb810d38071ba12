"""The plugin's tables, in schema ``plugin_notices``."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.sdk import CommunityRow, StreetOrCommunityRow, Versioned, community_fk, plugin_base

Base = plugin_base("notices")


class Notice(Base, StreetOrCommunityRow, Versioned):
    """An announcement 公告 or a public posting 公示, for the whole street, a community, a compound or a building.

    Whether a published one is still to come, showing or over follows from its days, so that no job has to turn it.
    """

    __tablename__ = "notice"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        ForeignKeyConstraint(
            ["tenant_id", "community_id", "compound_id", "building_id"],
            [
                "core.building.tenant_id",
                "core.building.community_id",
                "core.building.compound_id",
                "core.building.id",
            ],
        ),
        CheckConstraint("compound_id IS NULL OR community_id IS NOT NULL", name="compound"),
        CheckConstraint("building_id IS NULL OR compound_id IS NOT NULL", name="building"),
        CheckConstraint("kind IN ('announcement', 'posting')", name="kind"),
        CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name="state"),
        CheckConstraint("posting_to IS NULL OR posting_to >= posting_from", name="period"),
        CheckConstraint(
            "state <> 'published' OR posting_from IS NOT NULL AND (kind = 'announcement' OR posting_to IS NOT NULL)",
            name="published",
        ),
        CheckConstraint("state <> 'withdrawn' OR withdraw_reason <> ''", name="withdrawn"),
        Index("ix_notice_newest", "tenant_id", "community_id", "id"),
        Index("ix_notice_board", "tenant_id", "community_id", "is_pinned", "posting_from", "id"),
        {"comment": "street-wide: a street publishes for all its communities"},
    )

    compound_id: Mapped[UUID | None]
    building_id: Mapped[UUID | None]
    kind: Mapped[str]
    title: Mapped[str]
    #: As it was written; shown again in the form.
    body: Mapped[str]
    #: Cleaned; the only form that pages show.
    body_html: Mapped[str]
    #: Without any mark-up, for search and the first lines in lists.
    body_text: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="draft")
    #: First and last day of the posting, both inclusive, Asia/Shanghai.
    posting_from: Mapped[date | None]
    posting_to: Mapped[date | None]
    #: May be read without signing in.
    is_public: Mapped[bool] = mapped_column(server_default=text("false"))
    is_pinned: Mapped[bool] = mapped_column(server_default=text("false"))
    created_by: Mapped[UUID | None]
    author_name: Mapped[str] = mapped_column(server_default="")
    published_at: Mapped[datetime | None]
    published_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]
    withdraw_reason: Mapped[str] = mapped_column(server_default="")


class NoticeRead(Base, CommunityRow):
    """A person of a community has read a notice; a street's notice is read in each community by itself."""

    __tablename__ = "notice_read"
    # No reference to the notice: one of the street has no community that a reference could carry.
    __keys__ = (UniqueConstraint("tenant_id", "community_id", "notice_id", "account_id"),)

    notice_id: Mapped[UUID]
    account_id: Mapped[UUID]
    read_at: Mapped[datetime] = mapped_column(server_default=func.now())


class NoticeReadership(Base, CommunityRow):
    """How many people of a community have read a notice; counted by the writer, never per request."""

    __tablename__ = "notice_readership"
    __keys__ = (UniqueConstraint("tenant_id", "community_id", "notice_id"),)

    notice_id: Mapped[UUID]
    readers: Mapped[int] = mapped_column(server_default="0")
