"""Requests of the people concerned, who looked at their numbers, consents, impact assessments, holds and purges."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, CommunityRow, StreetOrCommunityRow, TenantRow, Versioned, community_fk
from linli.db.sealed import sealed
from linli.db.walls import APPEND_ONLY

#: Written once; gone when its period is over.
_UNTIL_PURGED = {"info": {"rights": ("SELECT", "INSERT", "DELETE")}}


class NumberReveal(Base, CommunityRow):
    """Somebody has seen a whole number; the person concerned may read this."""

    __tablename__ = "number_reveal"
    __keys__ = (
        community_fk("resident_id", "core.resident"),
        Index("ix_number_reveal_resident", "tenant_id", "community_id", "resident_id", "at"),
        Index("ix_number_reveal_viewer", "tenant_id", "viewer_id", "at"),
        _UNTIL_PURGED,
    )

    resident_id: Mapped[UUID]
    field: Mapped[str]
    viewer_id: Mapped[UUID | None]
    viewer_name: Mapped[str]
    #: The code of the role by which they may.
    viewer_role: Mapped[str] = mapped_column(server_default="")
    #: The office that they work for, by name.
    office: Mapped[str] = mapped_column(server_default="")
    purpose: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class PrivacyRequest(Base, CommunityRow, Versioned):
    """A request to copy, correct or erase what is kept about a person, and what came of it."""

    __tablename__ = "privacy_request"
    __keys__ = (
        community_fk("resident_id", "core.resident"),
        CheckConstraint("kind IN ('copy', 'correction', 'erasure')", name="kind"),
        CheckConstraint("state IN ('open', 'working', 'done', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("channel IN ('portal', 'office')", name="channel"),
        Index(
            "uq_privacy_request_open",
            "tenant_id",
            "community_id",
            "resident_id",
            "kind",
            unique=True,
            postgresql_where=text("state IN ('open', 'working')"),
        ),
        Index("ix_privacy_request_newest", "tenant_id", "community_id", "id"),
        Index("ix_privacy_request_resident", "tenant_id", "community_id", "resident_id", "id"),
    )

    resident_id: Mapped[UUID]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    #: ``office``: the person asked at the counter, and a member of staff wrote it down.
    channel: Mapped[str] = mapped_column(server_default="portal")
    asked_by: Mapped[UUID | None]
    #: Sealed: what the person wrote, and the wanted values of a correction. Emptied by an erasure.
    content_ct: Mapped[bytes | None] = mapped_column(info=sealed("privacy_request", "content"))
    due_on: Mapped[date]
    #: How the office made sure who asks; a code of ``IDENTITY_CHECKS``.
    identity_check: Mapped[str] = mapped_column(server_default="")
    decision_reason: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    job_id: Mapped[UUID | None]
    file_id: Mapped[UUID | None]
    #: Of an erasure the certificate, of a copy the list of its sections: what went, what stayed and why.
    outcome: Mapped[dict[str, Any] | None]


class ConsentPurpose(Base, StreetOrCommunityRow, Versioned):
    """One version of the text by which people are asked for their consent; a new text is a new row."""

    __tablename__ = "consent_purpose"
    __keys__ = (
        Index(
            "uq_consent_purpose_version",
            "tenant_id",
            text("coalesce(community_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            "code",
            "edition",
            unique=True,
        ),
        CheckConstraint("code ~ '^[a-z][a-z0-9_]{1,39}$'", name="code"),
    )

    #: By which plugins ask: ``has_consent(session, resident_id, "photos")``.
    code: Mapped[str]
    edition: Mapped[int]
    title: Mapped[str]
    body: Mapped[str]
    #: Sensitive data asks for a consent of its own (PIPL 29).
    is_sensitive: Mapped[bool] = mapped_column(server_default=text("false"))
    published_by_name: Mapped[str] = mapped_column(server_default="")
    #: Replaced by a newer text, or given up.
    retired_at: Mapped[datetime | None]


class Consent(Base, CommunityRow):
    """A consent given or withdrawn; the newest row of a purpose is what holds."""

    __tablename__ = "consent"
    __keys__ = (
        community_fk("resident_id", "core.resident"),
        CheckConstraint("act IN ('given', 'withdrawn')", name="act"),
        CheckConstraint("channel IN ('portal', 'paper')", name="channel"),
        Index("ix_consent_resident", "tenant_id", "community_id", "resident_id", "code", "id"),
        _UNTIL_PURGED,
    )

    resident_id: Mapped[UUID]
    code: Mapped[str]
    edition: Mapped[int]
    #: SHA-256 of the title and the text that was agreed to.
    text_hash: Mapped[bytes]
    act: Mapped[str]
    channel: Mapped[str] = mapped_column(server_default="portal")
    #: Who consented for a child under fourteen: a member of its household (PIPL 31).
    guardian_id: Mapped[UUID | None]
    recorded_by: Mapped[UUID | None]
    #: The scan of what was signed on paper.
    file_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class ImpactAssessment(Base, TenantRow, Versioned):
    """A personal information protection impact assessment (PIPL 55, 56); editable until it is closed."""

    __tablename__ = "impact_assessment"
    __keys__ = (
        CheckConstraint("state IN ('open', 'closed')", name="state"),
        Index("ix_impact_assessment_newest", "tenant_id", "id"),
    )

    title: Mapped[str]
    purpose: Mapped[str] = mapped_column(server_default="")
    risks: Mapped[str] = mapped_column(server_default="")
    measures: Mapped[str] = mapped_column(server_default="")
    held_on: Mapped[date | None]
    assessors: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="open")
    closed_at: Mapped[datetime | None]
    closed_by_name: Mapped[str] = mapped_column(server_default="")


class LegalHold(Base, StreetOrCommunityRow, Versioned):
    """What may not be deleted for now: one person's data, a community's, or a class of data in the whole street."""

    __tablename__ = "legal_hold"
    __keys__ = (
        community_fk("resident_id", "core.resident"),
        CheckConstraint("kind IN ('person', 'community', 'data_class')", name="kind"),
        CheckConstraint("(kind = 'data_class') = (data_class <> '')", name="data_class"),
        CheckConstraint("(kind = 'data_class') = (community_id IS NULL)", name="place"),
        CheckConstraint("(kind = 'person') = (resident_id IS NOT NULL)", name="person"),
        Index("ix_legal_hold_newest", "tenant_id", "id"),
    )

    kind: Mapped[str]
    resident_id: Mapped[UUID | None]
    data_class: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str]
    set_by: Mapped[UUID | None]
    set_by_name: Mapped[str] = mapped_column(server_default="")
    #: Last day; ``None`` until it is lifted.
    until: Mapped[date | None]
    lifted_at: Mapped[datetime | None]
    lifted_by_name: Mapped[str] = mapped_column(server_default="")
    lift_reason: Mapped[str] = mapped_column(server_default="")


class RetentionPeriod(Base, TenantRow, Versioned):
    """The street's own period for a class of data, in place of the declared one."""

    __tablename__ = "retention_period"
    __keys__ = (UniqueConstraint("tenant_id", "data_class"),)

    data_class: Mapped[str]
    #: ``None`` for ever.
    days: Mapped[int | None]
    reason: Mapped[str] = mapped_column(server_default="")
    set_by_name: Mapped[str] = mapped_column(server_default="")


class PurgeRecord(Base, TenantRow):
    """What one step of a purge has deleted: so many rows, and a hash over their ids."""

    __tablename__ = "purge_record"
    __keys__ = (
        Index("ix_purge_record_class", "tenant_id", "data_class", "id"),
        Index("ix_purge_record_newest", "tenant_id", "id"),
        {"info": {"rights": APPEND_ONLY}},
    )

    data_class: Mapped[str]
    cutoff: Mapped[datetime]
    rows: Mapped[int]
    #: SHA-256 over the ids in order, one a line; empty where the owner gave a bare number.
    digest: Mapped[bytes]
    #: How many holds were in force.
    holds: Mapped[int] = mapped_column(server_default="0")
    purged_at: Mapped[datetime] = mapped_column(server_default=func.now())
