"""The board, its file and paper, a place in detail, the trend: alike in the console and in a community's portal."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.obligations.board import Board, Line, board, whole_board
from linli.obligations.permissions import READ, RECHECK
from linli.obligations.places import DutyPlace
from linli.obligations.rechecking import recheck_all, recheck_place
from linli.obligations.schemas import ObligationFilter
from linli.obligations.seeing import Known, seen_obligations
from linli.obligations.standing import counts_of, duties_of, place_of, trend
from linli.obligations.wording import ICONS, TONES, rule_outs, state_titles
from linli.plugins.obligations import Obligation
from linli.tenancy.overview import community_names
from linli.web.place import Place
from linli.web.results import Download, Redirect, View
from linli.web.routing import get, post
from linli.web.sheets import SheetFormat, sheet
from linli.web.tables import DataTable, SheetColumns, TableColumn, TableState, table_pages, table_sheet
from linli.web.visit import Visit

#: Messages: the titles of the columns of the file that holds everything.
_HEADER = ("社区", "小区", "履职事项", "期间", "最晚日期", "状态", "完成日期", "说明", "依据")


def known_here(actor: Actor, visit: Visit) -> Known:
    """The duties that a reader may see where they are: of the core and of plugins that are on or allowed."""
    return seen_obligations(actor, visit.plugins)


def _duties(_session: ScopedSession, visit: Visit) -> list[TableColumn]:
    """A column for each duty of compounds that the reader may see."""
    known = known_here(visit.actor, visit)
    return [TableColumn(each.name, each.title) for _owner, each in known.values() if each.level == "compound"]


BOARD = DataTable(
    name="obligations",
    columns=(
        TableColumn("compound", "小区", sort="place", is_fixed=True),
        TableColumn("community", "社区", street_only=True),
        TableColumn("overdue", "逾期", sort="overdue", falls=True, is_number=True),
    ),
    sort="place",
    filters=("community_id", "obligation", "state", "q"),
    also=_duties,
)


@get("/obligations", needs=READ, table=BOARD)
def show_obligations(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    visit: Visit,
    table: TableState,
    query: ObligationFilter,
    after: str = "",
) -> View:
    """The compounds of the street or community and how they stand with each duty."""
    known = known_here(actor, visit)
    found = board(session, actor, known, query, sort=table.sort, after=after)
    _narrow(table, known, found)
    titles = {each.name: _(each.title) for _owner, each in known.values()}
    context: dict[str, Any] = {"board": found, "has_duties": bool(known), "duty_titles": titles}
    context |= _filters(session, place, known, query)
    return View("obligations/board.html", context, fragment="obligations/_board.html")


@get("/obligations/print", needs=READ)
def print_obligations(
    session: ScopedSession, actor: Actor, place: Place, visit: Visit, query: ObligationFilter
) -> View:
    """The same on one page, for paper."""
    found = whole_board(session, actor, known_here(actor, visit), query)
    context = {"board": found, "groups": grouped(found.lines), "day": today(), "name": _name_of(place)}
    return View("obligations/print.html", context | _words())


@get("/obligations/export", needs=READ, tags=["obligations"], table=BOARD)
def export_obligations(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    visit: Visit,
    table: TableState,
    query: ObligationFilter,
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """How each compound stands with each duty as a file, filtered as the board is: as it shows, or with all details"""
    found = whole_board(session, actor, known_here(actor, visit), query, sort=table.sort)
    name = _("{name}履职情况-{day}").format(name=_name_of(place), day=today().isoformat())
    if columns == "shown":
        _narrow(table, known_here(actor, visit), found)
        return table_sheet(name, table, [_cells(line, found) for line in found.lines], file, columns)
    return sheet(name, [_(title) for title in _HEADER], _rows(found, query), file)


def _narrow(table: TableState, known: Known, found: Board) -> None:
    """Leave out the duties that are not asked for."""
    table.leave_out(known.keys() - {each.name for each in found.columns})


def _cells(line: Line, found: Board) -> dict[str, Any]:
    duties = zip(found.columns, line.cells, strict=True)
    return {
        "compound": line.name,
        "community": line.community,
        "overdue": line.overdue,
        **{duty.name: f"{cell.title} {cell.period}" if cell else "" for duty, cell in duties},
    }


@get("/obligations/trend", needs=READ)
def show_trend(session: ScopedSession, actor: Actor, place: Place, visit: Visit, query: ObligationFilter) -> View:
    """How many compounds stood how, period by period."""
    known = known_here(actor, visit)
    lines = trend(session, actor, known, obligation=query.obligation, community_id=query.community_id)
    context: dict[str, Any] = {"lines": [(line, counts_of(line)) for line in lines]}
    return View("obligations/trend.html", context | _filters(session, place, known, query))


@get("/obligations/compounds/{compound_id:uuid}", needs=READ)
def show_compound_duties(session: ScopedSession, actor: Actor, visit: Visit, compound_id: UUID) -> View:
    """One compound: each duty, by which rule, what was recorded, what came before."""
    found = place_of(session, actor, compound_id=compound_id, community_id=None)
    return _place_page(session, actor, visit, found)


@get("/obligations/communities/{community_id:uuid}", needs=READ)
def show_community_duties(session: ScopedSession, actor: Actor, visit: Visit, community_id: UUID) -> View:
    """A community with the duties that are its own."""
    found = place_of(session, actor, compound_id=None, community_id=community_id)
    return _place_page(session, actor, visit, found)


@post("/obligations/recheck", needs=RECHECK)
def recheck_all_here(session: ScopedSession, actor: Actor) -> Redirect:
    """Have everything judged anew in the background."""
    recheck_all(session, actor)
    return Redirect("/obligations", _("已开始重新核对，过一会儿刷新就能看到结果"))


@post("/obligations/compounds/{compound_id:uuid}/recheck", needs=RECHECK)
def recheck_compound_here(session: ScopedSession, actor: Actor, compound_id: UUID) -> Redirect:
    """Judge one compound anew at once."""
    judged = recheck_place(session, actor, compound_id)
    message = _("已重新核对，{n} 项有变化").format(n=judged.changed) if judged.changed else _("已重新核对，没有变化")
    return Redirect(f"/obligations/compounds/{compound_id}", message)


def _place_page(session: ScopedSession, actor: Actor, visit: Visit, found: DutyPlace) -> View:
    context: dict[str, Any] = {"duties": duties_of(session, known_here(actor, visit), found), "at": found}
    context["exemptable"] = {each.obligation.name: _(each.obligation.title) for each in context["duties"]}
    context["may_recheck"] = actor.can(RECHECK, community_id=found.community_id, compound_id=found.compound_id)
    context["today"] = today().isoformat()
    return View("obligations/place.html", context | _words())


def grouped(lines: list[Line] | Any) -> list[tuple[str, list[Line]]]:
    """Lines under the names of their communities, in their order."""
    groups: list[tuple[str, list[Line]]] = []
    for line in lines:
        if not groups or groups[-1][1][0].community_id != line.community_id:
            groups.append((line.community, []))
        groups[-1][1].append(line)
    return groups


def _name_of(place: Place) -> str:
    if place.community is not None:
        return place.community.name
    return place.street.name if place.street is not None else ""


def _words() -> dict[str, Any]:
    return {"state_titles": state_titles(), "icons": ICONS, "tones": TONES}


def _filters(session: ScopedSession, place: Place, known: Known, query: ObligationFilter) -> dict[str, Any]:
    names = {} if place.community is not None else community_names(session)
    return {
        **_words(),
        "communities": {str(each): name for each, name in names.items()},
        "obligations": {each.name: _(each.title) for _owner, each in known.values()},
        "is_filtered": not query.is_empty,
    }


def _rows(found: Board, query: ObligationFilter) -> list[list[Any]]:
    rows = []
    for lines, columns in ((found.own_lines, found.own_columns), (found.lines, found.columns)):
        for line in lines:
            name = line.name if columns is found.columns else ""
            rows += [_row(line, name, column, n) for n, column in enumerate(columns) if _is_wanted(line, n, query)]
    return rows


def _is_wanted(line: Line, n: int, query: ObligationFilter) -> bool:
    cell = line.cells[n]
    return not query.state or (cell is not None and cell.row.state == query.state)


def _row(line: Line, name: str, column: Obligation, n: int) -> list[Any]:
    cell = line.cells[n]
    if cell is None:
        return [line.community, name, _(column.title), "", "", "—", "", "", ""]
    rules = listed(
        f"{each.title} {each.text} {each.document} {each.article}".strip() for each in rule_outs(cell.row.rules)
    )
    told = [cell.period, cell.row.due_on, cell.title, cell.row.fulfilled_on, cell.reason, rules]
    return [line.community, name, _(column.title), *told]


pages = [
    show_obligations,
    *table_pages(show_obligations),
    print_obligations,
    export_obligations,
    show_trend,
    show_compound_duties,
    show_community_duties,
    recheck_all_here,
    recheck_compound_here,
]
