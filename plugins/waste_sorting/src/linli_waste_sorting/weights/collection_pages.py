"""The pages of collections in the admin portal: the list, one record, the quick entry, and putting one right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from linli.sdk import (
    SHANGHAI,
    Actor,
    Place,
    Redirect,
    ScopedSession,
    TableState,
    View,
    community_outline,
    get,
    now,
    post,
    table_pages,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen, community_of
from linli_waste_sorting.listing import COLLECTIONS
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.reach import compounds_of, is_within, names_within
from linli_waste_sorting.stations.repository import stations_in
from linli_waste_sorting.weights import repository, service
from linli_waste_sorting.weights.asked import wanted_of
from linli_waste_sorting.weights.collection_files import export_collections
from linli_waste_sorting.weights.doubts import DOUBTS
from linli_waste_sorting.weights.ledger import month_of
from linli_waste_sorting.weights.models import Collection
from linli_waste_sorting.weights.permissions import NOTE_COLLECTIONS, READ_COLLECTIONS
from linli_waste_sorting.weights.schemas import CollectionCorrect, CollectionCreate, CollectionVoid, Month
from linli_waste_sorting.words import category_titles, compound_names, kilos

#: Stations of a community that the form offers.
_MOST_STATIONS = 200
#: Days in which the last carrier is looked for.
_RECENT = timedelta(days=90)
#: Which records a list holds; messages.
STATES = {"valid": "有效", "void": "已划掉", "confirmed": "核对过的"}


@get("/collections", needs=READ_COLLECTIONS, table=COLLECTIONS)
def list_collections(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    compound: Chosen = "",
    category: Chosen = "",
    month: Month = "",
    state: Chosen = "",
    after: str = "",
) -> View:
    """The records of the community, the newest day first; what is struck out among them."""
    community_id = community_of(place)
    wanted = wanted_of(compound, category, month, state, compounds=compounds_of(actor, READ_COLLECTIONS, community_id))
    rows, following = repository.page_of_collections(session, community_id, wanted, sort=table.sort, after=after)
    shown, months = month_of(today()), []
    for _n in range(13):
        months.append((shown.key, shown.key))
        shown = shown.before
    return View(
        "waste_sorting/weights_collections.html",
        {
            "rows": rows,
            "next": following,
            **_names(session, actor, place),
            "months": months,
            "states": {key: _(title) for key, title in STATES.items()},
            "is_filtered": bool(compound or category or month or state),
            "may_note": actor.holds(NOTE_COLLECTIONS),
        },
        fragment="waste_sorting/_weights_collections.html",
    )


@get("/collections/new", needs=NOTE_COLLECTIONS)
def new_collection(session: ScopedSession, actor: Actor, place: Place, compound: Chosen = "") -> View:
    """The quick entry: what was just taken away."""
    moment = now().astimezone(SHANGHAI)
    blank = dict.fromkeys(("station_id", "category", "pieces", "kg", "destination", "note"), "")
    start = blank | {
        "compound_id": compound,
        "carrier_id": service.find_last_carrier(session, actor, community_of(place), today() - _RECENT),
        "day": today().isoformat(),
        "clock": f"{moment:%H:%M}",
    }
    return View("waste_sorting/weights_form.html", {"row": None, **_form(session, actor, place, start)})


@post("/collections/new", needs=NOTE_COLLECTIONS, retry=new_collection)
def create_collection(session: ScopedSession, actor: Actor, place: Place, data: CollectionCreate) -> Redirect:
    """Note what was taken away, and be ready for the next."""
    row = service.create_collection(session, actor, community_of(place), data)
    title = category_titles(session)[row.category]
    amount = _("{kg} 公斤").format(kg=kilos(row.kg)) if row.kg is not None else _("{n} 桶").format(n=row.pieces)
    words = _("已登记：{category} {amount}").format(category=title, amount=amount)
    return Redirect(f"/waste_sorting/collections/new?compound={row.compound_id}", words)


@get("/collections/{collection_id:uuid}", needs=READ_COLLECTIONS)
def show_collection(session: ScopedSession, actor: Actor, place: Place, collection_id: UUID) -> View:
    """One record, and what became of it."""
    community_id = community_of(place)
    row = service.get_collection(session, actor, community_id, collection_id)
    within = compounds_of(actor, READ_COLLECTIONS, community_id)
    stations = {each.id: each.name for each in stations_in(session, [row.compound_id], most=_MOST_STATIONS)}
    return View(
        "waste_sorting/weights_show.html",
        {
            "row": row,
            **_names(session, actor, place),
            "clock": service.clock_text(row.clock),
            "station": stations.get(row.station_id, "") if row.station_id else "",
            "doubts": _("、").join(_(DOUBTS[each]) for each in row.doubts if each in DOUBTS),
            "successor": repository.replacement_of(session, row.id, within),
            "is_reported": repository.is_reported(session, community_id, row.day.replace(day=1)),
            "may_note": is_within(row.compound_id, compounds_of(actor, NOTE_COLLECTIONS, community_id)),
        },
    )


@post("/collections/{collection_id:uuid}/void", needs=NOTE_COLLECTIONS, retry=show_collection)
def void_collection(
    session: ScopedSession, actor: Actor, place: Place, collection_id: UUID, data: CollectionVoid
) -> Redirect:
    """Strike a record out."""
    service.void_collection(session, actor, community_of(place), collection_id, data)
    return Redirect(f"/waste_sorting/collections/{collection_id}", _("已划掉，记录和理由都保留"))


@get("/collections/{collection_id:uuid}/correct", needs=NOTE_COLLECTIONS)
def edit_collection(session: ScopedSession, actor: Actor, place: Place, collection_id: UUID) -> View:
    """The form of what is right, in place of a record."""
    row = service.get_collection(session, actor, community_of(place), collection_id, NOTE_COLLECTIONS)
    return View("waste_sorting/weights_form.html", {"row": row, **_form(session, actor, place, _start(row), row)})


@post("/collections/{collection_id:uuid}/correct", needs=NOTE_COLLECTIONS, retry=edit_collection)
def correct_collection(
    session: ScopedSession, actor: Actor, place: Place, collection_id: UUID, data: CollectionCorrect
) -> Redirect:
    """Strike a record out and note what is right."""
    row = service.correct_collection(session, actor, community_of(place), collection_id, data)
    return Redirect(f"/waste_sorting/collections/{row.id}", _("已更正，原来的记录划掉并保留"))


def _start(row: Collection) -> dict[str, Any]:
    return {
        "compound_id": str(row.compound_id),
        "station_id": str(row.station_id or ""),
        "category": row.category,
        "carrier_id": str(row.carrier_id),
        "day": row.day.isoformat(),
        "clock": service.clock_text(row.clock),
        "pieces": row.pieces or "",
        "kg": row.kg if row.kg is not None else "",
        "destination": row.destination,
        "note": row.note,
    }


def _form(
    session: ScopedSession, actor: Actor, place: Place, start: dict[str, Any], row: Collection | None = None
) -> dict[str, Any]:
    community_id = community_of(place)
    within = compounds_of(actor, NOTE_COLLECTIONS, community_id)
    outline = [each for each in community_outline(session, community_id) if is_within(each.id, within)]
    compounds = {str(each.id): each.name for each in outline}
    if len(outline) == 1 and not start["compound_id"]:
        start["compound_id"] = str(outline[0].id)
    stations: dict[str, list[tuple[str, str]]] = {}
    for each in stations_in(session, [each.id for each in outline], most=_MOST_STATIONS):
        stations.setdefault(compounds[str(each.compound_id)], []).append((str(each.id), each.name))
    carriers = repository.carriers_of(session, community_id)
    offered = [each for each in carriers if each.closed_at is None or (row is not None and each.id == row.carrier_id)]
    return {
        "start": start,
        "compounds": _unless(start["compound_id"], compounds),
        "categories": _unless(start["category"], category_titles(session)),
        "carriers": _unless(start["carrier_id"], {str(each.id): each.name for each in offered}),
        "stations": list(stations.items()),
    }


def _unless(chosen: str, options: dict[str, str]) -> dict[str, str]:
    """Choices of a required field: with an empty one first, so that nobody notes by mistake what stands first."""
    return options if chosen or len(options) < 2 else {"": _("请选择"), **options}


def _names(session: ScopedSession, actor: Actor, place: Place) -> dict[str, Any]:
    community_id = community_of(place)
    titles = category_titles(session)
    return {
        "compounds": names_within(
            compound_names(session, community_id), compounds_of(actor, READ_COLLECTIONS, community_id)
        ),
        "categories": {each: titles[each] for each in CATEGORIES},
        "carriers": {str(key): name for key, name in repository.carrier_names(session, community_id).items()},
    }


COLLECTION_HANDLERS = (
    list_collections,
    *table_pages(list_collections),
    export_collections,
    new_collection,
    create_collection,
    show_collection,
    void_collection,
    edit_collection,
    correct_collection,
)
