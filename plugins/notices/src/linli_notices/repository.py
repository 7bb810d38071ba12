"""Queries on notices: filters, places, pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import insert

from linli.sdk import SHANGHAI, FieldError, Home, Invalid, Order, Reach, ScopedSession, sorted_rows, today
from linli.sdk import gettext as _
from linli_notices.models import Notice, NoticePlace, NoticeRead, NoticeReadership
from linli_notices.schemas import KINDS, STATUSES, Status

PAGE = 50
_MOST_WORDS = 100
_MOST_CORRECTIONS = 20
#: Characters of a text that tell one notice from another in a line.
_BEGINS = 60


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed by; empty fields narrow nothing."""

    status: str = ""
    kind: str = ""
    compound_id: UUID | None = None
    words: str = ""
    category: str = ""

    def __post_init__(self) -> None:
        faults = []
        if self.status and self.status not in STATUSES:
            faults.append(FieldError("status", _("没有这种状态"), "、".join(STATUSES)))
        if self.kind and self.kind not in KINDS:
            faults.append(FieldError("kind", _("没有这种类别"), "、".join(KINDS)))
        if len(self.words) > _MOST_WORDS:
            faults.append(FieldError("q", _("太长"), _("最多 {n} 个字").format(n=_MOST_WORDS)))
        if faults:
            raise Invalid(errors=faults)


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom a board is put together: everything of the community, or what is public and what concerns a home."""

    everything: bool = False
    is_resident: bool = False
    compounds: frozenset[UUID] = field(default_factory=frozenset)
    buildings: frozenset[UUID] = field(default_factory=frozenset)
    #: Compounds of which every building's notices are read too.
    whole_compounds: frozenset[UUID] = field(default_factory=frozenset)

    def condition(self) -> ColumnElement[bool]:
        """True for the published notices that this audience may read."""
        if self.everything:
            return true()
        if not self.is_resident:
            return Notice.is_public.is_(True)
        if not (self.compounds or self.buildings or self.whole_compounds):
            return or_(Notice.is_public, ~Notice.is_narrowed)
        concerns = or_(
            NoticePlace.compound_id.in_(self.whole_compounds),
            NoticePlace.building_id.in_(self.buildings),
            and_(NoticePlace.building_id.is_(None), NoticePlace.compound_id.in_(self.compounds)),
        )
        return or_(Notice.is_public, ~Notice.is_narrowed, _has_place(concerns))


def _has_place(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # One lookup in the index of places for each narrowed notice; the wall and the keys carry the community.
    return exists(
        select(1).where(
            NoticePlace.tenant_id == Notice.tenant_id,
            NoticePlace.community_id == Notice.community_id,
            NoticePlace.notice_id == Notice.id,
            condition,
        )
    )


def status_of(notice: Notice) -> Status:
    """As people see it today."""
    if notice.state == "draft":
        return "draft"
    if notice.state == "withdrawn":
        return "withdrawn"
    if notice.state == "scheduled":
        return "scheduled"
    if notice.closed_at is not None:
        return "closed"
    day = today()
    if notice.posting_from is not None and notice.posting_from > day:
        return "scheduled"
    return "closed" if notice.posting_to is not None and notice.posting_to < day else "showing"


def _has_status(status: str) -> ColumnElement[bool]:
    day = today()
    is_published = Notice.state == "published"
    is_over = and_(Notice.posting_to.is_not(None), Notice.posting_to < day)
    match status:
        case "scheduled":
            return or_(Notice.state == "scheduled", and_(is_published, Notice.posting_from > day))
        case "showing":
            return and_(is_published, Notice.posting_from <= day, ~is_over)
        case "closed":
            return and_(is_published, is_over)
        case _:
            return Notice.state == status


def _narrowed(statement: Select[Notice], wanted: Filter) -> Select[Notice]:
    if wanted.status:
        statement = statement.where(_has_status(wanted.status))
    if wanted.kind:
        statement = statement.where(Notice.kind == wanted.kind)
    if wanted.category:
        statement = statement.where(Notice.category == wanted.category)
    if wanted.compound_id is not None:
        statement = statement.where(_has_place(NoticePlace.compound_id == wanted.compound_id))
    for word in wanted.words.split():
        statement = statement.where(
            or_(Notice.title.icontains(word, autoescape=True), Notice.body_text.icontains(word, autoescape=True))
        )
    return statement


def _within(reach: Reach, community_id: UUID | None) -> ColumnElement[bool]:
    if reach.everywhere or community_id in reach.communities:
        return true()
    return _has_place(
        or_(
            false(),
            NoticePlace.compound_id.in_(reach.compounds),
            NoticePlace.building_id.in_(reach.buildings),
        )
    )


#: The orders of the list of those who manage notices; ids grow as they are drafted.
ORDERS = {
    "created_at": Order(),
    "posting_from": Order(Notice.posting_from, lambda row: row[0].posting_from, is_nullable=True),
    "published_at": Order(Notice.published_at, lambda row: row[0].published_at, is_nullable=True),
}


def managed(
    session: ScopedSession,
    reach: Reach,
    community_id: UUID | None,
    wanted: Filter,
    *,
    sort: str = "-created_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[Sequence[Notice], str | None]:
    """A page of one community's notices, or the street's own for ``None``; in an order of ``ORDERS``.

    Returns:
        The notices and the ``after`` of the next page; ``None`` on the last.
    """
    statement = select(Notice).where(Notice.community_id.is_not_distinct_from(community_id))
    statement = _narrowed(statement.where(_within(reach, community_id)), wanted)
    return sorted_rows(session, statement, Notice.id, ORDERS, sort, after=after, limit=limit)


def count_managed(session: ScopedSession, reach: Reach, community_id: UUID | None, wanted: Filter) -> int:
    """How many ``managed`` lists on all its pages."""
    statement = select(Notice).where(Notice.community_id.is_not_distinct_from(community_id))
    statement = _narrowed(statement.where(_within(reach, community_id)), wanted)
    return session.scalar(statement.with_only_columns(func.count(Notice.id))) or 0


def titles(session: ScopedSession, reach: Reach, community_id: UUID | None, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The titles of those of these notices that are of one community, or the street's own, and within reach."""
    statement = select(Notice.id, Notice.title).where(
        Notice.id.in_(ids), Notice.community_id.is_not_distinct_from(community_id), _within(reach, community_id)
    )
    return dict(session.execute(statement).all())


