"""Where a plugin is allowed and where it is switched on; which versions the database has seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, CommunityRow, Stamped, TenantRow, community_fk


class PluginAllowance(Base, TenantRow, Stamped):
    """The street office lets its communities use a plugin."""

    __tablename__ = "plugin_allowance"
    __keys__ = (UniqueConstraint("tenant_id", "plugin"),)

    plugin: Mapped[str]
    allowed_by: Mapped[UUID | None]


class PluginEnablement(Base, CommunityRow, Stamped):
    """A community, or one of its compounds, has a plugin switched on."""

    __tablename__ = "plugin_enablement"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        Index(
            "uq_plugin_enablement_place",
            "tenant_id",
            "community_id",
            text("coalesce(compound_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            "plugin",
            unique=True,
        ),
    )

    compound_id: Mapped[UUID | None]
    plugin: Mapped[str]
    enabled_by: Mapped[UUID | None]


class PluginCircuit(Base, TenantRow):
    """How a plugin fares in a street: what failed, how slow it was, and whether it is left out at present.

    A row exists only where something was noted. Errors are told by their type and by the plugin's own names, without
    a word of the data that they met.
    """

    __tablename__ = "plugin_circuit"
    __keys__ = (
        UniqueConstraint("tenant_id", "plugin", "part"),
        CheckConstraint("part IN ('calls', 'pages', 'jobs')", name="part"),
        Index("ix_plugin_circuit_open", "tenant_id", postgresql_where=text("open_until IS NOT NULL")),
    )

    plugin: Mapped[str]
    part: Mapped[str]
    #: The newest first: ``at``, ``error``, ``kind``, ``where``.
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    opened_at: Mapped[datetime | None]
    #: Until then nothing goes through; afterwards the first answer decides. NULL while the circuit is closed.
    open_until: Mapped[datetime | None]
    #: How often in a row it was opened; the pause doubles with each.
    openings: Mapped[int] = mapped_column(server_default=text("0"))
    closed_at: Mapped[datetime | None]
    slowest_ms: Mapped[int] = mapped_column(server_default=text("0"))
    slowest_at: Mapped[datetime | None]
    slowest_kind: Mapped[str] = mapped_column(server_default=text("''"))
    slowest_where: Mapped[str] = mapped_column(server_default=text("''"))


class InstalledPlugin(Base):
    """The versions of core and plugins that this database was last migrated for."""

    __tablename__ = "installed_plugin"
    __table_args__ = {"info": {"open": "versions of the software itself", "rights": ("SELECT",)}}

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    migrated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    fault: Mapped[str] = mapped_column(server_default="")
