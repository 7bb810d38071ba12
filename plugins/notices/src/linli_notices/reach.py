"""How far a notice reached: who was told and who has read it, building by building, and which households have not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert

from linli.sdk import (
    Actor,
    Home,
    HouseholdAt,
    NotFound,
    ScopedSession,
    count_by_building,
    dwellings_in,
    households_at,
    mask_name,
    notified_by_building,
)
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.models import Notice, NoticeRead
from linli_notices.objections.permissions import READ_REACH
from linli_notices.participation_models import NoticeReach
from linli_notices.telling import PUBLISHED

PAGE = 50


@dataclass(frozen=True, slots=True)
class BuildingReach:
    """One building: how many households and people it has today, and how many of them were told and have read.

    ``building_id`` is ``None`` for the sum of a compound or of all.
    """

    compound_id: UUID | None
    building_id: UUID | None
    compound: str
    building: str
    households: int
    residents: int
    notified: int
    readers: int
    households_reached: int

    @property
    def percent(self) -> int | None:
        """Of a hundred households so many have read, rounded down; ``None`` where nobody lives."""
        return min(self.households_reached * 100 // self.households, 100) if self.households else None


@dataclass(frozen=True, slots=True)
class NoticeReachPage:
    """All buildings of a notice's scope within the actor's reach, with sums for each compound and for all."""

    buildings: list[BuildingReach]
    compounds: list[BuildingReach]
    whole: BuildingReach


@dataclass(frozen=True, slots=True)
class Unreached:
    """A household of which nobody has read a notice; names masked."""

    dwelling_id: UUID
    compound_id: UUID
    building_id: UUID
    door: str
    names: tuple[str, ...]
    has_account: bool


def count_read(session: ScopedSession, notice_id: UUID, home: Home) -> None:
    """Count a reader for their building; the caller has just noted the reading, once for each person.

    Writers of one building wait for each other here, so that two of one household are one household.
    """
    place = {
        "community_id": home.community_id,
        "notice_id": notice_id,
        "compound_id": home.compound_id,
        "building_id": home.building_id,
    }
    key = ["tenant_id", "community_id", "notice_id", "building_id"]
    row = insert(NoticeReach).values(**place)
    session.execute(row.on_conflict_do_update(index_elements=key, set_={"notice_id": notice_id}))
    readers, households = session.execute(
        select(func.count(), func.count(NoticeRead.dwelling_id.distinct())).where(
            NoticeRead.community_id == home.community_id,
            NoticeRead.notice_id == notice_id,
            NoticeRead.building_id == home.building_id,
        )
    ).one()
    session.execute(
        insert(NoticeReach)
        .values(**place, readers=readers, households=households)
        .on_conflict_do_update(index_elements=key, set_={"readers": readers, "households": households})
    )


def find_reached(session: ScopedSession, actor: Actor, community_id: UUID, notice_id: UUID) -> Notice:
    """A published notice of a community, or of its street, whose reach the actor may see at least in part.

    Raises:
        NotFound: there is none.
    """
    notice = repository.find(session, notice_id)
    is_here = notice is not None and notice.community_id in (None, community_id) and notice.published_at is not None
    if notice is None or not is_here or not _concerns(actor, community_id, notice):
        raise NotFound(_("没有找到这则公告"))
    return notice


def reach_by_building(session: ScopedSession, actor: Actor, community_id: UUID, notice: Notice) -> NoticeReachPage:
    """How far a notice reached in a community; three queries."""
    told = notified_by_building(session, PUBLISHED, ("notice", notice.id))
    counted = {
        row.building_id: row
        for row in session.scalars(
            select(NoticeReach).where(NoticeReach.community_id == community_id, NoticeReach.notice_id == notice.id)
        )
    }
    rows = []
    for each in count_by_building(session, _place(notice, community_id)):
        if not _may(actor, community_id, each.compound_id, each.building_id):
            continue
        read = counted.get(each.building_id)
        rows.append(
            BuildingReach(
                each.compound_id,
                each.building_id,
                each.compound,
                each.building,
                each.households,
                each.residents,
                told.get(each.building_id, 0),
                read.readers if read else 0,
                read.households if read else 0,
            )
        )
    compounds = [
        _sum([row for row in rows if row.compound_id == compound_id])
        for compound_id in dict.fromkeys(row.compound_id for row in rows)
    ]
    return NoticeReachPage(rows, compounds, _sum(rows, is_whole=True))


def unreached(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    notice: Notice,
    *,
    building_id: UUID | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = PAGE,
) -> tuple[list[Unreached], tuple[str, UUID] | None]:
    """A page of the households of which nobody has read a notice, by door; somebody has to knock there.

    Args:
        session: of the community.
        actor: who asks; only buildings within their reach are given.
        community_id: the community.
        notice: from ``find_reached``.
        building_id: of one building alone.
        after: where the page begins.
        limit: households at most.

    Returns:
        The households and where the next page begins; ``None`` on the last.
    """
    place = _place(notice, community_id)
    if building_id is not None:
        place = place & dwellings_in(community_id, buildings=[building_id])
    found: list[Unreached] = []
    while True:
        page = households_at(session, place, after=after, limit=limit)
        reached = _reached(session, community_id, notice.id, page)
        for each in page:
            after = (each.sort_key, each.dwelling_id)
            if each.dwelling_id in reached or not _may(actor, community_id, each.compound_id, each.building_id):
                continue
            names = tuple(mask_name(name) for name in each.names)
            found.append(
                Unreached(each.dwelling_id, each.compound_id, each.building_id, each.label, names, bool(each.accounts))
            )
            if len(found) == limit:
                return found, after
        if len(page) < limit:
            return found, None


def _reached(session: ScopedSession, community_id: UUID, notice_id: UUID, page: Sequence[HouseholdAt]) -> set[UUID]:
    # By the home noted when it was read, and by who is at home there today: an owner of two homes reaches both.
    accounts = {account: each.dwelling_id for each in page for account in each.accounts}
    rows = session.execute(
        select(NoticeRead.dwelling_id, NoticeRead.account_id).where(
            NoticeRead.community_id == community_id,
            NoticeRead.notice_id == notice_id,
            NoticeRead.dwelling_id.in_([each.dwelling_id for each in page]) | NoticeRead.account_id.in_(accounts),
        )
    ).all()
    readers = {row.account_id for row in rows}
    return {row.dwelling_id for row in rows if row.dwelling_id} | {
        each.dwelling_id for each in page if each.accounts & readers
    }


def _place(notice: Notice, community_id: UUID) -> ColumnElement[bool]:
    if not notice.is_narrowed:
        return dwellings_in(community_id)
    compounds = [place.compound_id for place in notice.places if place.building_id is None]
    buildings = [place.building_id for place in notice.places if place.building_id is not None]
    return dwellings_in(community_id, compounds, buildings)


def _concerns(actor: Actor, community_id: UUID, notice: Notice) -> bool:
    if actor.system:
        return True
    grants = actor.grants_for(READ_REACH)
    if not notice.is_narrowed:
        return any(grant.community_id in (None, community_id) for grant in grants)
    return any(
        grant.reaches(community_id, place.compound_id, place.building_id or grant.building_id)
        for grant in grants
        for place in notice.places
    )


def _may(actor: Actor, community_id: UUID, compound_id: UUID, building_id: UUID) -> bool:
    return actor.can(READ_REACH, community_id=community_id, compound_id=compound_id, building_id=building_id)


def _sum(rows: Sequence[BuildingReach], *, is_whole: bool = False) -> BuildingReach:
    first = rows[0] if rows and not is_whole else None
    return BuildingReach(
        first.compound_id if first else None,
        None,
        first.compound if first else "",
        "",
        sum(row.households for row in rows),
        sum(row.residents for row in rows),
        sum(row.notified for row in rows),
        sum(row.readers for row in rows),
        sum(row.households_reached for row in rows),
    )
