"""Finding people of the staff as one types their name."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from linli.access.repository import GrantRow, grants_of, people_in_office
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.finding import best_fits
from linli.kit.text import listed

#: People that are looked at; a street with more finds the others by the list of its staff.
_LOOKED_AT = 3000
#: Of what somebody holds, a line names so many.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class StaffFound:
    """A person of the staff; ``held`` says in a line what they are, and where."""

    account_id: UUID
    name: str
    held: str


def search_staff(session: ScopedSession, actor: Actor, words: str, limit: int) -> list[StaffFound]:
    """People who hold a role today that the actor may see, by name, pinyin or initials, the best first; two queries."""
    people = people_in_office(session, actor, most=_LOOKED_AT)
    found = best_fits(people, words, limit, text=lambda each: each[1], is_name=True)
    if not found:
        return []
    held: dict[UUID, list[GrantRow]] = {}
    for grant in grants_of(session, actor, [account_id for account_id, _name in found]):
        held.setdefault(grant.account_id, []).append(grant)
    return [
        StaffFound(
            account_id,
            name,
            listed(f"{each.role_title}（{each.place}）" for each in held.get(account_id, ())[:_NAMED]),
        )
        for account_id, name in found
    ]