@dataclass(frozen=True, slots=True)
class BoardCursor:
    """Where a page of the board ends: its notices are sorted by these three, downwards."""

    is_pinned: bool
    posting_from: date
    id: UUID

    def __str__(self) -> str:
        return f"{int(self.is_pinned)}.{self.posting_from.isoformat()}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> BoardCursor:
        """Raises ``Invalid`` for what no page ever gave out."""
        try:
            pinned, day, row = text.split(".")
            return cls(bool(int(pinned)), date.fromisoformat(day), UUID(row))
        except ValueError as error:
            raise Invalid.one("after", _("翻页标记无效，请从第一页重新查看")) from error


@dataclass(frozen=True, slots=True)
class Title:
    """What a search looks at and shows of a notice."""

    id: UUID
    title: str
    begins: str


def managed_titles(session: ScopedSession, reach: Reach, community_id: UUID | None, *, most: int) -> list[Title]:
    """The newest so many of what ``managed`` lists."""
    statement = select(Notice).where(Notice.community_id.is_not_distinct_from(community_id))
    return _titles(session, statement.where(_within(reach, community_id)).order_by(Notice.id.desc()), most)


def board_titles(session: ScopedSession, audience: Audience, community_id: UUID, *, most: int) -> list[Title]:
    """The newest so many of what shows on a community's board."""
    statement = select(Notice).where(
        or_(Notice.community_id == community_id, Notice.community_id.is_(None)), audience.condition()
    )
    return _titles(session, _narrowed(statement, Filter(status="showing")).order_by(Notice.id.desc()), most)


def _titles(session: ScopedSession, statement: Select[Notice], most: int) -> list[Title]:
    columns = statement.with_only_columns(Notice.id, Notice.title, func.left(Notice.body_text, _BEGINS)).limit(most)
    return [Title(*row) for row in session.execute(columns)]


def board(
    session: ScopedSession,
    audience: Audience,
    community_id: UUID,
    wanted: Filter,
    *,
    after: BoardCursor | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Notice], BoardCursor | None]:
    """A page of a community's board: its own notices and the street's; pinned ones first, then the latest."""
    statement = select(Notice).where(
        or_(Notice.community_id == community_id, Notice.community_id.is_(None)), audience.condition()
    )
    statement = _narrowed(statement, wanted)
    place = tuple_(Notice.is_pinned, Notice.posting_from, Notice.id)
    if after is not None:
        statement = statement.where(place < tuple_(after.is_pinned, after.posting_from, after.id))
    statement = statement.order_by(Notice.is_pinned.desc(), Notice.posting_from.desc(), Notice.id.desc())
    rows = session.scalars(statement.limit(limit + 1)).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], BoardCursor(last.is_pinned, last.posting_from or today(), last.id)


def count_showing(session: ScopedSession, audience: Audience, community_id: UUID) -> int:
    """How many notices readers see in a community today."""
    statement = (
        select(func.count())
        .select_from(Notice)
        .where(
            or_(Notice.community_id == community_id, Notice.community_id.is_(None)),
            audience.condition(),
            _has_status("showing"),
        )
    )
    return session.scalar(statement) or 0


def count_by_community(session: ScopedSession) -> dict[UUID | None, int]:
    """How many notices show today in each community of the scope, without the street's own."""
    statement = (
        select(Notice.community_id, func.count())
        .where(Notice.community_id.is_not(None), _has_status("showing"))
        .group_by(Notice.community_id)
    )
    return dict(session.execute(statement).all())


