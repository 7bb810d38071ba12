"""Choosing a person or a place in a form: by name, by door, or from street to dwelling; only what the chooser may see.

``person_picker`` and ``address_picker`` in ``templates/components.html`` show it, in the core's forms and in plugins'.
What was chosen comes back as an id, which whoever takes the form looks up within the sender's reach as any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request
from msgspec import Meta
from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.residents.models import Resident
from linli.residents.permissions import READ
from linli.residents.reach import Reach, reach_of
from linli.residents.repository import ResidentFilter, live_residents
from linli.residents.service import list_residents
from linli.tenancy.models import Building, Community, Compound, Dwelling, UnitEntrance
from linli.tenancy.repository import list_dwellings
from linli.web.results import View
from linli.web.routing import get

#: Whose dwellings may be chosen from.
READ_DWELLINGS = "core.dwelling.read"
#: Found ones shown at once, and places in one select; whoever needs more types more.
SHOWN = 12
MOST = 300
#: In place of a compound where a form takes the whole community, too.
WHOLE = "whole"

#: The name of a field of a form, as it stands in ids and addresses.
FieldName = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,40}$")]
Level = Literal["compound", "building", "dwelling"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to pick: what the form sends, what people read, and a line that tells two alike apart."""

    value: str
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What was found; ``has_more`` when the search was too wide to show all."""

    items: list[Choice] = field(default_factory=list)
    has_more: bool = False
    asked: str = ""
    is_allowed: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address picker was sent; ``None`` where it was not sent yet, as on a page just opened."""

    q: str = ""
    community: str | None = None
    compound: str | None = None
    building: str | None = None
    unit: str | None = None
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class AddressChoices:
    """The selects of an address picker, each a list of value and title, and what is chosen in each.

    ``communities`` and ``units`` are empty where there is nothing to choose.
    """

    found: Choices
    communities: list[tuple[str, str]] = field(default_factory=list)
    compounds: list[tuple[str, str]] = field(default_factory=list)
    buildings: list[tuple[str, str]] = field(default_factory=list)
    units: list[tuple[str, str]] = field(default_factory=list)
    dwellings: list[tuple[str, str]] = field(default_factory=list)
    community: str = ""
    compound: str = ""
    building: str = ""
    unit: str = ""
    chosen: str = ""


def find_people(session: ScopedSession, actor: Actor, q: str, *, chosen: str = "") -> Choices:
    """Residents within reach that match, the chosen one first."""
    if not actor.holds(READ):
        return Choices(is_allowed=False)
    found, more = list_residents(session, actor, ResidentFilter(search=q)) if q.strip() else ([], None)
    shown = found[:SHOWN]
    names = _compound_names(session, [door.compound_id for each in shown for door in each.doors])
    items = [
        Choice(
            str(each.id),
            each.name,
            _joined(each.phone_mask, *(f"{names[door.compound_id]} {door.label}" for door in each.doors[:2])),
        )
        for each in shown
    ]
    return Choices(
        _with_chosen(items, chosen, people_of(session, actor, [chosen])), bool(more) or len(found) > SHOWN, q.strip()
    )


def people_of(session: ScopedSession, actor: Actor, texts: Sequence[str]) -> list[Choice]:
    """Residents within reach by the ids that a form sent; the others are left out."""
    ids = [found for text in texts if (found := as_id(text))]
    if not ids:
        return []
    known = live_residents(reach_of(actor, READ)).where(Resident.id.in_(ids))
    rows = session.execute(known.with_only_columns(Resident.id, Resident.name, Resident.phone_mask))
    return [Choice(str(each), name, phone) for each, name, phone in rows]


