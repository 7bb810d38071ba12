"""Queries on where plugins are allowed and switched on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linli.plugins.models import InstalledPlugin, PluginAllowance, PluginEnablement
from linli.tenancy.models import Community


@dataclass(frozen=True, slots=True)
class CommunityState:
    """One community's row of the street's matrix.

    Attributes:
        on: plugins that are on for the whole community.
        partly_on: plugin to the number of compounds where it is on, where not everywhere.
    """

    community_id: UUID
    name: str
    on: frozenset[str]
    partly_on: Mapping[str, int]


def allowed_plugins(session: Session) -> frozenset[str]:
    """What the street allows its communities."""
    return frozenset(session.scalars(select(PluginAllowance.plugin)))


def allowance(session: Session, plugin: str) -> PluginAllowance | None:
    return session.scalar(select(PluginAllowance).where(PluginAllowance.plugin == plugin))


def enablements(
    session: Session, *, community_id: UUID | None = None, plugins: Collection[str] | None = None
) -> list[PluginEnablement]:
    """Where plugins are on: in one community or in all of the scope."""
    statement = select(PluginEnablement).order_by(PluginEnablement.plugin, PluginEnablement.id)
    if community_id is not None:
        statement = statement.where(PluginEnablement.community_id == community_id)
    if plugins is not None:
        statement = statement.where(PluginEnablement.plugin.in_(plugins))
    return list(session.scalars(statement))


def enablement(session: Session, plugin: str, community_id: UUID, compound_id: UUID | None) -> PluginEnablement | None:
    """The row of exactly this place."""
    return session.scalar(
        select(PluginEnablement).where(
            PluginEnablement.plugin == plugin,
            PluginEnablement.community_id == community_id,
            PluginEnablement.compound_id.is_not_distinct_from(compound_id),
        )
    )


def matrix(session: Session) -> list[CommunityState]:
    """Every community of the scope with what is on there, by code; two queries whatever their number."""
    whole: dict[UUID, set[str]] = {}
    partly: dict[UUID, dict[str, int]] = {}
    counts = (
        select(
            PluginEnablement.community_id,
            PluginEnablement.plugin,
            func.bool_or(PluginEnablement.compound_id.is_(None)),
            func.count(PluginEnablement.compound_id),
        )
        .join(PluginAllowance, PluginAllowance.plugin == PluginEnablement.plugin)
        .group_by(PluginEnablement.community_id, PluginEnablement.plugin)
    )
    for community_id, plugin, everywhere, compounds in session.execute(counts):
        if everywhere:
            whole.setdefault(community_id, set()).add(plugin)
        else:
            partly.setdefault(community_id, {})[plugin] = compounds
    rows = session.execute(
        select(Community.id, Community.name).where(Community.status == "active").order_by(Community.code)
    )
    return [CommunityState(each, name, frozenset(whole.get(each, ())), partly.get(each, {})) for each, name in rows]


def known_versions(session: Session) -> dict[str, InstalledPlugin]:
    """What the database has been migrated for, and the faults of the last start, by name."""
    return {row.name: row for row in session.scalars(select(InstalledPlugin))}
