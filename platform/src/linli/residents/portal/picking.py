"""Finding an owner, a person or an organisation, from inside a form; the found ones come as choices of that form."""

from __future__ import annotations

from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.residents.models import Organisation
from linli.residents.permissions import READ
from linli.residents.service import list_organisations
from linli.tenancy.admin_portal.places import community_of
from linli.web.picking import SHOWN, Choice, Choices, as_id, find_people, people_of
from linli.web.place import Place
from linli.web.results import View
from linli.web.routing import get


def find_owners(session: ScopedSession, actor: Actor, place: Place, q: str) -> Choices:
    """Residents and organisations that match, as ``r:<id>`` and ``o:<id>``."""
    people = find_people(session, actor, q)
    items = [Choice(f"r:{each.value}", each.title, each.detail) for each in people.items]
    community_id = community_of(place).id
    if q.strip() and actor.can(READ, community_id=community_id):
        units = list_organisations(session, actor, community_id, search=q.strip()).items
        items = [Choice(f"o:{each.id}", each.name, _("单位")) for each in units[:SHOWN]] + items
    return Choices(items, people.has_more, q.strip())


def owner_titles(session: ScopedSession, actor: Actor, values: list[str]) -> dict[str, str]:
    """The names of owners given as ``r:<id>`` and ``o:<id>``; unknown ones are left out."""
    people = people_of(session, actor, [value[2:] for value in values if value.startswith("r:")])
    titles = {f"r:{each.value}": each.title for each in people}
    ids = [found for value in values if value.startswith("o:") and (found := as_id(value[2:]))]
    if ids:
        rows = session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
        titles |= {f"o:{each}": name for each, name in rows}
    return titles


@get("/pick/owners", needs=READ)
def pick_owners(session: ScopedSession, actor: Actor, place: Place, owner_q: str = "") -> View:
    found = find_owners(session, actor, place, owner_q)
    return View("pick/choices.html", {"found": found, "name": "pick", "chosen": ""})


pages = [pick_owners]
