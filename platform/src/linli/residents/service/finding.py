"""Fetching what a service is about to change, within the actor's reach; anything else is simply not there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm.exc import StaleDataError

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Forbidden, NotFound, Stale
from linli.kit.text import gettext as _
from linli.residents.models import Household, Resident
from linli.residents.reach import reach_of
from linli.residents.repository import live_residents
from linli.tenancy.models import Dwelling


def resident_within(session: ScopedSession, actor: Actor, resident_id: UUID, permission: str) -> Resident:
    """The resident, or ``NotFound``."""
    found = session.scalar(live_residents(reach_of(actor, permission)).where(Resident.id == resident_id))
    if found is None:
        raise NotFound(_("找不到这位居民"))
    return found


def dwelling_within(
    session: ScopedSession, actor: Actor, dwelling_id: UUID, permission: str, *, lock: bool = False
) -> Dwelling:
    """The dwelling, or ``NotFound``; with ``lock`` nobody else changes its owners or households meanwhile."""
    statement = select(Dwelling).where(Dwelling.id == dwelling_id, reach_of(actor, permission).dwellings())
    found = session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if found is None:
        raise NotFound(_("找不到这套房屋"))
    return found


def household_within(session: ScopedSession, actor: Actor, household_id: UUID, permission: str) -> Household:
    """The household of a dwelling within reach, or ``NotFound``."""
    found = session.scalar(
        select(Household)
        .join(Dwelling, and_(Dwelling.tenant_id == Household.tenant_id, Dwelling.id == Household.dwelling_id))
        .where(Household.id == household_id, reach_of(actor, permission).dwellings())
    )
    if found is None:
        raise NotFound(_("找不到这个家庭"))
    return found


def require_community(actor: Actor, permission: str, community_id: UUID) -> None:
    """Raise ``Forbidden`` unless the permission is held for the whole community."""
    if not actor.can(permission, community_id=community_id):
        raise Forbidden


def require_version(row: Resident | Household, version: int) -> None:
    """Raise ``Stale`` when somebody changed the row after it was read."""
    if row.version != version:
        raise Stale


def flush(session: ScopedSession) -> None:
    """Send what was changed; a change that came in between is ``Stale``."""
    try:
        session.flush()
    except StaleDataError as error:
        raise Stale from error
