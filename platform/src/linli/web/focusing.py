"""What a person has narrowed a portal to: remembered by their browser, and held against their rights at each request.

The cookies are wishes. Whatever one of them names is looked up among what this person may see; a wish that names
anything else (another person's on a shared phone, a home that was sold) counts for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from litestar.datastructures import Cookie
from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.house import House
from linli.kit.actor import Actor
from linli.kit.focus import NO_FOCUS, Focus
from linli.privacy.consents import wards_of
from linli.residents.homes import homes_of
from linli.residents.neighbours import door_labels
from linli.tenancy.models import Compound
from linli.tenancy.repository import reaches
from linli.web.cookies import make_cookie

COMPOUND_COOKIE = "compound"
HOME_COOKIE = "whose"
READ_COMPOUND = "core.compound.read"
#: Seconds: a month; who comes back later sees everything again.
_LIVES = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A focus and the name that the page gives it; empty for everything."""

    focus: Focus = NO_FOCUS
    name: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a portal can be narrowed to. ``key`` is what the form sends and the cookie keeps."""

    key: str
    name: str
    is_chosen: bool
    help: str = ""


EVERYTHING = Narrowed()


def focus_cookie(house: House, name: str, wish: str) -> Cookie:
    """The cookie of a wish; an empty one takes it back."""
    return make_cookie(name, wish, https=house.settings.https, max_age=_LIVES if wish else 0)


def narrowed_to_compound(session: ScopedSession, actor: Actor, wish: str) -> Narrowed:
    """The compound of this community that the wish names, where this person's grants reach it."""
    compound_id = _uuid(wish)
    if compound_id is None or session.scope.community_id is None:
        return EVERYTHING
    name = session.scalar(
        select(Compound.name).where(
            Compound.id == compound_id,
            Compound.community_id == session.scope.community_id,
            Compound.archived_at.is_(None),
            reaches(actor, READ_COMPOUND, Compound.community_id, Compound.id),
        )
    )
    return EVERYTHING if name is None else Narrowed(Focus(compound_id=compound_id), name)


def narrowed_to_home(session: ScopedSession, actor: Actor, wish: str) -> Narrowed:
    """The home, or the child of the household, that the wish names, where it is this person's."""
    if _uuid(wish.partition(":")[2]) is None or session.scope.community_id is None:
        return EVERYTHING
    chosen = next((each for each in home_choices(session, actor, wish) if each.is_chosen), None)
    if chosen is None:
        return EVERYTHING
    kind, _colon, text = chosen.key.partition(":")
    on = Focus(dwelling_id=UUID(text)) if kind == "home" else Focus(resident_id=UUID(text))
    return Narrowed(on, chosen.name)


def home_choices(session: ScopedSession, actor: Actor, wish: str = "") -> list[Choice]:
    """The homes of this person here, and the children of their household; nobody else's.

    Args:
        session: of the community.
        actor: the resident.
        wish: the key of what is chosen now.
    """
    homes = homes_of(session, actor, community_id=session.scope.community_id)
    labels = door_labels(session, [each.dwelling_id for each in homes])
    found = [(f"home:{each.dwelling_id}", labels.get(each.dwelling_id, "")) for each in homes]
    for resident_id in actor.resident_ids:
        found += [(f"child:{each.id}", each.name) for each in wards_of(session, resident_id)]
    return [Choice(key, name, key == wish) for key, name in found]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
