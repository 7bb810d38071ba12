"""What a street or a compound has chosen in place of a wider rule, and the rules that decisions were made under."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, StreetOrCommunityRow, Versioned, community_fk
from linli.db.walls import APPEND_ONLY

_NOBODYS = "'00000000-0000-0000-0000-000000000000'::uuid"


class RuleOverride(Base, StreetOrCommunityRow, Versioned):
    """A value that a street (no community) or a compound chose; never changed: another follows, or it is withdrawn."""

    __tablename__ = "rule_override"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        CheckConstraint("(community_id IS NULL) = (compound_id IS NULL)", name="place"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="days"),
        CheckConstraint("compound_id IS NULL OR (decision <> '' AND decided_on IS NOT NULL)", name="decision"),
        Index(
            "uq_rule_override_day",
            "tenant_id",
            text(f"coalesce(community_id, {_NOBODYS})"),
            text(f"coalesce(compound_id, {_NOBODYS})"),
            "key",
            "starts_on",
            unique=True,
            postgresql_where=text("withdrawn_on IS NULL"),
        ),
        Index("ix_rule_override_newest", "tenant_id", "id"),
        Index("ix_rule_override_place", "tenant_id", "community_id", "compound_id", "key"),
        # History: nothing is deleted.
        {"info": {"rights": ("SELECT", "INSERT", "UPDATE")}},
    )

    #: ``NULL``: the whole street.
    compound_id: Mapped[UUID | None]
    key: Mapped[str]
    #: In its written form; see ``linli.rules.values``.
    value: Mapped[Any] = mapped_column(JSONB)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    reason: Mapped[str]
    #: The decision or document that adopted it, and its day.
    decision: Mapped[str] = mapped_column(server_default="")
    decided_on: Mapped[date | None]
    set_by_name: Mapped[str] = mapped_column(server_default="")
    #: The first day on which it no longer holds because it was taken back.
    withdrawn_on: Mapped[date | None]
    withdrawn_by_name: Mapped[str] = mapped_column(server_default="")
    withdraw_reason: Mapped[str] = mapped_column(server_default="")


class RuleFreeze(Base, StreetOrCommunityRow):
    """The rules that one decision was made under, as they held on its day; written once."""

    __tablename__ = "rule_freeze"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        CheckConstraint("compound_id IS NULL OR community_id IS NOT NULL", name="place"),
        Index("ix_rule_freeze_newest", "tenant_id", "id"),
        Index("ix_rule_freeze_place", "tenant_id", "community_id", "compound_id", "id"),
        {"info": {"rights": APPEND_ONLY}},
    )

    compound_id: Mapped[UUID | None]
    #: What it was frozen for, in words for people: the meeting, the vote.
    purpose: Mapped[str]
    held_on: Mapped[date]
    #: Everything as it was told then; a later version of the packs does not change it.
    values: Mapped[Any] = mapped_column(JSONB)
    #: SHA-256 over place, day and values in one fixed writing.
    digest: Mapped[bytes]
    made_by_name: Mapped[str] = mapped_column(server_default="")
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
