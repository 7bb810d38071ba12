"""The pages of the resident portal: where one may bring what, and what is open now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from linli.sdk import Actor, Card, NotFound, Pages, Place, ScopedSession, View, get, homes_of, now
from linli_waste_sorting.parties.service import parties_on
from linli_waste_sorting.permissions import VIEW
from linli_waste_sorting.stations import repository
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.stations.windows import Today, open_first
from linli_waste_sorting.words import category_titles, days_text, hours_text, kind_titles

#: Stations of the compounds where somebody lives; the first page shows the first few.
_MOST, _ON_CARD = 100, 2


def compounds_at_home(session: ScopedSession, actor: Actor) -> set[UUID]:
    """The compounds in which the actor has a home."""
    return {each.compound_id for each in homes_of(session, actor)}


def stations_now(session: ScopedSession, compounds: Collection[UUID]) -> list[tuple[Station, Today]]:
    """The stations in use of some compounds with what each does now, those that are open first."""
    return open_first(repository.stations_in(session, compounds, most=_MOST), now()) if compounds else []


@get("/", needs=VIEW)
def show_stations(session: ScopedSession, actor: Actor, place: Place) -> View:
    """Where to bring what, with the hours of today."""
    if place.community is None:
        raise NotFound
    compounds = compounds_at_home(session, actor)
    return View(
        "waste_sorting/stations_resident.html",
        {
            "stations": _lines(stations_now(session, compounds)),
            "parties": list(parties_on(session, compounds).values()) if compounds else [],
            "kinds": kind_titles(),
            "categories": category_titles(session),
        },
    )


def _lines(stations: Sequence[tuple[Station, Today]]) -> list[dict[str, Any]]:
    return [
        {"row": row, "today": today, "days": days_text(row.weekdays), "hours": hours_text(row.openings)}
        for row, today in stations
    ]


def _card(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:
    return {"stations": _lines(stations_now(session, compounds_at_home(session, actor))[:_ON_CARD])}


PAGES = (Pages("resident", (show_stations,)),)
CARDS = (Card("resident", "垃圾分类", "waste_sorting/stations_card_resident.html", _card, needs=VIEW, order=60),)
