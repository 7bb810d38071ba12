"""The numbers of core and plugins: a community's own, and the street's board of all communities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.plugins.containment import METRIC
from linli.plugins.contributions import Metric
from linli.plugins.gate import CORE, is_on
from linli.plugins.informing import PERIODS, Number, below
from linli.plugins.registry import Owned, Plugins
from linli.plugins.repository import allowed_plugins, enablements
from linli.showing.contained import part_of
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
    """

    street: Sequence[Figure]
    columns: Sequence[Figure]
    lines: Sequence[Line]
    broken: Sequence[str]


def figures_of(session: ScopedSession, actor: Actor, plugins: Plugins, on: Iterable[str]) -> list[Figure]:
    """The numbers of the one community that the scope names.

    Args:
        session: of the community.
        actor: the reader.
        plugins: of this process.
        on: the plugins that are on here.
    """
    community_id, on = session.scope.community_id, set(on)
    wanted = [each for each in _of_level(plugins, "community", actor.holds) if is_on(each.owner, on)]
    found = []
    for each in wanted:
        measured = _measured(session, each)
        value = None if measured is None else measured.get(community_id, _absent(each))
        found.append(_figure(each, value))
    return found


def board(session: ScopedSession, actor: Actor, plugins: Plugins) -> Board:
    """The numbers of a whole street."""
    allowed = allowed_plugins(session)
    where: dict[str, set[UUID]] = {}
    for row in enablements(session):
        where.setdefault(row.plugin, set()).add(row.community_id)
    communities = community_lines(session, state="active", limit=MOST).items
    broken, columns, measured = [], [], []
    for each in _of_level(plugins, "community", actor.can):
        if not is_on(each.owner, allowed):
            continue
        values = _measured(session, each)
        if values is None:
            broken.append(each.item.title)
            values = {}
            cells: list[Number | None] = [None] * len(communities)
        else:
            on = None if each.owner == CORE else where.get(each.owner, set())
            absent = _absent(each)
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
    for each in _of_level(plugins, "street", actor.can):
        if is_on(each.owner, allowed):
            values = _measured(session, each)
            if values is None:
                broken.append(each.item.title)
            street.append(_figure(each, None if values is None else values.get(None, 0)))
    return Board(street, columns, lines, broken)


def _of_level(plugins: Plugins, level: str, may: Callable[[str], bool]) -> list[Owner]:
    found = [
        each for each in plugins.metrics if each.item.level == level and (not each.item.needs or may(each.item.needs))
    ]
    return sorted(found, key=lambda each: (each.item.order, each.owner, each.item.name))


def _measured(session: ScopedSession, each: Owner) -> Mapping[UUID | None, Number] | None:
    return part_of(session, METRIC, each.owner, each.item.name, lambda: dict(each.item.measure(session)))


def _absent(each: Owner) -> Number | None:
    """What a community has that a number leaves out: nothing counted is zero; a share of nothing is not known."""
    return 0 if each.item.adds_up else None


def _figure(each: Owner, value: Number | None) -> Figure:
    item = each.item
    path = None if item.path is None else below(each.owner, item.path)
    period = "" if item.period == "now" else PERIODS[item.period]
    return Figure(item.name, each.owner, item.title, item.unit, period, value, path, item.path_needs)
