"""People of the test world with just the rights that a test is about."""

from __future__ import annotations

from uuid import UUID

from linli.kit.actor import Actor, Grant
from linli.residents.permissions import HOME, MANAGE, READ, REVEAL, ROSTER_EXPORT, ROSTER_IMPORT

ALL = frozenset({READ, MANAGE, REVEAL, ROSTER_IMPORT, ROSTER_EXPORT})


def holder(*grants: Grant, permissions: frozenset[str] = ALL) -> Actor:
    """Somebody who holds these permissions by every one of the grants."""
    return Actor(
        account_id=UUID(int=7),
        display_name="测试人员",
        grants=grants,
        permissions={grant.role: permissions for grant in grants},
    )


def community_administrator(community, permissions: frozenset[str] = ALL) -> Actor:
    return holder(Grant("community_administrator", community.id), permissions=permissions)


def compound_administrator(community, compound_id: UUID) -> Actor:
    return holder(Grant("chair", community.id, compound_id))


def steward(community, compound_id: UUID, building_id: UUID) -> Actor:
    return holder(Grant("building_steward", community.id, compound_id, building_id))


def resident(community, *resident_ids: UUID) -> Actor:
    """A resident: no right to the register, only to their own home."""
    return Actor(
        account_id=community.resident_account,
        display_name="测试居民1",
        grants=(Grant("resident", community.id),),
        permissions={"resident": frozenset({HOME})},
        resident_ids=resident_ids,
    )


def id_number(serial: int) -> str:
    """A well-formed identity number of a region that is not assigned."""
    body = f"99000019900101{serial:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
