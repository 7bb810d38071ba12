"""The street's board of numbers: every community beside the others, to look at, to print, to save."""

from __future__ import annotations

from typing import Any

from litestar import Request

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.text import gettext as _
from linli.plugins.informing import Number
from linli.showing.metrics import Board, Figure, board
from linli.web.place import Place
from linli.web.results import Download, View
from linli.web.routing import Portal, get
from linli.web.sheets import SheetFormat, sheet


@get("/numbers", needs="core.community.read")
def show_board(session: ScopedSession, actor: Actor, place: Place, request: Request, sort: str = "") -> View:
    found = board(session, actor, request.app.state.site.plugins, is_counted=True)
    names = [each.name for each in found.columns]
    lines = list(found.lines)
    if sort in names:
        column = names.index(sort)
        # The largest first; where nothing is known, last.
        lines.sort(key=lambda line: (line.cells[column] is None, -(line.cells[column] or 0)))
    homes = {line.community_id: place.root_of(Portal.ADMIN, community=line.slug) for line in lines}
    heads = [head_of(each) for each in found.columns]
    context: dict[str, Any] = {"board": found, "heads": heads, "lines": lines, "homes": homes, "sort": sort}
    return View("showing/board.html", context)


@get("/numbers/export", needs="core.community.read", tags=["places"])
def export_board(
    session: ScopedSession, actor: Actor, place: Place, request: Request, file: SheetFormat = "xlsx"
) -> Download:
    """The board of numbers as a file"""
    found = board(session, actor, request.app.state.site.plugins, is_counted=True)
    header = [_("代码"), _("社区"), *(head_of(each) for each in found.columns)]
    street = place.street.name if place.street else ""
    name = _("{street}数据-{day}").format(street=street, day=today().isoformat())
    return sheet(name, header, _rows(found), file)


def head_of(figure: Figure) -> str:
    """Title, unit and period in one line."""
    notes = [_(figure.unit)] if figure.unit else []
    notes += [_(figure.period)] if figure.period else []
    return f"{_(figure.title)}（{'，'.join(notes)}）" if notes else _(figure.title)


def _rows(found: Board) -> list[list[str | Number | None]]:
    rows: list[list[str | Number | None]] = [[line.code, line.name, *line.cells] for line in found.lines]
    rows.append(["", _("合计"), *(each.value for each in found.columns)])
    return rows


pages = [show_board, export_board]
