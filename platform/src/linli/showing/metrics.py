"""The numbers of core and plugins: a community's own, and the street's board of all communities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.plugins.containment import METRIC
from linli.plugins.contributions import Metric
from linli.plugins.gate import CORE, is_on
from linli.plugins.informing import PERIODS, Number, below
from linli.plugins.registry import Owned, Plugins
from linli.plugins.repository import allowed_plugins, enablements
from linli.showing.contained import part_of
from linli.showing.models import MetricValue
from linli.showing.trends import plain
from linli.tenancy.overview import community_lines

#: A street has a few dozen communities; the board shows them all, and an export has them in any case.
MOST = 500

Owner = Owned[Metric]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number as it is shown.

    Attributes:
        period: its title; empty for what holds now.
        value: ``None`` where it could not be measured.
        path: below the portal; ``None`` for none. ``path_needs`` is the permission of that page.
    """

    name: str
    owner: str
    title: str
    unit: str
    period: str
    value: Number | None
    path: str | None = None
    path_needs: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A community's row of the board; a cell is ``None`` where the plugin is off or its number is missing."""

    community_id: UUID
    name: str
    code: str
    slug: str
    cells: tuple[Number | None, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The street's board: a column for each number of communities, a line for each community, and the street's own.

    Attributes:
        street: numbers of the whole street.
        columns: as heads of the columns; ``value`` is the sum, ``None`` where it has none.
        broken: titles of those that could not be measured.
        counted_at: when plugins' numbers were counted; ``None`` where all were measured for this board.
    """

    street: Sequence[Figure]
    columns: Sequence[Figure]
    lines: Sequence[Line]
    broken: Sequence[str]
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the turn of every hour has kept of today.

    Attributes:
        at: when it last counted; ``None`` where it has not counted today.
        values: name of a number to its values; a number that is not among them has to be measured.
    """

    at: datetime | None = None
    values: Mapping[str, Mapping[UUID | None, Number]] = field(default_factory=dict)


def figures_of(session: ScopedSession, actor: Actor, plugins: Plugins, on: Iterable[str]) -> list[Figure]:
    """The numbers of the one community that the scope names, measured now.

    Args:
        session: of the community.
        actor: the reader.
        plugins: of this process.
        on: the plugins that are on here.
    """
    return _figures(session, _here(actor, plugins, on), _Counted())


def counted_figures_of(
    session: ScopedSession, actor: Actor, plugins: Plugins, on: Iterable[str]
) -> tuple[list[Figure], datetime | None]:
    """As ``figures_of``, but plugins' numbers as the turn of this hour has kept them; one query for all of them.

    The register's are sums that are kept with each change, and are read now. So is what was not kept today.

    Returns:
        The numbers, and when plugins' were last counted; ``None`` where they were measured now.
    """
    wanted = _here(actor, plugins, on)
    counted = _counted_today(session, wanted)
    return _figures(session, wanted, counted), counted.at


def _here(actor: Actor, plugins: Plugins, on: Iterable[str]) -> list[Owner]:
    on = set(on)
    return [each for each in _of_level(plugins, "community", actor.holds) if is_on(each.owner, on)]


def _figures(session: ScopedSession, wanted: Iterable[Owner], counted: _Counted) -> list[Figure]:
    community_id, found = session.scope.community_id, []
    for each in wanted:
        measured = _measured(session, each, counted)
        value = None if measured is None else measured.get(community_id, _absent(each))
        found.append(_figure(each, value))
    return found


def board(session: ScopedSession, actor: Actor, plugins: Plugins, *, is_counted: bool = False) -> Board:
    """The numbers of a whole street.

    Args:
        session: of the street.
        actor: the reader.
        plugins: of this process.
        is_counted: plugins' numbers as the turn of this hour has kept them, where it has.
    """
    allowed = allowed_plugins(session)
    of_communities = [each for each in _of_level(plugins, "community", actor.can) if is_on(each.owner, allowed)]
    of_street = [each for each in _of_level(plugins, "street", actor.can) if is_on(each.owner, allowed)]
    counted = _counted_today(session, [*of_communities, *of_street]) if is_counted else _Counted()
    where: dict[str, set[UUID]] = {}
    for row in enablements(session):
        where.setdefault(row.plugin, set()).add(row.community_id)
    communities = community_lines(session, state="active", limit=MOST).items
    broken, columns, measured = [], [], []
    for each in of_communities:
        values = _measured(session, each, counted)
        if values is None:
            broken.append(each.item.title)
            values = {}
            cells: list[Number | None] = [None] * len(communities)
        else:
            on = None if each.owner == CORE else where.get(each.owner, set())
            # Where a plugin was switched on since the last count, nobody knows yet.
            absent = None if each.item.name in counted.values else _absent(each)
            cells = [values.get(line.id, absent) if on is None or line.id in on else None for line in communities]
        known = [cell for cell in cells if cell is not None]
        columns.append(_figure(each, sum(known) if each.item.adds_up and known else None))
        measured.append(cells)
    rows = zip(*measured, strict=True) if measured else ((),) * len(communities)
    lines = [
        Line(line.id, line.name, line.code, line.slug, tuple(cells))
        for line, cells in zip(communities, rows, strict=True)
    ]
    street = []
    for each in of_street:
        values = _measured(session, each, counted)
        if values is None:
            broken.append(each.item.title)
        street.append(_figure(each, None if values is None else values.get(None, 0)))
    return Board(street, columns, lines, broken, counted.at)


def _counted_today(session: ScopedSession, wanted: Iterable[Owner]) -> _Counted:
    """What was kept today of plugins' numbers, for the communities of the scope; one query."""
    levels = {each.item.name: each.item.level for each in wanted if each.owner != CORE}
    row, here = MetricValue, session.scope.community_id
    statement = select(row.community_id, row.metric, row.value, row.measured_at).where(
        row.grain == "day", row.starts_on == today(), row.metric.in_(levels)
    )
    if here is not None:
        statement = statement.where(or_(row.community_id.is_(None), row.community_id == here))
    at: datetime | None = None
    values: dict[str, dict[UUID | None, Number]] = {}
    for community_id, metric, value, measured_at in session.execute(statement) if levels else ():
        if community_id is None:
            # The street's own rows tell when somebody last looked; the others, when they last changed.
            at = measured_at if at is None else max(at, measured_at)
        if (community_id is None) == (levels[metric] == "street"):
            values.setdefault(metric, {})[community_id] = plain(value)
    return _Counted(at, values) if values else _Counted()


def _of_level(plugins: Plugins, level: str, may: Callable[[str], bool]) -> list[Owner]:
    found = [
        each for each in plugins.metrics if each.item.level == level and (not each.item.needs or may(each.item.needs))
    ]
    return sorted(found, key=lambda each: (each.item.order, each.owner, each.item.name))


def _measured(session: ScopedSession, each: Owner, counted: _Counted) -> Mapping[UUID | None, Number] | None:
    if (kept := counted.values.get(each.item.name)) is not None:
        return kept
    return part_of(session, METRIC, each.owner, each.item.name, lambda: dict(each.item.measure(session)))


def _absent(each: Owner) -> Number | None:
    """What a community has that a number leaves out: nothing counted is zero; a share of nothing is not known."""
    return 0 if each.item.adds_up else None


def _figure(each: Owner, value: Number | None) -> Figure:
    item = each.item
    path = None if item.path is None else below(each.owner, item.path)
    period = "" if item.period == "now" else PERIODS[item.period]
    return Figure(item.name, each.owner, item.title, item.unit, period, value, path, item.path_needs)
