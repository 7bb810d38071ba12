"""The reach of one transaction: one street office and some or all of its communities."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    """What the database lets a transaction see.

    Attributes:
        tenant_id: the street office.
        communities: the communities whose rows are visible; ``None`` means every community of the street.
            An empty set sees the street's own rows and no community's.
    """

    tenant_id: UUID
    communities: frozenset[UUID] | None = None

    @classmethod
    def of_street(cls, tenant_id: UUID) -> Scope:
        """The whole street office, every community included."""
        return cls(tenant_id)

    @classmethod
    def of_communities(cls, tenant_id: UUID, *communities: UUID) -> Scope:
        """The named communities of one street office."""
        return cls(tenant_id, frozenset(communities))

    @property
    def community_id(self) -> UUID | None:
        """The only community of this scope; ``None`` when the scope holds none, several or all."""
        if self.communities is not None and len(self.communities) == 1:
            return next(iter(self.communities))
        return None

    def covers(self, community_id: UUID | None) -> bool:
        """Whether rows of this community are visible; rows of the whole street (``None``) always are."""
        return self.communities is None or community_id is None or community_id in self.communities
