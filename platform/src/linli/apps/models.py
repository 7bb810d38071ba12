"""The apps of a street, where each is let in, and what was sent to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, CommunityRow, Stamped, StreetOrCommunityRow, TenantRow, Versioned, tenant_fk
from linli.db.sealed import sealed


class App(Base, TenantRow, Versioned):
    """A program of an outside party. Its id is who acts in the record; revoked for good, never deleted."""

    __tablename__ = "app"
    __keys__ = (
        UniqueConstraint("tenant_id", "name"),
        CheckConstraint("state IN ('active', 'suspended', 'revoked')", name="state"),
    )

    #: Stands in addresses.
    name: Mapped[str]
    title: Mapped[str]
    #: Whom the office talks to about it: an office's, not a person's own.
    contact: Mapped[str]
    purpose: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="active")
    state_reason: Mapped[str] = mapped_column(server_default="")
    state_changed_at: Mapped[datetime | None]
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    #: Let in everywhere, in communities that come later too; otherwise where an ``AppCommunity`` says so.
    whole_street: Mapped[bool] = mapped_column(server_default=text("false"))
    event_types: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    webhook_url: Mapped[str] = mapped_column(server_default="")
    panel_url: Mapped[str] = mapped_column(server_default="")
    #: Requests of the API in a minute.
    rate: Mapped[int]
    #: Signs what is sent to it, and whom its panel is shown to.
    secret_ct: Mapped[bytes | None] = mapped_column(info=sealed("app", "secret"))
    #: The one before it, which signs beside it for some time.
    old_secret_ct: Mapped[bytes | None] = mapped_column(info=sealed("app", "old_secret"))
    old_secret_until: Mapped[datetime | None]
    #: Since when nothing has reached it.
    failing_since: Mapped[datetime | None]
    #: Since when nothing is sent to it any more.
    off_since: Mapped[datetime | None]


class AppCommunity(Base, CommunityRow, Stamped):
    """What holds for an app in one community: whether it is let in, and whether its page is shown there."""

    __tablename__ = "app_community"
    __keys__ = (
        UniqueConstraint("tenant_id", "community_id", "app_id"),
        tenant_fk("app_id", "core.app"),
        Index("ix_app_community_app", "tenant_id", "app_id"),
    )

    app_id: Mapped[UUID]
    #: The street's choice.
    is_let_in: Mapped[bool] = mapped_column(server_default=text("false"))
    #: The community's choice.
    shows_panel: Mapped[bool] = mapped_column(server_default=text("false"))


class AppAttempt(Base, StreetOrCommunityRow):
    """One try at sending something to an app, and what came back. What was sent is not kept here."""

    __tablename__ = "app_attempt"
    __keys__ = (
        tenant_fk("app_id", "core.app"),
        Index("ix_app_attempt_app", "tenant_id", "app_id", "created_at"),
        Index("ix_app_attempt_at", "tenant_id", "created_at"),
    )

    app_id: Mapped[UUID]
    #: As the app is told; the same however often it is sent.
    message_id: Mapped[str]
    #: ``None`` for a test; the event may have been deleted after its time.
    event_id: Mapped[UUID | None]
    event: Mapped[str]
    attempt: Mapped[int] = mapped_column(SmallInteger)
    #: Of HTTP; ``None`` where nothing came back.
    status: Mapped[int | None]
    ms: Mapped[int | None]
    #: Why nothing came back; empty where something did.
    fault: Mapped[str] = mapped_column(server_default="")
    #: How its answer began.
    answer: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
