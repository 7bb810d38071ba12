"""Finding a person, an owner or a dwelling from inside a form; the found ones come as choices of that form."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.residents.models import Organisation, Resident
from linli.residents.permissions import MANAGE, READ
from linli.residents.reach import reach_of
from linli.residents.repository import ResidentFilter, live_residents
from linli.residents.service import list_organisations, list_residents
from linli.tenancy.admin_portal.places import community_of, compound_names
from linli.tenancy.models import Dwelling
from linli.tenancy.repository import list_dwellings, reaches
from linli.web.place import Place
from linli.web.results import View
from linli.web.routing import get

#: Choices shown at once; whoever needs more types more.
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to pick: what the form sends, what people read, and a line that tells two alike apart."""

    value: str
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What was found; ``has_more`` when the search was too wide to show all."""

    items: list[Choice]
    has_more: bool = False
    asked: str = ""


def find_people(session: ScopedSession, actor: Actor, q: str, *, chosen: str = "") -> Choices:
    """Residents that match, the chosen one first."""
    found, more = list_residents(session, actor, ResidentFilter(search=q)) if q.strip() else ([], None)
    shown = found[:SHOWN]
    names = compound_names(session, [door.compound_id for each in shown for door in each.doors])
    items = [
        Choice(
            str(each.id),
            each.name,
            _joined(each.phone_mask, *(f"{names[door.compound_id]} {door.label}" for door in each.doors[:2])),
        )
        for each in shown
    ]
    return Choices(
        _with_chosen(items, chosen, _people(session, actor, [chosen])), bool(more) or len(found) > SHOWN, q.strip()
    )


def find_owners(session: ScopedSession, actor: Actor, place: Place, q: str) -> Choices:
    """Residents and organisations that match, as ``r:<id>`` and ``o:<id>``."""
    people = find_people(session, actor, q)
    items = [Choice(f"r:{each.value}", each.title, each.detail) for each in people.items]
    community_id = community_of(place).id
    if q.strip() and actor.can(READ, community_id=community_id):
        units = list_organisations(session, actor, community_id, search=q.strip()).items
        items = [Choice(f"o:{each.id}", each.name, _("单位")) for each in units[:SHOWN]] + items
    return Choices(items, people.has_more, q.strip())


def find_doors(session: ScopedSession, actor: Actor, place: Place, q: str, *, chosen: str = "") -> Choices:
    """Dwellings that match, the chosen one first."""
    items: list[Choice] = []
    has_more = False
    if q.strip():
        page = list_dwellings(session, actor, community_id=community_of(place).id, search=q)
        shown = page.items[:SHOWN]
        names = compound_names(session, [each.compound_id for each in shown])
        items = [Choice(str(each.id), each.label, names[each.compound_id]) for each in shown]
        has_more = len(page.items) > SHOWN
    return Choices(_with_chosen(items, chosen, _doors(session, actor, chosen)), has_more, q.strip())


def owner_titles(session: ScopedSession, actor: Actor, values: list[str]) -> dict[str, str]:
    """The names of owners given as ``r:<id>`` and ``o:<id>``; unknown ones are left out."""
    people = _people(session, actor, [value[2:] for value in values if value.startswith("r:")])
    titles = {f"r:{each.value}": each.title for each in people}
    ids = [found for value in values if value.startswith("o:") and (found := as_id(value[2:]))]
    if ids:
        rows = session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
        titles |= {f"o:{each}": name for each, name in rows}
    return titles


def as_id(text: str) -> UUID | None:
    """The id that a form sent; ``None`` for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _people(session: ScopedSession, actor: Actor, texts: list[str]) -> list[Choice]:
    ids = [found for text in texts if (found := as_id(text))]
    if not ids:
        return []
    known = live_residents(reach_of(actor, READ)).where(Resident.id.in_(ids))
    rows = session.execute(known.with_only_columns(Resident.id, Resident.name, Resident.phone_mask))
    return [Choice(str(each), name, phone) for each, name, phone in rows]


def _doors(session: ScopedSession, actor: Actor, text: str) -> list[Choice]:
    if (dwelling_id := as_id(text)) is None:
        return []
    within = reaches(actor, MANAGE, Dwelling.community_id, Dwelling.compound_id, Dwelling.building_id)
    rows = session.execute(
        select(Dwelling.id, Dwelling.label, Dwelling.compound_id).where(Dwelling.id == dwelling_id, within)
    ).all()
    names = compound_names(session, [row.compound_id for row in rows])
    return [Choice(str(row.id), row.label, names[row.compound_id]) for row in rows]


def _with_chosen(items: list[Choice], chosen: str, known: list[Choice]) -> list[Choice]:
    return items if any(each.value == chosen for each in items) else [*known, *items]


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


@get("/pick/people", needs=READ)
def pick_people(session: ScopedSession, actor: Actor, resident_q: str = "") -> View:
    found = find_people(session, actor, resident_q)
    return View("admin/pick/choices.html", {"found": found, "name": "resident_id", "chosen": ""})


@get("/pick/owners", needs=READ)
def pick_owners(session: ScopedSession, actor: Actor, place: Place, owner_q: str = "") -> View:
    found = find_owners(session, actor, place, owner_q)
    return View("admin/pick/choices.html", {"found": found, "name": "pick", "chosen": ""})


@get("/pick/doors", needs="core.dwelling.read")
def pick_doors(session: ScopedSession, actor: Actor, place: Place, dwelling_q: str = "") -> View:
    found = find_doors(session, actor, place, dwelling_q)
    return View("admin/pick/choices.html", {"found": found, "name": "dwelling_id", "chosen": ""})


pages = [pick_people, pick_owners, pick_doors]
