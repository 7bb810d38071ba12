"""Stored settings: one row per key at one place."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, StreetOrCommunityRow, Versioned, community_fk
from linli.db.sealed import sealed


class Setting(Base, StreetOrCommunityRow, Versioned):
    """A value of one setting of the core or of a plugin, for the street, a community or a compound."""

    __tablename__ = "setting"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        CheckConstraint("compound_id IS NULL OR community_id IS NOT NULL", name="place"),
        CheckConstraint("source IN ('manifest', 'portal', 'command')", name="source"),
        Index(
            "uq_setting_place",
            "tenant_id",
            text("coalesce(community_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            text("coalesce(compound_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            "owner",
            "key",
            unique=True,
        ),
    )

    compound_id: Mapped[UUID | None]
    #: ``core`` or the plugin's name.
    owner: Mapped[str]
    key: Mapped[str]
    #: ``true`` for a secret, which lies beside it.
    value: Mapped[Any] = mapped_column(JSONB)
    secret_ct: Mapped[bytes | None] = mapped_column(info=sealed("setting", "secret"))
    locked: Mapped[bool] = mapped_column(server_default=text("false"))
    source: Mapped[str] = mapped_column(server_default="portal")
