"""Where a plugin is allowed and where it is switched on; which versions the database has seen."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, text
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


class InstalledPlugin(Base):
    """The versions of core and plugins that this database was last migrated for."""

    __tablename__ = "installed_plugin"
    __table_args__ = {"info": {"open": "versions of the software itself", "rights": ("SELECT",)}}

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    migrated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    fault: Mapped[str] = mapped_column(server_default="")