def find_address(session: ScopedSession, actor: Actor, level: Level, asked: Asked) -> AddressChoices:
    """The places within reach, from the outside in: each select offers what lies in the place chosen before it."""
    if not actor.holds(READ_DWELLINGS):
        return AddressChoices(Choices(is_allowed=False))
    reach = reach_of(actor, READ_DWELLINGS)
    asked = _settled(session, reach, level, asked)
    communities = _communities(session, reach) if session.scope.community_id is None else []
    community = asked.community or ""
    compounds = _compounds(session, reach, as_id(community)) if community or not communities else []
    compound = WHOLE if asked.compound == WHOLE else _only(compounds, asked.compound)
    if level == "compound":
        return AddressChoices(
            Choices(), communities, compounds, community=community, compound=compound, chosen=asked.chosen or compound
        )
    buildings = _buildings(session, reach, as_id(compound))
    building = _known(buildings, asked.building)
    if level == "building":
        chosen = _known(buildings, asked.chosen)
        return AddressChoices(
            Choices(), communities, compounds, buildings, community=community, compound=compound, chosen=chosen
        )
    units = _units(session, as_id(building))
    unit = _known(units, asked.unit)
    dwellings = _dwellings(session, reach, as_id(building), as_id(unit))
    return AddressChoices(
        _found(session, actor, asked, as_id(compound), as_id(building)),
        communities,
        compounds,
        buildings,
        units,
        dwellings,
        community,
        compound,
        building,
        unit,
        asked.chosen,
    )


def _settled(session: ScopedSession, reach: Reach, level: Level, asked: Asked) -> Asked:
    """Where something is chosen, the selects say where it lies, unless one of them was changed since."""
    chosen = _place_of(session, reach, level, as_id(asked.chosen))
    if chosen is None:
        return Asked(asked.q, asked.community, asked.compound, asked.building, asked.unit)
    sent = (asked.community, asked.compound, asked.building, asked.unit)
    lies = (chosen.community, chosen.compound, chosen.building, chosen.unit)
    if not asked.q.strip() and any(a not in (None, "", b) for a, b in zip(sent, lies, strict=True)):
        return Asked(asked.q, *sent)
    return Asked(asked.q, *lies, asked.chosen)


def _place_of(session: ScopedSession, reach: Reach, level: Level, found: UUID | None) -> Asked | None:
    if found is None:
        return None
    if level == "dwelling":
        columns = (Dwelling.community_id, Dwelling.compound_id, Dwelling.building_id, Dwelling.unit_entrance_id)
        row = session.execute(select(*columns).where(Dwelling.id == found, reach.dwellings())).one_or_none()
        return None if row is None else Asked("", *(str(each) if each else "" for each in row))
    if level == "building":
        row = session.execute(
            select(Building.community_id, Building.compound_id).where(Building.id == found, _of_building(reach))
        ).one_or_none()
        return None if row is None else Asked("", str(row[0]), str(row[1]), str(found))
    row = session.execute(select(Compound.community_id).where(Compound.id == found, _of_compound(reach))).one_or_none()
    return None if row is None else Asked("", str(row[0]), str(found))


def _of_building(reach: Reach) -> Any:
    if reach.everywhere:
        return Building.id.is_not(None)
    return (
        Building.community_id.in_(reach.communities)
        | Building.compound_id.in_(reach.compounds)
        | Building.id.in_(reach.buildings)
    )


def _of_compound(reach: Reach) -> Any:
    if reach.everywhere:
        return Compound.id.is_not(None)
    around = select(Building.compound_id).where(Building.id.in_(reach.buildings))
    return Compound.community_id.in_(reach.communities) | Compound.id.in_(reach.compounds) | Compound.id.in_(around)


def _communities(session: ScopedSession, reach: Reach) -> list[tuple[str, str]]:
    query = select(Community.id, Community.name).where(
        Community.tenant_id == session.scope.tenant_id, Community.status == "active"
    )
    if not reach.everywhere:
        inside = select(Compound.community_id).where(_of_compound(reach))
        query = query.where(Community.id.in_(reach.communities) | Community.id.in_(inside))
    return _pairs(session, query.order_by(Community.code).limit(MOST))


def _compounds(session: ScopedSession, reach: Reach, community_id: UUID | None) -> list[tuple[str, str]]:
    query = select(Compound.id, Compound.name).where(Compound.archived_at.is_(None), _of_compound(reach))
    if community_id is not None:
        query = query.where(Compound.community_id == community_id)
    return _pairs(session, query.order_by(Compound.name, Compound.id).limit(MOST))


def _buildings(session: ScopedSession, reach: Reach, compound_id: UUID | None) -> list[tuple[str, str]]:
    if compound_id is None:
        return []
    query = select(Building.id, Building.name).where(Building.compound_id == compound_id, _of_building(reach))
    return _pairs(session, query.order_by(Building.sort_key, Building.name).limit(MOST))


