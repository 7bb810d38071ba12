"""Many collections at once, in the admin portal: a sheet of paper typed in, or rows pasted from a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID

import msgspec

from linli.sdk import (
    Actor,
    CompoundOutline,
    FieldError,
    Form,
    Invalid,
    Place,
    Redirect,
    ScopedSession,
    View,
    community_outline,
    get,
    post,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.reach import compounds_of, is_within
from linli_waste_sorting.stations.repository import stations_in
from linli_waste_sorting.weights import repository, service
from linli_waste_sorting.weights.models import MOST_PIECES, Collection
from linli_waste_sorting.weights.pasting import MOST_PASTED, Register, read_pasted
from linli_waste_sorting.weights.permissions import NOTE_COLLECTIONS
from linli_waste_sorting.weights.schemas import CollectionLine, Destination
from linli_waste_sorting.words import category_titles, kilos

_RECENT = timedelta(days=90)
#: Stations of a community that rows may name.
_MOST_STATIONS = 500
#: What a compound without any containers is offered.
_USUAL = ("recyclable", "kitchen", "other")
#: ``lines.3.kg`` of the service.
_FAULT = re.compile(r"lines\.(\d+)\.(\w+)")


class SheetForm(msgspec.Struct, kw_only=True):
    """What is the same on all lines of a sheet; the lines are fields of their own for each compound and kind."""

    day: date
    carrier_id: UUID
    destination: Destination = ""
    confirmed: bool = False


class PasteForm(msgspec.Struct, kw_only=True):
    """Rows as they were copied out of a spreadsheet."""

    rows: str
    confirmed: bool = False


@get("/collections/sheet", needs=NOTE_COLLECTIONS)
def new_sheet(session: ScopedSession, actor: Actor, place: Place) -> View:
    """A sheet of one day: a line for each compound and kind of waste."""
    community_id = community_of(place)
    return View(
        "waste_sorting/weights_sheet.html",
        {
            "lines": _lines(session, actor, community_id),
            "categories": category_titles(session),
            "carriers": {str(each.id): each.name for each in repository.carriers_of(session, community_id, used=True)},
            "carrier_id": service.find_last_carrier(session, actor, community_id, today() - _RECENT),
            "today": today().isoformat(),
        },
    )


@post("/collections/sheet", needs=NOTE_COLLECTIONS, retry=new_sheet)
def create_sheet(session: ScopedSession, actor: Actor, place: Place, form: Form, data: SheetForm) -> Redirect:
    """Note the lines of a sheet that have a number; all of them, or none."""
    community_id = community_of(place)
    cells = [
        (str(compound_id), category)
        for compound_id, _name, categories in _lines(session, actor, community_id)
        for category in categories
    ]
    named = [(each, _read_cell(form, *each)) for each in cells]
    lines = [
        CollectionLine(
            compound_id=UUID(compound_id),
            category=category,  # type: ignore[arg-type] - one of CATEGORIES
            carrier_id=data.carrier_id,
            day=data.day,
            kg=kg,
            pieces=pieces,
            destination=data.destination,
        )
        for (compound_id, category), (kg, pieces) in named
        if kg is not None or pieces is not None
    ]
    if not lines:
        raise Invalid(errors=[FieldError("", _("一行都没有填"), _("至少填写一行的公斤数或者桶数"))])
    try:
        rows = service.create_batch(session, actor, community_id, lines, confirmed=data.confirmed)
    except Invalid as error:
        raise Invalid(errors=_at_cells(error.errors, lines)) from error
    return Redirect(f"/waste_sorting/collections?month={data.day:%Y-%m}", _said(rows))


@get("/collections/paste", needs=NOTE_COLLECTIONS)
def new_paste(session: ScopedSession, actor: Actor, place: Place) -> View:
    """Where rows of a spreadsheet are pasted, with what each column has to be."""
    register = _register(session, actor, community_of(place))
    return View(
        "waste_sorting/weights_paste.html",
        {
            "compounds": list(register.compounds),
            "categories": list(register.categories),
            "carriers": list(register.carriers),
            "today": today().isoformat(),
            "most": MOST_PASTED,
        },
    )


@post("/collections/paste", needs=NOTE_COLLECTIONS, retry=new_paste)
def create_pasted(session: ScopedSession, actor: Actor, place: Place, data: PasteForm) -> Redirect:
    """Note the rows that were pasted; all of them, or none."""
    community_id = community_of(place)
    lines, numbers = read_pasted(data.rows, _register(session, actor, community_id))
    try:
        rows = service.create_batch(session, actor, community_id, lines, confirmed=data.confirmed)
    except Invalid as error:
        raise Invalid(errors=_in_rows(error.errors, numbers)) from error
    return Redirect("/waste_sorting/collections", _said(rows))


def _said(rows: Sequence[Collection]) -> str:
    return _("已登记 {n} 条，共 {kg} 公斤").format(n=len(rows), kg=kilos(service.total_kg(rows)))


def _lines(session: ScopedSession, actor: Actor, community_id: UUID) -> list[tuple[UUID, str, list[str]]]:
    """Compound, its name and the kinds of waste that it has containers for, or that were taken from it lately."""
    held = repository.contained_since(session, community_id)
    recent = repository.weights_by_category(session, today() - _RECENT, today(), community_id=community_id)
    found = []
    for each in _outline(session, actor, community_id):
        kinds = {*held.get(each.id, {}), *recent.get(each.id, {})} or {*_USUAL}
        found.append((each.id, each.name, [kind for kind in CATEGORIES if kind in kinds]))
    return found


def _read_cell(form: Form, compound_id: str, category: str) -> tuple[Decimal | None, int | None]:
    """Kilograms and containers of one line; ``None`` where nothing was typed.

    Raises:
        Invalid: naming the cell that holds no number.
    """
    name = f"{compound_id}-{category}"
    weight, pieces = form.value(f"kg-{name}").strip(), form.value(f"pieces-{name}").strip()
    try:
        kg = Decimal(weight) if weight else None
    except InvalidOperation as error:
        raise Invalid.one(f"kg-{name}", _("应当是数字"), _("例如 86.5")) from error
    if pieces and not (re.fullmatch(r"[0-9]{1,3}", pieces) and int(pieces) > 0):
        raise Invalid.one(f"pieces-{name}", _("应当是整数"), _("1 至 {most}").format(most=MOST_PIECES))
    return kg, int(pieces) if pieces else None


def _at_cells(errors: Sequence[FieldError], lines: Sequence[CollectionLine]) -> list[FieldError]:
    """Faults of lines at the cells in which they were typed; those of what all lines share are told once."""
    found: dict[str, FieldError] = {}
    for error in errors:
        match = _FAULT.fullmatch(error.field)
        name = error.field
        if match is not None:
            line, field = lines[int(match[1])], match[2]
            own = "pieces" if line.kg is None else "kg"
            cell = f"{field if field in ('kg', 'pieces') else own}-{line.compound_id}-{line.category}"
            name = field if field in ("day", "carrier_id", "destination") else cell
        is_shared = name in ("day", "carrier_id", "destination", "confirmed")
        before = found[name].message + _("；") if name in found and not is_shared else ""
        found[name] = FieldError(name, before + error.message, error.allowed)
    return list(found.values())


def _in_rows(errors: Sequence[FieldError], numbers: Sequence[int]) -> list[FieldError]:
    """Faults of lines, each with the number of its row as it was pasted, at the one field that there is."""
    told = []
    for error in errors:
        if match := _FAULT.fullmatch(error.field):
            allowed = _("（{allowed}）").format(allowed=error.allowed) if error.allowed else ""
            told.append(_("第 {n} 行：{message}").format(n=numbers[int(match[1])], message=error.message + allowed))
    kept = [each for each in errors if not _FAULT.fullmatch(each.field)]
    return [FieldError("rows", _("；").join(told)), *kept] if told else kept


def _outline(session: ScopedSession, actor: Actor, community_id: UUID) -> list[CompoundOutline]:
    within = compounds_of(actor, NOTE_COLLECTIONS, community_id)
    return [each for each in community_outline(session, community_id) if is_within(each.id, within)]


def _register(session: ScopedSession, actor: Actor, community_id: UUID) -> Register:
    outline = _outline(session, actor, community_id)
    stations = stations_in(session, [each.id for each in outline], most=_MOST_STATIONS)
    return Register(
        compounds={each.name: each.id for each in outline},
        categories={title: key for key, title in category_titles(session).items()},
        carriers={each.name: each.id for each in repository.carriers_of(session, community_id, used=True)},
        stations={(each.compound_id, each.name): each.id for each in stations},
    )


SHEET_HANDLERS = (new_sheet, create_sheet, new_paste, create_pasted)
