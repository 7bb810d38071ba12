"""Finding places as people type them: names by their characters and pinyin, doors by ``3-2-501``."""

# The Chinese here is data, not interface.
from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, false, or_, select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.finding import best_fits, fit_of
from linli.tenancy.models import Building, Community, Compound, Dwelling
from linli.tenancy.naming import building_name, door_name, natural_key, unit_name
from linli.tenancy.repository import reaches

_LAST = "\U0010ffff"
#: Places of one kind that are looked at; no street office has more compounds, none more named buildings.
_COMPOUNDS, _BUILDINGS = 2000, 3000

_CHINESE = "[零〇一二两三四五六七八九十百]{1,4}(?=号楼|栋|幢|座|楼|单元|门)"
_NUMBER = rf"[A-Z]?\d{{1,6}}[A-Z]?(?!\d)|[A-Z](?=号楼|栋|幢|座|-)|{_CHINESE}"
_TOKEN = re.compile(rf"({_NUMBER})(号楼|栋|幢|座|楼|#|单元|门|室|房|号)?[-—–/,，、\s]*")
_BUILDING, _UNIT, _DOOR = (
    frozenset({"号楼", "栋", "幢", "座", "楼", "#"}),
    frozenset({"单元", "门"}),
    frozenset({"室", "房"}),
)
_JOINING = "-/"
#: A door has three figures where nothing but a number was typed; less is a building.
_BARE_DOOR = 3


@dataclass(frozen=True, slots=True)
class DoorQuery:
    """A door as it was typed: parts that were not are empty.

    Attributes:
        place: what stands before: a compound's name, or part of it.
        building: as stored (``3号楼``).
        unit: as stored (``2单元``).
        door: as stored (``501``), or its beginning.
    """

    place: str = ""
    building: str = ""
    unit: str = ""
    door: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether building and door are both known, so that few can be meant."""
        return bool(self.building and self.door)


def door_of(words: str) -> DoorQuery | None:
    """The door that the words name: ``3-2-501``, ``3号楼2单元501室``, ``一号院 3-501``; ``None`` where they name none.

    Two numbers alone are building and door; one alone is a door from three figures on, otherwise a building.
    """
    text = unicodedata.normalize("NFKC", words).strip().upper()
    for start in range(len(text)):
        if start and text[start - 1].isascii() and (text[start - 1].isalnum() or text[start - 1] in _JOINING):
            # In the middle of a number, or of more numbers than a door has.
            continue
        tokens = _tokens(text[start:])
        if tokens and len(tokens) <= 3:
            return _read(text[:start].strip(" -"), tokens)
    return None


def _tokens(text: str) -> list[tuple[str, str]]:
    """Numbers with what stands behind each; empty where something else is among them."""
    found, at = [], 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return []
        found.append((token[1], token[2] or ""))
        at = token.end()
    return found


def _read(place: str, tokens: Sequence[tuple[str, str]]) -> DoorQuery:
    kinds = [_kind(ending) for _number, ending in tokens]
    free = [n for n, kind in enumerate(kinds) if not kind]
    if len(tokens) == 1 and free:
        kinds = ["door" if len(tokens[0][0]) >= _BARE_DOOR else "building"]
        free = []
    left = [each for each in ("building", "unit", "door") if each not in kinds]
    if len(free) < len(left) and "unit" in left:
        # 3-501, and 3号楼501: the entrance is what people leave out.
        left.remove("unit")
    if len(free) < len(left):
        # What stands first is the building, what stands last the door.
        left = left[:1] if free[:1] == [0] else left[-1:] if free else []
    for n, name in zip(free, left, strict=False):
        kinds[n] = name
    parts = {kind: _named(*token) for kind, token in zip(kinds, tokens, strict=True)}
    return DoorQuery(
        place,
        building_name(parts.get("building", "")),
        unit_name(parts.get("unit", "")),
        door_name(parts.get("door", "")),
    )


def _named(number: str, ending: str) -> str:
    """Figures alone, as the functions of ``naming`` take them; ``三号楼`` and ``A座`` as they were written."""
    return number if any(char.isascii() and char.isdigit() for char in number) else number + ending


def _kind(ending: str) -> str:
    return "building" if ending in _BUILDING else "unit" if ending in _UNIT else "door" if ending in _DOOR else ""


def same_door(asked: DoorQuery) -> ColumnElement[bool]:
    """True for the dwellings that are meant: a range of the index on building and unit, or of the one on doors."""
    if not asked.building:
        door = _begins(Dwelling.find_door, asked.door) if asked.door else false()
        return and_(door, Dwelling.label.contains(asked.unit, autoescape=True)) if asked.unit else door
    key = f"{natural_key(asked.building)}/"
    if asked.unit:
        key += f"{natural_key(asked.unit)}/"
    place = _begins(Dwelling.find_key, key)
    return and_(place, Dwelling.find_door.startswith(asked.door, autoescape=True)) if asked.door else place


def search_dwellings(session: ScopedSession, actor: Actor, words: str, limit: int) -> list[Row[Dwelling, str]]:
    """Dwellings within the actor's reach with the names of their compounds, the door itself before its beginnings."""
    asked = door_of(words)
    if asked is None:
        return []
    query = (
        select(Dwelling, Compound.name)
        .join(Compound, and_(Compound.community_id == Dwelling.community_id, Compound.id == Dwelling.compound_id))
        .where(
            Dwelling.community_id.in_(select(Community.id)),
            _meant(asked, words),
            reaches(actor, "core.dwelling.read", Dwelling.community_id, Dwelling.compound_id, Dwelling.building_id),
        )
    )
    if asked.place:
        places = search_compounds(session, actor, asked.place, _COMPOUNDS)
        query = query.where(Dwelling.compound_id.in_([each.id for each in places]))
    is_it = Dwelling.find_door != asked.door
    rows = session.execute(query.order_by(is_it, Dwelling.find_key, Dwelling.id).limit(limit)).all()
    return list(rows)


