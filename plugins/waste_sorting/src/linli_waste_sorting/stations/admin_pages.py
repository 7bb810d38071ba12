"""The pages of the community's admin portal: the stations, one of them, and the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    Card,
    Download,
    Pages,
    Place,
    Redirect,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    every_row,
    focus,
    get,
    now,
    post,
    table_pages,
    table_sheet,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen, community_of, filter_of
from linli_waste_sorting.listing import STATIONS
from linli_waste_sorting.parties.pages import PARTY_HANDLERS
from linli_waste_sorting.permissions import MANAGE, READ
from linli_waste_sorting.schemas import Words
from linli_waste_sorting.stations import repository, service
from linli_waste_sorting.stations.files import more_of_stations, station_cells
from linli_waste_sorting.stations.forms import StationForm, shown
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.stations.repository import Filter
from linli_waste_sorting.stations.schemas import STATES, StationCreate, StationWrite
from linli_waste_sorting.stations.sign import make_sign
from linli_waste_sorting.stations.windows import open_first, today_of
from linli_waste_sorting.words import WEEKDAYS, category_titles, compound_names, days_text, hours_text, kind_titles

#: What a station does at a moment; messages.
_NOW = {
    "always": "全天可投",
    "open": "现在可投",
    "later": "现在不可投",
    "over": "今天已结束",
    "closed": "今天不开放",
}
#: Stations whose hours the first page looks at.
_MOST_ON_CARD = 200


class NewStationForm(StationForm, kw_only=True):
    """A new station, with the compound in which it stands."""

    compound_id: UUID


@get("/", needs=READ, table=STATIONS)
def list_stations(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: Words = "",
    kind: Chosen = "",
    compound: Chosen = "",
    state: Chosen = "",
    after: str = "",
) -> View:
    """The stations of the community."""
    wanted = filter_of(q, kind, compound, state)
    rows, following = repository.page_of_stations(session, community_of(place), wanted, sort=table.sort, after=after)
    return View(
        "waste_sorting/stations_list.html",
        {
            "rows": [_line(row) for row in rows],
            "next": following,
            "kinds": kind_titles(),
            "compounds": compound_names(session, community_of(place)),
            "categories": category_titles(session),
            "states": {"closed": _(STATES["closed"]), "all": _("全部")},
            "is_filtered": bool(q.strip() or kind or compound or state),
            "may_manage": actor.holds(MANAGE),
        },
        fragment="waste_sorting/_stations_list.html",
    )


def _line(row: Station) -> dict[str, Any]:
    return {
        "row": row,
        "days": days_text(row.weekdays),
        "hours": hours_text(row.openings),
        "today": today_of(row, now()),
    }


@get("/export", needs=READ, table=STATIONS)
def export_stations(
    session: ScopedSession,
    place: Place,
    table: TableState,
    q: Words = "",
    kind: Chosen = "",
    compound: Chosen = "",
    state: Chosen = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page; with all columns also the containers of each kind."""
    wanted = filter_of(q, kind, compound, state)
    community_id = community_of(place)
    compounds = compound_names(session, community_id)
    rows = every_row(
        lambda after, limit: repository.page_of_stations(
            session, community_id, wanted, sort=table.sort, after=after, limit=limit
        )
    )
    cells = ({**station_cells(row, compounds.get(str(row.compound_id), "")), "now": _now_of(row)} for row in rows)
    return table_sheet(_("垃圾投放点"), table, cells, file, columns, more=more_of_stations(session))


def _now_of(row: Station) -> str:
    return _("已停用") if row.closed_at else _(_NOW[today_of(row, now()).state])


@get("/new", needs=MANAGE)
def new_station(session: ScopedSession, place: Place) -> View:
    """An empty form."""
    return View("waste_sorting/stations_form.html", {"row": None, **_form(session, place, None)})


