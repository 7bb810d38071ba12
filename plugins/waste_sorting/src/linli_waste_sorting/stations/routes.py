"""The JSON API: the same as the portals can do."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from linli.sdk import (
    PAGE,
    Actor,
    After,
    Api,
    Download,
    Limit,
    Page,
    Place,
    ScopedSession,
    get,
    page_of,
    post,
    put,
)
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.permissions import MANAGE, READ, VIEW
from linli_waste_sorting.schemas import Words
from linli_waste_sorting.stations import repository, service
from linli_waste_sorting.stations.repository import Filter
from linli_waste_sorting.stations.resident_pages import compounds_at_home, stations_now
from linli_waste_sorting.stations.schemas import Kind, StationCreate, StationOut, StationToday, StationWrite
from linli_waste_sorting.stations.sign import make_sign


@get("/stations", needs=READ)
def list_stations(
    session: ScopedSession,
    place: Place,
    q: Words = "",
    kind: Kind | None = None,
    compound_id: UUID | None = None,
    community_id: UUID | None = None,
    closed: bool = False,
    sort: Literal["created_at", "-created_at", "name", "-name"] = "created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[StationOut]:
    """The stations in use of the community, or of the street's communities; with `closed` those out of use"""
    where = place.community.id if place.community else community_id
    wanted = Filter(words=q, kind=kind or "", compound_id=compound_id, state="closed" if closed else "used")
    rows, following = repository.page_of_stations(session, where, wanted, sort=sort, after=after, limit=limit)
    return Page(items=[service.out_of(row) for row in rows], next=following)


@get("/stations/{station_id:uuid}", needs=READ)
def show_station(session: ScopedSession, place: Place, station_id: UUID) -> StationOut:
    """One station"""
    where = place.community.id if place.community else None
    return service.out_of(service.get_station(session, where, station_id))


@post("/stations", needs=MANAGE)
def create_station(session: ScopedSession, actor: Actor, place: Place, data: StationCreate) -> StationOut:
    """Set up a station in a compound"""
    return service.out_of(service.create_station(session, actor, community_of(place), data))


@put("/stations/{station_id:uuid}", needs=MANAGE)
def update_station(
    session: ScopedSession, actor: Actor, place: Place, station_id: UUID, data: StationWrite
) -> StationOut:
    """Change a station; its hours and containers become those that are given"""
    return service.out_of(service.update_station(session, actor, community_of(place), station_id, data))


@post("/stations/{station_id:uuid}/close", needs=MANAGE, status=200)
def close_station(session: ScopedSession, actor: Actor, place: Place, station_id: UUID) -> StationOut:
    """Take a station out of use; a second call changes nothing"""
    return service.out_of(service.close_station(session, actor, community_of(place), station_id))


@post("/stations/{station_id:uuid}/reopen", needs=MANAGE, status=200)
def reopen_station(session: ScopedSession, actor: Actor, place: Place, station_id: UUID) -> StationOut:
    """Use a station again; a second call changes nothing"""
    return service.out_of(service.reopen_station(session, actor, community_of(place), station_id))


@get("/stations/{station_id:uuid}/sign", needs=READ)
def print_sign(session: ScopedSession, place: Place, house: Any, station_id: UUID) -> Download:
    """The sign of a station as PDF: what goes where, when it is open, and who answers for it"""
    row = service.get_station(session, community_of(place), station_id)
    return make_sign(session, row, house.settings.base_url)


@get("/mine", needs=VIEW)
def list_stations_at_home(
    session: ScopedSession, actor: Actor, after: After = "", limit: Limit = PAGE
) -> Page[StationToday]:
    """The stations in use where one has a home, with what each does now; those that are open first"""
    items = [
        StationToday(station=service.out_of(row), state=today.state, until=today.until, next_opens=today.next_opens)
        for row, today in stations_now(session, compounds_at_home(session, actor))
    ]
    return page_of(items, after, limit, key=lambda each: str(each.station.id))


APIS = (
    Api("street", (list_stations, show_station)),
    Api(
        "community",
        (
            list_stations,
            list_stations_at_home,
            show_station,
            print_sign,
            create_station,
            update_station,
            close_station,
            reopen_station,
        ),
    ),
)
