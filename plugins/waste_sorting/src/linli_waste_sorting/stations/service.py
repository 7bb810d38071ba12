"""Setting up stations: their place, kind, containers and hours. Every act is in the record."""

from __future__ import annotations

from datetime import time
from uuid import UUID

from linli.sdk import (
    Actor,
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    ScopedSession,
    community_outline,
    new_id,
)
from linli.sdk import gettext as _
from linli_waste_sorting.keeping import close, noted_update, noter, reopen, require, require_version
from linli_waste_sorting.permissions import MANAGE
from linli_waste_sorting.stations import repository
from linli_waste_sorting.stations.models import Container, Opening, Station
from linli_waste_sorting.stations.schemas import Bins, Span, StationCreate, StationOut, StationWrite
from linli_waste_sorting.stations.windows import read_hours
from linli_waste_sorting.words import days_text, hours_text, mask_of

_note = noter("station")


def get_station(session: ScopedSession, community_id: UUID | None, station_id: UUID) -> Station:
    """One station of a community, or of any of the street's for ``None``.

    Raises:
        NotFound: there is none there.
    """
    found = repository.find_station(session, community_id, station_id)
    if found is None:
        raise NotFound(_("没有找到这个投放点"))
    return found


def create_station(session: ScopedSession, actor: Actor, community_id: UUID, data: StationCreate) -> Station:
    """Set up a station in a compound.

    Raises:
        Forbidden: the actor may not set up stations there.
        Invalid: naming each field at fault.
    """
    require(actor, MANAGE, community_id)
    if data.compound_id not in {each.id for each in community_outline(session, community_id)}:
        raise Invalid.one("compound_id", _("没有找到这个小区"), _("请选择本社区的小区"))
    row = Station(id=new_id(), community_id=community_id, compound_id=data.compound_id)
    _write(session, row, data)
    session.add(row)
    session.flush()
    _note(session, "create", row, after=_told(row))
    return row


def update_station(
    session: ScopedSession, actor: Actor, community_id: UUID, station_id: UUID, data: StationWrite
) -> Station:
    """Change a station; hours and containers become those that are given.

    Raises:
        NotFound: there is none there.
        Conflict: it is out of use, or somebody else has changed it meanwhile.
        Forbidden: the actor may not set up stations there.
        Invalid: naming each field at fault; nothing was changed.
    """
    row = _managed(session, actor, community_id, station_id)
    if row.closed_at is not None:
        raise Conflict(_("投放点已停用，请先恢复使用再修改"))
    require_version(row, data.version)
    with noted_update(session, row, _told, _note):
        _write(session, row, data)
    return row


def close_station(session: ScopedSession, actor: Actor, community_id: UUID, station_id: UUID) -> Station:
    """Take a station out of use; what was noted of it stays. A second call changes nothing.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not set up stations there.
    """
    row = _managed(session, actor, community_id, station_id)
    close(session, row, _note)
    return row


def reopen_station(session: ScopedSession, actor: Actor, community_id: UUID, station_id: UUID) -> Station:
    """Use a station again. A second call changes nothing.

    Raises:
        NotFound: there is none there.
        Conflict: another one in the compound has its name by now.
        Forbidden: the actor may not set up stations there.
    """
    row = _managed(session, actor, community_id, station_id)
    if row.closed_at is None:
        return row
    if repository.is_name_taken(session, row.compound_id, row.name, row.id):
        raise Conflict(_("本小区已经有一个“{name}”，请先给它改名").format(name=row.name))
    reopen(session, row, _note)
    return row


def out_of(row: Station) -> StationOut:
    """A station as the API shows it."""
    return StationOut(
        id=row.id,
        community_id=row.community_id,
        compound_id=row.compound_id,
        name=row.name,
        kind=row.kind,
        place=row.place,
        note=row.note,
        weekdays=[n for n in range(7) if row.weekdays & (1 << n)],
        openings=[Span(opens=each.opens, closes=each.closes) for each in row.openings],
        containers=[Bins(category=each.category, pieces=each.pieces, litres=each.litres) for each in row.containers],  # type: ignore[arg-type]
        closed_at=row.closed_at,
        version=row.version,
    )


def _write(session: ScopedSession, row: Station, data: StationWrite) -> None:
    name, place = data.name.strip(), data.place.strip()
    faults = [FieldError(field, _("必须填写")) for field, value in (("name", name), ("place", place)) if not value]
    if name and repository.is_name_taken(session, row.compound_id, name, row.id):
        faults.append(FieldError("name", _("本小区已经有这个名称的投放点")))
    twice = [each.category for n, each in enumerate(data.containers) if each.category in _kinds(data.containers[:n])]
    if twice:
        faults.append(FieldError("containers", _("同一种垃圾写了两次")))
    spans: list[tuple[time, time]] = []
    try:
        spans = read_hours(data.hours)
    except Invalid as error:
        faults += error.errors
    if faults:
        raise Invalid(errors=faults)
    row.name, row.kind, row.place, row.note = name, data.kind, place, data.note.strip()
    row.weekdays = mask_of(data.weekdays)
    _write_openings(row, spans)
    _write_containers(row, data.containers)


def _kinds(bins: list[Bins]) -> set[str]:
    return {each.category for each in bins}


def _write_openings(row: Station, spans: list[tuple[time, time]]) -> None:
    wanted = dict(spans)
    row.openings[:] = [each for each in row.openings if each.opens in wanted]
    known = {each.opens: each for each in row.openings}
    for opens, closes in wanted.items():
        if opens in known:
            known[opens].closes = closes
        else:
            row.openings.append(Opening(community_id=row.community_id, opens=opens, closes=closes))
    row.openings.sort(key=lambda each: each.opens)


def _write_containers(row: Station, wanted: list[Bins]) -> None:
    by_category = {each.category: each for each in wanted}
    row.containers[:] = [each for each in row.containers if each.category in by_category]
    known = {each.category: each for each in row.containers}
    for category, bins in by_category.items():
        if category not in known:
            known[category] = Container(community_id=row.community_id, category=category)
            row.containers.append(known[category])
        known[category].pieces, known[category].litres = bins.pieces, bins.litres


def _told(row: Station) -> dict[str, str]:
    """What the record says of a station."""
    bins = [f"{each.category} {each.pieces}×{each.litres or '?'}L" for each in row.containers]
    return {
        "name": row.name,
        "kind": row.kind,
        "place": row.place,
        "note": row.note,
        "days": days_text(row.weekdays),
        "hours": hours_text(row.openings),
        "containers": ", ".join(sorted(bins)),
    }


def _managed(session: ScopedSession, actor: Actor, community_id: UUID, station_id: UUID) -> Station:
    row = get_station(session, community_id, station_id)
    require(actor, MANAGE, community_id)
    return row
