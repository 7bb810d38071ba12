"""The plugin's tables, in schema ``plugin_notices``."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from linli.sdk import (
    CommunityRow,
    Stamped,
    StreetOrCommunityRow,
    TenantRow,
    Versioned,
    community_fk,
    plugin_base,
)

Base = plugin_base("notices")


class Notice(Base, StreetOrCommunityRow, Versioned):
    """An announcement 公告 or a public posting 公示, for the whole street, a community, or compounds and buildings.

    Whether a published one is still to come, showing or over follows from its days, so that no job has to turn it.
    """

    __tablename__ = "notice"
    __keys__ = (
        CheckConstraint("kind IN ('announcement', 'posting')", name="kind"),
        CheckConstraint("state IN ('draft', 'scheduled', 'published', 'withdrawn')", name="state"),
        CheckConstraint("posting_to IS NULL OR posting_to >= posting_from", name="period"),
        CheckConstraint(
            "state <> 'published' OR posting_from IS NOT NULL AND (kind = 'announcement' OR posting_to IS NOT NULL)",
            name="published",
        ),
        CheckConstraint("state <> 'withdrawn' OR withdraw_reason <> ''", name="withdrawn"),
        CheckConstraint("state <> 'scheduled' OR publish_at IS NOT NULL", name="scheduled"),
        CheckConstraint("closed_at IS NULL OR state IN ('published', 'withdrawn')", name="closed"),
        CheckConstraint("period_days > 0", name="period_days"),
        CheckConstraint("period_unit IN ('day', 'workday')", name="period_unit"),
        CheckConstraint("objection_days > 0", name="objection_days"),
        CheckConstraint("identity_rule IN ('shown', 'masked', 'staff_only')", name="identity_rule"),
        CheckConstraint("community_id IS NOT NULL OR NOT is_narrowed", name="narrowed"),
        Index("ix_notice_newest", "tenant_id", "community_id", "id"),
        Index("ix_notice_board", "tenant_id", "community_id", "is_pinned", "posting_from", "id"),
        Index(
            "ix_notice_open",
            "tenant_id",
            "posting_to",
            postgresql_where=text("state = 'published' AND closed_at IS NULL"),
        ),
        Index(
            "uq_notice_source",
            "tenant_id",
            "community_id",
            "source_plugin",
            "source_id",
            unique=True,
            postgresql_where=text("source_plugin <> ''"),
            # The street's own notices have no community, and a second call counts there too.
            postgresql_nulls_not_distinct=True,
        ),
        {"comment": "street-wide: a street publishes for all its communities"},
    )

    #: For the places named in ``places`` alone; otherwise for the whole community, or the whole street.
    is_narrowed: Mapped[bool] = mapped_column(server_default=text("false"))
    kind: Mapped[str]
    #: A key of the street's list of categories; empty for none.
    category: Mapped[str] = mapped_column(server_default="")
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
    #: How long it is to show, where no last day was given: so many days or working days, counted when it is published.
    period_days: Mapped[int | None]
    period_unit: Mapped[str] = mapped_column(server_default="day")
    #: What the rule of its category said when it was published, kept for good. No reference: see ``corrects_id``.
    rule_freeze_id: Mapped[UUID | None]
    #: The moment at which it publishes itself, and who set it.
    publish_at: Mapped[datetime | None]
    scheduled_by: Mapped[UUID | None]
    scheduled_by_name: Mapped[str] = mapped_column(server_default="")
    #: Why it did not publish itself at its moment; empty once somebody has changed it.
    schedule_note: Mapped[str] = mapped_column(server_default="")
    allows_objections: Mapped[bool] = mapped_column(server_default=text("false"))
    #: Days from the first on which objections are taken; as long as it shows where none are named.
    objection_days: Mapped[int | None]
    #: How the names of those who object appear: shown, masked, or to staff only.
    identity_rule: Mapped[str] = mapped_column(server_default="masked")
    #: May be read without signing in.
    is_public: Mapped[bool] = mapped_column(server_default=text("false"))
    is_pinned: Mapped[bool] = mapped_column(server_default=text("false"))
    #: Whether residents within its reach are told when it is published.
    notifies: Mapped[bool] = mapped_column(server_default=text("true"))
    #: The closed notice that this one puts right. No reference: one of the street has no community to carry.
    corrects_id: Mapped[UUID | None]
    #: Which plugin asked for it, and for what thing of its own: asked again, it gets the same notice.
    source_plugin: Mapped[str] = mapped_column(server_default="")
    source_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None]
    author_name: Mapped[str] = mapped_column(server_default="")
    published_at: Mapped[datetime | None]
    published_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]
    withdraw_reason: Mapped[str] = mapped_column(server_default="")
    #: When its record was closed; a trigger then keeps everything but a later withdrawal from being changed.
    closed_at: Mapped[datetime | None]

    #: One query for a whole list.
    places: Mapped[list[NoticePlace]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="NoticePlace.id"
    )


class NoticePlace(Base, CommunityRow):
    """A compound, or a building of it, that a notice is for; a notice for a whole community has none."""

    __tablename__ = "notice_place"
    __keys__ = (
        community_fk("notice_id", "plugin_notices.notice"),
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
        Index(
            "uq_notice_place_place",
            "tenant_id",
            "community_id",
            "notice_id",
            "compound_id",
            "building_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    notice_id: Mapped[UUID]
    compound_id: Mapped[UUID]
    building_id: Mapped[UUID | None]


class NoticeSnapshot(Base, StreetOrCommunityRow):
    """What a notice was when it was closed, as the bytes that were hashed. Appended, never changed."""

    __tablename__ = "notice_snapshot"
    # No reference to the notice: one of the street has no community that a reference could carry.
    __keys__ = (
        CheckConstraint("purpose IN ('closing', 'withdrawal')", name="purpose"),
        CheckConstraint("sha256 = sha256(content)", name="sha256"),
        CheckConstraint("length(previous) = 32", name="previous"),
        Index(
            "uq_notice_snapshot_number",
            "tenant_id",
            "community_id",
            "number",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "uq_notice_snapshot_purpose",
            "tenant_id",
            "community_id",
            "notice_id",
            "purpose",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        {"comment": "street-wide: a street closes what it published", "info": {"rights": ("SELECT", "INSERT")}},
    )

    notice_id: Mapped[UUID]
    #: 1, 2, 3 … within the community, or among the street's own.
    number: Mapped[int]
    purpose: Mapped[str]
    content: Mapped[bytes]
    sha256: Mapped[bytes]
    #: The hash of the snapshot before; 32 zero bytes for the first. It stands in ``content`` too.
    previous: Mapped[bytes]
    made_at: Mapped[datetime]


class NoticeCategory(Base, TenantRow, Versioned):
    """A category of notices as a street wants it: one of its own, or a built-in one that it changed."""

    __tablename__ = "notice_category"
    __keys__ = (
        UniqueConstraint("tenant_id", "key"),
        CheckConstraint("kind IN ('announcement', 'posting')", name="kind"),
        CheckConstraint("days > 0", name="days"),
        CheckConstraint("unit IN ('day', 'workday')", name="unit"),
        CheckConstraint("objection_days > 0", name="objection_days"),
        CheckConstraint("identity_rule IN ('shown', 'masked', 'staff_only')", name="identity_rule"),
    )

    key: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    #: How long a notice of this category shows unless its editor says otherwise; ``None`` for no last day.
    days: Mapped[int | None]
    unit: Mapped[str] = mapped_column(server_default="day")
    is_public: Mapped[bool] = mapped_column(server_default=text("false"))
    allows_objections: Mapped[bool] = mapped_column(server_default=text("false"))
    objection_days: Mapped[int | None]
    identity_rule: Mapped[str] = mapped_column(server_default="masked")
    #: The law or rule that the days follow, and how sure that is.
    source: Mapped[str] = mapped_column(server_default="")
    #: A built-in one whose days are those of its rule; the columns above are empty then.
    follows_rule: Mapped[bool] = mapped_column(server_default=text("false"))
    archived_at: Mapped[datetime | None]


class NoticeTemplate(Base, StreetOrCommunityRow, Versioned):
    """A text to begin with, of a street for all its communities or of one community."""

    __tablename__ = "notice_template"
    __keys__ = (
        Index("ix_notice_template_list", "tenant_id", "community_id", "id"),
        {"comment": "street-wide: a street offers templates to its communities"},
    )

    name: Mapped[str]
    category: Mapped[str] = mapped_column(server_default="")
    title: Mapped[str]
    body: Mapped[str]
    #: The same text filled in, for those who want to see how it is meant.
    example: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[UUID | None]
    author_name: Mapped[str] = mapped_column(server_default="")
    archived_at: Mapped[datetime | None]


class NoticeChannel(Base, StreetOrCommunityRow, Stamped):
    """Where else a notice was made known: on the board, in a chat group, by radio, in a talk."""

    __tablename__ = "notice_channel"
    # No references, as for the snapshot.
    __keys__ = (
        CheckConstraint(
            "channel IN ('board', 'chat_group', 'public_account', 'radio', 'television', 'banner', 'brochure', "
            "'talk', 'other')",
            name="channel",
        ),
        Index("ix_notice_channel_notice", "tenant_id", "notice_id"),
        {"comment": "street-wide: a street makes its own notices known"},
    )

    notice_id: Mapped[UUID]
    channel: Mapped[str]
    place: Mapped[str]
    done_on: Mapped[date]
    done_by: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    #: A photo as evidence.
    file_id: Mapped[UUID | None]
    recorded_by: Mapped[UUID | None]
    recorded_by_name: Mapped[str] = mapped_column(server_default="")


class NoticeRead(Base, CommunityRow):
    """A person of a community has read a notice; a street's notice is read in each community by itself."""

    __tablename__ = "notice_read"
    # No reference to the notice: one of the street has no community that a reference could carry.
    __keys__ = (
        UniqueConstraint("tenant_id", "community_id", "notice_id", "account_id"),
        Index("ix_notice_read_home", "tenant_id", "community_id", "notice_id", "building_id", "dwelling_id"),
    )

    notice_id: Mapped[UUID]
    account_id: Mapped[UUID]
    #: The reader's home in the notice's scope at the time of reading; none for who had none there.
    compound_id: Mapped[UUID | None]
    building_id: Mapped[UUID | None]
    dwelling_id: Mapped[UUID | None]
    read_at: Mapped[datetime] = mapped_column(server_default=func.now())


class NoticeReadership(Base, CommunityRow):
    """How many people of a community have read a notice; counted by the writer, never per request."""

    __tablename__ = "notice_readership"
    __keys__ = (UniqueConstraint("tenant_id", "community_id", "notice_id"),)

    notice_id: Mapped[UUID]
    readers: Mapped[int] = mapped_column(server_default="0")
