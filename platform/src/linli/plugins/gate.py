"""The one answer to whether a plugin exists at a place: allowed by the street, and on in the community or compound."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from linli.kit.errors import NotFound
from linli.plugins.models import PluginAllowance, PluginEnablement

#: The owner name of what belongs to no plugin and is on everywhere.
CORE = "core"


def is_on(owner: str, plugins: Collection[str]) -> bool:
    """Whether an owner's routes, menu entries and cards exist in this request.

    Args:
        owner: ``core`` or a plugin's name.
        plugins: what ``core.resolve_request`` answered for the request's scope.
    """
    return owner == CORE or owner in plugins


def is_enabled(
    session: Session, plugin: str, *, community_id: UUID | None = None, compound_id: UUID | None = None
) -> bool:
    """Whether a plugin exists at a place; for services, tasks and schedules, which ask again when they run.

    Args:
        session: of the street.
        plugin: its name; ``core`` is on everywhere.
        community_id: ``None`` for the scope's only community; in a scope of the whole street the allowance decides.
        compound_id: a compound: on there by itself or with the whole community. Without it, on in any part of the
            community is on.
    """
    if plugin == CORE:
        return True
    community_id = community_id or session.info["scope"].community_id
    statement = select(PluginAllowance.id).where(PluginAllowance.plugin == plugin)
    if community_id is not None:
        here = [PluginEnablement.plugin == plugin, PluginEnablement.community_id == community_id]
        if compound_id is not None:
            here.append(or_(PluginEnablement.compound_id.is_(None), PluginEnablement.compound_id == compound_id))
        statement = statement.where(exists().where(*here))
    return session.scalar(statement) is not None


def enabled_among(
    session: Session,
    plugins: Collection[str],
    *,
    community_id: UUID | None = None,
    compound_id: UUID | None = None,
) -> frozenset[str]:
    """Those of several plugins that exist at a place, as ``is_enabled`` says, in one query."""
    others = [each for each in plugins if each != CORE]
    found = {each for each in plugins if each == CORE}
    if others:
        community_id = community_id or session.info["scope"].community_id
        statement = select(PluginAllowance.plugin).where(PluginAllowance.plugin.in_(others))
        if community_id is not None:
            here = [PluginEnablement.plugin == PluginAllowance.plugin, PluginEnablement.community_id == community_id]
            if compound_id is not None:
                here.append(or_(PluginEnablement.compound_id.is_(None), PluginEnablement.compound_id == compound_id))
            statement = statement.where(exists().where(*here))
        found.update(session.scalars(statement))
    return frozenset(found)


def require_enabled(
    session: Session, plugin: str, *, community_id: UUID | None = None, compound_id: UUID | None = None
) -> None:
    """Go on only where the plugin exists.

    Raises:
        NotFound: it does not, as if there were no such thing at all.
    """
    if not is_enabled(session, plugin, community_id=community_id, compound_id=compound_id):
        raise NotFound


def enabled_compounds(session: Session, plugin: str, community_id: UUID) -> frozenset[UUID] | None:
    """The compounds of a community where a plugin is on by itself; ``None`` when it is on in the whole community."""
    rows = session.execute(
        select(PluginEnablement.compound_id)
        .join(PluginAllowance, PluginAllowance.plugin == PluginEnablement.plugin)
        .where(PluginEnablement.plugin == plugin, PluginEnablement.community_id == community_id)
    ).scalars()
    compounds = list(rows)
    return None if None in compounds else frozenset(each for each in compounds if each is not None)
