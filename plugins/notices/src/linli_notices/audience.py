"""Who a reader is to a community, and so which of its published notices they see."""

from __future__ import annotations

from uuid import UUID

from linli.sdk import Actor, ScopedSession, homes_of
from linli_notices.permissions import READ
from linli_notices.repository import Audience


def is_resident(actor: Actor, community_id: UUID) -> bool:
    """Whether the actor is registered as a resident of the community."""
    return any(grant.role == "resident" and grant.community_id == community_id for grant in actor.grants)


def audience_of(session: ScopedSession, actor: Actor, community_id: UUID) -> Audience:
    """What the actor may read in a community.

    Who manages notices for the whole community reads all; residents read what is public, what is for the whole
    community, and what is for the compound and the building of a home of theirs; everybody else what is public.
    """
    if actor.system:
        return Audience(everything=True)
    grants = [
        grant for grant in actor.grants_for(READ) if grant.reaches(community_id, grant.compound_id, grant.building_id)
    ]
    if any(grant.compound_id is None for grant in grants):
        return Audience(everything=True)
    homes = homes_of(session, actor, community_id=community_id)
    return Audience(
        is_resident=bool(homes or grants) or is_resident(actor, community_id),
        compounds=frozenset([home.compound_id for home in homes] + [g.compound_id for g in grants if g.compound_id]),
        buildings=frozenset([home.building_id for home in homes] + [g.building_id for g in grants if g.building_id]),
        whole_compounds=frozenset(g.compound_id for g in grants if g.compound_id and g.building_id is None),
    )