@post("/new", needs=MANAGE, retry=new_station)
def create_station(session: ScopedSession, actor: Actor, place: Place, data: NewStationForm) -> Redirect:
    """Set up a station."""
    wanted = StationCreate(compound_id=data.compound_id, **data.terms)
    row = service.create_station(session, actor, community_of(place), wanted)
    return Redirect(f"/waste_sorting/{row.id}", _("投放点已设置"))


@get("/{station_id:uuid}", needs=READ)
def show_station(session: ScopedSession, actor: Actor, place: Place, station_id: UUID) -> View:
    """One station and what can be done with it."""
    row = service.get_station(session, community_of(place), station_id)
    return View(
        "waste_sorting/stations_show.html",
        {
            **_line(row),
            "kind": kind_titles()[row.kind],
            "compound": compound_names(session, community_of(place)).get(str(row.compound_id), ""),
            "community": "",
            "categories": category_titles(session),
            "may_manage": actor.holds(MANAGE),
        },
    )


@get("/{station_id:uuid}/sign", needs=READ)
def print_sign(session: ScopedSession, place: Place, house: Any, station_id: UUID) -> Download:
    """The sign of a station to print and put up there."""
    row = service.get_station(session, community_of(place), station_id)
    return make_sign(session, row, house.settings.base_url)


@get("/{station_id:uuid}/edit", needs=MANAGE)
def edit_station(session: ScopedSession, place: Place, station_id: UUID) -> View:
    """The form of a station."""
    row = service.get_station(session, community_of(place), station_id)
    return View("waste_sorting/stations_form.html", {"row": row, **_form(session, place, row)})


@post("/{station_id:uuid}/edit", needs=MANAGE, retry=edit_station)
def update_station(session: ScopedSession, actor: Actor, place: Place, station_id: UUID, data: StationForm) -> Redirect:
    """Change a station."""
    service.update_station(session, actor, community_of(place), station_id, StationWrite(**data.terms))
    return Redirect(f"/waste_sorting/{station_id}", _("已保存"))


@post("/{station_id:uuid}/close", needs=MANAGE)
def close_station(session: ScopedSession, actor: Actor, place: Place, station_id: UUID) -> Redirect:
    """Take a station out of use."""
    service.close_station(session, actor, community_of(place), station_id)
    return Redirect(f"/waste_sorting/{station_id}", _("已停用，记录都保留"))


@post("/{station_id:uuid}/reopen", needs=MANAGE)
def reopen_station(session: ScopedSession, actor: Actor, place: Place, station_id: UUID) -> Redirect:
    """Use a station again."""
    service.reopen_station(session, actor, community_of(place), station_id)
    return Redirect(f"/waste_sorting/{station_id}", _("已恢复使用"))


def _form(session: ScopedSession, place: Place, row: Station | None) -> dict[str, Any]:
    return {
        "start": shown(row),
        "kinds": kind_titles(),
        "compounds": compound_names(session, community_of(place)),
        "weekdays": {str(n): _(day) for n, day in enumerate(WEEKDAYS)},
        "categories": category_titles(session),
    }


def _card(session: ScopedSession, _actor: Actor) -> Mapping[str, Any]:
    community_id = session.scope.community_id
    rows, _more = repository.page_of_stations(
        session, community_id, Filter(compound_id=focus().compound_id), limit=_MOST_ON_CARD
    )
    states = [today.state for _row, today in open_first(rows, now())]
    return {"used": len(rows), "open": sum(each in ("open", "always") for each in states)}


PAGES = (
    Pages(
        "admin",
        (
            list_stations,
            *table_pages(list_stations),
            export_stations,
            new_station,
            create_station,
            show_station,
            print_sign,
            edit_station,
            update_station,
            close_station,
            reopen_station,
            *PARTY_HANDLERS,
        ),
    ),
)
CARDS = (Card("admin", "垃圾分类", "waste_sorting/stations_card_admin.html", _card, needs=READ, order=60),)
