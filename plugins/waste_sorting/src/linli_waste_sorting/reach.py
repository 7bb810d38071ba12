"""Where somebody may do something, as far as compounds: whoever works for one sees and does nothing in the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from linli.sdk import Actor


def compounds_of(actor: Actor, permission: str, community_id: UUID | None) -> frozenset[UUID] | None:
    """The compounds in which somebody holds a permission; ``None`` where it holds for all.

    Whoever looks after a building holds it for its compound: stations, shifts and rounds are of the whole compound.
    """
    if actor.system:
        return None
    grants = [each for each in actor.grants_for(permission) if each.community_id in (None, community_id)]
    if any(each.compound_id is None for each in grants):
        return None
    return frozenset(each.compound_id for each in grants if each.compound_id)


def is_within(compound_id: UUID, compounds: Collection[UUID] | None) -> bool:
    """Whether a compound is among those of ``compounds_of``."""
    return compounds is None or compound_id in compounds


def names_within(names: Mapping[str, str], compounds: Collection[UUID] | None) -> dict[str, str]:
    """Of compounds, id to name, those that are among ``compounds_of``: what a form or a filter offers."""
    return {key: name for key, name in names.items() if is_within(UUID(key), compounds)}
