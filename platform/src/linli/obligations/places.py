"""The compounds of a community and the community itself as those who owe something, and since when they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select

from linli.access.models import RoleGrant
from linli.db.session import ScopedSession
from linli.kit.clock import SHANGHAI, today
from linli.plugins.gate import CORE
from linli.plugins.models import PluginAllowance, PluginEnablement
from linli.plugins.obligations import Obligation
from linli.tenancy.models import Community, Compound


@dataclass(frozen=True, slots=True)
class DutyPlace:
    """A compound, or with no compound the community itself.

    Attributes:
        since: the day on which it was registered.
        is_archived: it governs itself no more.
    """

    community_id: UUID
    compound_id: UUID | None
    name: str
    since: date
    is_archived: bool = False

    @property
    def id(self) -> UUID:
        """What plugins call it by."""
        return self.compound_id or self.community_id


def places_in(session: ScopedSession, community_id: UUID, compound_id: UUID | None = None) -> list[DutyPlace]:
    """The community and its compounds, archived ones too; with a compound named that one alone. Two queries."""
    compounds = select(Compound).where(Compound.community_id == community_id).order_by(Compound.name, Compound.id)
    if compound_id is not None:
        compounds = compounds.where(Compound.id == compound_id)
    found = [
        DutyPlace(community_id, row.id, row.name, day_of(row.created_at), row.archived_at is not None)
        for row in session.scalars(compounds)
    ]
    if compound_id is None:
        community = session.scalars(select(Community).where(Community.id == community_id)).one_or_none()
        if community is not None:
            gone = community.status != "active"
            found.insert(0, DutyPlace(community_id, None, community.name, day_of(community.created_at), gone))
    return found


def day_of(moment: datetime) -> date:
    """The day of a moment in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).date()


@dataclass(frozen=True, slots=True)
class Enabled:
    """Since when plugins are on in one community.

    Attributes:
        allowed: by the street.
        whole: plugin to the day since when it is on in the whole community.
        partly: plugin and compound likewise.
    """

    allowed: frozenset[str] = frozenset()
    whole: Mapping[str, date] = field(default_factory=dict)
    partly: Mapping[tuple[str, UUID], date] = field(default_factory=dict)

    def since(self, owner: str, place: DutyPlace) -> date | None:
        """The day since when an owner's duties exist at a place; ``None`` where its plugin is off."""
        if owner == CORE:
            return place.since
        if owner not in self.allowed:
            return None
        days = [self.whole[owner]] if owner in self.whole else []
        if place.compound_id is not None:
            days += [day for key, day in self.partly.items() if key == (owner, place.compound_id)]
        else:
            # A community's own duty: on in any part of it is on.
            days += [day for (plugin, _compound), day in self.partly.items() if plugin == owner]
        return max(place.since, min(days)) if days else None


def enabled_in(session: ScopedSession, community_id: UUID) -> Enabled:
    """Where plugins are on in a community; two queries."""
    allowed = frozenset(session.scalars(select(PluginAllowance.plugin)))
    whole: dict[str, date] = {}
    partly: dict[tuple[str, UUID], date] = {}
    for row in session.scalars(select(PluginEnablement).where(PluginEnablement.community_id == community_id)):
        if row.compound_id is None:
            whole[row.plugin] = day_of(row.created_at)
        else:
            partly[row.plugin, row.compound_id] = day_of(row.created_at)
    return Enabled(allowed, whole, partly)


@dataclass(frozen=True, slots=True)
class Holders:
    """Who holds roles today in one community: account, role and the compound (``None`` for all of the community).

    Attributes:
        street: those of the whole street, who are asked where the place has nobody.
    """

    here: tuple[tuple[UUID, str, UUID | None], ...] = ()
    street: tuple[tuple[UUID, str], ...] = ()

    def has_body(self, obligation: Obligation, place: DutyPlace) -> bool:
        """Whether the body that owes this exists at a place."""
        return not obligation.bodies or bool(self._near(obligation.bodies, place))

    def responsible(self, obligation: Obligation, place: DutyPlace) -> frozenset[UUID]:
        """The accounts that are responsible for a duty at a place."""
        near = self._near(obligation.roles, place)
        return near or frozenset(account for account, role in self.street if role in obligation.roles)

    def _near(self, roles: Iterable[str], place: DutyPlace) -> frozenset[UUID]:
        wanted = set(roles)
        return frozenset(
            account
            for account, role, compound_id in self.here
            if role in wanted and (compound_id is None or compound_id == place.compound_id)
        )


def holders_in(session: ScopedSession, community_id: UUID, obligations: Iterable[Obligation]) -> Holders:
    """Who holds the roles that these obligations name; one query."""
    roles = {role for each in obligations for role in (*each.roles, *each.bodies)}
    rows = session.execute(
        select(RoleGrant.account_id, RoleGrant.role, RoleGrant.community_id, RoleGrant.compound_id).where(
            RoleGrant.role.in_(roles),
            or_(RoleGrant.community_id.is_(None), RoleGrant.community_id == community_id),
            # A steward's grant is for a building: it speaks for no compound.
            RoleGrant.building_id.is_(None),
            RoleGrant.revoked_at.is_(None),
            RoleGrant.starts_on <= today(),
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today()),
        )
    ).all()
    return Holders(
        tuple((row.account_id, row.role, row.compound_id) for row in rows if row.community_id is not None),
        tuple((row.account_id, row.role) for row in rows if row.community_id is None),
    )
