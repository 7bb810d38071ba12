"""Who is acting, with what rights: a value computed once per request or task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held at a place for a term.

    Attributes:
        role: the role's name, e.g. ``community_administrator``.
        community_id: ``None`` when the role is held for the whole street.
        compound_id: narrows the role to one compound of the community.
        building_id: narrows the role to one building of the compound.
        ends_on: last day of the term (inclusive, Asia/Shanghai); ``None`` when open-ended.
    """

    role: str
    community_id: UUID | None = None
    compound_id: UUID | None = None
    building_id: UUID | None = None
    ends_on: date | None = None
    grant_id: UUID | None = None

    def reaches(
        self,
        community_id: UUID | None,
        compound_id: UUID | None = None,
        building_id: UUID | None = None,
    ) -> bool:
        """Whether this grant covers the named place; a wider grant covers every narrower place in it."""
        return (
            self.community_id in (None, community_id)
            and self.compound_id in (None, compound_id)
            and self.building_id in (None, building_id)
        )


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or the system) on whose behalf something happens.

    Attributes:
        account_id: ``None`` for the public and for the system.
        display_name: shown in the audit trail; never a phone number.
        grants: the roles held in this scope today.
        permissions: role name to the permission names it gives.
        resident_ids: the actor's own resident rows in this scope, one per community.
        household_ids: the households the actor lives in, in this scope.
        system: true for the platform's own work (migrations, imports from the command line, schedules).
        app_id: an outside app that acts as itself; ``account_id`` is then the same id, which is no account's.
    """

    account_id: UUID | None = None
    display_name: str = ""
    grants: tuple[Grant, ...] = ()
    permissions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    resident_ids: tuple[UUID, ...] = ()
    household_ids: tuple[UUID, ...] = ()
    token_id: UUID | None = None
    session_id: UUID | None = None
    ip: str = ""
    user_agent: str = ""
    request_id: str = ""
    locale: str = "zh_CN"
    system: bool = False
    must_enrol_totp: bool = False
    token_scopes: frozenset[str] | None = None
    app_id: UUID | None = None

    @property
    def is_anonymous(self) -> bool:
        return self.account_id is None and not self.system

    def can(
        self,
        permission: str,
        *,
        community_id: UUID | None = None,
        compound_id: UUID | None = None,
        building_id: UUID | None = None,
    ) -> bool:
        """Whether the actor holds a permission at a place. With no place named: for the whole street."""
        if self.system:
            return True
        if self.token_scopes is not None and permission not in self.token_scopes:
            return False
        return any(
            permission in self.permissions.get(grant.role, ()) and grant.reaches(community_id, compound_id, building_id)
            for grant in self.grants
        )

    def holds(self, permission: str) -> bool:
        """Whether the actor holds a permission anywhere in this scope (a page may be opened, rows are narrowed)."""
        if self.system:
            return True
        if self.token_scopes is not None and permission not in self.token_scopes:
            return False
        return any(permission in self.permissions.get(grant.role, ()) for grant in self.grants)

    def grants_for(self, permission: str) -> tuple[Grant, ...]:
        """The grants that give a permission: where rows are narrowed to compounds or buildings, by these."""
        if self.token_scopes is not None and permission not in self.token_scopes:
            return ()
        return tuple(grant for grant in self.grants if permission in self.permissions.get(grant.role, ()))


#: The platform acting for itself.
SYSTEM = Actor(display_name="系统", system=True)
#: Somebody who has not signed in.
PUBLIC = Actor(display_name="访客")
