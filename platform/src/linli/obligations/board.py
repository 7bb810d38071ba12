"""The board: compounds by community against duties; each cell is one row that a judgement has marked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, false, func, select

from linli.db.paging import Order, sorted_slice
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.cursor import PAGE
from linli.obligations.judging import STATES
from linli.obligations.models import ObligationRecord
from linli.obligations.permissions import READ
from linli.obligations.schemas import ObligationFilter
from linli.obligations.seeing import Known
from linli.obligations.settings import REMIND_DAYS
from linli.obligations.wording import ICONS, period_title, reason_text, state_titles, tone_of
from linli.plugins.obligations import Obligation
from linli.settings.service import get_setting
from linli.tenancy.models import Community, Compound
from linli.tenancy.repository import reaches

#: What paper and files hold at most; a street has some hundred compounds.
MOST = 5000
#: After this long without a judgement the board says so.
STALE = timedelta(hours=36)

_PLACE = func.concat(Community.code, " ", Compound.name)


@dataclass(frozen=True, slots=True)
class Cell:
    """How one duty stands at one place: words, tone and symbol."""

    row: ObligationRecord
    title: str
    tone: str
    icon: str
    period: str
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """A compound's, or a community's, cells in the order of the columns; ``None`` where nothing was judged."""

    id: UUID
    name: str
    community_id: UUID
    community: str
    slug: str
    cells: tuple[Cell | None, ...]
    overdue: int = 0

    @property
    def by_name(self) -> Mapping[str, Cell]:
        """Duty to the cell, where something was judged."""
        return {cell.row.obligation: cell for cell in self.cells if cell is not None}


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the board.

    Attributes:
        columns: duties of compounds.
        lines: the compounds of this page, by community and name.
        own_columns: duties of communities; ``own_lines`` stand on the first page.
        counts: state to the number of cells in reach, the worst first.
        checked_at: the latest judgement; ``None`` before the first.
        next: the cursor of the next page.
    """

    columns: Sequence[Obligation]
    lines: Sequence[Line]
    own_columns: Sequence[Obligation]
    own_lines: Sequence[Line]
    counts: Mapping[str, int]
    checked_at: datetime | None
    next: str | None

    @property
    def is_stale(self) -> bool:
        """Whether nobody has judged for longer than a day."""
        return self.checked_at is not None and now() - self.checked_at > STALE


def board(
    session: ScopedSession,
    actor: Actor,
    known: Known,
    wanted: ObligationFilter,
    *,
    sort: str = "place",
    after: str = "",
    limit: int = PAGE,
) -> Board:
    """A page of compounds with how they stand. Six queries or fewer, however many compounds and duties there are.

    Args:
        session: of the street or the community.
        actor: the reader; compounds beyond their grants are left out.
        known: the duties that they may see.
        wanted: filters.
        sort: ``place``, or ``overdue`` by the number of duties that are; falling with ``-`` before it.
        after: the cursor of the page before.
        limit: compounds of a page.
    """
    of_compounds = [each for _owner, each in known.values() if each.level == "compound"]
    of_communities = [each for _owner, each in known.values() if each.level == "community"]
    if wanted.obligation:
        of_compounds = [each for each in of_compounds if each.name == wanted.obligation]
        of_communities = [each for each in of_communities if each.name == wanted.obligation]
    near = _near(session)
    overdue = _overdue([each.name for each in of_compounds])
    orders = {
        "place": Order(_PLACE, lambda row: f"{row.code} {row.name}"),
        "overdue": Order(overdue, lambda row: row.overdue),
    }
    page = sorted_slice(
        session,
        _compounds(session, actor, [each.name for each in of_compounds], wanted).add_columns(overdue.label("overdue")),
        Compound.id,
        orders,
        sort,
        id_of=lambda row: row.id,
        after=after or None,
        limit=limit,
    )
    cells = _cells(session, [row.id for row in page.items], [each.name for each in of_compounds], near)
    lines = [_line(row, of_compounds, cells) for row in page.items]
    own_lines = [] if after else _of_communities(session, actor, of_communities, wanted, near)
    counts, checked_at = _sums(session, actor, [*of_compounds, *of_communities], wanted)
    return Board(of_compounds, lines, of_communities, own_lines, counts, checked_at, page.next)


def whole_board(
    session: ScopedSession, actor: Actor, known: Known, wanted: ObligationFilter, *, sort: str = "place"
) -> Board:
    """All compounds that the filters let through, for paper and files; at most ``MOST``."""
    return board(session, actor, known, wanted, sort=sort, limit=MOST)


def _overdue(names: Collection[str]) -> ScalarSelect[int]:
    """How many of these duties are overdue at a compound."""
    late = select(func.count()).where(
        ObligationRecord.tenant_id == Compound.tenant_id,
        ObligationRecord.compound_id == Compound.id,
        ObligationRecord.is_shown,
        ObligationRecord.state == "overdue",
        ObligationRecord.obligation.in_(names),
    )
    return late.correlate(Compound).scalar_subquery()