def count_on(session: ScopedSession, day: date) -> dict[UUID | None, int]:
    """How many notices showed on a past day in each community of the scope, without the street's own."""
    ends = datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
    statement = (
        select(Notice.community_id, func.count())
        .where(
            Notice.community_id.is_not(None),
            Notice.published_at < ends,
            Notice.posting_from <= day,
            or_(Notice.posting_to.is_(None), Notice.posting_to >= day),
            or_(Notice.withdrawn_at.is_(None), Notice.withdrawn_at >= ends),
        )
        .group_by(Notice.community_id)
    )
    return dict(session.execute(statement).all())


def find(session: ScopedSession, notice_id: UUID, *, lock: bool = False) -> Notice | None:
    """One notice that the scope shows; with ``lock`` nobody else changes it until the commit."""
    statement = select(Notice).where(Notice.id == notice_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def find_by_source(session: ScopedSession, community_id: UUID | None, plugin: str, source_id: UUID) -> Notice | None:
    """The notice that a plugin asked for earlier, for the same thing of its own."""
    return session.scalar(
        select(Notice).where(
            Notice.community_id.is_not_distinct_from(community_id),
            Notice.source_plugin == plugin,
            Notice.source_id == source_id,
        )
    )


def corrections_of(
    session: ScopedSession, notice_id: UUID, audience: Audience, community_id: UUID | None
) -> Sequence[Notice]:
    """The published notices that put a closed one right and that the audience may read, the newest first."""
    statement = select(Notice).where(
        or_(Notice.community_id == community_id, Notice.community_id.is_(None)),
        Notice.corrects_id == notice_id,
        Notice.state == "published",
        audience.condition(),
    )
    return session.scalars(statement.order_by(Notice.id.desc()).limit(_MOST_CORRECTIONS)).all()


def due_to_publish(session: ScopedSession, moment: datetime, limit: int) -> Sequence[tuple[UUID, UUID | None]]:
    """Id and community of the notices whose moment has come."""
    statement = select(Notice.id, Notice.community_id).where(Notice.state == "scheduled", Notice.publish_at <= moment)
    return [(row.id, row.community_id) for row in session.execute(statement.order_by(Notice.publish_at).limit(limit))]


def due_to_close(session: ScopedSession, day: date, limit: int) -> Sequence[tuple[UUID, UUID | None]]:
    """Id and community of the notices whose last day is before this one and whose record is still open."""
    statement = select(Notice.id, Notice.community_id).where(
        Notice.state == "published", Notice.closed_at.is_(None), Notice.posting_to < day
    )
    return [(row.id, row.community_id) for row in session.execute(statement.order_by(Notice.posting_to).limit(limit))]


def find_readable(session: ScopedSession, audience: Audience, community_id: UUID, notice_id: UUID) -> Notice | None:
    """One notice of a community's board that the audience may read, whatever its state."""
    return session.scalar(
        select(Notice).where(
            Notice.id == notice_id,
            or_(Notice.community_id == community_id, Notice.community_id.is_(None)),
            audience.condition(),
        )
    )


def readers_of(session: ScopedSession, notices: Sequence[Notice]) -> dict[UUID, int]:
    """How many people have read each notice, in the communities of the scope; one query."""
    counts = (
        select(NoticeReadership.notice_id, func.sum(NoticeReadership.readers))
        .where(NoticeReadership.notice_id.in_([notice.id for notice in notices]))
        .group_by(NoticeReadership.notice_id)
    )
    return {notice_id: int(readers) for notice_id, readers in session.execute(counts)} if notices else {}


def has_read(session: ScopedSession, notice_id: UUID, account_id: UUID, community_id: UUID) -> bool:
    """Whether a person has read a notice in a community."""
    statement = select(NoticeRead.id).where(
        NoticeRead.community_id == community_id,
        NoticeRead.notice_id == notice_id,
        NoticeRead.account_id == account_id,
    )
    return session.scalar(statement) is not None


def note_read(
    session: ScopedSession, notice_id: UUID, account_id: UUID, community_id: UUID, home: Home | None = None
) -> bool:
    """Note that a person has read a notice, and count them once. Returns whether it is the first time.

    Args:
        session: of the community.
        notice_id: what they have read.
        account_id: who.
        community_id: where.
        home: theirs in the notice's scope; ``None`` for who has none there.
    """
    place = {"community_id": community_id, "notice_id": notice_id}
    where = (
        {"compound_id": home.compound_id, "building_id": home.building_id, "dwelling_id": home.dwelling_id}
        if home
        else {}
    )
    first = session.scalar(
        insert(NoticeRead)
        .values(account_id=account_id, **place, **where)
        .on_conflict_do_nothing()
        .returning(NoticeRead.id)
    )
    if first is None:
        return False
    summary = insert(NoticeReadership).values(readers=1, **place)
    session.execute(
        summary.on_conflict_do_update(
            index_elements=["tenant_id", "community_id", "notice_id"],
            set_={"readers": NoticeReadership.readers + 1},
        )
    )
    return True
