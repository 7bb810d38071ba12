"""Who acts in a test: a marker names the role, and ``actor``, ``browser`` and ``api`` are that person's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.access.models import RoleGrant
from linli.access.roles import ROLES, Level, role_permissions
from linli.house import House
from linli.identity.models import Account, AccountTenant
from linli.kit.actor import Actor, Grant
from linli.plugins.registry import Plugins
from linli.testing.world import STARTED, WORLD, CommunityWorld, StreetWorld, known_id

#: Roles that follow from the register of people.
_OF_RESIDENTS = ("resident", "owner")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with one role.

    Attributes:
        role: a built-in role, ``resident`` or ``owner``.
        street: where.
        community: where, also for a role of the whole street.
        level: how wide the role reaches.
    """

    role: str
    street: StreetWorld
    community: CommunityWorld
    level: Level

    @property
    def account_id(self) -> UUID:
        """The account of the test world that has this role; an id of its own where none has it."""
        known = {
            "street_administrator": self.street.administrator,
            "auditor": self.street.auditor,
            "community_administrator": self.community.administrator,
            "building_steward": self.community.steward,
            **dict.fromkeys(_OF_RESIDENTS, self.community.resident_account),
        }
        return known.get(self.role) or known_id(self.community.code, "actor", self.role)

    @property
    def grant(self) -> Grant:
        """The role at its place."""
        wide = (Level.STREET, Level.COMMUNITY, Level.COMPOUND, Level.BUILDING).index(self.level)
        return Grant(
            self.role,
            community_id=self.community.id if wide >= 1 else None,
            compound_id=self.community.compound if wide >= 2 else None,
            building_id=self.community.building if wide >= 3 else None,
        )

    def actor(self, plugins: Plugins) -> Actor:
        """As services are called by them."""
        lives_here = self.role in _OF_RESIDENTS
        return Actor(
            account_id=self.account_id,
            display_name=ROLES[self.role].title,
            grants=(self.grant,),
            permissions=role_permissions(plugins),
            resident_ids=(self.community.residents[0],) if lives_here else (),
            household_ids=(self.community.households[0],) if lives_here else (),
        )

    def move_in(self, house: House) -> UUID:
        """Give them an account with the role in this house's database, unless the test world has one; returns it."""
        with house.owner.unit_of_work(self.street.scope) as session:
            if session.scalar(select(Account.id).where(Account.id == self.account_id)) is None:
                self._write(session)
        return self.account_id

    def _write(self, session: Session) -> None:
        name, grant = ROLES[self.role].title, self.grant
        session.add(Account(id=self.account_id, user_name=f"{self.role}-{self.community.code}", display_name=name))
        session.flush()
        session.add(AccountTenant(account_id=self.account_id, tenant_id=self.street.id))
        place: dict[str, Any] = {
            "community_id": grant.community_id,
            "compound_id": grant.compound_id,
            "building_id": grant.building_id,
        }
        named = {"account_id": self.account_id, "account_name": name, "role": self.role}
        session.add(RoleGrant(**named, starts_on=STARTED, reason="测试", **place))


def person_of(mark: pytest.Mark) -> Person:
    """Whom ``@pytest.mark.actor(role, street="here", community=0)`` names.

    Raises:
        pytest.UsageError: there is no such role, street or community.
    """
    role = mark.args[0] if mark.args else mark.kwargs.get("role", "")
    street, number = mark.kwargs.get("street", "here"), mark.kwargs.get("community", 0)
    if role not in ROLES:
        raise pytest.UsageError(f"@pytest.mark.actor({role!r}): the roles are {', '.join(sorted(ROLES))}")
    if street not in ("here", "there") or number not in (0, 1):
        raise pytest.UsageError('@pytest.mark.actor: street is "here" or "there", community 0 or 1')
    place: StreetWorld = getattr(WORLD, street)
    levels = ROLES[role].levels or {Level.COMMUNITY}
    narrow = next(each for each in reversed(Level) if each in levels)
    widest = next(each for each in Level if each in levels)
    return Person(role, place, place.communities[number], widest if widest is Level.STREET else narrow)