def _near(session: ScopedSession) -> date:
    return today() + timedelta(days=int(get_setting(session, "core", REMIND_DAYS)))


def cell_of(row: ObligationRecord, near: date) -> Cell:
    """A row as boards show it."""
    tone = tone_of(row.state, is_near=row.due_on <= near)
    return Cell(row, state_titles()[row.state], tone, ICONS[row.state], period_title(row), reason_text(row.reason))


def _compounds(
    session: ScopedSession, actor: Actor, names: Collection[str], wanted: ObligationFilter
) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            Compound.id,
            Compound.name,
            Compound.community_id,
            Community.code,
            Community.name.label("community"),
            Community.slug,
        )
        .join(Community, and_(Community.tenant_id == Compound.tenant_id, Community.id == Compound.community_id))
        .where(
            Compound.tenant_id == session.scope.tenant_id,
            Compound.archived_at.is_(None),
            reaches(actor, READ, Compound.community_id, Compound.id),
        )
    )
    if wanted.community_id is not None:
        query = query.where(Compound.community_id == wanted.community_id)
    if search := wanted.q.strip()[:60]:
        query = query.where(Compound.name.icontains(search, autoescape=True))
    if wanted.state or wanted.obligation:
        has_it = select(ObligationRecord.id).where(ObligationRecord.compound_id == Compound.id, *_shown(names, wanted))
        query = query.where(has_it.exists())
    return query


def _shown(names: Collection[str], wanted: ObligationFilter) -> list[ColumnElement[bool]]:
    found = [ObligationRecord.is_shown, ObligationRecord.obligation.in_(names)]
    if wanted.state:
        found.append(ObligationRecord.state == wanted.state)
    return found


def _cells(
    session: ScopedSession, ids: Collection[UUID], names: Collection[str], near: date
) -> dict[tuple[UUID, str], Cell]:
    if not ids or not names:
        return {}
    rows = session.scalars(
        select(ObligationRecord).where(
            ObligationRecord.compound_id.in_(ids), ObligationRecord.is_shown, ObligationRecord.obligation.in_(names)
        )
    )
    return {(row.compound_id, row.obligation): cell_of(row, near) for row in rows if row.compound_id is not None}


def _line(row: Any, columns: Iterable[Obligation], cells: Mapping[tuple[UUID, str], Cell]) -> Line:
    return Line(
        row.id,
        row.name,
        row.community_id,
        row.community,
        row.slug,
        tuple(cells.get((row.id, each.name)) for each in columns),
        getattr(row, "overdue", 0),
    )


def _of_communities(
    session: ScopedSession, actor: Actor, columns: Sequence[Obligation], wanted: ObligationFilter, near: date
) -> list[Line]:
    """The communities that have duties of their own; a street has a few dozen."""
    if not columns or wanted.q.strip():
        return []
    names = [each.name for each in columns]
    rows = session.scalars(
        select(ObligationRecord).where(
            ObligationRecord.compound_id.is_(None),
            reaches(actor, READ, ObligationRecord.community_id),
            *_shown(names, wanted),
        )
    )
    cells = {(row.community_id, row.obligation): cell_of(row, near) for row in rows}
    here = session.scope.communities
    communities = (
        select(Community.id, Community.name, Community.id.label("community_id"), Community.name.label("community"))
        .add_columns(Community.slug)
        .where(
            Community.tenant_id == session.scope.tenant_id,
            Community.status == "active",
            reaches(actor, READ, Community.id),
        )
        .order_by(Community.code)
        .limit(MOST)
    )
    if here is not None:
        communities = communities.where(Community.id.in_(here))
    if wanted.community_id is not None:
        communities = communities.where(Community.id == wanted.community_id)
    # A community that owes nothing would be a row of dashes.
    lines = (_line(row, columns, cells) for row in session.execute(communities))
    return [line for line in lines if any(line.cells)]


def _sums(
    session: ScopedSession, actor: Actor, columns: Iterable[Obligation], wanted: ObligationFilter
) -> tuple[dict[str, int], datetime | None]:
    names = [each.name for each in columns]
    query = select(ObligationRecord.state, func.count(), func.max(ObligationRecord.checked_at)).where(
        ObligationRecord.is_shown,
        ObligationRecord.obligation.in_(names) if names else false(),
        reaches(actor, READ, ObligationRecord.community_id, ObligationRecord.compound_id),
    )
    if wanted.community_id is not None:
        query = query.where(ObligationRecord.community_id == wanted.community_id)
    rows = session.execute(query.group_by(ObligationRecord.state)).all()
    counted = {row[0]: row[1] for row in rows}
    latest = max((row[2] for row in rows), default=None)
    return {state: counted[state] for state in STATES if state in counted}, latest
