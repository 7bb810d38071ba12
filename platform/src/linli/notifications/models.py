"""Messages to people: rows of their inboxes, the ways through channels, what people chose, the street's own words."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, Stamped, StreetOrCommunityRow, TenantRow, Versioned, community_fk
from linli.db.sealed import sealed

_CHANNEL = "channel IN ('email', 'sms', 'wechat')"


class Notification(Base, StreetOrCommunityRow):
    """One message to one person. The text is made when it is read or sent, in the reader's own language.

    A resident's rows lie in their community; the street's own are for its staff.
    """

    __tablename__ = "notification"
    __keys__ = (
        community_fk("resident_id", "core.resident"),
        CheckConstraint("person_id = coalesce(resident_id, account_id)", name="person"),
        # A reference to a resident is only checked where the row has a community.
        CheckConstraint("resident_id IS NULL OR community_id IS NOT NULL", name="place"),
        Index(
            "uq_notification_subject",
            "tenant_id",
            "subject_id",
            "kind",
            "subject_type",
            "person_id",
            "community_id",
            unique=True,
            postgresql_where=text("subject_id IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_notification_account", "tenant_id", "account_id", "id"),
        Index("ix_notification_unread", "tenant_id", "account_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notification_resident", "tenant_id", "resident_id", "id"),
        Index("ix_notification_at", "tenant_id", "created_at"),
    )

    #: Who reads it. A resident who signs in for the first time finds what came before under ``resident_id``.
    account_id: Mapped[UUID | None]
    resident_id: Mapped[UUID | None]
    #: The building they lived in when they were told, for the counts by building.
    building_id: Mapped[UUID | None]
    #: The one of these two that names the person: the entry, or else the account.
    person_id: Mapped[UUID]
    kind: Mapped[str]
    #: What the names in the text stand for.
    context: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    subject_type: Mapped[str] = mapped_column(server_default="")
    subject_id: Mapped[UUID | None]
    #: A path of this site; empty where there is nothing to open.
    link: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    read_at: Mapped[datetime | None]


class Delivery(Base, StreetOrCommunityRow, Stamped):
    """A message's way through one channel. Holds no address and no text."""

    __tablename__ = "notification_delivery"
    __keys__ = (
        CheckConstraint(_CHANNEL, name="channel"),
        CheckConstraint("state IN ('queued', 'held', 'sent', 'failed', 'suppressed')", name="state"),
        UniqueConstraint(
            "tenant_id",
            "community_id",
            "notification_id",
            "channel",
            name="uq_notification_delivery_channel",
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "ix_notification_delivery_due", "tenant_id", "due_at", postgresql_where=text("state IN ('queued', 'held')")
        ),
        Index("ix_notification_delivery_at", "tenant_id", "created_at", "id"),
    )

    #: Without a foreign key: one that carries the community is never checked for a street's own rows.
    notification_id: Mapped[UUID]
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    #: The kind of the fault, or why nothing was sent; never a provider's own words, which may hold an address.
    error: Mapped[str] = mapped_column(server_default="")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]


class Preference(Base, TenantRow, Stamped):
    """Whether a person wants one kind of message through one channel; without a row the kind's default holds."""

    __tablename__ = "notification_preference"
    __keys__ = (
        UniqueConstraint("tenant_id", "account_id", "kind", "channel"),
        CheckConstraint(_CHANNEL, name="channel"),
        {"info": {"written_anywhere": True}},
    )

    account_id: Mapped[UUID]
    kind: Mapped[str]
    channel: Mapped[str]
    is_on: Mapped[bool]


class Contact(Base, TenantRow, Stamped):
    """How an account is reached beside its inbox: a mailbox that was proven to be theirs, and their hours of rest."""

    __tablename__ = "notification_contact"
    __keys__ = (
        UniqueConstraint("tenant_id", "account_id"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet"),
        {"info": {"written_anywhere": True}},
    )

    account_id: Mapped[UUID]
    email_ct: Mapped[bytes | None] = mapped_column(info=sealed("notification_contact", "email"))
    email_mask: Mapped[str] = mapped_column(server_default="")
    confirmed_at: Mapped[datetime | None]
    #: A mailbox that waits for its code.
    pending_ct: Mapped[bytes | None] = mapped_column(info=sealed("notification_contact", "pending"))
    pending_mask: Mapped[str] = mapped_column(server_default="")
    code_hash: Mapped[bytes | None]
    code_expires_at: Mapped[datetime | None]
    #: ``None`` for the street's hours; equal hours mean no quiet hours at all.
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]


class MessageTemplate(Base, TenantRow, Versioned):
    """A street's own words for one kind, language and channel, in place of the ones that came with the kind."""

    __tablename__ = "notification_template"
    __keys__ = (
        UniqueConstraint("tenant_id", "kind", "locale", "channel"),
        CheckConstraint("channel IN ('inbox', 'email', 'sms', 'wechat')", name="channel"),
    )

    kind: Mapped[str]
    locale: Mapped[str]
    channel: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    edited_by: Mapped[UUID | None]
