"""The roster typed from paper: a sheet of some rows, checked as an uploaded roster is, faults beside their cells.

Nothing is kept of a sheet with faults; one without goes on to the preview of every other import.
"""

from __future__ import annotations

import csv
import io
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import FieldError, Invalid
from linli.kit.text import gettext as _
from linli.residents.permissions import ROSTER_IMPORT
from linli.residents.roster import Checker, check_chunk, faults_page, start_import
from linli.residents.roster.columns import FIELDS, MAX_COLUMNS
from linli.residents.roster.schemas import ImportOut
from linli.tenancy.admin_portal.places import community_of
from linli.tenancy.outline import community_outline
from linli.web.forms import Form
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post

#: The columns of the sheet: what stands on a list of paper. Everything else goes by a file.
SHEET = ("building", "unit", "door", "name", "phone", "identity", "relation", "area", "remarks")
#: Who leaves them all empty means the door of the row above: a family is written below each other.
_DOOR = ("building", "unit", "door")
_ROWS, _MORE, _MOST = 15, 15, 60
_LONGEST = 200


class SheetForm(Struct, kw_only=True):
    """What is to be done with the sheet; its cells are called ``<column>-<row>``."""

    compound_id: UUID | None = None
    step: Literal["check", "more", "fill"] = "check"
    rows: Annotated[int, Meta(ge=1, le=_MOST)] = _ROWS
    pasted: Annotated[str, Meta(max_length=40_000)] = ""


@get("/rosters/grid", needs=ROSTER_IMPORT)
def new_grid(session: ScopedSession, place: Place, form: Form) -> View:
    """An empty sheet, or the one that was sent, with its faults."""
    compounds = [(str(each.id), each.name) for each in community_outline(session, community_of(place).id)]
    sent = form.value("rows")
    count = min(int(sent), _MOST) if sent.isascii() and sent.isdecimal() and int(sent) > 0 else _ROWS
    columns = [{"field": name, "title": _(FIELDS[name].title)} for name in SHEET]
    context = {
        "compounds": compounds,
        "chosen": compounds[0][0] if len(compounds) == 1 else "",
        "columns": columns,
        "count": count,
        "most": _MOST,
        "identities": _choices("identity"),
        "relations": _choices("relation"),
    }
    return View("admin/rosters/grid.html", context)


def _choices(field: str) -> list[tuple[str, str]]:
    """What a column takes, as it is written in a file."""
    choices = FIELDS[field].choices or {}
    return [("", "")] + [(words[0], _(words[0])) for words in choices.values()]


@post("/rosters/grid", needs=ROSTER_IMPORT, retry=new_grid)
def check_grid(session: ScopedSession, actor: Actor, place: Place, form: Form, data: SheetForm) -> View | Redirect:
    """Add rows, spread what was pasted, or check the sheet and go on to its preview.

    Raises:
        Invalid: no compound was chosen, nothing was written, or some cells are at fault; nothing is kept then.
    """
    if data.step != "check":
        lines = _pasted(data.pasted) if data.step == "fill" else []
        first = _first_empty(form, data.rows)
        for down, cells in enumerate(lines[: _MOST - first]):
            form.values |= {f"{name}-{first + down}": [text] for name, text in zip(SHEET, cells, strict=False)}
        wanted = data.rows + _MORE if data.step == "more" else max(data.rows, first + len(lines))
        form.values |= {"rows": [str(min(wanted, _MOST))], "pasted": [""]}
        return new_grid(session, place, form)
    if data.compound_id is None:
        raise Invalid.one("compound_id", _("请选择小区"))
    state = _checked(session, actor, data.compound_id, _sheet(form, data.rows))
    if state.state == "failed":
        raise Invalid.one("", state.message or _("这张表格读不出来"))
    if state.state != "ready":
        raise Invalid(errors=_faults(session, actor, state.id))
    return Redirect(f"/rosters/{state.id}", _("表格没有错误。请核对下面的预览，再确认写入"))


def _checked(session: ScopedSession, actor: Actor, compound_id: UUID, content: bytes) -> ImportOut:
    name = _("手工录入 {day}").format(day=today().isoformat())
    state = start_import(session, actor, compound_id, content, f"{name}.csv")
    checker = Checker()
    try:
        while state.state in ("uploaded", "checking"):
            state = check_chunk(session, state.id, checker=checker)
    finally:
        checker.close()
    return state


def _sheet(form: Form, rows: int) -> bytes:
    """The sheet as a file: the header, then each row in its place, empty ones too, so that rows keep their numbers."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([FIELDS[name].title for name in SHEET])
    door: dict[str, str] = {}
    is_empty = True
    for n in range(rows):
        cells = {name: form.value(f"{name}-{n}").strip()[:_LONGEST] for name in SHEET}
        if any(cells.values()):
            is_empty = False
            if not any(cells[name] for name in _DOOR):
                cells |= door
            door = {name: cells[name] for name in _DOOR}
        writer.writerow(cells.values())
    if is_empty:
        raise Invalid.one("", _("一行都没有填"), _("至少填写一行"))
    return out.getvalue().encode("utf-8-sig")


def _faults(session: ScopedSession, actor: Actor, import_id: UUID) -> list[FieldError]:
    found, _next = faults_page(session, actor, import_id, limit=_MOST)
    # The header is the file's first row.
    return [
        FieldError(f"{each.field if each.field in SHEET else 'name'}-{each.n - 2}", each.message, each.allowed)
        for each in found
    ]


def _pasted(text: str) -> list[list[str]]:
    """The cells of what was copied out of a spreadsheet, or typed with commas."""
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
    rows = [line.split("\t") if "\t" in line else line.replace("，", ",").split(",") for line in lines[:_MOST]]
    return [[cell.strip()[:_LONGEST] for cell in row[:MAX_COLUMNS]] for row in rows]


def _first_empty(form: Form, rows: int) -> int:
    """The row behind the last one in which anything is written."""
    filled = [n for n in range(rows) if any(form.value(f"{name}-{n}").strip() for name in SHEET)]
    return filled[-1] + 1 if filled else 0


pages = [new_grid, check_grid]
