"""The overview: figures with their trends, the communities as tiles and ranked by one number, duties, decisions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.console.decisions import Decision, decisions
from linli.console.duties import DutyCount, duty_counts, worst_first
from linli.console.figures import Figure, Numbers, figure_of, read_numbers
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.obligations.permissions import READ as READ_DUTIES
from linli.obligations.seeing import seen_obligations
from linli.plugins.contributions import Metric
from linli.plugins.informing import PERIODS, Number
from linli.plugins.registry import Plugins
from linli.showing.trends import Kept
from linli.tenancy.overview import CommunityLine, community_lines
from linli.web.charts import Rank, ranking
from linli.web.tiles import Classing, PlaceValue, TileMap, tile_map

#: A street has a few dozen communities; all are on its first page.
MOST = 500
#: Places of a ranking on the first page; the board of numbers has all.
RANKED = 10
#: What tiles and ranking go by where nothing is chosen.
_DEFAULT = "core.residents"
#: The core's numbers that the page counts itself, from the sums that the register keeps.
_LIVE = {
    "core.compounds": "compounds",
    "core.buildings": "buildings",
    "core.dwellings": "dwellings",
    "core.households": "households",
    "core.residents": "residents",
}


@dataclass(frozen=True, slots=True)
class DutyLine:
    """How a community stands with its duties."""

    id: UUID
    name: str
    count: DutyCount


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page of the console.

    Attributes:
        communities: how many there are; ``empty`` of them have no dwelling yet.
        kept: up to when the numbers were kept.
        figures: of the whole street.
        chosen: the number by which tiles and ranking go; ``None`` where there is none.
        heading: of the chosen one, with unit and period.
        choices: name to title of the numbers that can be chosen.
        ranks: the first of the ranking; ``has_more`` where there are others.
        duties: communities with something overdue or near, the worst first.
        sees_duties: whether the reader may see duties at all.
    """

    communities: int
    empty: int
    kept: Kept
    figures: Sequence[Figure]
    chosen: Metric | None
    heading: str
    unit: str
    choices: Mapping[str, str]
    tiles: TileMap
    ranks: Sequence[Rank]
    has_more: bool
    duties: Sequence[DutyLine]
    sees_duties: bool
    decisions: Sequence[Decision]


def overview(
    session: ScopedSession,
    actor: Actor,
    plugins: Plugins,
    allowed: Collection[str],
    *,
    metric: str = "",
    by: Classing = "quantile",
    search: str = "",
    href: Callable[[CommunityLine], str] = lambda _line: "",
) -> Overview:
    """The street at a glance. Some ten queries, however many communities and plugins there are.

    Args:
        session: of the street, or of those of its communities that the reader works for.
        actor: the reader.
        plugins: of this process.
        allowed: those that the street allows.
        metric: the number for tiles and ranking; the first one where there is no such.
        by: how tiles are put into classes.
        search: only communities of this name or code among the tiles.
        href: where a community leads.
    """
    lines = community_lines(session, state="active", limit=MOST).items
    wanted = metric or _DEFAULT
    # The register's own numbers stand in the lines.
    numbers = read_numbers(session, actor, plugins, allowed, of="" if wanted in _LIVE else wanted)
    chosen = _chosen(numbers, wanted)
    if chosen is not None and numbers.kept.day is not None and not _is_read(numbers, chosen):
        numbers = read_numbers(session, actor, plugins, allowed, of=chosen.name)
    values = {} if chosen is None else _values(numbers, chosen, lines)
    shown = [line for line in lines if _matches(line, search)]
    unit = _(chosen.unit) if chosen is not None and chosen.unit else ""
    ranked = [] if chosen is None else _ranked(chosen, lines, values, unit, href)
    sees_duties = actor.holds(READ_DUTIES)
    counts = duty_counts(session, actor, seen_obligations(actor, allowed)) if sees_duties else {}
    names = {line.id: line.name for line in lines}
    return Overview(
        communities=len(lines),
        empty=sum(not line.dwellings for line in lines),
        kept=numbers.kept,
        figures=[_figure(each, numbers, lines) for each in numbers.items],
        chosen=chosen,
        heading="" if chosen is None else heading_of(chosen),
        unit=unit,
        choices={each.name: _(each.title) for each in numbers.of_communities},
        tiles=tile_map([PlaceValue(line.name, values.get(line.id), href(line)) for line in shown], by=by),
        ranks=ranked[:RANKED],
        has_more=len(ranked) > RANKED,
        duties=[DutyLine(each, names[each], counts[each]) for each in worst_first(counts) if each in names],
        sees_duties=sees_duties,
        decisions=decisions(session, actor, counts.values()),
    )


def heading_of(item: Metric) -> str:
    """A number's title with its unit and period."""
    notes = [_(item.unit)] if item.unit else []
    notes += [_(PERIODS[item.period])] if item.period != "now" else []
    return f"{_(item.title)}（{'，'.join(notes)}）" if notes else _(item.title)


def _chosen(numbers: Numbers, metric: str) -> Metric | None:
    there = numbers.of_communities
    return next((each for each in there if each.name == metric), there[0] if there else None)


def _is_read(numbers: Numbers, chosen: Metric) -> bool:
    return chosen.name in _LIVE or any(
        name == chosen.name and community_id is not None for community_id, name in numbers.trends
    )


def _values(numbers: Numbers, chosen: Metric, lines: Sequence[CommunityLine]) -> dict[UUID, Number | None]:
    if (column := _LIVE.get(chosen.name)) is not None:
        return {line.id: getattr(line, column) for line in lines}
    return {line.id: numbers.value(chosen, line.id) for line in lines}


def _ranked(
    chosen: Metric,
    lines: Sequence[CommunityLine],
    values: Mapping[UUID, Number | None],
    unit: str,
    href: Callable[[CommunityLine], str],
) -> list[Rank]:
    named = [(line.name, values.get(line.id)) for line in lines]
    return ranking(named, unit=unit, most_is_best=not chosen.less_is_better, hrefs=[href(line) for line in lines])


def _figure(item: Metric, numbers: Numbers, lines: Sequence[CommunityLine]) -> Figure:
    live: Number | None = None
    if (column := _LIVE.get(item.name)) is not None:
        live = sum(getattr(line, column) for line in lines)
    elif item.name == "core.communities":
        live = len(lines)
    elif item.name == "core.empty_communities":
        live = sum(not line.dwellings for line in lines)
    path = (item.path or "") if item.level == "street" and item.name.startswith("core.") else ""
    return figure_of(item, numbers.trends.get((None, item.name)), now=live, path=path)


def _matches(line: CommunityLine, search: str) -> bool:
    words = search.strip()[:60]
    return not words or words.casefold() in line.name.casefold() or line.code.startswith(words)