def _meant(asked: DoorQuery, words: str) -> ColumnElement[bool]:
    both = asked.building and asked.door and not asked.unit and words.strip()[-1:].isdecimal()
    if not both:
        return same_door(asked)
    # 3-2 may be the entrance 2 of building 3 as well as its door 2.
    entrance = DoorQuery(building=asked.building, unit=unit_name(asked.door))
    return or_(same_door(asked), same_door(entrance))


def _begins(key: ColumnElement[str] | object, text: str) -> ColumnElement[bool]:
    return and_(key >= text, key < text + _LAST)  # type: ignore[operator]


def search_communities(session: ScopedSession, words: str, limit: int) -> list[Community]:
    """The communities in scope whose name or code is meant; a street has a few dozen, and all are looked at."""
    query = select(Community).where(Community.tenant_id == session.scope.tenant_id, Community.status == "active")
    if session.scope.communities is not None:
        query = query.where(Community.id.in_(session.scope.communities))
    rows = session.scalars(query.order_by(Community.code).limit(_COMPOUNDS)).all()
    return best_fits(rows, words, limit, text=lambda each: (each.name, each.code, each.slug))


def search_compounds(session: ScopedSession, actor: Actor, words: str, limit: int) -> list[Compound]:
    """The compounds within the actor's reach whose name or address is meant."""
    query = select(Compound).where(
        Compound.tenant_id == session.scope.tenant_id,
        Compound.archived_at.is_(None),
        reaches(actor, "core.compound.read", Compound.community_id, Compound.id),
    )
    rows = session.scalars(query.order_by(Compound.name, Compound.id).limit(_COMPOUNDS)).all()
    return best_fits(rows, words, limit, text=lambda each: (each.name, each.address))


@dataclass(frozen=True, slots=True)
class BuildingFound:
    """A building and the compound in which it stands."""

    id: UUID
    community_id: UUID
    name: str
    compound: str


def search_buildings(session: ScopedSession, actor: Actor, words: str, limit: int) -> list[BuildingFound]:
    """The buildings within the actor's reach that are meant, by name, with or without the compound before it."""
    query = (
        select(Building.id, Building.community_id, Building.name, Compound.name)
        .join(Compound, and_(Compound.community_id == Building.community_id, Compound.id == Building.compound_id))
        .where(
            Building.tenant_id == session.scope.tenant_id,
            Compound.archived_at.is_(None),
            reaches(actor, "core.compound.read", Building.community_id, Building.compound_id, Building.id),
        )
        .order_by(Building.sort_key, Building.id)
        .limit(_BUILDINGS)
    )
    rows = [BuildingFound(*row) for row in session.execute(query)]
    named = door_of(words)
    if named is None or not named.building or named.unit or named.door:
        return best_fits(rows, words, limit, text=_names_of)
    # 1, 1# and 一号楼 are one building; 10 only begins so.
    key = natural_key(named.building)
    within = [each for each in rows if not named.place or fit_of(named.place, each.compound) is not None]
    exact = [each for each in within if natural_key(each.name) == key]
    others = best_fits(rows, words, limit, text=_names_of)
    return [*exact, *(each for each in others if each not in exact)][:limit]


def _names_of(found: BuildingFound) -> tuple[str, str]:
    return found.name, f"{found.compound}{found.name}"