def _units(session: ScopedSession, building_id: UUID | None) -> list[tuple[str, str]]:
    if building_id is None:
        return []
    query = select(UnitEntrance.id, UnitEntrance.name).where(UnitEntrance.building_id == building_id)
    return _pairs(session, query.order_by(UnitEntrance.sort_key, UnitEntrance.id).limit(MOST))


def _dwellings(
    session: ScopedSession, reach: Reach, building_id: UUID | None, unit_id: UUID | None
) -> list[tuple[str, str]]:
    if building_id is None:
        return []
    query = select(Dwelling.id, Dwelling.label).where(Dwelling.building_id == building_id, reach.dwellings())
    if unit_id is not None:
        query = query.where(Dwelling.unit_entrance_id == unit_id)
    return _pairs(session, query.order_by(Dwelling.sort_key, Dwelling.id).limit(MOST))


def _found(
    session: ScopedSession, actor: Actor, asked: Asked, compound_id: UUID | None, building_id: UUID | None
) -> Choices:
    q = asked.q.strip()
    if not q:
        return Choices()
    # What is chosen says where it lies, and must not keep the next search there.
    is_free = bool(asked.chosen)
    page = list_dwellings(
        session,
        actor,
        community_id=session.scope.community_id or as_id(asked.community or ""),
        compound_id=None if is_free else compound_id,
        building_id=None if is_free else building_id,
        search=q,
        limit=SHOWN + 1,
    )
    rows = list(page.items[:SHOWN])
    if (chosen := as_id(asked.chosen)) and chosen not in [each.id for each in rows]:
        rows = [*session.scalars(select(Dwelling).where(Dwelling.id == chosen)), *rows]
    names = _compound_names(session, [each.compound_id for each in rows])
    items = [Choice(str(each.id), each.label, names[each.compound_id]) for each in rows]
    return Choices(items, len(page.items) > SHOWN, q)


def _pairs(session: ScopedSession, query: Any) -> list[tuple[str, str]]:
    rows: Iterable[Any] = session.execute(query)
    return [(str(row[0]), str(row[1])) for row in rows]


def _known(pairs: Sequence[tuple[str, str]], value: str | None) -> str:
    return value if value and any(key == value for key, _title in pairs) else ""


def _only(pairs: Sequence[tuple[str, str]], value: str | None) -> str:
    """The chosen one; where nothing was chosen yet and there is but one, that one."""
    return pairs[0][0] if value is None and len(pairs) == 1 else _known(pairs, value)


def _compound_names(session: ScopedSession, compound_ids: Sequence[UUID]) -> dict[UUID, str]:
    if not compound_ids:
        return {}
    rows = session.execute(select(Compound.id, Compound.name).where(Compound.id.in_(set(compound_ids))))
    return {row.id: row.name for row in rows}


def _with_chosen(items: list[Choice], chosen: str, known: list[Choice]) -> list[Choice]:
    return items if any(each.value == chosen for each in items) else [*known, *items]


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def as_id(text: str) -> UUID | None:
    """The id that a form sent; ``None`` for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def asked_of(sent: Mapping[str, str], name: str, chosen: str = "") -> Asked:
    """What an address picker of this field sent; ``chosen`` is what is stored, where it sent nothing."""
    parts = {part: sent.get(f"{name}_{part}") for part in ("community", "compound", "building", "unit")}
    return Asked(q=sent.get(f"{name}_q", ""), chosen=sent.get(name, chosen), **parts)


@get("/pick/people", needs=READ)
def pick_people(session: ScopedSession, actor: Actor, request: Request, field: FieldName = "resident_id") -> View:
    """The people that a search inside a form has found, as choices of that form."""
    sent = request.query_params
    found = find_people(session, actor, sent.get(f"{field}_q", ""), chosen=sent.get(field, ""))
    return View("pick/choices.html", {"found": found, "name": field, "chosen": sent.get(field, "")})


@get("/pick/address", needs=READ_DWELLINGS)
def pick_address(
    session: ScopedSession,
    actor: Actor,
    request: Request,
    field: FieldName = "dwelling_id",
    level: Level = "dwelling",
    whole: bool = False,
) -> View:
    """The selects of an address picker after one of them was changed, and what its search has found."""
    at = find_address(session, actor, level, asked_of(request.query_params, field))
    return View("pick/address.html", {"at": at, "name": field, "level": level, "whole": whole})


admin = console = [pick_people, pick_address]
