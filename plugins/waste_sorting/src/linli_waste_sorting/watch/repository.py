"""Queries of the bin watch; rules lie in the modules that write."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import lazyload

from linli.sdk import PAGE, SHANGHAI, Order, ScopedSession, once, sorted_slice
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.watch.models import Duty, Shift, StationCode, Swap

#: Shifts of one week or one list on a page; ten stations with four shifts a day are 280.
MOST_SHOWN = 1000
_HOLDS = Duty.ended == ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A shift with its station and how far it is filled.

    Attributes:
        taken: people who hold a place.
        offered: of these, those for whom a substitute is looked for.
        came: of these, those who came.
    """

    shift: Shift
    station: Station
    taken: int
    offered: int
    came: int

    @property
    def missing(self) -> int:
        """How many people are still wanted."""
        return max(self.shift.wanted - self.taken, 0)


def _same(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(one.class_.tenant_id == other.tenant_id, one == other.id)


def _filled() -> Select[Shift, Station, int, int, int]:
    return (
        select(
            Shift,
            Station,
            func.count(Duty.id),
            func.count(Duty.offered_at),
            func.count(Duty.came_at),
        )
        .join(Station, _same(Shift.station_id, Station))
        .outerjoin(Duty, and_(Duty.tenant_id == Shift.tenant_id, Duty.shift_id == Shift.id, _HOLDS))
        .group_by(Shift.tenant_id, Shift.id, Station.tenant_id, Station.id)
        # Of the station its name is wanted alone; its hours are the shift's own here.
        .options(lazyload(Station.openings), lazyload(Station.containers))
    )


def shifts_between(
    session: ScopedSession,
    first: date,
    last: date,
    *,
    community_id: UUID | None = None,
    compounds: Collection[UUID] | None = None,
    most: int = MOST_SHOWN,
) -> list[Filled]:
    """The shifts that take place on some days, by day, hour and station; two queries.

    Args:
        session: of the street or the community.
        first: the first day.
        last: the last, counted too.
        community_id: of this community alone.
        compounds: in these compounds alone.
        most: shifts at most.
    """
    statement = _filled().where(Shift.day.between(first, last), Shift.cancelled_at.is_(None))
    if community_id is not None:
        statement = statement.where(Shift.community_id == community_id)
    if compounds is not None:
        statement = statement.where(Shift.compound_id.in_(compounds))
    statement = statement.order_by(Shift.day, Shift.begins, Station.name, Shift.id).limit(most)
    within = None if compounds is None else frozenset(compounds)
    key = ("waste_sorting.shifts_between", first, last, community_id, within, most)
    return list(once(session, key, lambda: _rows(session, statement)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftFilter:
    """Which shifts a list holds.

    Attributes:
        first: the first day.
        last: the last, counted too; ``None`` for all that follow.
        compound_id: ``None`` for all.
        compounds: those within the reader's reach; ``None`` for all.
        state: one of ``SHIFT_STATES``; ``all`` for those and the cancelled ones, empty for what takes place.
    """

    first: date
    last: date | None = None
    compound_id: UUID | None = None
    compounds: Collection[UUID] | None = None
    state: str = ""


#: Want people, have all they want, look for a substitute, do not take place.
SHIFT_STATES = ("missing", "full", "offered", "cancelled")
#: The orders of the list of shifts.
SHIFT_ORDERS = {
    "created_at": Order(),
    "day": Order(Shift.day, lambda row: row[0].day, then=Shift.begins, then_of=lambda row: row[0].begins),
}


def page_of_shifts(
    session: ScopedSession,
    community_id: UUID | None,
    wanted: ShiftFilter,
    *,
    sort: str = "day",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[list[Filled], str | None]:
    """A page of the shifts of a community, or of all the street's for ``None``, and the ``after`` of the next one.

    Args:
        session: of the street or the community.
        community_id: whose.
        wanted: which of them.
        sort: a name of ``SHIFT_ORDERS``, falling with ``-`` before it.
        after: the mark of the page before.
        limit: rows of a page.

    Raises:
        Invalid: there is no such place to go on from.
    """
    statement = _narrowed(_filled(), wanted)
    if community_id is not None:
        statement = statement.where(Shift.community_id == community_id)
    page = sorted_slice(
        session, statement, Shift.id, SHIFT_ORDERS, sort, id_of=lambda row: row[0].id, after=after, limit=limit
    )
    return [Filled(*row) for row in page.items], page.next


def _narrowed(statement: Any, wanted: ShiftFilter) -> Any:
    statement = statement.where(Shift.day >= wanted.first)
    if wanted.last is not None:
        statement = statement.where(Shift.day <= wanted.last)
    if wanted.compound_id is not None:
        statement = statement.where(Shift.compound_id == wanted.compound_id)
    if wanted.compounds is not None:
        statement = statement.where(Shift.compound_id.in_(wanted.compounds))
    if wanted.state == "cancelled":
        return statement.where(Shift.cancelled_at.is_not(None))
    if wanted.state != "all":
        statement = statement.where(Shift.cancelled_at.is_(None))
    held = {
        "missing": func.count(Duty.id) < Shift.wanted,
        "full": func.count(Duty.id) >= Shift.wanted,
        "offered": func.count(Duty.offered_at) > 0,
    }
    return statement.having(held[wanted.state]) if wanted.state in held else statement


def shifts_by_id(session: ScopedSession, shift_ids: Collection[UUID]) -> dict[UUID, Filled]:
    """Some shifts, how far each is filled."""
    rows = _rows(session, _filled().where(Shift.id.in_(shift_ids))) if shift_ids else []
    return {each.shift.id: each for each in rows}


def _rows(session: ScopedSession, statement: Select[Shift, Station, int, int, int]) -> list[Filled]:
    return [Filled(*row) for row in session.execute(statement)]


def find_shift(
    session: ScopedSession, community_id: UUID | None, shift_id: UUID, *, lock: bool = False
) -> Shift | None:
    """One shift of a community, or of any of the street's for ``None``; locked until the end of the transaction."""
    statement = select(Shift).where(Shift.id == shift_id)
    if community_id is not None:
        statement = statement.where(Shift.community_id == community_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def find_duty(session: ScopedSession, community_id: UUID, duty_id: UUID) -> Duty | None:
    """One person's place in a shift of the community."""
    return session.scalar(select(Duty).where(Duty.id == duty_id, Duty.community_id == community_id))


def duties_of(session: ScopedSession, shift_id: UUID, *, ended: bool = False) -> Sequence[Duty]:
    """Who holds a place in a shift, in the order in which they came to it; with ``ended`` those who did once, too."""
    statement = select(Duty).where(Duty.shift_id == shift_id)
    if not ended:
        statement = statement.where(_HOLDS)
    return session.scalars(statement.order_by(Duty.id).limit(MOST_SHOWN)).all()


def duties_in(session: ScopedSession, shift_ids: Collection[UUID]) -> dict[UUID, list[Duty]]:
    """Who holds a place in some shifts, by shift; one query."""
    found: dict[UUID, list[Duty]] = {}
    if shift_ids:
        for each in session.scalars(select(Duty).where(Duty.shift_id.in_(shift_ids), _HOLDS).order_by(Duty.id)):
            found.setdefault(each.shift_id, []).append(each)
    return found


def duty_in(session: ScopedSession, shift_id: UUID, account_id: UUID) -> Duty | None:
    """The place that somebody holds in a shift."""
    return session.scalar(select(Duty).where(Duty.shift_id == shift_id, Duty.account_id == account_id, _HOLDS))


def held_by(
    session: ScopedSession, account_id: UUID, first: date, last: date | None = None, *, most: int = MOST_SHOWN
) -> list[tuple[Duty, Shift]]:
    """The places that somebody holds in shifts from a day on, by day and hour."""
    statement = (
        select(Duty, Shift)
        .join(Shift, _same(Duty.shift_id, Shift))
        .where(Duty.account_id == account_id, _HOLDS, Shift.day >= first)
        .order_by(Shift.day, Shift.begins, Shift.id)
        .limit(most)
    )
    if last is not None:
        statement = statement.where(Shift.day <= last)
    return [(row[0], row[1]) for row in session.execute(statement)]


def offered_in(
    session: ScopedSession, community_id: UUID, compounds: Collection[UUID] | None, first: date, last: date
) -> list[tuple[Duty, Shift]]:
    """The places for which a substitute is looked for, of some compounds or of all for ``None``, by day and hour."""
    statement = (
        select(Duty, Shift)
        .join(Shift, _same(Duty.shift_id, Shift))
        .where(
            Duty.offered_at.is_not(None),
            _HOLDS,
            Shift.community_id == community_id,
            Shift.day.between(first, last),
            Shift.cancelled_at.is_(None),
        )
        .order_by(Shift.day, Shift.begins, Duty.id)
        .limit(MOST_SHOWN)
    )
    if compounds is not None:
        statement = statement.where(Shift.compound_id.in_(compounds))
    return [(row[0], row[1]) for row in session.execute(statement)]


def minutes_of(session: ScopedSession, account_id: UUID, first: date, last: date) -> int:
    """How many minutes somebody stood by stations on some days, as far as they are counted."""
    statement = (
        select(func.coalesce(func.sum(Duty.minutes), 0))
        .join(Shift, _same(Duty.shift_id, Shift))
        .where(Duty.account_id == account_id, _HOLDS, Shift.day.between(first, last))
    )
    return session.scalar(statement) or 0


def open_swaps(session: ScopedSession, account_id: UUID) -> list[tuple[Swap, Duty, Duty]]:
    """The open proposals that concern a place of somebody: the offered place first, then the one in return."""
    offered, back = select(Duty).subquery("offered"), select(Duty).subquery("back")
    statement = (
        select(Swap.id)
        .join(offered, and_(offered.c.tenant_id == Swap.tenant_id, offered.c.id == Swap.duty_id))
        .join(back, and_(back.c.tenant_id == Swap.tenant_id, back.c.id == Swap.return_id))
        .where(Swap.state == "open", offered.c.ended == "", back.c.ended == "")
        .where(or_(offered.c.account_id == account_id, back.c.account_id == account_id))
        .order_by(Swap.id)
        .limit(MOST_SHOWN)
    )
    swaps = session.scalars(select(Swap).where(Swap.id.in_(statement)).order_by(Swap.id)).all()
    wanted = {each for swap in swaps for each in (swap.duty_id, swap.return_id)}
    duties = {each.id: each for each in session.scalars(select(Duty).where(Duty.id.in_(wanted)))} if wanted else {}
    return [(swap, duties[swap.duty_id], duties[swap.return_id]) for swap in swaps]


def codes_of(
    session: ScopedSession, community_id: UUID, compounds: Collection[UUID] | None
) -> list[tuple[Station, StationCode]]:
    """The codes of the stations in use, of some compounds or of all for ``None``, by the stations' names."""
    statement = (
        select(Station, StationCode)
        .join(StationCode, and_(StationCode.tenant_id == Station.tenant_id, StationCode.station_id == Station.id))
        .where(Station.community_id == community_id, Station.closed_at.is_(None))
        .order_by(Station.compound_id, Station.name, Station.id)
        .limit(MOST_SHOWN)
    )
    if compounds is not None:
        statement = statement.where(Station.compound_id.in_(compounds))
    return [(row[0], row[1]) for row in session.execute(statement)]


def station_of_code(session: ScopedSession, community_id: UUID, code: str) -> Station | None:
    """The station at which a code stands."""
    return session.scalar(
        select(Station)
        .join(StationCode, and_(StationCode.tenant_id == Station.tenant_id, StationCode.station_id == Station.id))
        .where(StationCode.community_id == community_id, StationCode.code == code)
    )


def to_count(session: ScopedSession, moment: datetime, most: int) -> Sequence[tuple[UUID, UUID]]:
    """Duty and community of those who came, whose shift is over by a moment and whose time is not counted yet."""
    local = moment.astimezone(SHANGHAI)
    over = or_(Shift.day < local.date(), and_(Shift.day == local.date(), Shift.ends <= local.time()))
    statement = (
        select(Duty.id, Duty.community_id)
        .join(Shift, _same(Duty.shift_id, Shift))
        .where(Duty.came_at.is_not(None), Duty.counted_at.is_(None), _HOLDS, over)
        .order_by(Duty.id)
        .limit(most)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def due_on(session: ScopedSession, community_id: UUID, day: date) -> list[tuple[Duty, Filled]]:
    """Who of those with an account is on duty on a day, with the shift."""
    shifts = {each.shift.id: each for each in shifts_between(session, day, day, community_id=community_id)}
    statement = select(Duty).where(Duty.shift_id.in_(shifts), _HOLDS, Duty.account_id.is_not(None)).order_by(Duty.id)
    return [(each, shifts[each.shift_id]) for each in session.scalars(statement)]


def missing_by_community(session: ScopedSession, first: date, last: date) -> Mapping[UUID | None, int]:
    """How many people are wanted for the shifts of some days, by community; one query."""
    taken = (
        select(Shift.community_id, func.greatest(Shift.wanted - func.count(Duty.id), 0).label("missing"))
        .outerjoin(Duty, and_(Duty.tenant_id == Shift.tenant_id, Duty.shift_id == Shift.id, _HOLDS))
        .where(Shift.day.between(first, last), Shift.cancelled_at.is_(None))
        .group_by(Shift.tenant_id, Shift.id)
        .subquery()
    )
    statement = select(taken.c.community_id, func.sum(taken.c.missing)).group_by(taken.c.community_id)
    return {row[0]: int(row[1]) for row in session.execute(statement)}
